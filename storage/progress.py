"""What a running attempt shows: its stages and figures (replaced) and its curves (appended)."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, ValidationError

from storage.attempts import Attempt, Message
from storage.core import AttemptPaths, Damaged, Record, encode, load_if_there, read_lines, replace_file

RECENT_LOSSES = 10
"""Of how many iterations the loss shown is the mean: that of one batch of two images says little, it jumps."""

_LINE_BYTES = 400  # of a log; a tail of longer lines has fewer of them


class StageName(StrEnum):
    """The stages of a run, in their order; the values are message ids."""

    SNAPSHOT = "Snapshot"
    READING = "Reading"
    DATA = "Data"
    TRAINING = "Training"
    EVALUATION = "Evaluation"
    DETECTION = "Detection"
    PUBLISHING = "Publishing"


class Stage(Record):
    """One stage: waiting, running, done or failed, and the seconds it took so far."""

    name: StageName
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    seconds: float = 0.0
    done: int = 0
    total: int = 0


class Status(Record):
    """The state of a running attempt as last written by its child.

    Times are in seconds, ``lr`` is as the template means it, ``loss`` the mean of the newest ``RECENT_LOSSES`` iterations.
    """

    stages: tuple[Stage, ...]
    at: AwareDatetime
    device: str = ""
    canvas: tuple[int, int] | None = None
    images: int = 0
    test_images: int = 0
    batch: int = 0
    iteration: int = 0
    iterations: int = 0
    epoch: int = 0
    loss: float | None = None
    lr: float | None = None
    ap: float | None = None
    seconds_left: float | None = None
    notices: tuple[Message, ...] = ()


class Point(Record):
    """One line of ``metrics.jsonl``: an iteration (loss, lr, seconds) or an evaluation (AP, by field id)."""

    iteration: int
    loss: float | None = None
    lr: float | None = None
    seconds: float | None = None
    ap: float | None = None
    ap_50_95: float | None = None
    per_field: dict[str, float | None] | None = None


def write_status(paths: AttemptPaths, status: Status) -> None:
    """Replace the status; not synced, the next one comes soon."""
    # Without the syncs a status costs a quarter, and nothing is decided on it.
    replace_file(paths.status, encode(status), durable=False)


def read_status(paths: AttemptPaths) -> Status | None:
    """The status as last written; None before the first or if it cannot be read."""
    try:
        return load_if_there(Status, paths.status)
    except Damaged:
        # A power cut may leave it empty; the run's page must open all the same.
        return None


def read_points(paths: AttemptPaths, offset: int = 0) -> tuple[list[Point], int]:
    """Points from byte ``offset`` on and the next offset; a line that cannot be read is passed over."""
    lines, end = read_lines(paths.metrics, offset)
    return [point for point in map(_point, lines) if point is not None], end


def read_curves(attempts: tuple[Attempt, ...]) -> list[Point]:
    """The points of a whole run: where an attempt resumed earlier than the last one got, its points stand."""
    points: list[Point] = []
    for attempt in attempts:
        new, _ = read_points(attempt.paths)
        if new:
            # A resumed run repeats the iterations since its checkpoint; with both the curve would run back on itself.
            points = [point for point in points if point.iteration < new[0].iteration] + new
    return points


def tail(path: Path, lines: int) -> list[str]:
    """The last ``lines`` lines of a log, oldest first; none if it is not there yet. Reads the end of the file only."""
    try:
        with path.open("rb") as file:
            # A log may be hundreds of megabytes by the time somebody looks at its end.
            start = max(0, file.seek(0, os.SEEK_END) - lines * _LINE_BYTES)
            file.seek(start)
            # The cut may fall inside a letter, and libraries print what is not UTF-8.
            found = file.read().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    # The first line is a piece of one, unless the file was read from its beginning.
    return found[1 if start else 0 :][-lines:]


def _point(line: bytes) -> Point | None:
    try:
        return Point.model_validate_json(line)
    except ValidationError:
        return None
