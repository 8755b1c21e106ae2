"""The journal as files to take elsewhere: CSV for spreadsheets, JSON lines as it is kept."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC

from storage.core import JournalEntry
from storage.exports import harmless
from storage.journal import as_text

_COLUMNS = ("time", "by", "name of by", "operation", "entity", "id", "name", "thread", "details")


def to_csv(entries: Iterable[JournalEntry], people: Mapping[str, str]) -> Iterator[bytes]:
    """The entries as CSV, line by line: times in UTC, people by id and name, details as JSON."""
    yield _line(_COLUMNS, mark="\ufeff")  # by which Excel knows that it is UTF-8
    for entry in entries:
        details = as_text(entry.details) if entry.details else ""
        at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds")
        about = (entry.operation, entry.entity, entry.id, entry.name, entry.thread or "", details)
        yield _line((at, entry.by, people.get(entry.by, ""), *about))


def to_jsonl(entries: Iterable[JournalEntry]) -> Iterator[bytes]:
    """The entries as JSON lines, as they are kept."""
    for entry in entries:
        yield entry.model_dump_json(exclude_none=True).encode() + b"\n"


def _line(cells: Iterable[str], mark: str = "") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) for cell in cells])
    return (mark + text.getvalue()).encode()
