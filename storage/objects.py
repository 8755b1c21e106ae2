"""What named, revisioned objects (projects, templates, machines) share: create, find, list, change, delete."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from storage import files, names, revisions
from storage.errors import Damaged, NameTaken, NotFound
from storage.ids import is_id
from storage.paths import Store
from storage.records import Record


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
        name = names.check_name(self.word, record.name)
        record = record.model_copy(update={"name": name})
        names.claim(store, self.stem, name, record.id, lambda other: self._is_live(store, other))
        revisions.create(self._folder(store, record.id), self.stem, 0, record)
        if not names.confirm(store, self.stem, name, record.id):
            revisions.create(self._folder(store, record.id), self.stem, 1, record.model_copy(update={"deleted": True}))
            raise NameTaken("{kind} name {name!r} was taken by somebody else at the same moment. Choose another", kind=self.word, name=name)
        return record

    def get(self, store: Store, key: str) -> tuple[int, N]:
        """Head revision and record of the object whose id or name is ``key``; NotFound if there is none."""
        identifier = key if is_id(key) else names.find(store, self.stem, key)
        rev, record = revisions.load_head(self.record, self._folder(store, identifier), self.stem) if identifier else (0, None)
        if record is None or record.deleted:
            raise NotFound("{kind} {key!r} does not exist; see the list for the names there are", kind=self.word, key=key)
        return rev, record

    def change(self, store: Store, base: int, record: N) -> int:
        """Write the revision after ``base``; Conflict if somebody was faster."""
        return revisions.create(self._folder(store, record.id), self.stem, base, record)

    def list(self, store: Store) -> Listing[N]:
        """All objects that are not deleted, ordered by name."""
        items: list[N] = []
        damaged: list[Damaged] = []
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
        return store.root / f"{self.stem}s"

    def _folder(self, store: Store, identifier: str) -> Path:
        return self._parent(store) / identifier
