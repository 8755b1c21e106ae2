"""One machine's worker as a loop of single passes: heartbeat, look, supervise, claim.

``step(now)`` does one pass and never blocks; the clock is its argument. Training runs in a child process, so that a
crash in torch or the system killing it for memory ends an attempt and never the worker; applies, and the desk that
answers jobs, run in children of their own, beside a training.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage import attempts, machine_load, machines, notice_events, processes
from storage.attempts import Attempt, Claim, Ended, Message, Outcome
from storage.core import Damaged, NotFound, Refused, Store, load_if_there, store_uuid
from storage.core import now as wall_now
from storage.locks import Lock
from storage.machines import HEARTBEAT_S, MACHINES, Info, Machine
from storage.processes import Process, State
from worker import hardware
from worker.desk_keeper import DeskKeeper
from worker.disk_watch import DiskWatch
from worker.reading.keeper import ReadingKeeper
from worker.reading.languages import languages

log = logging.getLogger(__name__)

STOP_GRACE_S = 60.0  # a child saves a checkpoint when asked to stop; after this it is killed
# How long OpenMP's threads spin before they sleep. Its default slows a busy machine several times over, not to spin at
# all an idle one by 45 %; this costs less than 10 % there.
SPIN_COUNT = "20000"
LOST_S = 60.0  # without a sign of the lock; below the 90 s after which NFS hands it to another host
RETRY_S = 10.0  # between tries to start a child that fails by itself: torch cannot be imported, a plan is damaged
LABEL_STATES = frozenset({State.APPLYING, State.ROLLING_BACK})


@dataclass
class Running:
    """The attempt under way, the child that runs it, when it was asked to stop, and why if no person asked for it."""

    process: str
    attempt: Attempt
    child: subprocess.Popen[bytes]
    stop_sent: float | None = None
    reason: Message | None = None


class Agent:
    """The one worker of a machine; Refused if the machine has one already, here or on another host."""

    def __init__(self, store: Store, machine: Machine) -> None:
        self.store = store
        self.machine = machine
        # Two locks: the local one is exact on this host, the one in the store catches a second host of the same name.
        local = Path(tempfile.gettempdir()) / f"fieldmark-{store_uuid(store)}-{machine.id}.lock"
        what = f"Machine {machine.name!r}"
        self._locks = [Lock(local, what), Lock(store.machine(machine.id).worker_lock, what)]
        self._info = Info(
            host=socket.gethostname(),
            pid=os.getpid(),
            worker=uuid.uuid4().hex,
            seq=0,
            cores=hardware.cores(),
            versions=hardware.versions(),
            since=wall_now(),
            at=wall_now(),
            **_figures(store),
        )
        self._heartbeat_due = 0.0  # at once: a start is refused until the machine has reported
        self._load_due = 0.0
        self._held = time.monotonic()
        # Process → requests it had when it needed nothing more: only a new one makes it worth reading again.
        self._settled: dict[str, int] = {}
        # Process → the damage already logged, so that it is said once and not at every pass.
        self._damaged: dict[str, str] = {}
        self._running: Running | None = None
        self._spare: subprocess.Popen[bytes] | None = None
        self._spare_due = 0.0
        self._applying: dict[str, subprocess.Popen[bytes]] = {}
        self._apply_due: dict[str, float] = {}
        self._desk = DeskKeeper(store, machine.id, self._launch)
        self._reading = ReadingKeeper(store, machine.id, self._launch)
        self._disk = DiskWatch(store)

    def step(self, now: float) -> None:
        """One pass at monotonic time ``now``; Refused if the machine's lock is lost. After any other error, pass again."""
        # First: a worker that lost its lock has to find out before it claims or ends anything.
        if now >= self._heartbeat_due:
            self._beat(now)
        self._keep_spare(now)
        self._supervise(now)
        if self.machine.enabled:
            self._desk.tend(now)
        else:
            self._desk.close()
        # Never beside a training, whose memory and cores it would take.
        self._reading.tend(now, wanted=self.machine.enabled and self._running is None)
        open_processes = self._look()
        self._tend_applies(open_processes, now)
        if self._running is None:
            self._claim_next(open_processes)

    def shut_down(self, wait_s: float = STOP_GRACE_S) -> None:
        """Stop the run, keep its checkpoint, and let the next worker resume it; release the machine."""
        if self._running:
            self._running.child.terminate()
            self._wait_for(self._running.child, wait_s)
            # Before the locks go: the next worker would bury an open attempt in words of its own.
            self._record_end(self._running)
        # These lose nothing: an apply goes on from its plan, wherever it was cut off, and a job stays open until it is answered.
        for child in self._applying.values():
            child.kill()
            child.wait()
        self._end_spare()
        self._desk.close()
        self._reading.close()
        # While the lock is held: later this could overwrite the report of a successor.
        self._report(process=None, left=True)
        for lock in self._locks:
            lock.release()

    def _beat(self, now: float) -> None:
        try:
            for lock in self._locks:
                lock.beat()
        except OSError as error:
            log.error("The machine's lock cannot be written: %s", error)
            # One failure may be a full disk or a slow server; only a lease that ran out hands the lock on.
            if now - self._held > LOST_S:
                raise Refused("Machine {machine!r} lost its lock; start its worker again", machine=self.machine.name) from error
        else:
            self._held = now
        self._report(process=self._running.process if self._running else None, load=hardware.load(), **_figures(self.store))
        self._heartbeat_due = now + HEARTBEAT_S
        self._read_settings()
        if now >= self._load_due:
            self._load_due = now + machine_load.EVERY_S
            machine_load.append(self.store, self.machine.id, self._info)
        self._disk.look(self.machine, self._info)

    def _report(self, **changes: object) -> None:
        self._info = self._info.model_copy(update={"seq": self._info.seq + 1, "at": wall_now(), **changes})
        machines.report(self.store, self.machine.id, self._info)

    def _read_settings(self) -> None:
        """What the administrator set since; Refused if the machine was deleted."""
        try:
            _, self.machine = MACHINES.get(self.store, self.machine.id)
        except NotFound as error:
            raise Refused("Machine {machine!r} was deleted; start its worker again to have it back", machine=self.machine.name) from error
        except Damaged as error:
            log.error("%s. What was set before still holds", error)  # the run goes on

    def _look(self) -> list[Process]:
        """Processes that may need something from this worker; those that cannot are passed over until asked again."""
        found = []
        for process in processes.list_ids(self.store):
            try:
                # One listing instead of all files of every process, four times a second.
                asked = processes.count_requests(self.store, process)
                if self._settled.get(process) != asked:
                    found.append(processes.get(self.store, process))
            except NotFound:
                # Deleted, or its spec is still on its way; then the first request brings it back.
                self._settled[process] = 0
            except Damaged as error:
                # Looked at again each pass: it may have been a network's hiccup, or be restored from a backup.
                if self._damaged.get(process) != str(error):
                    log.error("Process %s is passed over: %s", process, error)
                self._damaged[process] = str(error)
        return [process for process in found if not self._settle(process)]

    def _settle(self, process: Process) -> bool:
        mine = process.spec.machine == self.machine.id
        needs_run = mine and (process.state in processes.UNFINISHED or process.may_resume_itself)
        if needs_run or process.state in LABEL_STATES:
            return False
        # Here too: a worker that was killed between an end and its notice comes past it when it is back.
        notice_events.tell_process(self.store, process)
        self._settled[process.id] = len(process.requests)
        return True

    def _supervise(self, now: float) -> None:
        """Pass a stop on to the child, and record the end of one that has ended."""
        running = self._running
        if running is None:
            return
        if running.child.poll() is not None:
            self._record_end(running)
            self._running = None
            self._settled.pop(running.process, None)
            self._report(process=None)
        elif load_if_there(Ended, running.attempt.paths.end) is not None:
            running.child.kill()  # an administrator declared this machine lost: the attempt is no longer ours
        elif running.stop_sent is not None:
            # Hung in a driver or on a dead file server; the next pass records its end.
            if now - running.stop_sent > STOP_GRACE_S:
                running.child.kill()
        elif self._is_stop_asked(running.process):
            self._stop(running, now)
        elif not self.machine.enabled and self.machine.when_disabled == "stop":
            self._stop(running, now, _disabled(self.machine))

    def _stop(self, running: Running, now: float, reason: Message | None = None) -> None:
        running.child.terminate()
        running.stop_sent, running.reason = now, reason

    def _is_stop_asked(self, process: str) -> bool:
        try:
            return processes.get(self.store, process).stop_asked
        except NotFound:
            return True  # deleted in the moment before it was claimed: nobody could stop it any more
        except Damaged:
            return False  # said by _look; the run goes on, and so do the other processes

    def _record_end(self, running: Running) -> None:
        died = _died(running.child.returncode)
        if running.reason:
            died = Ended(outcome=Outcome.STOPPED, at=wall_now())  # by our own will, so it counts as no death of the run's
        elif running.stop_sent is not None:
            # A kill of ours after the grace says nothing about memory, so the next attempt keeps its batch.
            died = died.model_copy(update={"signal": None})
        self._end(running.process, running.attempt, died, running.reason)

    def _end(self, process: str, attempt: Attempt, otherwise: Ended, reason: Message | None = None) -> None:
        """End the attempt as its child said, else with ``otherwise``; a stop that nobody asked for came from its worker, for ``reason``."""
        # The child's word counts before its exit code: it may have finished and then crashed while Python was closing down.
        ended = attempts.result(attempt.paths) or otherwise
        if ended.outcome == Outcome.STOPPED and not self._is_stop_asked(process):
            message = reason or Message(template="The worker was shut down; the run goes on when it is back")
            ended = ended.model_copy(update={"outcome": Outcome.INTERRUPTED, "message": message})
        attempts.end(attempt.paths, ended)
        log.info("Process %s, attempt %d: %s", process, attempt.number, ended.outcome)
        with suppress(NotFound, Damaged):  # deleted or damaged meanwhile: nobody waits for its end, or its list says so
            notice_events.tell_process(self.store, processes.get(self.store, process))

    def _tend_applies(self, found: list[Process], now: float) -> None:
        """Start a child for each apply or roll back asked for; one that died is started again."""
        for ended in [process for process, child in self._applying.items() if child.poll() is not None]:
            failed = (self._applying.pop(ended).returncode or 0) > 0
            # Killed (a negative code) it starts again at once; failed by itself it would fail again as fast.
            self._apply_due[ended] = now + (RETRY_S if failed else 0)
        for process in found:
            due = process.id not in self._applying and now >= self._apply_due.get(process.id, now)
            wanted = process.state in LABEL_STATES and due
            # Another machine's apply is finished here once that machine is gone: any worker can do it.
            if wanted and (process.spec.machine == self.machine.id or not machines.is_alive(self.store, process.spec.machine)):
                self._applying[process.id] = self._launch("worker.apply", str(self.store.root), process.id)

    def _claim_next(self, found: list[Process]) -> None:
        mine = [process for process in found if process.spec.machine == self.machine.id]
        for process in mine:
            self._bury(process)
        ready = [process for process in mine if process.state == State.QUEUED or process.may_resume_itself]
        if not ready or not MACHINES.get(self.store, self.machine.id)[1].enabled:
            return
        for process in sorted(ready, key=lambda process: (process.start_request.at if process.start_request else wall_now(), process.id)):
            if self._claim(process):
                return

    def _bury(self, process: Process) -> None:
        """End an attempt that a dead worker of this machine left open; this one holds the machine lock, so it is dead."""
        last = process.last
        if last is None or last.end is not None or process.state not in processes.UNFINISHED:
            return
        try:
            lock = Lock(self.store.process(process.id).run_lock, f"The run of process {process.id}")
        except Refused:
            return  # its child has not noticed yet that the worker is gone
        message = Message(template="The worker ended unexpectedly; the run is resumed from its newest checkpoint")
        try:
            # Under the lock: a child that comes to it late finds the attempt ended and does not begin.
            self._end(process.id, last, Ended(outcome=Outcome.INTERRUPTED, at=wall_now(), message=message, died=True))
        finally:
            lock.release()

    def _claim(self, process: Process) -> bool:
        request, last = process.start_request, process.last
        # No claim without a live child to send it to: that attempt would end before it began.
        if request is None or self._spare is None or self._spare.poll() is not None:
            return False
        claim = Claim(
            machine=self.machine.id,
            worker=self._info.worker,
            host=self._info.host,
            pid=self._info.pid,
            request=request.number,
            at=wall_now(),
            # What the system kills was most likely short of memory: go on with half as many images at once.
            micro_batch=_smaller_batch(process) if last and last.end and last.end.signal == signal.SIGKILL else None,
        )
        attempt = attempts.claim(self.store.process(process.id), claim)
        if attempt is None:
            return False
        self._send(self._spare, process.id, attempt)
        self._running, self._spare = Running(process.id, attempt, self._spare), None
        log.info("Process %s, attempt %d: claimed", process.id, attempt.number)
        self._report(process=process.id)
        return True

    def _keep_spare(self, now: float) -> None:
        """Have a child waiting with torch imported, unless one runs or may not; a machine's memory is the training's."""
        if not self.machine.enabled:
            self._end_spare()
            return
        dead = self._spare is None or self._spare.poll() is not None
        if self._running is None and dead and now >= self._spare_due:
            self._spare = self._launch("worker.run", str(self.store.root))
            # Without the wait a child that cannot even import torch would be started anew at every pass.
            self._spare_due = now + (RETRY_S if self._spare_due else 0)

    def _end_spare(self) -> None:
        if self._spare is not None:
            self._spare.kill()
            self._spare.communicate()  # which also closes the pipe
            self._spare = None

    def _send(self, child: subprocess.Popen[bytes], process: str, attempt: Attempt) -> None:
        assert child.stdin is not None
        try:
            child.stdin.write(f"{process} {attempt.number}\n".encode())
            child.stdin.close()
        except BrokenPipeError:
            # The claim stands: the next pass finds the child ended and records that.
            log.error("The waiting child is gone; attempt %d of process %s ends with it", attempt.number, process)

    def _launch(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        # With our pid, so that the child can tell whether its parent died before it asked to die with it.
        command = [sys.executable, "-m", module, *arguments, str(os.getpid())]
        # A session of its own: Ctrl-C in the terminal reaches the worker alone, which then ends the child cleanly.
        environment = {"GOMP_SPINCOUNT": SPIN_COUNT, **os.environ, "FIELDMARK_ACTING": f"worker:{self.machine.id}"}
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, cwd=Path(__file__).parent.parent, env=environment)

    def _wait_for(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _figures(store: Store) -> dict[str, Any]:
    """What else than the load changes from one heartbeat to the next."""
    memory, memory_used = hardware.memory()
    disk, disk_free = hardware.disk(store.root)
    space = {"memory": memory, "memory_used": memory_used, "disk": disk, "disk_free": disk_free}
    return {**space, "gpus": hardware.gpus(), "languages": languages()}


def _disabled(machine: Machine) -> Message:
    return Message(
        template="Machine {machine} was disabled; the run goes on from its checkpoint when it is enabled again",
        values={"machine": machine.name},
    )


def _died(code: int | None) -> Ended:
    """The end of a child that left no word: killed by a signal (resumed), or it could not even start (failed)."""
    if code == -signal.SIGTERM:  # asked to stop before it could listen
        return Ended(outcome=Outcome.STOPPED, at=wall_now())
    if code is not None and code < 0:
        message = Message(
            template="The training was killed by signal {signal} ({name}); most often the system was short of memory",
            values={"signal": -code, "name": signal.strsignal(-code) or ""},
        )
        return Ended(outcome=Outcome.INTERRUPTED, at=wall_now(), message=message, died=True, signal=-code)
    message = Message(template="The training ended with code {code} and no word; see the log", values={"code": code or 0})
    return Ended(outcome=Outcome.FAILED, at=wall_now(), message=message, died=True)


def _smaller_batch(process: Process) -> int:
    """Half as many images at once as in the attempt that was killed, for the same effective batch."""
    last = process.last
    before = last.claim.micro_batch if last and last.claim.micro_batch else process.spec.template.parameters.batch
    return max(1, before // 2)
