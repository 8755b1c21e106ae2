"""A worker that is killed while a run reads, learns or finds; another one brings the run to the same end."""

import shutil
from pathlib import Path

import pytest

from storage import processes, progress
from storage.core.root import open_store
from storage.words import words
from tests.worker import house
from tests.worker.test_reading_stages import Desk, assert_same, set_up
from worker.reading.languages import reader_of

ALL = 240  # letters, so that finding the fields takes a while
UNREAD = 6


def without_some_words(desk):
    """The desk, of whose last letters nothing was read yet."""
    for image in desk.images[-UNREAD:]:
        for path in desk.paths.word_shard(image).glob(f"{image}.*"):
            path.unlink()
    return desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        yield without_some_words(set_up(folder / "store", ALL))


def copy_of(desk: Desk, folder: Path) -> Desk:
    shutil.copytree(desk.store.root, folder / "store")
    return Desk(open_store(folder / "store"), desk.project, desk.images)


@pytest.fixture(scope="module")
def undisturbed(desk, tmp_path_factory):
    """What a run finds whose worker nobody kills."""
    own = copy_of(desk, tmp_path_factory.mktemp("undisturbed"))
    with house.WorkerProcess(own.store):
        process = new_process(own)
        house.start(own.store, process)
        house.until_state(own.store, process, "Completed")
    found = own.found(process)
    assert len(found) > ALL / 2
    return found


def new_process(desk):
    return desk.process(iterations=400, refresh=0.2)


def reads(desk, last):
    count = len(words.is_read(desk.paths, [(image, None) for image in desk.images[-UNREAD:]], reader_of(desk.project)))
    return 0 < count < UNREAD


def learns(desk, last):
    return len(progress.read_points(last.paths)[0]) > 100


def finds(desk, last):
    path = last.paths.detections
    return path.exists() and path.read_bytes().count(b"\n") > 5


@pytest.mark.parametrize("moment", [reads, learns, finds])
def test_another_worker_brings_a_run_to_the_same_end(desk, undisturbed, tmp_path, moment):
    own = copy_of(desk, tmp_path)
    with house.WorkerProcess(own.store) as worker:
        process = new_process(own)
        house.start(own.store, process)

        def there():
            last = processes.get(own.store, process).last
            assert last is None or last.end is None, "the run is over before it could be killed"
            return last is not None and moment(own, last)

        house.until(there, moment.__name__)
        worker.end()
        assert processes.get(own.store, process).last.end is None
        worker.start()
        house.until_state(own.store, process, "Completed")
    assert len(processes.get(own.store, process).attempts) == 2
    assert_same(own.found(process), undisturbed)
