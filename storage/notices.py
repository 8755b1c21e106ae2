"""Notices: what happened, whom it concerns, and which of them an account has read.

A notice is created once under an id derived from what happened, so two hosts that see it, or a worker that comes back to
it, make one. Nothing is decided on a notice: the files of process and machine say how things stand.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import AwareDatetime

from storage.attempts import Message
from storage.core import (
    Damaged,
    NotFound,
    Record,
    Store,
    create_once,
    derived_id,
    encode,
    is_id,
    list_names,
    load,
    load_if_there,
    make_folder,
    now,
    remove_file,
    replace_file,
)

# At run time people come as arguments; importing them would only lengthen the chain of imports.
if TYPE_CHECKING:
    from storage.people import Person

log = logging.getLogger(__name__)

EventCode = Literal[
    "process.completed", "process.failed", "process.interrupted", "labels.applied", "labels.rolled_back", "machine.lost", "disk.low"
]
OwnCode = Literal["delivery.failed", "test"]  # about the inbox itself, for one account alone

EVENTS: tuple[EventCode, ...] = get_args(EventCode)
"""What happens by itself and a person can choose to be told of."""

KEPT = timedelta(days=30)
_LOCAL = "local"


class Notice(Record):
    """One thing that happened: ``subject`` are the names of what it is about, ``message`` and ``reason`` are translated when shown.

    It concerns the accounts in ``to``, and with ``to_managers`` whoever may manage machines.
    """

    id: str
    code: EventCode | OwnCode
    at: AwareDatetime
    subject: str
    message: Message
    reason: Message | None = None
    to: tuple[str, ...] = ()
    to_managers: bool = False
    project: str | None = None
    process: str | None = None
    machine: str | None = None
    model: str | None = None


class ReadMarks(Record):
    """``inbox.json``: ids of the notices that were read; those removed since drop out with the next reading."""

    # Ids rather than a time: a notice may come to be seen later than one that happened after it.
    read: tuple[str, ...] = ()


def publish(store: Store, event: tuple[str, ...], **about: Any) -> str:
    """Create the notice of ``event``, words that name it on every host, unless it was made before → its id; ``about`` are its values.

    A store that cannot be written is logged: what happened has happened, and whoever tells of it goes on.
    """
    notice = Notice(id=derived_id(*event), **{"at": now(), **about})
    try:
        # Looked for first: a worker comes to the same event again, and a losing creation costs two syncs.
        if find(store, notice.id) is None:
            make_folder(store.notices)
            create_once(store.notice(notice.id), encode(notice))
    except (OSError, Damaged) as error:
        log.error("Notice %s of %s cannot be written: %s", notice.code, notice.subject, error)
    return notice.id


def find(store: Store, notice: str) -> Notice | None:
    """The notice of this id; None if it is not there, or not any more."""
    return load_if_there(Notice, store.notice(notice))


class Board:
    """All notices of a store, each file read once; one object serves all who look."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Notice] = {}

    def load(self) -> list[Notice]:
        """The newest first; one that is damaged is passed over, ``store check`` names it."""
        names = {name.removesuffix(".json") for name in list_names(self._store.notices)}
        known = {identifier: notice for identifier, notice in self._known.items() if identifier in names}
        for identifier in filter(is_id, names - known.keys()):
            try:
                known[identifier] = load(Notice, self._store.notice(identifier))
            except (NotFound, Damaged):
                continue
        # Put in place whole: another thread may be looking.
        self._known = known
        return sorted(known.values(), key=lambda notice: (notice.at, notice.id), reverse=True)


def concerns(notice: Notice, person: "Person") -> bool:
    """Whether the notice is for this person and about nothing that they may not see."""
    is_meant = person.account in notice.to or (notice.to_managers and person.may("machines", "manage"))
    # Where nobody signs in, what was started from a shell bears another author's name and is this person's all the same.
    if not is_meant and not (person.account == _LOCAL and notice.code in EVENTS):
        return False
    if notice.process and not person.may("processes", "view"):
        return False
    return notice.project is None or person.sees(notice.project)


def for_person(found: Iterable[Notice], person: "Person") -> list[Notice]:
    """Those that concern this person, in the order given."""
    # Each project asked about once: the answer is a file, and this is read every few seconds.
    asking = replace(person, hides=cache(person.hides))
    return [notice for notice in found if concerns(notice, asking)]


def target(notice: Notice) -> tuple[str, dict[str, str]] | None:
    """The page that shows more, by its address, and the parameters it takes; None if there is none."""
    if notice.process:
        return "processes", {"process": notice.process}
    if notice.machine:
        return "machines", {"machine": notice.machine}
    return ("machines", {}) if notice.code == "disk.low" else None


def read_marks(store: Store, account: str) -> frozenset[str]:
    """Ids of the notices that the account has read."""
    try:
        marks = load_if_there(ReadMarks, store.inbox(account))
    except Damaged:
        marks = None  # the next reading makes it again
    return frozenset(marks.read if marks else ())


def mark_read(store: Store, account: str, found: Iterable[Notice]) -> None:
    """The account has read these; what was removed since is forgotten."""
    there = {name.removesuffix(".json") for name in list_names(store.notices)}
    read = (read_marks(store, account) | {notice.id for notice in found}) & there
    make_folder(store.own(account))
    # One person in two windows may take turns here: at worst a notice counts as unread once more.
    replace_file(store.inbox(account), encode(ReadMarks(read=tuple(sorted(read)))), durable=False)


def remove_old(store: Store, at: datetime) -> None:
    """Remove notices older than 30 days at the time ``at``, with all that is known of their delivery."""
    for notice in Board(store).load():
        if at - notice.at > KEPT:
            _remove(store, notice.id)


def _remove(store: Store, notice: str) -> None:
    folder = store.deliveries(notice)
    # Several dashboards may be at it at once. Temporary files go, too.
    with suppress(OSError):
        for path in list(folder.iterdir()):
            remove_file(path)
        folder.rmdir()
    # Last: should this be cut off, it leads the next one here.
    with suppress(FileNotFoundError):
        remove_file(store.notice(notice))
