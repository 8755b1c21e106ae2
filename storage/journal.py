"""The journal's reading side: entries of all hosts in one order, the newest first, a page at a time.

Day files are read from their ends, so that a page of the newest costs the same however long the journal is. Who looks for
what is rare gets, after ``_MOST_BYTES``, what was found so far and where to go on.
"""

import heapq
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from storage.core import JournalEntry, Store, born, is_id, lines_backwards, list_names, read_lines

_FILE = re.compile(r"(?P<writer>[0-9a-z-]+)-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\.jsonl")
_AT = slice(len('{"at":"'), len('{"at":"2026-11-22T10:00:00.000000'))  # where a line says when
_MOST_BYTES = 16_000_000  # 50,000 lines, some 50 ms; whole days are read, so it may be one day more
_LATE = timedelta(days=1)  # by which clocks of two hosts may differ

Position = tuple[str, ...]
"""Where an entry stands in the order of all: day, time, writer, offset as text of one length."""


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted; what is None is not asked for. ``since`` and ``until`` include their own moment."""

    by: str | None = None
    operation: str | None = None
    entity: str | None = None
    id: str | None = None
    thread: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    # What nobody asks for but must not be told: see ``journal_sight``.
    hidden: Callable[[JournalEntry], bool] | None = None

    def matches(self, entry: JournalEntry) -> bool:
        """Whether the entry is wanted, and may be seen."""
        said = all(getattr(entry, name) == value for name, value in self.words().items())
        in_time = (self.since is None or entry.at >= self.since) and (self.until is None or entry.at <= self.until)
        return said and in_time and not (self.hidden and self.hidden(entry))

    def words(self) -> dict[str, str]:
        """What an entry has to say, by the names of its fields."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if isinstance(value, str)}


@dataclass(frozen=True)
class Found:
    """An entry, and where it is written."""

    entry: JournalEntry
    position: Position

    @property
    def place(self) -> str:
        """What ``find`` finds it by."""
        day, _, writer, offset = self.position
        return f"{writer}-{day}~{int(offset)}"


@dataclass(frozen=True)
class Page:
    """Entries, newest first; ``more`` is where to go on, None at the end. Where nothing older than ``searched`` was looked at, that day."""

    found: tuple[Found, ...]
    more: str | None
    searched: str | None = None


def read(store: Store, wanted: Filter, before: str | None = None, limit: int = 50) -> Page:
    """The ``limit`` newest entries that are wanted, of those older than ``before`` (the ``more`` of the page above)."""
    found: list[Found] = []
    read_bytes = 0
    for day, paths in _days(store, wanted, _parsed(before)):
        if read_bytes > _MOST_BYTES:
            return Page(tuple(found), _next_day(day), _next_day(day))
        found += islice(_of_day(paths, day, wanted, _parsed(before)), limit + 1 - len(found))
        if len(found) > limit:
            return Page(tuple(found[:limit]), "~".join(found[limit - 1].position))
        read_bytes += sum(_size(path) for path in paths.values())
    return Page(tuple(found), None)


def entries(store: Store, wanted: Filter) -> Iterator[JournalEntry]:
    """All entries that are wanted, newest first, read as they are asked for."""
    for day, paths in _days(store, wanted, None):
        for found in _of_day(paths, day, wanted, None):
            yield found.entry


def find(store: Store, place: str) -> Found | None:
    """The entry at a place that ``Found`` named; None if there is none."""
    name, _, offset = place.rpartition("~")
    match = _FILE.fullmatch(f"{name}.jsonl")
    if match is None or not offset.isdecimal():
        return None
    lines, _ = read_lines(store.journal_day(match["writer"], match["day"]), int(offset))
    for line in lines[:1]:
        with suppress(ValidationError):  # somewhere in the middle of a line
            entry = JournalEntry.model_validate_json(line)
            return Found(entry, (match["day"], line[_AT].decode(), match["writer"], offset))
    return None


def as_text(value: object) -> str:
    """A detail, or all of an entry's, as it is shown: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def day_files(store: Store) -> list[tuple[str, str, Path]]:
    """Writer, day and path of all files, by writer and day."""
    matches = (_FILE.fullmatch(name) for name in list_names(store.journal))
    return [(match["writer"], match["day"], store.journal / match.string) for match in matches if match]


def _days(store: Store, wanted: Filter, before: Position | None) -> Iterator[tuple[str, dict[str, Path]]]:
    """The files that may hold what is wanted, by writer, of one day after another, the newest first."""
    by_day: dict[str, dict[str, Path]] = defaultdict(dict)
    for writer, day, path in day_files(store):
        by_day[day][writer] = path
    since, until = _first_day(wanted), _day(wanted.until)
    for day in sorted(by_day, reverse=True):
        if (since is None or day >= since) and (until is None or day <= until) and (before is None or day <= before[0]):
            yield day, by_day[day]


def _first_day(wanted: Filter) -> str | None:
    # Nothing is done to a process before it is there, and its id says since when that is.
    made = [born(thread) - _LATE for thread in (wanted.thread, wanted.id) if thread and is_id(thread)]
    return _day(max([*made, *([wanted.since] if wanted.since else [])], default=None))


def _day(moment: datetime | None) -> str | None:
    with suppress(OverflowError):  # the first or the last day that there is, in another time zone
        return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else None
    return None


def _of_day(paths: dict[str, Path], day: str, wanted: Filter, before: Position | None) -> Iterator[Found]:
    streams = [_of_file(path, day, writer, wanted, before) for writer, path in paths.items()]
    return heapq.merge(*streams, key=lambda found: found.position, reverse=True)


def _of_file(path: Path, day: str, writer: str, wanted: Filter, before: Position | None) -> Iterator[Found]:
    # Looked for in the bytes first: taking a line apart costs a hundred times as much.
    needles = [f'"{name}":{json.dumps(value, ensure_ascii=False)}'.encode() for name, value in wanted.words().items()]
    time = "~"  # later than all digits
    for offset, line in lines_backwards(path, *needles):
        # Where a clock was set back, the order in the file counts.
        time = min(time, line[_AT].decode(errors="replace"))
        position = (day, time, writer, f"{offset:012d}")
        if before is not None and position >= before:
            continue
        with suppress(ValidationError):  # a damaged line is reported by the store's check
            entry = JournalEntry.model_validate_json(line)
            if wanted.matches(entry):
                yield Found(entry, position)


def _parsed(text: str | None) -> Position | None:
    return tuple(text.split("~")) if text else None


def _next_day(day: str) -> str:
    """The first position that is later than all of ``day``."""
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"


def _size(path: Path) -> int:
    return next((offset + len(line) for offset, line in lines_backwards(path)), 0)
