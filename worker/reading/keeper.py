"""Keeps a child that reads pages in the background, while this machine trains nothing."""

import logging
import subprocess
from collections.abc import Callable

from storage.core import Store

log = logging.getLogger(__name__)

START_S = 10.0  # after the worker's own start or a training's end: a run may be about to begin
RETRY_S = 60.0  # before another child, where one ended by itself


class ReadingKeeper:
    """Launches the child that reads for the machine of id ``machine``, and ends it when its cores are wanted."""

    def __init__(self, store: Store, machine: str, launch: Callable[..., subprocess.Popen[bytes]]) -> None:
        self._store = store
        self._machine = machine
        self._launch = launch
        self._child: subprocess.Popen[bytes] | None = None
        self._due: float | None = None

    def tend(self, moment: float, *, wanted: bool) -> None:
        """Launch the child if it is ``wanted`` and there is none, end it if it is not, at monotonic time ``moment``."""
        if not wanted:
            self.close()
            self._due = None
            return
        if self._due is None:
            self._due = moment + START_S
        if self._child is not None and self._child.poll() is not None:
            log.error("The reading of pages ended with code %s", self._child.returncode)
            self.close()
            self._due = moment + RETRY_S
        if self._child is None and moment >= self._due:
            self._child = self._launch("worker.reading.background", str(self._store.root), self._machine)

    def close(self) -> None:
        """End the child and those it started; the pages under way are read another time."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()  # which also closes the pipe
            self._child = None
