"""A process in one line."""

from pathlib import Path

import pytest

from storage import overview, progress
from storage.core.records import now
from storage.progress import Status
from storage.projects import PROJECTS, Task
from tests.runs import Runs


@pytest.mark.parametrize(("task", "said"), [("fields", "AP 0.812"), ("classes", "accuracy 0.812")])
def test_what_a_run_is_measured_by_depends_on_what_it_looks_for(tmp_path: Path, task: Task, said: str) -> None:
    runs = Runs(tmp_path / "store")
    PROJECTS.change(runs.store, 1, runs.project.model_copy(update={"task": task}))
    process = runs.running()
    assert process.last is not None
    progress.write_status(process.last.paths, Status(stages=(), at=now(), loss=0.5, ap=0.812))
    assert overview.sentence(runs.store, process) == f"Running  loss 0.500 {said}"


def test_a_process_whose_project_was_deleted_is_told_of_all_the_same(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "store")
    process = runs.running()
    assert process.last is not None
    progress.write_status(process.last.paths, Status(stages=(), at=now(), ap=0.812))
    PROJECTS.delete(runs.store, 1, runs.project)
    assert overview.sentence(runs.store, process).endswith("AP 0.812")
