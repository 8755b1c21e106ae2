"""The curves of a process, read on as they grow; shared by everybody who watches."""

from array import array
from threading import Lock

import numpy as np
import pandas as pd

from storage.attempts import Attempt
from storage.progress import Point, read_points


class Curves:
    """The curves of one process, read on from where the last reading ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        # Attempt → byte from which its metrics are still unread.
        self._offsets: dict[int, int] = {}
        # 8 bytes a value; as Python's floats in lists they would take 32.
        self._trained = {name: array("d") for name in ("iteration", "loss", "lr")}
        self._evaluated: list[Point] = []

    def read(self, attempts: tuple[Attempt, ...]) -> tuple[pd.DataFrame, list[Point]]:
        """Iteration, loss and lr as a frame, and the evaluations; a resumed attempt's points replace those it repeats."""
        # All who watch share this: two readings from one offset would put every point in twice.
        with self._lock:
            for attempt in attempts:
                if attempt.number >= max(self._offsets, default=0):  # an older one that wakes up counts no more
                    self._read_on(attempt)
            # Copies: an array whose memory a frame shares can grow no more.
            return pd.DataFrame({name: np.array(values) for name, values in self._trained.items()}), list(self._evaluated)

    def _read_on(self, attempt: Attempt) -> None:
        points, end = read_points(attempt.paths, self._offsets.get(attempt.number, 0))
        if points and not self._offsets.get(attempt.number):
            # Resumed from a checkpoint, which may be older than where the attempt before it got.
            self._cut(points[0].iteration)
        self._offsets[attempt.number] = end
        for point in points:
            if point.loss is None:
                self._evaluated.append(point)
                continue
            for name, values in self._trained.items():
                values.append(getattr(point, name) if getattr(point, name) is not None else float("nan"))

    def _cut(self, first: int) -> None:
        """Drop what an earlier attempt did from iteration ``first`` on."""
        kept = int(np.searchsorted(np.array(self._trained["iteration"]), first))
        for values in self._trained.values():
            del values[kept:]
        self._evaluated = [point for point in self._evaluated if point.iteration < first]
