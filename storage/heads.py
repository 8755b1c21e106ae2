"""The database behind the index: the newest revision of each image and its label, and how shards of files are taken in.

One SQLite database per store and host, outside the store. It is derived from the files, may be deleted at any time and
rebuilds itself when it is corrupt. Several threads and processes may use it at once.

A refresh opens the 256 shard folders of images and of labels and lists those that changed. Record files are never
changed once written, so only revisions it has not seen are read. Of words it opens those shards alone in which a label
waits for what is written in its boxes.
"""

import json
import os
import sqlite3
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from filelock import FileLock

from storage.caches import cache_folder
from storage.core import ProjectPaths, Refused, Store, StoreError, head_revisions, list_names, load, revision_path
from storage.images import Image
from storage.labels import Label
from storage.projects import PROJECTS
from storage.turns import stands
from storage.words.values import text_of
from storage.words.words import Reader, Words, find_many

_VERSION = 6  # of the tables below; a database of another version is thrown away
# Coarse clocks give two changes of a folder within this time one mtime (git's "racy" rule). Seconds of this
# host's clock since it first saw that mtime: the server's clock may differ.
_RACY = 2.0
_SEARCHED = 10_000  # characters of a label's texts; a page has some thousands, and a longer row would slow down every list
_WAIT = 60.0  # seconds until another process's write counts as stuck
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_HEX = frozenset("0123456789abcdef")

_IMAGE = ("image_rev", "name", "folded", "width", "height", "bytes", "split", "turn", "turn_said", "deleted", "added", "image_damage")
_LABEL = ("label_rev", "label_state", "boxes", "fields", "class_id", "score", "author", "changed", "texts", "unread", "label_damage")

# A head has an image's and a label's half, which two passes fill. ``state`` is stored so that indexes hold it, and
# they hold what lists are filtered by: looking up 100,000 rows for it would take 200 ms. ``settled``: unchanged for
# _RACY, so that mtime can be trusted. ``fields``: boxes of the label by field id, as JSON with sorted keys. ``texts``:
# what is written in the boxes, folded, a line each; in an index of its own, or every other one would grow by it. ``unread``:
# a box has no text of its own, and the page's words were not there when they were looked for. Of a class
# there is the id; only such labels are in ``by_class``, so that projects of fields pay nothing for it.
_SCHEMA = f"""
create table shards (
    project text, kind text, shard text, folder int, mtime int, since real, settled int,
    primary key (project, kind, shard));
create table heads (
    project text not null, image text not null, {", ".join(_IMAGE)}, {", ".join(_LABEL)},
    state text generated always as (case
        when image_rev is null then null
        when deleted then 'deleted'
        when image_damage is not null or label_damage is not null then 'damaged'
        else coalesce(label_state, 'unlabelled') end) stored,
    primary key (project, image));
create index by_state on heads (project, state, split);
create index by_state_name on heads (project, state, folded, split);
create index by_class on heads (project, class_id, state, folded, split) where class_id is not null;
create index by_name on heads (project, folded, state, split, class_id);
create index by_added on heads (project, added, folded, state, split, class_id);
create index by_changed on heads (project, changed, folded, state, split, class_id);
create index by_score on heads (project, score, folded, state, split, class_id);
create index by_fields on heads (project, state, fields, score, folded, split, class_id);
create index by_texts on heads (project, texts) where texts is not null;
create index by_unread on heads (project, image) where unread;
pragma user_version = {_VERSION};
"""

T = TypeVar("T")


class _OtherVersion(sqlite3.DatabaseError):
    """The database has the tables of another version of the program."""


def fold(name: str) -> str:
    """A file name as it is sorted and searched: letters of any alphabet without their case."""
    # Composed first: a Mac takes й for и and a breve, and nobody who searches types that.
    return unicodedata.normalize("NFC", name).casefold()


class Heads:
    """The database of one store on this host; each call opens its own connection, so threads may share the object."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Not in the store: SQLite is unsafe on network file systems.
        self.path = cache_folder(store) / "index.sqlite"

    def refresh(self, project: str, full: bool) -> None:
        """Take in what changed in the files; ``full`` lists every name, whatever the folders' times say."""
        self._run(lambda connection: _refresh(connection, self._store, project, full))

    def ask(self, project: str, question: Callable[[sqlite3.Connection], T]) -> T:
        """What ``question`` finds in a database that knows the project."""

        def work(connection: sqlite3.Connection) -> T:
            # A database that was deleted or rebuilt meanwhile has not seen the project and would call it empty.
            if not connection.execute("select 1 from shards where project = ? limit 1", (project,)).fetchone():
                _refresh(connection, self._store, project, False)
            return question(connection)

        return self._run(work)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """``work`` on a connection; once more on a new database if this one turns out to be corrupt."""
        try:
            with closing(_open(self.path)) as connection:
                return work(connection)
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise _unusable(self.path, error) from error
        # Who still reads the removed files has them open, and ends with an older but whole view.
        with _lock(self.path):
            _unlink(self.path)
        with closing(_open(self.path)) as connection:
            return work(connection)


