"""The worker's loop: claims, ends, stops, deaths, and who may be the worker of a machine."""

import math
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from storage import actions, attempts, checkpoints, jobs, machine_load, machines, models, processes, progress
from storage.attempts import Ended, Outcome
from storage.core.errors import Refused
from storage.core.ids import new_id
from storage.core.records import now
from storage.core.root import open_store
from storage.locks import Lock
from storage.machines import MACHINES
from tests.worker import house
from worker.agent import Agent
from worker.reading import keeper


class Mill:
    """An agent whose passes the test calls, at moments of its own; its children are real, most die before torch is imported."""

    def __init__(self, store):
        self.store = store
        self.project, self.images = house.fill(store, "pages", 4, 2)
        self.moment = 0.0
        self.agent = Agent(store, machines.register(store, house.MACHINE))

    def queued(self):
        process = house.new_process(self.store, self.project)
        processes.ask(self.store, processes.get(self.store, process), "start", "ann")
        return process

    def step(self, times=1):
        for _ in range(times):
            self.moment += 15  # past every interval of the agent's
            self.agent.step(self.moment)

    def state(self, process):
        return processes.get(self.store, process).state

    def last(self, process):
        return processes.get(self.store, process).last

    def child(self):
        return self.agent._running.child

    def switch(self, enabled, when_disabled=None):
        """The administrator enables or disables the machine, and the worker takes note."""
        machines.switch(self.store, self.agent.machine.id, enabled, when_disabled)
        self.step()

    def kill_child(self):
        self.child().kill()
        self.child().wait()


@pytest.fixture
def mill(store, monkeypatch):
    monkeypatch.setattr(keeper, "START_S", math.inf)  # pages are read in tests of their own
    made = Mill(store)
    yield made
    made.agent.shut_down(0)


def test_a_queued_process_is_claimed_in_one_pass_and_the_machine_says_so(mill):
    process = mill.queued()
    mill.step()
    assert mill.state(process) == "Starting"
    mill.step()
    assert machines.read_info(mill.store, mill.agent.machine.id).process == process


def test_what_was_started_first_runs_first_and_alone(mill):
    first, second = mill.queued(), mill.queued()
    mill.step(3)
    assert (mill.state(first), mill.state(second)) == ("Starting", "Queued")


def test_another_machines_process_is_left_to_it(mill):
    mill.queued()
    other = machines.register(mill.store, "elsewhere")
    theirs = processes.create(mill.store, mill.project, processes.list_processes(mill.store)[0][0].spec.template, other.id, "ann").id
    processes.ask(mill.store, processes.get(mill.store, theirs), "start", "ann")
    mill.step(2)
    assert mill.state(theirs) == "Queued"


def test_a_killed_child_interrupts_the_attempt_and_the_next_takes_half_as_many_images_at_once(mill):
    process = mill.queued()
    mill.step()
    mill.kill_child()
    mill.step(2)  # it is ended in one pass, its successor has a child in the next
    first, second = processes.get(mill.store, process).attempts
    assert (first.end.outcome, first.end.died, first.end.signal) == (Outcome.INTERRUPTED, True, 9)
    assert (first.claim.micro_batch, second.claim.micro_batch) == (None, 1)


def test_after_three_deaths_beyond_the_first_a_person_is_needed(mill):
    process = mill.queued()
    for _ in range(1 + processes.AUTO_RESUMES):
        mill.step(2)
        mill.kill_child()
    mill.step(3)
    assert (mill.state(process), len(processes.get(mill.store, process).attempts)) == ("Interrupted", 4)
    processes.ask(mill.store, processes.get(mill.store, process), "start", "ann")
    mill.step()
    assert mill.last(process).number == 5


def test_a_stop_ends_a_child_that_has_not_begun_as_stopped(mill):
    process = mill.queued()
    mill.step()
    actions.stop(mill.store, processes.get(mill.store, process), "ann")
    mill.step()
    mill.child().wait(30)
    mill.step()
    assert mill.state(process) == "Stopped"


