"""How loaded a machine was: a line a minute by its worker, in a file a day, kept for about a week."""

import re
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, ValidationError

from storage.core import LineWriter, Record, Store, list_names, make_folder, read_lines, remove_file
from storage.machines import Info

EVERY_S = 60.0
_DAYS = 8  # a week, and today's, which has only begun
_NAME = re.compile(r"\d{4}-\d\d-\d\d\.jsonl")


class GpuLoad(Record):
    """One GPU at one moment, both as shares from 0 to 1; ``load`` is None where the driver does not tell."""

    load: float | None = None
    memory: float


class LoadPoint(Record):
    """One line: the machine at one moment; load of all cores and memory in use as shares from 0 to 1."""

    at: AwareDatetime
    load: float | None = None
    memory: float
    gpus: tuple[GpuLoad, ...] = ()


def append(store: Store, machine: str, info: Info) -> None:
    """Add what ``info`` says to the machine's load, and remove the days that are too old; only its worker calls this."""
    paths = store.machine(machine)
    make_folder(paths.loads)
    # Opened anew each minute: the file changes with the day, and a worker that ends has nothing to close.
    with LineWriter(paths.load(_day(info.at))) as writer:
        writer.write(_point(info).model_dump_json(exclude_none=True).encode())
    # By their names, which sort as the days do.
    for name in [name for name in list_names(paths.loads) if _NAME.fullmatch(name)][:-_DAYS]:
        remove_file(paths.loads / name)


def read(store: Store, machine: str, hours: float, until: datetime) -> list[LoadPoint]:
    """The points of the ``hours`` before ``until``, oldest first; a line that cannot be read is passed over."""
    since = until - timedelta(hours=hours)
    # A worker's clock may be some minutes ahead, and with it the day of its file.
    days = {_day(since + timedelta(hours=hour)) for hour in range(int(hours) + 2)}
    lines = [line for day in sorted(days) for line in read_lines(store.machine(machine).load(day))[0]]
    return [point for point in map(_read_line, lines) if point is not None and point.at >= since]


def _point(info: Info) -> LoadPoint:
    gpus = tuple(GpuLoad(load=gpu.load, memory=gpu.memory_used / gpu.memory) for gpu in info.gpus)
    return LoadPoint(at=info.at, load=info.load, memory=info.memory_used / info.memory, gpus=gpus)


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _read_line(line: bytes) -> LoadPoint | None:
    try:
        return LoadPoint.model_validate_json(line)
    except ValidationError:
        return None