# The database file


def _open(path: Path) -> sqlite3.Connection:
    """A connection to the database, made if it is missing, made anew if it is not ours.

    Under a lock, as another process may be removing the files: SQLite opens its write-ahead log by name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            return _connect_or_rebuild(path)
    except OSError as error:
        raise _unusable(path, error) from error


def _connect_or_rebuild(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if not _is_broken(error):
            raise
    _unlink(path)
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    # We begin transactions ourselves: Python would do so only at the first write, too late for _take_in.
    connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    try:
        # Pages go on reading while a refresh writes.
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")  # whole after a crash; the last writes may be lost, and are read again
        version = connection.execute("pragma user_version").fetchone()[0]
        if version == 0:
            connection.executescript(f"begin immediate; {_SCHEMA} commit;")
        elif version != _VERSION:
            raise _OtherVersion
    except BaseException:
        # The caller is about to remove the file, which must not stay open here.
        connection.close()
        raise
    return connection


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    # SQLite's extended codes keep the kind of error in their low byte.
    return isinstance(error, _OtherVersion) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def _unusable(path: Path, error: Exception) -> Refused:
    return Refused(
        "Cache {path} cannot be used: {reason}. Set FIELDMARK_CACHE to a folder you may write to", path=str(path), reason=str(error)
    )


def _unlink(path: Path) -> None:
    # An old write-ahead log played into a new database would corrupt it.
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _lock(path: Path) -> FileLock:
    # Never soft: where flock is missing, a lock file would stay behind a killed process for good.
    return FileLock(path.with_suffix(".lock"), timeout=_WAIT, fallback_to_soft=False)


# Reading the files


@dataclass(frozen=True)
class _Shard:
    """One of the 256 folders of a project's images, labels or words."""

    project: str
    kind: Literal["images", "labels", "words"]
    name: str
    folder: Path


def _refresh(connection: sqlite3.Connection, store: Store, project: str, full: bool) -> None:
    known = _seen(connection, project)
    # A damaged file may have been restored in place, which leaves no trace on its folder.
    damaged = {image[:2] for (image,) in connection.execute("select image from heads where project = ? and state = 'damaged'", (project,))}
    for shard in _shards(store.project(project), project, known):
        if full or shard.name in damaged or known.get((shard.kind, shard.name)) != (*_stamp(shard.folder), 1):
            _take_in(connection, shard, _update)
    _take_in_words(connection, store, project)