def test_a_child_that_does_not_stop_is_killed_after_its_grace(mill):
    process = mill.queued()
    mill.step()
    mill.child().send_signal(signal.SIGSTOP)  # a child that hangs
    # Until it does: of two signals that wait the system delivers the one of the lower number first, so the stop below.
    os.waitid(os.P_PID, mill.child().pid, os.WSTOPPED | os.WNOWAIT)
    actions.stop(mill.store, processes.get(mill.store, process), "ann")
    mill.step(6)
    mill.child().wait(30)
    mill.step()
    assert mill.state(process) == "Stopped"


def test_a_machine_that_is_disabled_finishes_what_runs_and_takes_up_nothing_more(mill):
    running, waiting = mill.queued(), mill.queued()
    mill.step()
    mill.switch(False, "finish")
    assert mill.child().poll() is None
    actions.stop(mill.store, processes.get(mill.store, running), "ann")
    mill.step()
    mill.child().wait(30)
    mill.step(3)
    assert (mill.state(running), mill.state(waiting)) == ("Stopped", "Queued")
    mill.switch(True)
    mill.step()
    assert mill.state(waiting) == "Starting"


@pytest.mark.parametrize("hangs", [False, True], ids=["it obeys", "it hangs"])
def test_a_machine_disabled_to_stop_interrupts_its_run_which_goes_on_once_it_is_enabled(mill, hangs):
    process = mill.queued()
    mill.step()
    child = mill.child()
    if hangs:
        child.send_signal(signal.SIGSTOP)
    mill.switch(False, "stop")
    mill.step(6 if hangs else 0)  # past the grace
    child.wait(30)
    mill.step(3)
    end = mill.last(process).end
    assert (end.outcome, end.died, end.signal) == (Outcome.INTERRUPTED, False, None)
    assert str(end.message) == "Machine mill was disabled; the run goes on from its checkpoint when it is enabled again"
    assert mill.last(process).number == 1
    mill.switch(True)
    mill.step()
    assert (mill.last(process).number, mill.state(process)) == (2, "Starting")


def test_a_person_who_stops_a_run_that_the_machine_is_stopping_has_the_last_word(mill):
    process = mill.queued()
    mill.step()
    mill.switch(False, "stop")
    actions.stop(mill.store, processes.get(mill.store, process), "ann")
    mill.child().wait(30)
    mill.step()
    assert mill.state(process) == "Stopped"


def test_a_disabled_machine_keeps_no_child_waiting_and_no_desk(mill):
    jobs.ask(mill.store, "evaluate", new_id(), mill.agent.machine.id, "ann")
    mill.step()
    worker = psutil.Process()
    assert {module for child in worker.children() for module in ("worker.run", "worker.desk") if module in child.cmdline()} == {
        "worker.run",
        "worker.desk",
    }
    mill.switch(False)
    assert worker.children() == []
    mill.switch(True)
    assert len(worker.children()) == 2


def test_a_worker_whose_machine_was_deleted_ends_and_brings_it_back_when_it_is_started_again(mill):
    mill.step()
    MACHINES.delete(mill.store, *MACHINES.get(mill.store, house.MACHINE))
    with pytest.raises(Refused, match="Machine 'mill' was deleted; start its worker again to have it back"):
        mill.step()
    assert machines.register(mill.store, house.MACHINE).id == mill.agent.machine.id


def test_a_run_goes_on_while_the_machines_own_record_is_damaged(mill):
    process = mill.queued()
    mill.step()
    (mill.store.machine(mill.agent.machine.id).folder / "machine.000001.json").write_bytes(b"")
    actions.stop(mill.store, processes.get(mill.store, process), "ann")
    mill.step()
    mill.child().wait(30)
    mill.step()
    assert mill.state(process) == "Stopped"


def test_a_heartbeat_tells_load_and_disk_and_each_minute_becomes_a_point(mill):
    mill.step(9)  # two minutes, at 15 seconds a pass
    info = machines.read_info(mill.store, mill.agent.machine.id)
    assert 0 <= info.load <= 1
    assert 0 < info.disk_free < info.disk
    assert {"python", "torch", "torchvision"} <= info.versions.keys()
    points = machine_load.read(mill.store, mill.agent.machine.id, 1, now())
    assert len(points) == 3
    assert points[-1].memory > 0


def test_a_worker_that_is_shut_down_leaves_the_run_to_the_next(mill):
    process = mill.queued()
    mill.step()
    mill.agent.shut_down()
    assert mill.last(process).end.message.template.startswith("The worker was shut down")
    assert not machines.is_alive(mill.store, mill.agent.machine.id)
    mill.agent = Agent(mill.store, mill.agent.machine)
    mill.step()
    assert mill.last(process).number == 2


