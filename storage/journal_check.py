"""Verifying the journal: every line carries the hash of the one before it, and each host's head that of the last."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from storage.attempts import Message
from storage.core import Damaged, JournalEntry, JournalHead, Store, list_names, load_if_there, read_lines, sha256
from storage.journal import day_files

_HEAD = ".head.json"

Finding = tuple[Path, Message]


def verify(store: Store) -> Iterator[Finding]:
    """The places where lines were changed or are missing; what cannot be parsed is told of elsewhere."""
    heads = {name.removesuffix(_HEAD) for name in list_names(store.journal) if name.endswith(_HEAD)}
    # Heads first, files after them: what is written meanwhile must not look like a head whose line is gone.
    read = {writer: _head(store, writer) for writer in heads}
    files = {writer: [path for _, _, path in group] for writer, group in groupby(day_files(store), key=lambda each: each[0])}
    for writer in sorted(heads | files.keys()):
        yield from _verify_writer(files.get(writer, []), read.get(writer), store.journal_head(writer))


def _verify_writer(paths: list[Path], head: JournalHead | None, head_path: Path) -> Iterator[Finding]:
    before, ends = "", set[str]()
    for path in paths:
        for number, line in enumerate(read_lines(path)[0], start=1):
            if _before(line) not in (before, None):
                yield path, _broken(number)
            before = sha256(line)
            ends.add(before)
    if head is None:
        yield head_path, Message(template="Is missing: whether the journal's last lines are all there cannot be told")
    elif head.line not in ends:
        last = paths[-1] if paths else head_path
        yield last, Message(template="The journal's last lines, of {day}, were changed or are missing", values={"day": head.day})


def _broken(number: int) -> Message:
    if number == 1:
        return Message(template="Line 1 does not continue the file before: lines were changed, or lines or files are missing")
    return Message(
        template="Line {number} does not continue the one before: that was changed, or lines are missing", values={"number": number}
    )


def _head(store: Store, writer: str) -> JournalHead | None:
    with suppress(Damaged):  # told of elsewhere, and as good as missing
        return load_if_there(JournalHead, store.journal_head(writer))
    return None


def _before(line: bytes) -> str | None:
    with suppress(ValidationError):
        return JournalEntry.model_validate_json(line).before
    return None
