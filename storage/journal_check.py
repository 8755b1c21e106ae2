"""Verifying the journal: every line carries the hash of the one before it, and each host's head that of the last."""

import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from storage.attempts import Message
from storage.core import Damaged, JournalHead, Store, list_names, load_if_there, read_lines, sha256
from storage.journal import day_files

_HEAD = ".head.json"
_BEFORE = re.compile(rb'"before":"([0-9a-f]*)"}$')

Finding = tuple[Path, Message]


def verify(store: Store) -> Iterator[Finding]:
    """The places where lines were changed or are missing; what cannot be parsed is told of elsewhere."""
    heads = {name.removesuffix(_HEAD): store.journal / name for name in list_names(store.journal) if name.endswith(_HEAD)}
    # Heads first, files after them: what is written meanwhile must not look like a head whose line is gone.
    read = {writer: _head(path) for writer, path in heads.items()}
    files = {writer: [path for _, _, path in group] for writer, group in groupby(day_files(store), key=lambda each: each[0])}
    for writer in sorted(heads.keys() | files.keys()):
        hashes = yield from _verify_lines(files.get(writer, []))
        if writer not in heads:
            yield store.journal_head(writer), Message(template="Is missing: whether the journal's last lines are all there cannot be told")
        elif (head := read[writer]) and head.line not in hashes:
            yield store.journal_day(writer, head.day), Message(template="Its last lines were changed or are missing")


def _verify_lines(paths: list[Path]) -> Generator[Finding, None, set[str]]:
    """Breaks in the chain of one host; returns the hashes of all lines, one of which is the head's."""
    before, hashes = "", set[str]()
    for path in paths:
        for number, line in enumerate(read_lines(path)[0], start=1):
            if _before(line) not in (before, None):
                yield path, _broken(number)
            before = sha256(line)
            hashes.add(before)
    return hashes


def _broken(number: int) -> Message:
    if number == 1:
        return Message(template="Line 1 does not continue the file before: lines were changed, or lines or files are missing")
    return Message(
        template="Line {number} does not continue the one before: that was changed, or lines are missing", values={"number": number}
    )


def _head(path: Path) -> JournalHead | None:
    with suppress(Damaged):  # which is told of elsewhere
        return load_if_there(JournalHead, path)
    return None


def _before(line: bytes) -> str | None:
    # Its last field; taking lines apart would cost twenty times as much, and the store's check does so anyway.
    match = _BEFORE.search(line)
    return match[1].decode() if match else None