def test_what_a_dead_worker_left_open_is_ended_and_taken_up_again(mill):
    process = house.new_process(mill.store, mill.project)
    house.claim(mill.store, process)
    mill.step(2)
    first, second = processes.get(mill.store, process).attempts
    assert (first.end.outcome, first.end.died, second.number) == (Outcome.INTERRUPTED, True, 2)


def test_an_open_attempt_is_not_ended_while_its_child_still_lives(mill):
    process = house.new_process(mill.store, mill.project)
    house.claim(mill.store, process)
    child = Lock(mill.store.process(process).run_lock, "The run")
    mill.step(2)
    assert mill.last(process).end is None
    child.release()
    mill.step(2)
    assert mill.last(process).number == 2


@pytest.mark.parametrize(
    ("word", "outcome"),
    [(Outcome.COMPLETED, Outcome.COMPLETED), (Outcome.FAILED, Outcome.FAILED), (Outcome.STOPPED, Outcome.INTERRUPTED)],
    ids=["completed", "failed", "stopped although nobody asked"],
)
def test_the_last_word_of_a_dead_workers_child_counts(mill, word, outcome):
    process = house.new_process(mill.store, mill.project)
    made = house.claim(mill.store, process)
    attempts.finish(made.paths, Ended(outcome=word, at=now()))
    mill.step()
    assert processes.get(mill.store, process).attempts[0].end.outcome == outcome


@pytest.mark.parametrize("elsewhere", [False, True], ids=["given up", "given up and claimed elsewhere"])
def test_a_run_that_was_declared_lost_is_killed_and_its_end_stays_the_administrators(mill, elsewhere):
    process = mill.queued()
    mill.step()
    child, first = mill.child(), mill.last(process)
    attempts.end(first.paths, Ended(outcome=Outcome.INTERRUPTED, at=now(), model="admin"))
    if elsewhere:
        house.claim(mill.store, process)
    mill.step()
    assert child.wait(30) == -signal.SIGKILL
    mill.step()
    assert processes.get(mill.store, process).attempts[0].end.model == "admin"


def test_a_damaged_process_hides_no_other_and_is_taken_up_once_it_is_restored(mill):
    damaged, good = mill.queued(), mill.queued()
    request = mill.store.process(damaged).requests / "request.000001.json"
    whole = request.read_bytes()
    request.write_bytes(b"")
    mill.step()
    assert mill.state(good) == "Starting"
    actions.stop(mill.store, processes.get(mill.store, good), "ann")
    request.write_bytes(whole)
    mill.step()
    mill.child().wait(30)
    mill.step(2)
    assert (mill.state(good), mill.state(damaged)) == ("Stopped", "Starting")


def test_a_run_whose_files_are_damaged_under_way_blocks_no_apply(mill):
    running, done = mill.queued(), house.completed(mill.store, mill.project, mill.images[2:])
    mill.step()
    (mill.store.process(running).folder / "spec.000001.json").write_bytes(b"")
    actions.apply(mill.store, processes.get(mill.store, done), "ann")
    mill.step()
    house.until(lambda: mill.state(done) == "Applied", "labels are applied")


def test_an_apply_that_fails_is_not_tried_again_at_once(mill):
    done = house.completed(mill.store, mill.project, mill.images[2:])
    actions.apply(mill.store, processes.get(mill.store, done), "ann")
    shutil.rmtree(mill.store.model(done).folder)
    mill.step()
    child = mill.agent._applying[done]
    assert child.wait(30) == 1
    for _ in range(3):
        mill.agent.step(mill.moment + 1)
    assert mill.agent._applying == {}
    mill.step()
    assert mill.agent._applying[done].pid != child.pid


def test_a_second_worker_of_a_machine_is_told_who_is_there_since_when_and_where(mill):
    with pytest.raises(Refused, match=rf"Machine 'mill' is held by process {os.getpid()} on host \S+ since 20\d\d-.* UTC; .*\.lock"):
        Agent(mill.store, mill.agent.machine)


