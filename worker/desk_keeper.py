"""Keeps a desk, the child that answers jobs, while there are jobs for this machine to answer."""

import logging
import subprocess
from collections.abc import Callable

from storage import jobs
from storage.attempts import Message
from storage.core import Store, now
from storage.jobs import Answer

log = logging.getLogger(__name__)

RETRY_S = 10.0  # before another desk, where one ended with an error


class DeskKeeper:
    """Launches desks for the machine of id ``machine``, one at a time; each ends by itself when no job has come for a while."""

    def __init__(self, store: Store, machine: str, launch: Callable[..., subprocess.Popen[bytes]]) -> None:
        self._store = store
        self._machine = machine
        self._launch = launch
        self._desk: subprocess.Popen[bytes] | None = None
        self._due = 0.0
        # Jobs that need nothing of this machine: what is read four times a second is the listing and new jobs alone.
        self._settled: set[str] = set()

    def tend(self, moment: float) -> None:
        """Launch a desk if a job waits and there is none, at monotonic time ``moment``."""
        if self._desk is not None and self._desk.poll() is not None:
            self._clear(self._desk.returncode, moment)
        if self._desk is None and moment >= self._due and jobs.list_open(self._store, self._machine, self._settled):
            self._desk = self._launch("worker.desk", str(self._store.root), self._machine)

    def close(self) -> None:
        """End the desk; the jobs it had not answered stay open."""
        if self._desk is not None:
            self._desk.kill()
            self._desk.communicate()  # which also closes the pipe
            self._desk = None

    def _clear(self, code: int, moment: float) -> None:
        self._desk = None
        if not code:
            return
        log.error("The desk ended with code %d", code)
        self._due = moment + RETRY_S
        # Without an answer the job that it died of would be the end of the next desk too, and no other had its turn.
        for job in jobs.list_open(self._store, self._machine, self._settled)[:1]:
            message = Message(template="The worker ended with code {code} at this; see its log, then try again", values={"code": code})
            jobs.answer(self._store, Answer(job=job.id, at=now(), seconds=0, message=message))
