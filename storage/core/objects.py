"""What named, revisioned objects (projects, templates, machines) share: unique names; create, find, list, change, rename, delete.

A name is compared in its case-folded NFKC form, so that ``Receipts``, ``receipts`` and ``ｒeceipts`` are one name. Which id
bears it is decided by compare-and-swap across all hosts: its entry under ``names/`` is written first, the object after it.
A cut between the two leaves an entry whose object bears another name, is deleted or is not there: it counts for nothing.
"""

import hashlib
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from storage.core import files, journal, revisions
from storage.core.errors import Conflict, Damaged, InvalidValue, NameTaken, NotFound, StoreError
from storage.core.ids import check_id, is_id
from storage.core.paths import Store
from storage.core.records import Record, load

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


def claim_name(store: Store, kind: str, name: str, holder: str, keeps: Callable[[str], bool]) -> None:
    """Take ``name`` for ``holder``; NameTaken if another object bears it.

    ``keeps`` tells whether an id holds on to the name: one left behind by a deletion, or by a creation or renaming that
    was cut off, is free. Whoever creates an object calls ``confirm_name`` afterwards.
    """
    rev, now = revisions.load_head(Holder, store.names(kind), _key(name))
    # Names are claimed before their objects bear them, so a cut between the two must not block the name for ever.
    if now and now.holder and now.holder != holder and keeps(now.holder):
        raise name_taken(kind, name, now.name)
    # Also where the entry names us already: whoever read it and finds that we do not bear the name yet must be too late.
    try:
        revisions.create_revision(store.names(kind), _key(name), rev, Holder(name=name, holder=holder))
    except Conflict as error:
        # A rival claimed it after the look above; that its object is not there yet does not matter.
        raise name_taken(kind, name, name) from error


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


def release_name(store: Store, kind: str, name: str, holder: str, seen: int) -> None:
    """Give up ``name`` unless its entry changed since revision ``seen``, as it did if somebody claimed it since."""
    # Only tidiness: a name that its object does not bear is free without this.
    with suppress(Conflict):
        if find_name(store, kind, name) == holder:
            revisions.create_revision(store.names(kind), _key(name), seen, Holder(name=name))


def fold_name(name: str) -> str:
    """The form in which names are compared: two that are equal in it are one name."""
    return unicodedata.normalize("NFKC", name).casefold()


def name_taken(kind: str, name: str, by: str) -> NameTaken:
    """The refusal of a name that ``by`` bears, in whatever case."""
    return NameTaken("{kind} name {name!r} is taken: {by!r} exists (case does not count). Choose another", kind=kind, name=name, by=by)