@pytest.mark.parametrize("command", [["-m", "worker"], ["cli.py", "worker"]], ids=["python -m worker", "cli.py worker"])
def test_a_second_worker_ends_with_code_2_and_the_same_words(mill, command):
    command = [sys.executable, *command, "--machine", house.MACHINE, "--store", str(mill.store.root)]
    done = subprocess.run(command, cwd=house.ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, f"is held by process {os.getpid()} on host" in done.stderr) == (2, True)


def test_no_child_outlives_a_worker_that_was_killed(mill):
    mill.agent.shut_down()
    with house.WorkerProcess(mill.store) as worker:
        (child,) = house.until(lambda: worker.children("worker.run"), "it has a waiting child")
        worker.end()
        house.until(lambda: not house.is_running(child.pid), "it is gone")
    mill.agent = Agent(mill.store, mill.agent.machine)


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """A run that was frozen and given up, shut down with its worker, stopped, and resumed until it was completed."""
    folder = tmp_path_factory.mktemp("resumed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        yield Resumed(folder)


class Resumed:
    """One real run through everything that can interrupt it; each step leaves an attempt behind."""

    def __init__(self, folder):
        self.store = open_store(folder / "store")
        self.project, _ = house.fill(self.store, "pages", 14, 10)
        self.process = house.new_process(self.store, self.project, iterations=30)
        with house.WorkerProcess(self.store) as worker:
            house.start(self.store, self.process)
            self.freeze(worker)
            self.wait_for_checkpoint(2)
            self.exit_code = worker.end(signal.SIGTERM)
            self.after_shutdown = processes.get(self.store, self.process)
            worker.start()
            self.wait_for_checkpoint(3)
            actions.stop(self.store, self.get(), "ann")
            self.stopped = house.until_state(self.store, self.process, "Stopped")
            house.start(self.store, self.process)
            self.done = house.until_state(self.store, self.process, "Completed")

    def get(self):
        return processes.get(self.store, self.process)

    def wait_for_checkpoint(self, attempt):
        def kept():
            last = self.get().last
            if last is None or last.number != attempt or not progress.read_points(last.paths)[0]:
                return None
            return checkpoints.newest(self.store.process(self.process), attempt)

        house.until(kept, f"attempt {attempt} goes on and there is a checkpoint")

    def freeze(self, worker):
        """Freeze worker and child, declare the machine lost as an administrator does, and let both go on."""
        self.wait_for_checkpoint(1)
        frozen = [*worker.children("worker.run"), psutil.Process(worker.popen.pid)]
        for process in frozen:
            process.suspend()
        machine = self.get().spec.machine
        os.utime(self.store.machine(machine).info, (0, 0))  # its last sign is long ago
        actions.give_up(self.store, self.get(), "admin")
        self.given_up = self.get().last.end
        for process in reversed(frozen):
            process.resume()


def test_a_frozen_run_that_wakes_up_after_it_was_given_up_does_nothing_more(resumed):
    first = resumed.done.attempts[0]
    assert first.end == resumed.given_up
    assert str(first.end.message) == "admin declared the machine lost"
    assert models.get(resumed.store, resumed.process).at > resumed.given_up.at


def test_a_worker_that_gets_sigterm_ends_cleanly_and_the_next_one_resumes(resumed):
    assert resumed.exit_code == 0
    assert resumed.after_shutdown.attempts[1].end.outcome == Outcome.INTERRUPTED
    assert not resumed.after_shutdown.attempts[1].end.died
    assert resumed.done.attempts[2].claim.request == resumed.done.attempts[1].claim.request


def test_a_stopped_run_keeps_a_checkpoint_from_which_it_is_resumed(resumed):
    assert resumed.stopped.attempts[2].end.outcome == Outcome.STOPPED
    first = progress.read_points(resumed.done.attempts[3].paths)[0][0].iteration
    assert first == progress.read_points(resumed.done.attempts[2].paths)[0][-1].iteration + 1


def test_curves_of_a_resumed_run_have_each_iteration_once(resumed):
    points = progress.read_curves(resumed.done.attempts)
    assert [point.iteration for point in points if point.loss is not None] == list(range(1, 31))


def test_the_machine_is_named_and_free_again(resumed):
    _, machine = MACHINES.get(resumed.store, house.MACHINE)
    assert actions.busy_with(resumed.store, machine.id) == []
