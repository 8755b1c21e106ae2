"""A run that has completed, for every test that only looks at one."""

from dataclasses import dataclass
from threading import Event

import pytest

from storage import attempts, processes
from storage.attempts import Ended
from storage.core.paths import Store
from storage.core.root import open_store
from storage.processes import Process
from storage.projects import Project
from tests.worker import house


@dataclass(frozen=True)
class Done:
    """A completed run on ten labelled pages and four unlabelled ones."""

    store: Store
    project: Project
    images: list[str]
    process: Process


class StopAfter(Event):
    """Is set once it has been looked at ``times`` times: once when the pages were read, then once an iteration of the training."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def run_here(store: Store, process: str, stop: Event | None = None) -> Ended:
    """Claim the next attempt and run it in this process, without a worker → how it ended; errors are the test's."""
    from worker import stages

    made = house.claim(store, process)
    attempts.start(made.paths, 1)
    ended = stages.run(store, processes.get(store, process), made.number, stop or Event())
    attempts.end(made.paths, ended)
    return ended


@pytest.fixture(scope="session")
def completed_run(tmp_path_factory) -> Done:
    folder = tmp_path_factory.mktemp("completed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        store = open_store(folder / "store")
        project, images = house.fill(store, "pages", 14, 10)
        process = house.new_process(store, project, loaders=200, device="cuda")
        run_here(store, process)
    return Done(store, project, images, processes.get(store, process))
