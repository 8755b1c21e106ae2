"""Workers, children, applies and people are killed by a fixed schedule; nothing acknowledged is lost and nothing happens twice."""

import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from storage import attempts, processes, progress
from storage.check import check_store
from storage.core.paths import Store
from storage.core.root import open_store
from storage.processes import Process, State
from tests.faults.ledger import Ledger, audit
from tests.faults.scenarios import Scenario, Town, applying, prepare_bulk, training, writing
from tests.worker import house

SEED = 20240229
CONTESTED = 4  # images that all writers want to label


def play(scenarios: Iterable[Scenario], seconds: float = 480) -> None:
    """Let the scenarios go on in turn until each is over."""
    going, end = list(scenarios), time.monotonic() + seconds
    while going:
        assert time.monotonic() < end, f"not over after {seconds} s"
        going = [scenario for scenario in going if next(scenario, "over") != "over"]
        time.sleep(0.005)


def doubles(store: Store, runs: list[str]) -> int:
    """Attempts whose child still wrote when the next one's had begun, as the file system dates them."""
    found = 0
    for run in runs:
        made = processes.get(store, run).attempts
        for earlier, later in pairwise(made):
            last_word = max((path.stat().st_mtime_ns for path in _written_by_child(earlier)), default=0)
            found += later.started is not None and last_word > later.paths.started.stat().st_mtime_ns
    return found


def _written_by_child(attempt: attempts.Attempt) -> list[Path]:
    own = {attempt.paths.claim, attempt.paths.end}
    return [path for path in attempt.paths.folder.rglob("*") if path.is_file() and path not in own]


def curves_repeat(process: Process) -> bool:
    iterations = [point.iteration for point in progress.read_curves(process.attempts) if point.loss is not None]
    return iterations != list(range(1, process.spec.template.parameters.iterations + 1))


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    return open_store(tmp_path / "store")


@pytest.mark.timeout(540)
def test_kills_lose_no_label_double_no_run_and_every_process_ends_completed(store, tmp_path, capsys):
    project, images = house.fill(store, "receipts", 40, 10)
    bulk, completed = prepare_bulk(store)
    with house.WorkerProcess(store) as worker:
        town = Town(store, tmp_path, worker)
        play(
            [
                writing(town, project, images[:CONTESTED], "store", kills=12, seed=SEED),
                training(town, project, kills=12, seed=SEED),
                applying(town, bulk, completed, kills=10, seed=SEED),
            ]
        )
    ledger = audit(store.project(project.id), tmp_path.glob("*.journal"))
    runs = [processes.get(store, run) for run in town.runs]
    made = [attempt for run in runs for attempt in run.attempts]
    unended = sum(attempt.end is None for attempt in made)
    damaged = [f"{problem.path}: {problem.message}" for problem in check_store(store) if not problem.harmless]
    double = doubles(store, town.runs)
    with capsys.disabled():
        print(f"\n{town.kills.total()} kills {dict(town.kills)}; {ledger}")
        print(f"{len(runs)} runs, {len(made)} attempts, double runs {double}, without end {unended}, damaged files {len(damaged)}")
    assert town.kills.total() >= 30
    assert ledger == Ledger(ledger.acknowledged, lost=0, twice=0, gaps=0)
    assert (double, unended, damaged) == (0, 0, [])
    assert all(run.state in (State.COMPLETED, State.APPLIED, State.ROLLED_BACK) for run in runs)
    assert not any(map(curves_repeat, runs))


@pytest.mark.parametrize("how", ["in place", "by replacing"])
def test_the_same_kills_catch_a_store_that_writes_naively(store, tmp_path, how):
    project, images = house.fill(store, "receipts", 2, 0)
    town = Town(store, tmp_path, worker=None)
    play([writing(town, project, images, how, kills=4, seed=SEED)])
    ledger = audit(store.project(project.id), tmp_path.glob("*.journal"))
    assert ledger.lost > 0
    assert ledger.twice > 0


def test_the_same_kills_find_nothing_wrong_with_the_store_itself(store, tmp_path):
    project, images = house.fill(store, "receipts", 2, 0)
    play([writing(Town(store, tmp_path, worker=None), project, images, "store", kills=4, seed=SEED)])
    ledger = audit(store.project(project.id), tmp_path.glob("*.journal"))
    assert ledger == Ledger(ledger.acknowledged, lost=0, twice=0, gaps=0)
    assert ledger.acknowledged > 100
