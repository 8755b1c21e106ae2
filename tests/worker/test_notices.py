"""What a worker tells on its own: ends of runs, labels applied and rolled back, a disk that fills up."""

import signal

import pytest

from storage import actions, machines, notice_events, processes
from storage.core import Store
from storage.machines import Info
from storage.notices import Board
from tests.worker import house
from worker import agent as agents
from worker.agent import Agent
from worker.apply import carry_out
from worker.disk_watch import DiskWatch

GB = 1024**3


class Mill:
    """An agent whose passes the test calls; its children are real and die before torch is imported."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.project, self.images = house.fill(store, "pages", 2, 1)
        self.moment = 0.0
        self.start()

    def start(self) -> None:
        self.agent = Agent(self.store, machines.register(self.store, house.MACHINE))

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.moment += 15
            self.agent.step(self.moment)

    def codes(self) -> list[str]:
        return [notice.code for notice in Board(self.store).load()]


@pytest.fixture
def mill(store, monkeypatch):
    # The disk of whoever runs the tests may be full.
    monkeypatch.setattr(agents.hardware, "disk", lambda folder: (1000 * GB, 500 * GB))
    made = Mill(store)
    yield made
    made.agent.shut_down(0)


def claimed(mill: Mill) -> str:
    process = house.new_process(mill.store, mill.project)
    processes.ask(mill.store, processes.get(mill.store, process), "start", "ann")
    mill.step()
    return process


def test_a_run_whose_child_is_killed_is_told_as_interrupted_once(mill):
    process = claimed(mill)
    mill.agent._running.child.kill()
    mill.agent._running.child.wait()
    mill.step(3)
    (notice,) = Board(mill.store).load()
    assert (notice.code, notice.process, notice.to) == ("process.interrupted", process, ("ann",))
    assert notice.reason.values["signal"] == signal.SIGKILL


def test_a_run_interrupted_by_the_workers_own_end_is_told(mill):
    claimed(mill)
    mill.agent.shut_down(0)
    mill.start()
    assert mill.codes() == ["process.interrupted"]


def test_a_run_that_a_person_stopped_is_not(mill):
    process = claimed(mill)
    actions.stop(mill.store, processes.get(mill.store, process), "ann")
    mill.step()
    mill.agent._running.child.wait(30)
    mill.step(2)
    assert mill.codes() == []


def test_an_end_whose_notice_was_cut_off_is_told_when_the_worker_is_back(mill):
    house.completed(mill.store, mill.project, mill.images)  # nobody told of it
    mill.agent.shut_down(0)
    mill.start()
    mill.step(2)
    assert mill.codes() == ["process.completed"]


def test_labels_applied_and_rolled_back_are_told_with_how_many(store):
    project, images = house.fill(store, "pages", 3, 0)
    process = house.completed(store, project, images)
    for ask in (actions.apply, actions.roll_back):
        ask(store, processes.get(store, process), "bob")
        for _ in range(2):  # a second worker, or the same one again
            carry_out(store, processes.get(store, process))
    told = {notice.code: notice for notice in Board(store).load()}
    assert told.keys() == {"labels.applied", "labels.rolled_back", "process.completed"}
    assert str(told["labels.applied"].message) == "Labels applied to 3 images"
    assert str(told["labels.rolled_back"].message) == "Labels of 3 images rolled back"
    assert told["labels.applied"].to == ("ann", "bob")


def test_of_one_image_it_is_told_in_the_singular(store):
    project, images = house.fill(store, "pages", 1, 0)
    process = house.completed(store, project, images)
    actions.apply(store, processes.get(store, process), "ann")
    carry_out(store, processes.get(store, process))
    assert "Labels applied to 1 image" in [str(notice.message) for notice in Board(store).load()]


def test_a_worker_tells_of_a_low_disk_with_its_heartbeat(mill, monkeypatch):
    mill.step()
    assert mill.codes() == []
    monkeypatch.setattr(agents.hardware, "disk", lambda folder: (1000 * GB, 10 * GB))
    mill.step(3)
    assert mill.codes() == ["disk.low"]


def info(free: float) -> Info:
    moment = agents.wall_now()
    disk = {"disk": 100 * GB, "disk_free": int(free * GB)}
    return Info(host="h", pid=1, worker="w", seq=1, cores=2, memory=1, memory_used=1, since=moment, at=moment, **disk)


@pytest.fixture
def told(store):
    """Looks at so many GB free of 100, one after the other → how often it was told."""
    machine = machines.register(store, "bench")

    def look(*free: float, watch: DiskWatch | None = None) -> int:
        watch = watch or DiskWatch(store)
        for amount in free:
            watch.look(machine, info(amount))
        return len(Board(store).load())

    return look


def test_a_low_disk_is_told_once_until_it_has_recovered_clearly(told, store):
    watch = DiskWatch(store)
    assert told(8, 4.9, 4.8, watch=watch) == 1
    assert told(5.1, 4.9, watch=watch) == 1  # about the limit
    assert told(8, 4.9, watch=watch) == 2


def test_a_worker_that_starts_again_on_a_low_disk_does_not_tell_again(told):
    assert told(8, 4) == 1
    assert told(4) == 1
    assert told(8) == 1
    assert told(4) == 2


def test_what_cannot_be_put_on_record_is_told_with_the_next_look(told, store, monkeypatch):
    watch, write = DiskWatch(store), notice_events.create_revision

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(notice_events, "create_revision", full)
    with pytest.raises(OSError, match="No space"):
        told(4, watch=watch)
    monkeypatch.setattr(notice_events, "create_revision", write)
    assert told(4, watch=watch) == 1
