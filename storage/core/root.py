"""Opening the store: its root file names the format, and an unknown format is refused, not guessed."""

import errno
import uuid
from pathlib import Path

from pydantic import ConfigDict

from storage.core import files
from storage.core.errors import Damaged, Refused
from storage.core.paths import Store
from storage.core.records import Record, encode, load_if_there

FORMAT = 1  # raised when an older program would misread what a newer one wrote


class Root(Record):
    """``root.json``: which store this is and the format of everything below it."""

    # What a later format adds must not hide its number, by which it is refused.
    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str
    format: int


def open_store(path: Path) -> Store:
    """The store at ``path``; made there if the folder is missing or empty, refused if it holds something else."""
    store = Store(path.expanduser().resolve())
    try:
        # Read first: a store on a read-only mount can still be looked at.
        root = load_if_there(Root, store.root_file) or _make(store)
    except OSError as error:
        raise Refused(
            "Store {path} cannot be used: {reason}. Choose a folder you may write to", path=str(path), reason=error.strerror
        ) from error
    if root.format != FORMAT:
        raise Refused(
            "Store {path} has format {found}; this version of Fieldmark reads format {known}. Use the version that wrote it",
            path=str(path),
            found=root.format,
            known=FORMAT,
        )
    return store


def store_uuid(store: Store) -> str:
    """The store's own id, which names its caches on each host."""
    root = load_if_there(Root, store.root_file)
    if root is None:
        raise Damaged("{path} is gone; restore it from a backup", path=str(store.root_file))
    return root.uuid


def _make(store: Store) -> Root:
    # Listed, a file looks like an empty folder, and making a folder there would be taken for made before.
    if store.root.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file", str(store.root))
    # A disk mounted as the store has a lost+found and may have hidden files of the system's.
    found = [name for name in files.list_names(store.root) if name != "lost+found" and not name.startswith(".")]
    if found:
        raise Refused(
            "Folder {path} is not a store and is not empty (it holds {name!r}); choose an empty one", path=str(store.root), name=found[0]
        )
    files.make_folder(store.root)
    # Caches are named by this uuid rather than by the path, under which another store may be mounted one day.
    root = Root(uuid=uuid.uuid4().hex, format=FORMAT)
    # Two commands may make the same store at once: the loser takes the winner's root.
    return root if files.create_once(store.root_file, encode(root)) else _existing(store)


def _existing(store: Store) -> Root:
    root = load_if_there(Root, store.root_file)
    assert root is not None
    return root
