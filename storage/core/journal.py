"""The journal's writing side: who did what to what and when, a line for each act, chained so that none can be changed unseen.

A host appends to a file of its own each day, ``journal/<host>-<nonce>-<day>.jsonl``. Each line carries the SHA-256 of the
line before it, over days too, and a head file beside them that of the last line; ``storage.journal`` reads and verifies.
This finds what was changed, removed or lost. It does not stop somebody who may write to the store and forges all of it.

Whoever changes the store calls ``record`` once, after the act: ``record(store, "process.start", "process", id, thread=id)``.
Never put a secret into it: no password, no code, no token.
"""

import logging
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import lock_descriptor
from pydantic import AwareDatetime, field_serializer

from storage.core import files
from storage.core.errors import Damaged
from storage.core.host import host_folder
from storage.core.records import Record, encode, load_if_there

# Only named here; importing it would lengthen the chains of imports.
if TYPE_CHECKING:
    from storage.core.paths import Store

log = logging.getLogger(__name__)

UNKNOWN = "unknown"
_WAIT_S = 5.0  # others hold the lock for a millisecond; one that was stopped in it must not stop everybody's work
_POLL_S = 0.001

acting: ContextVar[str] = ContextVar("acting", default=os.environ.get("FIELDMARK_ACTING", ""))  # noqa: B039  a text
"""Who acts: an account's id, ``worker:<machine's id>``, ``shell:<the system's name of a person>``; by the environment a worker's child."""

_unrecorded: ContextVar[bool] = ContextVar("unrecorded", default=False)


class JournalEntry(Record):
    """One line: ``by`` did ``operation`` to the ``entity`` of that id, which was then called ``name``.

    ``thread``, a process's id, joins all that belongs to one process's life; ``before`` is the SHA-256 of the line before.
    """

    # First, and of one length: lines compare by their beginnings.
    at: AwareDatetime
    by: str
    operation: str
    entity: str
    id: str
    name: str = ""
    thread: str | None = None
    details: dict[str, Any] = {}
    before: str

    @field_serializer("at")
    def _to_microseconds(self, at: datetime) -> str:
        return at.astimezone(UTC).isoformat(timespec="microseconds")


class JournalHead(Record):
    """The last line that a host wrote: its SHA-256 and the day of its file. A tail that was cut off lacks it."""

    day: str
    line: str


def record(
    store: "Store", operation: str, kind: str, identifier: str, /, name: str = "", thread: str | None = None, **details: Any
) -> None:
    """Put on record that somebody did ``operation`` to the ``kind`` of thing with this id; a failure is logged and undoes nothing.

    ``details`` go into JSON, those that are None are left out. Call it after the act, once it cannot fail any more.
    """
    if _unrecorded.get():
        return
    try:
        given = {key: value for key, value in details.items() if value is not None}
        _append(store, by=_who(), operation=operation, entity=kind, id=identifier, name=name, thread=thread, details=given)
    except Exception:  # whatever is wrong with the journal, what was done stands
        log.exception("The journal lacks %s of %s %s", operation, kind, identifier)


@contextmanager
def acting_as(account: str) -> Iterator[None]:
    """Whatever is done inside is done by ``account``."""
    token = acting.set(account)
    try:
        yield
    finally:
        acting.reset(token)


@contextmanager
def unrecorded() -> Iterator[None]:
    """What is done inside is part of something larger, which its caller records as one. Not around a ``yield``."""
    token = _unrecorded.set(True)
    try:
        yield
    finally:
        _unrecorded.reset(token)


def ask_actor(function: Callable[[], str]) -> None:
    """Who acts where ``acting`` does not say, as pages know it; "" for nobody."""
    global _ask
    _ask = function


def _nobody() -> str:
    return ""


_ask: Callable[[], str] = _nobody


def _who() -> str:
    return acting.get() or _ask() or UNKNOWN


def _append(store: "Store", **values: Any) -> None:
    folder = host_folder()
    writer = _writer(folder)
    files.make_folder(store.journal)
    with _alone(folder / "journal.lock"):
        at = datetime.now(UTC)
        head = _head(store, writer)
        # A clock that was set back must not open an earlier day's file, behind which the chain went on.
        day = max(f"{at:%Y-%m-%d}", head.day)
        line = JournalEntry(at=at, before=_before(store, writer, day, head), **values).model_dump_json(exclude_none=True).encode()
        with files.LineWriter(store.journal_day(writer, day)) as file:
            file.write(line)
        # Not synced: one that a power cut puts back is found among the lines all the same.
        head = JournalHead(day=day, line=files.sha256(line))
        files.replace_file(store.journal_head(writer), encode(head), durable=False)


def _before(store: "Store", writer: str, day: str, head: JournalHead) -> str:
    """What the next line carries: the hash of the last one or, if the line of ``head`` is gone, that of ``head``, so that this shows."""
    last = ""
    for name in dict.fromkeys((day, head.day)):
        for _, line in files.lines_backwards(store.journal_day(writer, name)):
            digest = files.sha256(line)
            last = last or digest
            # Further on only where a kill or a power cut came between a line and its head.
            if head.line in ("", digest):
                return last
    return head.line


def _head(store: "Store", writer: str) -> JournalHead:
    with suppress(Damaged):  # the store's check tells of it as long as it lies there
        if head := load_if_there(JournalHead, store.journal_head(writer)):
            return head
    # Before the first line, or somebody removed it.
    names = [name for name in files.list_names(store.journal) if name.startswith(f"{writer}-")]
    return JournalHead(day=names[-1][len(writer) + 1 :][:10] if names else "", line="")


def _writer(folder: Path) -> str:
    """This host's name in the journal; a nonce tells containers of one name apart, which share no ``folder``."""
    try:
        nonce = files.read_file(folder / "nonce")
    except FileNotFoundError:  # the first time, or somebody emptied the cache: a chain of its own begins
        files.make_folder(folder)
        files.create_once(folder / "nonce", secrets.token_hex(6).encode())
        nonce = files.read_file(folder / "nonce")
    # As part of a path: plain characters only.
    host = re.sub("[^0-9a-z]+", "-", socket.gethostname().lower())[:40].strip("-")
    return f"{host}-{nonce.decode()}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock in the file ``path``; TimeoutError if nobody lets go of it."""
    # Beside the nonce: those who share the one and so write to the same file share the other.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        until = time.monotonic() + _WAIT_S
        while not lock_descriptor(descriptor, blocking=False):
            if time.monotonic() > until:
                raise TimeoutError(f"{path} is held by another process")
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)
