"""What named, revisioned objects (projects, templates, machines) share: unique names; create, find, list, change, delete.

A name is compared in its case-folded NFKC form, so that ``Receipts``, ``receipts`` and ``ｒeceipts`` are one name. Which id
bears it is decided by compare-and-swap across all hosts.
"""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from storage.core import files, revisions
from storage.core.errors import Conflict, Damaged, InvalidValue, NameTaken, NotFound
from storage.core.ids import is_id
from storage.core.paths import Store
from storage.core.records import Record

MAX_BYTES = 100  # leaves room for suffixes in exported file names, which most file systems cap at 255


class Holder(Record):
    """Who bears a name; None once it was released."""

    name: str
    holder: str | None = None


def check_name(kind: str, name: str) -> str:
    """Return the name in NFC form; InvalidValue unless it is letters of any alphabet, digits, ``-``, ``_`` and ``.``."""
    # Some systems hand names over decomposed: as they come, one spelling would be two byte strings.
    plain = unicodedata.normalize("NFC", name)
    # Combining marks: not every accented letter has a composed form. Marks that turn or hide text fall out here.
    allowed = all(character.isalnum() or unicodedata.combining(character) or character in "-_." for character in plain)
    # A shell reads a leading '-' as an option, a leading '.' hides a file, and Windows drops one at the end.
    if not plain or not allowed or plain[0] in "-." or plain[-1] == ".":
        raise InvalidValue(
            "{kind} name {name!r} is not allowed: use letters, digits, '-', '_' and '.', with no '-' or '.' first and no '.' last",
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


def find_name(store: Store, kind: str, name: str) -> str | None:
    """The id that bears ``name``, or None."""
    _, holder = revisions.load_head(Holder, store.names(kind), _key(name))
    return holder.holder if holder else None


def claim_name(store: Store, kind: str, name: str, holder: str, is_live: Callable[[str], bool]) -> None:
    """Take ``name`` for ``holder``; NameTaken if a live object bears it.

    ``is_live`` tells whether an id still is an object: a name left behind by a deleted object, or by a
    creation that was cut off, is free. Whoever creates an object calls ``confirm_name`` afterwards.
    """
    rev, now = revisions.load_head(Holder, store.names(kind), _key(name))
    if now and now.holder == holder:
        return
    # Names are claimed before their objects exist, so a cut between the two must not block the name for ever.
    if now and now.holder and is_live(now.holder):
        raise _taken(kind, name, now.name)
    try:
        revisions.create_revision(store.names(kind), _key(name), rev, Holder(name=name, holder=holder))
    except Conflict as error:
        # A rival claimed it after the look above; that its object is not there yet does not matter.
        raise _taken(kind, name, name) from error


def confirm_name(store: Store, kind: str, name: str, holder: str) -> bool:
    """Whether ``holder`` still bears ``name``; False if it was too slow between claim and creation and lost it.

    The claim is written once more: a rival who found the object not yet there bases on the first one, so of the two
    exactly one revision comes to be.
    """
    rev, now = revisions.load_head(Holder, store.names(kind), _key(name))
    if now is None or now.holder != holder:
        return False
    try:
        revisions.create_revision(store.names(kind), _key(name), rev, now)
    except Conflict:
        return False
    return True


def _key(name: str) -> str:
    # A person's text never becomes a file name; 128 bits of its hash are as good as unique.
    return hashlib.sha256(unicodedata.normalize("NFKC", name).casefold().encode()).hexdigest()[:32]


def _taken(kind: str, name: str, by: str) -> NameTaken:
    return NameTaken("{kind} name {name!r} is taken: {by!r} exists (case does not count). Choose another", kind=kind, name=name, by=by)


class NamedRecord(Record):
    """An object people call by a name; deleted ones stay on disk and can be restored."""

    id: str
    name: str
    deleted: bool = False


N = TypeVar("N", bound=NamedRecord)


@dataclass(frozen=True)
class Listing(Generic[N]):
    """What a list shows: the objects by name, and the damaged ones apart, so that one bad file hides nothing."""

    items: list[N]
    damaged: list[Damaged]


@dataclass(frozen=True)
class Kind(Generic[N]):
    """One kind of named object: its record, its word for people, its folder under the root."""

    record: type[N]
    word: str
    stem: str

    def create(self, store: Store, record: N) -> N:
        """Write a new object; NameTaken if a live one bears the name in any case."""
        name = check_name(self.word, record.name)
        record = record.model_copy(update={"name": name})
        # Claim, create, confirm: one that was frozen after its claim finds out here that the name went to a rival.
        claim_name(store, self.stem, name, record.id, lambda other: self._is_live(store, other))
        revisions.create_revision(self._folder(store, record.id), self.stem, 0, record)
        if not confirm_name(store, self.stem, name, record.id):
            # Withdrawn by a revision: what was created once is never removed.
            revisions.create_revision(self._folder(store, record.id), self.stem, 1, record.model_copy(update={"deleted": True}))
            raise NameTaken("{kind} name {name!r} was taken by somebody else at the same moment. Choose another", kind=self.word, name=name)
        return record

    def get(self, store: Store, key: str) -> tuple[int, N]:
        """Head revision and record of the object whose id or name is ``key``; NotFound if there is none."""
        identifier = find_name(store, self.stem, key) or (key if is_id(key) else None)
        rev, record = revisions.load_head(self.record, self._folder(store, identifier), self.stem) if identifier else (0, None)
        if record is None or record.deleted:
            raise NotFound("{kind} {key!r} does not exist; see the list for the names there are", kind=self.word, key=key)
        return rev, record

    def change(self, store: Store, base: int, record: N) -> int:
        """Write the revision after ``base``; Conflict if somebody was faster."""
        return revisions.create_revision(self._folder(store, record.id), self.stem, base, record)

    def list(self, store: Store) -> Listing[N]:
        """All objects that are not deleted, ordered by name."""
        items: list[N] = []
        damaged: list[Damaged] = []
        # Other programs leave folders of their own, such as a file manager's or a backup's.
        for identifier in filter(is_id, files.list_names(self._parent(store))):
            try:
                _, record = revisions.load_head(self.record, self._folder(store, identifier), self.stem)
            except Damaged as error:
                damaged.append(error)
                continue
            if record and not record.deleted:
                items.append(record)
        return Listing(sorted(items, key=lambda item: item.name.casefold()), damaged)

    def _is_live(self, store: Store, identifier: str) -> bool:
        try:
            _, record = revisions.load_head(self.record, self._folder(store, identifier), self.stem)
        except Damaged:
            return True  # a damaged object keeps its name until it is restored
        return record is not None and not record.deleted

    def _parent(self, store: Store) -> Path:
        # Must name the same folders as ``paths.Store``.
        return store.root / f"{self.stem}s"

    def _folder(self, store: Store, identifier: str) -> Path:
        return self._parent(store) / identifier
