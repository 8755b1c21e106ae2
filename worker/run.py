"""Drives one attempt, in a child process of the worker; the one place where any error becomes the run's outcome.

The worker keeps one child waiting with torch imported (10 of the first 12 seconds otherwise) and sends it the attempt
to run as one line on its standard input: ``python -m worker.run STORE PARENT``.
"""

import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from threading import Event

from storage import attempts, processes
from storage.attempts import Ended, Message, Outcome, message_of
from storage.core import AttemptPaths, Refused, Store, StoreError, now, open_store
from storage.locks import Lock
from worker.parent import die_with_parent

log = logging.getLogger(__name__)


def main(store_root: str, parent: str) -> None:
    """Wait for an attempt and run it; end quietly if the worker has none before it goes."""
    die_with_parent(int(parent))
    stop = Event()
    # A flag that is looked at between iterations: only there is the state whole.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the worker decides what ends
    # Only now: importing torch takes seconds, in which the worker might go unnoticed.
    from worker import stages

    stages.warm_up()
    line = sys.stdin.readline().split()
    if len(line) == 2:  # an empty line: the worker closed the pipe without an attempt
        store = open_store(Path(store_root))
        run(store, line[0], int(line[1]), stop)


def run(store: Store, process: str, number: int, stop: Event) -> None:
    """Run attempt ``number`` of ``process`` and write its result, which is a failure if another child of it lives."""
    paths = store.process(process)
    attempt = paths.attempt(number)
    # Before the lock, so that a refusal too stands in the attempt's log.
    _log_to(attempt)
    try:
        lock = Lock(paths.run_lock, f"The run of process {process}")
    except Refused as error:
        attempts.finish(attempt, _refused(error))
        return
    if not attempts.start(attempt, os.getpid()):
        # No result of our own: whoever ended the attempt has had the last word.
        raise Refused("Attempt {number} of process {process} has been started or ended before", number=number, process=process)
    attempts.finish(attempt, _drive(store, process, number, stop))
    # After the result: who gets the lock next must find it.
    lock.release()


def _drive(store: Store, process: str, number: int, stop: Event) -> Ended:
    try:
        from worker import stages

        return stages.run(store, processes.get(store, process), number, stop)
    except StoreError as error:
        return _refused(error)
    except OSError as error:
        log.error("%s", traceback.format_exc())
        values = {"path": str(error.filename or "The store"), "reason": error.strerror or str(error)}
        return _failed(Message(template="{path}: {reason}. Mend that, then resume: the newest checkpoint is kept", values=values))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong becomes the run's outcome
        log.error("%s", traceback.format_exc())
        # Cut, as torch may append pages of C++ stack; the log has all of it.
        return _failed(Message(template="{kind}: {error}", values={"kind": type(error).__name__, "error": str(error)[:2000]}))


def _refused(error: StoreError) -> Ended:
    log.error("%s", error)
    return _failed(message_of(error))


def _failed(message: Message) -> Ended:
    return Ended(outcome=Outcome.FAILED, at=now(), message=message)


def _log_to(attempt: AttemptPaths) -> None:
    """Send everything printed from here on, C++ libraries' words included, to the attempt's log."""
    descriptor = os.open(attempt.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True)
    logging.getLogger("faster_coco_eval").setLevel(logging.WARNING)  # prints a table of AP at every evaluation


if __name__ == "__main__":
    main(*sys.argv[1:])