def _key(name: str) -> str:
    # A person's text never becomes a file name; 128 bits of its hash are as good as unique.
    return hashlib.sha256(fold_name(name).encode()).hexdigest()[:32]


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
        self._claim(store, name, record.id)
        revisions.create_revision(self._folder(store, record.id), self.stem, 0, record)
        if not confirm_name(store, self.stem, name, record.id):
            # Withdrawn by a revision: what was created once is never removed.
            revisions.create_revision(self._folder(store, record.id), self.stem, 1, record.model_copy(update={"deleted": True}))
            raise NameTaken("{kind} name {name!r} was taken by somebody else at the same moment. Choose another", kind=self.word, name=name)
        self._journal(store, "create", record)
        return record

    def get(self, store: Store, key: str) -> tuple[int, N]:
        """Head revision and record of the object whose id or name is ``key``; NotFound if there is none."""
        rev, record = self._named(store, key)
        if record is None and is_id(key):
            rev, record = self._head(store, key)
        if record is None or record.deleted:
            raise self.not_found(key)
        return rev, record

    def not_found(self, key: str) -> NotFound:
        """That there is no such object; also said of one that somebody may not see."""
        return NotFound("{kind} {key!r} does not exist; see the list for the names there are", kind=self.word, key=key)

    def change(self, store: Store, base: int, record: N) -> int:
        """Write the revision after ``base``; Conflict if somebody was faster. Not for names: see ``rename``."""
        rev = self._write(store, base, record)
        self._journal(store, "change", record, rev=rev, changed=self._changed(store, base, record))
        return rev

    def rename(self, store: Store, base: int, record: N, name: str) -> N:
        """Write the revision after ``base`` under another name; NameTaken if a live object bears it, Conflict if stale."""
        renamed = record.model_copy(update={"name": check_name(self.word, name)})
        if _key(renamed.name) == _key(record.name):  # another spelling of what it bears
            self._write(store, base, renamed)
            self._journal_rename(store, base, record.name, renamed)
            return renamed
        # Before the revision: whoever gives it the old name back starts from that one, and keeps what they claimed.
        seen = self._entry_rev(store, record.name)
        self._claim(store, renamed.name, record.id)
        self._write(store, base, renamed)
        release_name(store, self.stem, record.name, record.id, seen)
        self._journal_rename(store, base, record.name, renamed)
        return renamed

    def delete(self, store: Store, base: int, record: N) -> None:
        """Write the revision after ``base`` that says so, and free the name; everything stays on disk for ``restore``."""
        seen = self._entry_rev(store, record.name)
        self._write(store, base, record.model_copy(update={"deleted": True}))
        release_name(store, self.stem, record.name, record.id, seen)
        self._journal(store, "delete", record)

    def restore(self, store: Store, identifier: str) -> N:
        """Bring a deleted object back; NameTaken if its name went to another meanwhile."""
        rev, record = self._head(store, check_id(identifier))
        if record is None:
            raise self.not_found(identifier)
        if not record.deleted:  # somebody else was faster
            return record
        try:
            self._claim(store, record.name, record.id)
        except NameTaken as error:
            raise NameTaken(
                "{kind} {name!r} cannot be restored: another one bears the name meanwhile. Rename that one first",
                kind=self.word,
                name=record.name,
            ) from error
        restored = record.model_copy(update={"deleted": False})
        self._write(store, rev, restored)
        self._journal(store, "restore", restored)
        return restored

    def list(self, store: Store) -> Listing[N]:
        """All objects that are not deleted, ordered by name."""
        return self._list(store, deleted=False)

    def list_deleted(self, store: Store) -> Listing[N]:
        """All deleted objects, ordered by name; several may share one."""
        return self._list(store, deleted=True)

    def _list(self, store: Store, *, deleted: bool) -> Listing[N]:
        items: list[N] = []
        damaged: list[Damaged] = []
        # Other programs leave folders of their own, such as a file manager's or a backup's.
        for identifier in filter(is_id, files.list_names(self._parent(store))):
            try:
                _, record = self._head(store, identifier)
            except Damaged as error:
                damaged.append(error)
                continue
            if record and record.deleted == deleted:
                items.append(record)
        return Listing(sorted(items, key=lambda item: item.name.casefold()), damaged)

    def _named(self, store: Store, name: str) -> tuple[int, N | None]:
        identifier = find_name(store, self.stem, name)
        rev, record = self._head(store, identifier) if identifier else (0, None)
        # An entry that a renaming cut off left behind leads to an object of another name.
        return (rev, record) if record and _key(record.name) == _key(name) else (0, None)

    def _claim(self, store: Store, name: str, identifier: str) -> None:
        try:
            claim_name(store, self.stem, name, identifier, lambda other: self._keeps(store, other, name))
        except NameTaken as error:
            # In people's word for the kind: the stem is only a folder.
            raise NameTaken(error.template, **{**error.values, "kind": self.word}) from error

    def _keeps(self, store: Store, identifier: str, name: str) -> bool:
        """Whether the object bears ``name``; if it does not, what might still give it the name is refused from here on."""
        try:
            rev, record = self._head(store, identifier)
        except Damaged:
            return True  # a damaged object keeps its name until it is restored
        if record is None:
            return False
        if not record.deleted and _key(record.name) == _key(name):
            return True
        try:
            # A renaming or restoring that claimed the name may be on its way, or was cut off: it would write this revision.
            self._write(store, rev, record)
        except Conflict:
            return True  # it got there first
        return False

    def _write(self, store: Store, base: int, record: N) -> int:
        return revisions.create_revision(self._folder(store, record.id), self.stem, base, record)

    def _journal(self, store: Store, verb: str, record: N, **details: Any) -> None:
        journal.record(store, f"{self.stem}.{verb}", self.stem, record.id, record.name, **details)

    def _journal_rename(self, store: Store, base: int, before: str, renamed: N) -> None:
        changed = self._changed(store, base, renamed)
        self._journal(store, "rename", renamed, old_name=before, changed=tuple(name for name in changed if name != "name") or None)

    def _changed(self, store: Store, base: int, record: N) -> tuple[str, ...]:
        """What the revision after ``base`` changed; names alone, as values may be secrets, and the revisions have them."""
        with suppress(StoreError):  # it is only for the journal
            before = load(self.record, revisions.revision_path(self._folder(store, record.id), self.stem, base))
            return tuple(name for name in self.record.model_fields if getattr(before, name) != getattr(record, name))
        return ()

    def _entry_rev(self, store: Store, name: str) -> int:
        return revisions.head_revision(store.names(self.stem), _key(name))

    def _head(self, store: Store, identifier: str) -> tuple[int, N | None]:
        return revisions.load_head(self.record, self._folder(store, identifier), self.stem)

    def _parent(self, store: Store) -> Path:
        # Must name the same folders as ``paths.Store``.
        return store.root / f"{self.stem}s"

    def _folder(self, store: Store, identifier: str) -> Path:
        return self._parent(store) / identifier
