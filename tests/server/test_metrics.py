"""The curves of a process as CSV."""

import csv
import io
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from storage import attempts
from storage.attempts import Ended, Outcome
from storage.core.paths import Store
from storage.core.records import now
from storage.processes import Process
from storage.progress import Point
from storage.projects import PROJECTS
from tests.finished import finished_classes
from tests.runs import Runs, write_points


@pytest.fixture
def runs(store: Store) -> Runs:
    """Runs in the store that the client asks about."""
    return Runs(store.root)


def rows(client: TestClient, process: Process) -> list[dict[str, str]]:
    """What the spreadsheet would show."""
    answer = client.get(f"/api/processes/{process.id}/metrics.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_each_iteration_is_a_row_with_the_figures_of_its_evaluation(runs: Runs, client: TestClient) -> None:
    found = rows(client, runs.running(200))
    assert [row["iteration"] for row in found] == [str(number) for number in range(1, 201)]
    assert list(found[0]) == [
        "iteration",
        "loss",
        "lr",
        "seconds",
        "ap",
        "ap_50_95",
        *(f"ap {field.name}" for field in runs.project.fields),
    ]
    assert (found[98]["ap"], found[98]["seconds"]) == ("", "0.9")
    assert float(found[99]["ap"]) == pytest.approx(0.2778, abs=1e-4)
    assert float(found[99]["ap date"]) == pytest.approx(0.1878, abs=1e-4)


def test_a_resumed_run_is_one_curve(runs: Runs, client: TestClient) -> None:
    process = runs.queued()
    for start, end in ((1, 8), (6, 9)):
        attempt = runs.attempt(process)
        write_points(attempt.paths.metrics, [Point(iteration=number, loss=float(attempt.number)) for number in range(start, end + 1)])
        attempts.end(attempt.paths, Ended(outcome=Outcome.INTERRUPTED, at=now()))
    assert [row["loss"] for row in rows(client, process)] == ["1.0"] * 5 + ["2.0"] * 4


def test_of_classes_it_holds_accuracy_and_f1(runs: Runs, client: TestClient) -> None:
    found = rows(client, finished_classes(runs))
    assert list(found[0]) == ["iteration", "loss", "lr", "seconds", "accuracy", "f1 invoice", "f1 letter", "f1 form"]
    assert float(found[-1]["accuracy"]) == pytest.approx(0.8514, abs=1e-4)


def test_the_file_is_named_after_template_and_process(runs: Runs, client: TestClient) -> None:
    runs.template = runs.template.model_copy(update={"name": "чеки-1"})
    process = runs.running(1)
    said = client.get(f"/api/processes/{process.id}/metrics.csv").headers["content-disposition"]
    assert unquote(said) == f"attachment; filename*=UTF-8''чеки-1-{process.id}.csv"


def test_before_the_first_iteration_there_are_the_heads_alone(runs: Runs, client: TestClient) -> None:
    assert rows(client, runs.created()) == []


def test_the_curves_outlive_their_project(runs: Runs, client: TestClient) -> None:
    process = runs.running(100)
    PROJECTS.delete(runs.store, 1, runs.project)
    assert float(rows(client, process)[-1]["ap company"]) > 0


def test_no_process_is_said_to_be_none(runs: Runs, client: TestClient) -> None:
    assert client.get(f"/api/processes/{'0' * 26}/metrics.csv").status_code == 404
    assert client.get("/api/processes/nothing/metrics.csv").status_code == 400


def test_who_may_not_see_processes_is_refused(runs: Runs, ask: Callable[[str], TestClient]) -> None:
    assert ask("stranger").get(f"/api/processes/{runs.running(1).id}/metrics.csv").status_code == 403
