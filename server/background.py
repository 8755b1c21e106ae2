"""What the dashboard does on its own, beside whoever looks at it: hand on notices, watch machines, remove what is old."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event, Thread

from server import machine_watch
from server.access import get_store
from server.notice_delivery import Courier
from storage import notices
from storage.core import StoreError, now
from storage.machines import LATE_S

log = logging.getLogger(__name__)

_DELIVER_S, _WATCH_S, _CLEAN_S = 3.0, 15.0, 3600.0


@contextmanager
def running() -> Iterator[None]:
    """Have all of it go on in threads of its own while the block lasts; none of it ever holds up a page."""
    stop = Event()
    tasks = (
        (lambda: _courier().tend(), _DELIVER_S, _DELIVER_S),
        # Not at once: where a whole host starts again, its worker may be a minute behind its dashboard.
        (lambda: machine_watch.look(get_store()), LATE_S, _WATCH_S),
        (lambda: notices.remove_old(get_store(), now()), _CLEAN_S, _CLEAN_S),
    )
    # Daemons: a mail server that does not answer must not keep the dashboard from ending.
    for task, first_s, every_s in tasks:
        Thread(target=repeat, args=(task, stop, first_s, every_s), daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def repeat(task: Callable[[], None], stop: Event, first_s: float, every_s: float) -> None:
    """Do the task after ``first_s`` seconds and every ``every_s`` from then on, until ``stop``; an error is logged and ends one turn."""
    pause = first_s
    while not stop.wait(pause):
        pause = every_s
        try:
            task()
        except (OSError, StoreError) as error:
            log.error("Work in the background failed; it is tried again in %s s: %s", every_s, error)
        except Exception:
            # Whatever it is: nobody would start this thread again.
            log.exception("Work in the background failed; it is tried again in %s s", every_s)


@cache
def _courier() -> Courier:
    return Courier(get_store())
