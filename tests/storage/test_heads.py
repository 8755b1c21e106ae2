"""The database behind the index says what the files say, whatever happens to it."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage import labels
from storage.core import revisions
from storage.core.errors import Refused
from storage.core.ids import new_id
from storage.core.paths import ProjectPaths, Store
from storage.core.records import encode
from storage.core.root import store_uuid
from storage.index import Index, Row
from storage.labels import Box
from storage.projects import Project, Task
from tests.storage.pages import IMAGE, ClassLife, Life, add, box, label, rows


@pytest.fixture
def rebuilt(store: Store, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Row]]:
    """What an index says that has just read all files."""

    def build() -> list[Row]:
        with monkeypatch.context() as patch:
            patch.setenv("FIELDMARK_CACHE", str(tmp_path / new_id()))
            return rows(Index(store), project)

    return build


DAMAGE = {
    "0 bytes": lambda good: b"",
    "truncated": lambda good: good[: len(good) // 2],
    "NULs": lambda good: bytes(len(good)),
    "another schema": lambda good: encode(Box(field="x", xyxy=(0, 0, 1, 1))),
    "a foreign file": lambda good: b"\x89PNG\r\n\x1a\n",
    "one digit": lambda good: good.replace(b'"rev":1', b'"rev":7'),
}


@pytest.mark.parametrize("kind", ["images", "labels"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_flags_its_own_image_until_it_is_restored(
    index: Index, project: Project, paths: ProjectPaths, kind: str, damage: Callable[[bytes], bytes]
) -> None:
    hurt, whole = add(paths, 1), add(paths, 17)  # in one shard
    label(paths, hurt, box())
    label(paths, whole, box())
    before = rows(index, project)
    folder = paths.image_shard(hurt.id) if kind == "images" else paths.label_shard(hurt.id)
    path = revisions.revision_path(folder, hurt.id, 2)
    good = revisions.revision_path(folder, hurt.id, 1).read_bytes()
    path.write_bytes(damage(good))
    after = {row.image: row for row in rows(index, project)}
    assert (after[hurt.id].state, after[whole.id]) == ("damaged", before[1])
    assert str(path) in str(after[hurt.id].damage)
    path.write_bytes(good)  # in place: the folder's time does not change
    assert [row.state for row in rows(index, project)] == ["labelled", "labelled"]


def test_foreign_files_in_a_shard_change_nothing(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    shard = paths.image_shard(image.id)
    for name in (
        "notes.txt",
        ".tmp-1",
        f"{image.id}.orig",
        "ff00.000001.json",
        f"{IMAGE.format(7)}.000001.json",
        f"{image.id}.000002.json~",
    ):
        (shard / name).write_bytes(b"x")
    (paths.images / "zz").mkdir()
    (paths.images / "0f").write_bytes(b"a file, not a folder")
    assert [(row.image, row.state) for row in rows(index, project)] == [(image.id, "unlabelled")]


@pytest.mark.parametrize(("task", "seed"), [*[("fields", seed) for seed in range(6)], ("classes", 0), ("classes", 1)])
def test_after_any_life_the_index_equals_one_rebuilt_from_the_files(
    index: Index, project: Project, paths: ProjectPaths, rebuilt: Callable[[], list[Row]], task: Task, seed: int
) -> None:
    life = (Life if task == "fields" else ClassLife)(paths, project.model_copy(update={"task": task}), seed)
    for number in range(120):
        life.step()
        if number % 7 == seed % 7:
            index.refresh(project.id, full=life.random.random() < 0.3)
    assert rows(index, project) == rebuilt()
    assert index.counts(project.id).images == len(rebuilt())
    for row in rows(index, project):
        if row.state != "damaged":
            head = labels.head(paths, row.image)
            assert row.state == (head.state if head else "unlabelled")


def other_version(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")


RUINS: dict[str, Callable[[Path], object]] = {
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "overwritten": lambda path: path.write_bytes(b"no database " * 1000),
    "pages overwritten": lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 60_000),
    "of another version": other_version,
}


@pytest.mark.parametrize("ruin", RUINS.values(), ids=RUINS)
def test_a_database_that_is_gone_or_corrupt_is_rebuilt_by_whoever_asks_next(
    index: Index, project: Project, paths: ProjectPaths, ruin: Callable[[Path], object]
) -> None:
    for number in range(40):
        label(paths, add(paths, number), box())
    before = rows(index, project)
    ruin(index._heads.path)
    assert index.images(project.id, "all") == before
    assert index.counts(project.id).confirmed == 40


def test_a_whole_cache_folder_may_be_deleted_at_any_time(index: Index, project: Project, paths: ProjectPaths) -> None:
    add(paths, 1)
    before = rows(index, project)
    for path in index._heads.path.parent.iterdir():
        path.unlink()
    index._heads.path.parent.rmdir()
    assert index.images(project.id, "all") == before


def test_a_restored_backup_replaces_revisions_of_the_same_numbers(
    index: Index, project: Project, paths: ProjectPaths, rebuilt: Callable[[], list[Row]]
) -> None:
    image = add(paths, 1)
    label(paths, image, box())
    index.refresh(project.id)
    paths.labels.rename(paths.folder / "lost")
    labels.save(paths, image.id, 0, None, "bob")
    times = (paths.folder / "lost" / image.id[:2]).stat()
    os.utime(paths.label_shard(image.id), ns=(times.st_atime_ns, times.st_mtime_ns))
    assert rows(index, project) == rebuilt()


def test_a_change_within_the_clocks_resolution_is_seen(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    label(paths, image, box())
    shard = paths.label_shard(image.id)
    times = shard.stat()
    index.refresh(project.id)
    label(paths, image)
    os.utime(shard, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [row.boxes for row in rows(index, project)] == [0]


KILLED = """
import os, signal, sys
from pathlib import Path
import storage.heads
import storage.index
from storage.core.root import open_store
calls, load = [0], storage.heads.load
def counted(kind, path):
    calls[0] += 1
    if calls[0] == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return load(kind, path)
