"""What a machine answers, from a shell; the machine is a thread that answers what it is asked."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from storage import jobs, projects
from storage.attempts import Message
from storage.core import Store, new_id, now
from storage.detections import Detection
from storage.jobs import Answer, Job, TriedPage
from tests import untrained
from tests.finished import finish
from tests.runs import Runs
from tests.storage.test_documents import pdf

Run = Callable[..., Result]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("FIELDMARK_STORE", str(tmp_path / "store"))
    return Runs(tmp_path / "store")


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(cli.app, list(map(str, arguments)))


@pytest.fixture
def answers(runs: Runs) -> Iterator[Callable[[Callable[[Store, Job], Answer]], None]]:
    """Have the machine answer so, from now on until the test ends."""
    ended = threading.Event()
    threads: list[threading.Thread] = []

    def begin(answer: Callable[[Store, Job], Answer]) -> None:
        def loop() -> None:
            while not ended.wait(0.02):
                for job in jobs.list_open(runs.store, runs.machine.id):
                    jobs.answer(runs.store, answer(runs.store, job))

        threads.append(threading.Thread(target=loop))
        threads[-1].start()

    yield begin
    ended.set()
    for thread in threads:
        thread.join()


def tried(*detections: Detection) -> Callable[[Store, Job], Answer]:
    """The same found on every page."""
    return lambda _, job: Answer(job=job.id, at=now(), seconds=0.5, pages=(TriedPage(detections=detections),) * len(job.pages))


@pytest.fixture
def company(runs: Runs) -> tuple[Detection, ...]:
    """One box above its threshold of 0.4, one below."""
    company, date = (field.id for field in runs.project.fields[:2])
    read = {"text": "ООО [red]Ромашка", "read": 0.875}
    return Detection(field=company, xyxy=(10, 10, 60, 30), score=0.93, **read), Detection(field=date, xyxy=(1, 1, 9, 9), score=0.2)


def test_what_the_model_finds_by_its_own_thresholds_comes_as_json(runs, run: Run, answers, company, tmp_path) -> None:
    answers(tried(*company))
    (tmp_path / "two.pdf").write_bytes(pdf(2))
    found = run("model", "try", finish(runs, []).id, tmp_path / "two.pdf", "--json")
    assert found.exit_code == 0, found.output
    pages = json.loads(found.stdout)["pages"]
    assert [page["page"] for page in pages] == ["two.pdf · 1", "two.pdf · 2"]
    place = [10, 10, 60, 30]
    assert pages[0]["fields"] == [{"field": "company", "text": "ООО [red]Ромашка", "score": 0.93, "read": 0.875, "xyxy": place}]


def test_it_comes_as_a_table_and_files_that_cannot_be_read_are_said(runs, run: Run, answers, company, tmp_path, document) -> None:
    answers(tried(*company))
    (tmp_path / "scan.png").write_bytes(document("12.50"))
    (tmp_path / "notes.txt").write_bytes(b"no page")
    found = run("model", "try", finish(runs, []).id, tmp_path / "scan.png", tmp_path / "notes.txt")
    assert found.exit_code == 0
    assert "company │ ООО [red]Ромашка │ 0.93  │ 0.88 │" in found.stdout
    assert "date" not in found.stdout
    assert "'notes.txt' is not an image" in found.stderr


def test_of_classes_the_sure_one_is_named(runs, run: Run, answers, tmp_path, document) -> None:
    letters = projects.create(runs.store, "letters", "classes", ("bill", "form"))
    model = untrained.publish(runs.store, letters, new_id())
    bill, form = letters.fields
    (tmp_path / "scan.png").write_bytes(document("12.50"))
    answers(tried(Detection(field=form.id, xyxy=None, score=0.7), Detection(field=bill.id, xyxy=None, score=0.3)))
    (page,) = json.loads(run("model", "try", model.id, tmp_path / "scan.png", "--json").stdout)["pages"]
    assert (page["class"], page["scores"]) == ("form", {"form": 0.7, "bill": 0.3})


def test_what_the_machine_cannot_do_is_one_sentence(runs, run: Run, answers, tmp_path, document) -> None:
    (tmp_path / "scan.png").write_bytes(document("12.50"))
    answers(lambda _, job: Answer(job=job.id, at=now(), seconds=0.5, message=Message(template="Out of memory")))
    found = run("model", "try", finish(runs, []).id, tmp_path / "scan.png")
    assert (found.exit_code, found.stderr) == (2, "Out of memory\n")


def test_without_a_machine_or_a_page_nothing_is_asked(runs, run: Run, tmp_path) -> None:
    model = finish(runs, []).id
    (tmp_path / "notes.txt").write_bytes(b"no page")
    found = run("model", "try", model, tmp_path / "notes.txt")
    assert (found.exit_code, "No page could be read" in found.stderr) == (2, True)
    runs.heartbeat(left=True)
    found = run("model", "try", model, tmp_path / "notes.txt")
    assert (found.exit_code, "No machine answers now" in found.stderr) == (2, True)


def test_a_model_as_onnx_is_asked_for_once_and_copied(runs, run: Run, answers, tmp_path) -> None:
    model, asked = finish(runs, []).id, list[str]()

    def write(store: Store, job: Job) -> Answer:
        asked.append(job.kind)
        store.model(job.model).onnx.write_bytes(b"onnx")
        return Answer(job=job.id, at=now(), seconds=9)

    answers(write)
    for name in ("one.onnx", "two.onnx"):
        assert run("export", "onnx", model, tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_bytes() == b"onnx"
    assert asked == ["onnx"]


def test_a_file_that_is_there_is_not_overwritten(runs, run: Run, tmp_path) -> None:
    model = finish(runs, []).id
    runs.store.model(model).onnx.write_bytes(b"onnx")
    (tmp_path / "mine.onnx").write_bytes(b"mine")
    found = run("export", "onnx", model, tmp_path / "mine.onnx")
    assert (found.exit_code, "exists already" in found.stderr) == (2, True)
    assert (tmp_path / "mine.onnx").read_bytes() == b"mine"
