"""Answers jobs, beside whatever the machine trains: ``python -m worker.desk STORE MACHINE PARENT``.

The agent launches a desk when a job waits. It loads torch once and keeps the models asked for last, so the first answer
takes seconds and the next ones less than one. It ends when none was asked for in some minutes.
"""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from storage import jobs
from storage.attempts import Message, message_of
from storage.core import Store, StoreError, now, open_store
from storage.jobs import Answer, Job
from worker.parent import die_with_parent

log = logging.getLogger(__name__)

PASS_S = 0.2
IDLE_S = 300.0  # after this the memory is worth more than the seconds that torch takes to load
_RETRY_S = 5.0  # a full disk, or a file server that is away
_SWEEP_S = 3600.0  # between looks for jobs of a day ago
_NICE = 10  # a training goes first where both want the processor


def main(store_root: str, machine: str, parent: str) -> None:
    """Answer until none was asked for ``IDLE_S``."""
    die_with_parent(int(parent))
    os.nice(_NICE)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s desk %(levelname)s %(message)s")
    # Only now: importing torch takes seconds, in which the worker might go unnoticed.
    from worker.answers import Answers

    desk = Desk(open_store(Path(store_root)), machine, Answers(open_store(Path(store_root))).to, time.monotonic())
    while pause := desk.step(time.monotonic()):
        time.sleep(pause)


class Desk:
    """Has the open jobs of the machine of id ``machine`` answered, oldest first; ``now_s`` here and below is monotonic time."""

    def __init__(self, store: Store, machine: str, answer: Callable[[Job], Answer], now_s: float) -> None:
        self._store = store
        self._machine = machine
        self._answer = answer
        # Jobs that need nothing any more, and so are not read again five times a second.
        self._settled: set[str] = set()
        self._busy = now_s  # when a job was answered last
        self._sweep_due = now_s

    def step(self, now_s: float) -> float:
        """Answer what is open; the seconds to wait before the next step, 0 to end."""
        try:
            if now_s >= self._sweep_due:
                jobs.remove_old(self._store, now())
                self._sweep_due = now_s + _SWEEP_S
            for job in jobs.list_open(self._store, self._machine, self._settled):
                jobs.answer(self._store, self._try(job))
                self._busy = time.monotonic()
        except OSError as error:
            log.error("%s; trying again", error)
            return _RETRY_S
        return PASS_S if now_s - self._busy < IDLE_S else 0

    def _try(self, job: Job) -> Answer:
        """The answer, whatever goes wrong: whoever asked is told, and the next job has its turn."""
        begun = time.monotonic()
        try:
            found = self._answer(job)
        except Exception as error:  # noqa: BLE001 - one job's trouble is its own
            log.error("Job %s: %s", job.id, traceback.format_exc())
            found = Answer(job=job.id, at=now(), seconds=0, message=_message(error))
        seconds = round(time.monotonic() - begun, 2)
        log.info("Job %s (%s): answered in %.2f s", job.id, job.kind, seconds)
        return found.model_copy(update={"seconds": seconds})


def _message(error: Exception) -> Message:
    if isinstance(error, StoreError):
        return message_of(error)
    # Cut, as torch may append pages of C++ stack; the log has all of it.
    return Message(template="{kind}: {error}", values={"kind": type(error).__name__, "error": str(error)[:2000]})


if __name__ == "__main__":
    main(*sys.argv[1:])
