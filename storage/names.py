"""Unique names: which id bears a name, for each kind of object, decided by compare-and-swap across all hosts.

A name is compared in its case-folded NFKC form, so that ``Receipts``, ``receipts`` and ``ｒeceipts`` are one name.
"""

import hashlib
import unicodedata
from collections.abc import Callable

from storage import revisions
from storage.errors import Conflict, InvalidValue, NameTaken
from storage.paths import Store
from storage.records import Record

MAX_BYTES = 100  # leaves room for suffixes in exported file names, which most file systems cap at 255


class Holder(Record):
    """Who bears a name; None once it was released."""

    name: str
    holder: str | None = None


def check_name(kind: str, name: str) -> str:
    """Return the name in NFC form; InvalidValue unless it is letters of any alphabet, digits, ``-``, ``_`` and ``.``."""
    plain = unicodedata.normalize("NFC", name)
    allowed = all(character.isalnum() or unicodedata.combining(character) or character in "-_." for character in plain)
    if not plain or not allowed or plain[0] in "-." or plain[-1] == ".":
        raise InvalidValue(
            "{kind} name {name!r} is not allowed: use letters, digits, '-', '_' and '.', beginning with a letter, digit or '_' and not ending in '.'",
            kind=kind,
            name=name,
        )
    if len(plain.encode()) > MAX_BYTES:
        raise InvalidValue(
            "{kind} name {name!r} is too long: {length} bytes, at most {most}",
            kind=kind,
            name=name,
            length=len(plain.encode()),
            most=MAX_BYTES,
        )
    return plain


def find(store: Store, kind: str, name: str) -> str | None:
    """The id that bears ``name``, or None."""
    _, holder = revisions.load_head(Holder, store.names(kind), _key(name))
    return holder.holder if holder else None


def claim(store: Store, kind: str, name: str, holder: str, is_live: Callable[[str], bool]) -> None:
    """Take ``name`` for ``holder``; NameTaken if a live object bears it.

    ``is_live`` tells whether an id still is an object: a name left behind by a deleted object, or by a
    creation that was cut off, is free. Whoever creates an object calls ``confirm`` afterwards.
    """
    rev, now = revisions.load_head(Holder, store.names(kind), _key(name))
    if now and now.holder == holder:
        return
    if now and now.holder and is_live(now.holder):
        raise _taken(kind, name, now.name)
    try:
        revisions.create(store.names(kind), _key(name), rev, Holder(name=name, holder=holder))
    except Conflict as error:
        raise _taken(kind, name, name) from error


def confirm(store: Store, kind: str, name: str, holder: str) -> bool:
    """Whether ``holder`` still bears ``name``; False if it was too slow between claim and creation and lost it.

    The claim is written once more: a rival who found the object not yet there bases on the first one, so of the two
    exactly one revision comes to be.
    """
    rev, now = revisions.load_head(Holder, store.names(kind), _key(name))
    if now is None or now.holder != holder:
        return False
    try:
        revisions.create(store.names(kind), _key(name), rev, now)
    except Conflict:
        return False
    return True


def release(store: Store, kind: str, name: str, holder: str) -> None:
    """Free ``name`` if ``holder`` bears it."""
    rev, now = revisions.load_head(Holder, store.names(kind), _key(name))
    if now and now.holder == holder:
        revisions.create(store.names(kind), _key(name), rev, Holder(name=name, holder=None))


def _key(name: str) -> str:
    return hashlib.sha256(unicodedata.normalize("NFKC", name).casefold().encode()).hexdigest()[:32]


def _taken(kind: str, name: str, by: str) -> NameTaken:
    return NameTaken("{kind} name {name!r} is taken: {by!r} exists (case does not count). Choose another", kind=kind, name=name, by=by)
