"""Compare-and-swap revisions: ``<stem>.000001.json``, ``<stem>.000002.json``, … each created once and never changed.

A writer names the revision it started from and creates the next. If that exists, somebody was faster and the
write is refused; so no lock is needed and no version is ever lost. The newest revision is the head.
"""

import re
from pathlib import Path

from storage.core import files
from storage.core.errors import Conflict
from storage.core.records import R, Record, encode, load

# Six digits sort as text for people; more are allowed, since heads are compared as numbers.
_NAME = re.compile(r"(?P<stem>[0-9a-z]+)\.(?P<rev>[0-9]{6,})\.json")


def revision_path(folder: Path, stem: str, rev: int) -> Path:
    """Where revision ``rev`` (from 1) of ``stem`` lies."""
    return folder / f"{stem}.{rev:06d}.json"


def parse_revision(name: str) -> tuple[str, int] | None:
    """Stem and revision of a file name, or None if it is not a revision's."""
    match = _NAME.fullmatch(name)
    return (match["stem"], int(match["rev"])) if match else None


def head_revisions(folder: Path) -> dict[str, int]:
    """The newest revision of every stem in ``folder``, from its names alone."""
    found: dict[str, int] = {}
    for stem, rev in filter(None, map(parse_revision, files.list_names(folder))):
        # The highest, not the first that is missing: a gap left by a bad restore must not bring an old revision back.
        found[stem] = max(rev, found.get(stem, 0))
    return found


def head_revision(folder: Path, stem: str) -> int:
    """The newest revision of ``stem``, 0 if there is none; by ``listdir``, which is fresh on every file system."""
    return head_revisions(folder).get(stem, 0)


def load_head(kind: type[R], folder: Path, stem: str) -> tuple[int, R | None]:
    """The newest revision's number and record; (0, None) if there is none."""
    # Revisions are never removed, so what was listed can be read.
    rev = head_revision(folder, stem)
    return rev, load(kind, revision_path(folder, stem, rev)) if rev else None


def create_revision(folder: Path, stem: str, base: int, record: Record) -> int:
    """Write the revision after ``base`` and return its number; Conflict if that exists already."""
    files.make_folder(folder)
    target = revision_path(folder, stem, base + 1)
    # A save whose sync failed may stand all the same. Tried again it meets itself as a Conflict, which loses nothing.
    if not files.create_once(target, encode(record)):
        raise Conflict(
            "{path} was written by somebody else meanwhile: you started from revision {base}. "
            "Load the newest revision and make the change again",
            path=str(target),
            base=base,
        )
    return base + 1