def _seen(connection: sqlite3.Connection, project: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Give the stamp at which each shard was taken in, by kind and name, and whether it was settled."""
    query = "select kind, shard, folder, mtime, settled from shards where project = ?"
    return {(kind, shard): (folder, mtime, settled) for kind, shard, folder, mtime, settled in connection.execute(query, (project,))}


def _shards(paths: ProjectPaths, project: str, known: dict[tuple[str, str], Any]) -> Iterator[_Shard]:
    """Shard folders that are there, and those that were."""
    folders: tuple[tuple[Literal["images", "labels"], Path], ...] = (("images", paths.images), ("labels", paths.labels))
    for kind, folder in folders:
        gone = {shard for of, shard in known if of == kind}
        shards = (name for name in sorted(gone.union(list_names(folder))) if len(name) == 2 and _HEX.issuperset(name))
        yield from (_Shard(project, kind, name, folder / name) for name in shards)


def _stamp(folder: Path) -> tuple[int, int]:
    """Which folder it is and when its names changed, from the open folder: NFS serves ``stat`` by name from a stale cache."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return 0, 0
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return status.st_ino % 2**63, status.st_mtime_ns  # SQLite's integers are signed


def _take_in_words(connection: sqlite3.Connection, store: Store, project: str) -> None:
    """Look for the texts of boxes that have none of their own, where words came since the last look."""
    query = "select distinct substr(image, 1, 2) from heads where project = ? and unread order by 1"
    waiting = connection.execute(query, (project,)).fetchall()
    paths, known = store.project(project), _seen(connection, project) if waiting else {}
    shards = [_Shard(project, "words", name, paths.words_folder / name) for (name,) in waiting]
    news = [shard for shard in shards if known.get((shard.kind, shard.name)) != (*_stamp(shard.folder), 1)]
    if news:
        _, named = PROJECTS.get(store, project)
        update = partial(_tell, paths, Reader(named.languages))
        for shard in news:
            _take_in(connection, shard, update)


def _tell(paths: ProjectPaths, reader: Reader, connection: sqlite3.Connection, shard: _Shard, _forget: bool) -> None:
    """Give the shard's labels that wait for words those that are there now."""
    query = """select image, label_rev, turn, turn_said from heads
        where project = ? and image >= ? and image < ? and unread and label_damage is null"""
    waiting = connection.execute(query, (shard.project, shard.name, shard.name + "g")).fetchall()
    turns = [(image, stands(turn, said)) for image, _, turn, said in waiting]
    found = find_many(paths, turns, reader)
    for image, rev, _, _ in waiting:
        # One that could not be read may be, once somebody asks for it again.
        if image in found and not found[image].failed:
            try:
                texts = _texts(load(Label, revision_path(paths.label_shard(image), image, rev)), found[image])
            except StoreError:
                continue  # damaged since it was read; whoever opens it is told
            connection.execute("update heads set texts = ?, unread = 0 where project = ? and image = ?", (texts, shard.project, image))


def _take_in(connection: sqlite3.Connection, shard: _Shard, update: Callable[[sqlite3.Connection, _Shard, bool], None]) -> None:
    """Bring one shard up to date in one transaction, so that of two refreshes the later listing always stands."""
    key = (shard.project, shard.kind, shard.name)
    # The write lock comes before the listing, or of two refreshes the older one could be written last.
    connection.execute("begin immediate")
    try:
        query = "select folder, mtime, since from shards where project = ? and kind = ? and shard = ?"
        folder, mtime, since = connection.execute(query, key).fetchone() or (None, None, 0.0)
        stamp, now = _stamp(shard.folder), time.time()  # before listing: what changes later shows as a newer time
        # Another folder of the name is a restored backup: its revisions may have the numbers of others.
        update(connection, shard, folder != stamp[0])
        since = since if (folder, mtime) == stamp else now
        connection.execute("insert or replace into shards values (?, ?, ?, ?, ?, ?, ?)", (*key, *stamp, since, now - since >= _RACY))
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _update(connection: sqlite3.Connection, shard: _Shard, forget: bool) -> None:
    """Make the shard's rows what its names say; only unseen revisions are read, and damaged ones once more."""
    columns, read = (_IMAGE, _read_image) if shard.kind == "images" else (_LABEL, _read_label)
    query, upsert = _statements(columns)
    listed = {image: rev for image, rev in head_revisions(shard.folder).items() if len(image) == 64 and image.startswith(shard.name)}
    rows = connection.execute(query, (shard.project, shard.name, shard.name + "g"))  # "g" follows all hexadecimal digits
    known = {image: None if damage or forget else rev for image, rev, damage in rows}
    unseen = [(image, rev) for image, rev in listed.items() if known.get(image) != rev]
    connection.executemany(upsert, ((shard.project, image, *read(shard.folder, image, rev)) for image, rev in unseen))
    if shard.kind == "labels" and unseen:
        # The words of these may be there already, where none came since the last look.
        connection.execute("delete from shards where project = ? and kind = 'words' and shard = ?", (shard.project, shard.name))
    # Set to null, not deleted: the row's other half may still be there.
    gone = known.keys() - listed.keys()
    connection.executemany(upsert, ((shard.project, image, *[None] * len(columns)) for image in gone))


def _statements(columns: tuple[str, ...]) -> tuple[str, str]:
    """Query for revision and damage of a shard's rows, and upsert of ``columns``; both are put together of our words only."""
    rev, damage = columns[0], columns[-1]
    query = f"select image, {rev}, {damage} from heads where project = ? and image >= ? and image < ? and {rev} is not null"  # noqa: S608
    upsert = f"insert into heads (project, image, {', '.join(columns)}) values (?, ?{', ?' * len(columns)}) on conflict do update set "  # noqa: S608
    return query, upsert + ", ".join(f"{column} = excluded.{column}" for column in columns)


def _read_image(folder: Path, image: str, rev: int) -> tuple[Any, ...]:
    """The values of the ``_IMAGE`` columns."""
    try:
        record = load(Image, revision_path(folder, image, rev))
    except StoreError as error:
        # Its name is in the damaged record, so the list shows the beginning of its id.
        return rev, image[:12], image[:12], 0, 0, 0, None, 0, False, False, None, str(error)
    names = record.name, fold(record.name)
    turn = record.turn, record.said_turn is not None
    return rev, *names, record.width, record.height, record.bytes, record.split, *turn, record.deleted, record.added_at.isoformat(), None


def _read_label(folder: Path, image: str, rev: int) -> tuple[Any, ...]:
    """The values of the ``_LABEL`` columns."""
    try:
        record = load(Label, revision_path(folder, image, rev))
    except StoreError as error:
        return rev, *[None] * (len(_LABEL) - 2), str(error)
    boxes = record.boxes or ()
    fields = json.dumps(Counter(box.field for box in boxes), sort_keys=True) if record.is_labelled else None
    # Of a value that was read, both must be right: its place and its text.
    score = min((box.score * (1 if box.read is None else box.read) for box in boxes if box.score is not None), default=record.score)
    said = record.author, record.at.isoformat()
    unread = any(box.text is None for box in boxes)
    return rev, record.state, len(boxes), fields, record.class_id, score, *said, _texts(record, None), unread, None


def _texts(label: Label, words: Words | None) -> str | None:
    """What is written in the boxes as it is searched, a line for each that has a text or stands on words."""
    texts = [fold(text) for box in label.boxes or () if (text := text_of(box, words)[0])]
    return "\n".join(texts)[:_SEARCHED] if texts else None