storage.heads.load = counted
storage.index.Index(open_store(Path(sys.argv[1]))).refresh(sys.argv[2])
"""


@pytest.mark.parametrize("call", [1, 30, 59])
def test_a_refresh_cut_by_kill_9_leaves_an_index_that_the_next_completes(
    index: Index, store: Store, project: Project, paths: ProjectPaths, rebuilt: Callable[[], list[Row]], call: int
) -> None:
    for number in range(30):
        label(paths, add(paths, number), box())
    arguments = [sys.executable, "-c", KILLED, str(store.root), project.id, str(call)]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    assert rows(index, project) == rebuilt()


def test_many_may_refresh_and_ask_at_once(store: Store, project: Project, paths: ProjectPaths, rebuilt: Callable[[], list[Row]]) -> None:
    made = [add(paths, number) for number in range(24)]

    def work(part: int) -> int:
        index = Index(store)
        for image in made[part::4]:
            label(paths, image, box())
            index.refresh(project.id)
        return index.counts(project.id).images

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [24] * 4
    assert Index(store).images(project.id, "confirmed") == rebuilt()


def test_two_processes_may_build_at_once(store: Store, project: Project, paths: ProjectPaths, rebuilt: Callable[[], list[Row]]) -> None:
    for number in range(40):
        label(paths, add(paths, number), box())
    runs = [subprocess.Popen([sys.executable, "-c", KILLED, str(store.root), project.id, "-1"]) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    assert Index(store).images(project.id, "all") == rebuilt()


def test_a_cache_that_cannot_be_written_is_refused_with_the_way_out(
    store: Store, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "file"))
    with pytest.raises(Refused, match="Set FIELDMARK_CACHE"):
        Index(store).counts(project.id)


def test_without_a_setting_the_cache_lies_where_the_system_keeps_caches(
    store: Store, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIELDMARK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    Index(store).refresh(project.id)
    assert (tmp_path / "xdg" / "fieldmark" / store_uuid(store) / "index.sqlite").is_file()
