"""What people, other programs and disks do to a store: refused in words, nothing lost, nothing hidden."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from storage import labels, machines, processes, projects, templates, uploads
from storage.check import check_store
from storage.core import files
from storage.core.errors import Damaged, InvalidValue, NameTaken, Refused
from storage.core.ids import new_id
from storage.core.objects import Kind
from storage.core.paths import Store
from storage.core.records import encode
from storage.core.root import FORMAT, Root, open_store
from storage.index import Index
from storage.labels import Box
from storage.machines import MACHINES
from storage.projects import PROJECTS, Project
from storage.templates import TEMPLATES

Document = Callable[..., bytes]
Make = Callable[[Store, str], Any]

KINDS: dict[str, tuple[Kind[Any], Make]] = {
    "project": (PROJECTS, lambda store, name: projects.create(store, name, "fields")),
    "template": (TEMPLATES, lambda store, name: templates.create(store, name, "training")),
    "machine": (MACHINES, machines.register),
}
NAMES = [
    "",
    " ",
    "a b",
    "a/b",
    "../a",
    "/etc",
    "a\\b",
    ".hidden",
    "-rf",
    "a.",
    "a\n",
    "a\0",
    "a\u202eb",
    "a\u200b",
    "<b>",
    "a:b",
    "*",
    "x" * 101,
    "ё" * 51,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("kind", KINDS)
def test_names_outside_the_pattern_are_refused_and_nothing_is_written(store: Store, kind: str, name: str) -> None:
    of, make = KINDS[kind]
    with pytest.raises(InvalidValue, match=rf"^{of.word} name "):
        make(store, name)
    assert of.list(store).items == []
    assert check_store(store) == []


@pytest.mark.parametrize(
    ("first", "second"), [("Receipts", "receipts"), ("Чеки", "ЧЕКИ"), ("straße", "STRASSE"), ("file1", "ｆｉｌｅ１"), ("é", "e\u0301")]
)
@pytest.mark.parametrize("kind", ["project", "template"])
def test_names_that_look_or_fold_alike_are_one_name(store: Store, kind: str, first: str, second: str) -> None:
    of, make = KINDS[kind]
    make(store, first)
    with pytest.raises(NameTaken, match="case does not count"):
        make(store, second)
    assert [item.name for item in of.list(store).items] == [first]


@pytest.mark.parametrize("name", ["a/b", "", "date total", "."])
def test_field_names_outside_the_pattern_are_refused(store: Store, name: str) -> None:
    with pytest.raises(InvalidValue, match="Field name"):
        projects.create(store, "receipts", "fields", ("date", name))
    assert PROJECTS.list(store).items == []


def test_two_fields_may_not_differ_in_case_only(store: Store) -> None:
    with pytest.raises(InvalidValue, match="'Date'"):
        projects.create(store, "receipts", "fields", ("date", "Date"))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("base_model", ["", "base-SmartOCR-99", "../model", None]),
        ("augment", ["", "all", 1]),
        ("loaders", [-1, 257, 1.5, "many", None]),
        ("batch", [0, -2, 1025, 2.5, float("nan")]),
        ("iterations", [0, -1, 1_000_001, 10**30, "1e3x"]),
        ("lr", [0, -0.005, 1.1, float("nan"), float("inf"), "fast"]),
        ("refresh", [0, 0.1, 3601, float("inf")]),
        ("device", ["", "gpu", "cuda:0", "CPU "]),
        ("seed", [-1, 2**31, 0.5]),
        ("use_unreviewed", ["perhaps", 2, None]),
        ("colour", ["red"]),
    ],
)
def test_template_parameters_out_of_range_are_refused_by_name(store: Store, field: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidValue, match=f"{field}: .*not "):
            templates.create(store, "quick", "training", **{field: value})
    assert TEMPLATES.list(store).items == []


@pytest.mark.parametrize("kind", ["", "both", "Training"])
def test_a_template_of_an_unknown_kind_is_refused(store: Store, kind: Any) -> None:
    with pytest.raises(InvalidValue, match="kind: "):
        templates.create(store, "quick", kind)


@pytest.mark.parametrize(
    "xyxy",
    [(5, 5, 5, 9), (5, 5, 9, 5), (9, 5, 5, 9), (-1, 0, 5, 5), (0, float("nan"), 5, 5), (0, 0, float("inf"), 5), (0, 0, 5), ("a", 0, 5, 5)],
)
def test_boxes_without_area_or_off_the_page_are_refused(xyxy: Any) -> None:
    with pytest.raises(ValueError, match="xyxy"):
        Box(field=new_id(), xyxy=xyxy)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "0 bytes": lambda good: b"",
    "truncated": lambda good: good[:-20],
    "NULs": lambda good: bytes(len(good)),
    "wrong schema": lambda good: b'{"record":{"id":1},"nonce":"","sum":""}\n',
    "foreign file": lambda good: b"PK\x03\x04",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_object_is_listed_apart_and_hides_no_other(store: Store, kind: str, damage: Callable[[bytes], bytes]) -> None:
    of, make = KINDS[kind]
    hurt, whole = make(store, "hurt"), make(store, "whole")
    path = store.root / f"{of.stem}s" / hurt.id / f"{of.stem}.000001.json"
    path.write_bytes(damage(path.read_bytes()))
    listing = of.list(store)
    assert (listing.items, [error.values["path"] for error in listing.damaged]) == ([whole], [str(path)])
    with pytest.raises(Damaged, match="Restore it from a backup"):
        of.get(store, hurt.id)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("pattern", ["spec.000001.json", "requests/request.000001.json"])
def test_a_damaged_process_is_listed_apart_and_hides_no_other(
    store: Store, project: Project, damage: Callable[[bytes], bytes], pattern: str
) -> None:
    template, machine = templates.create(store, "quick", "training"), machines.register(store, "bench")
    hurt, whole = (processes.create(store, project, template, machine.id, "ann") for _ in range(2))
    processes.ask(store, processes.get(store, hurt.id), "start", "ann")
    path = store.process(hurt.id).folder / pattern
    path.write_bytes(damage(path.read_bytes()))
    found, damaged = processes.list_processes(store)
    assert [process.id for process in found] == [whole.id]
    assert [error.values["path"] for error in damaged] == [str(path)]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_machines_damaged_report_counts_as_none(store: Store, damage: Callable[[bytes], bytes]) -> None:
    machine = machines.register(store, "bench")
    path = store.machine(machine.id).info
    path.write_bytes(damage(b"x" * 400))
    assert machines.read_info(store, machine.id) is None
    assert not machines.is_alive(store, machine.id)


def test_a_folder_that_holds_something_else_does_not_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir")
    with pytest.raises(Refused, match="is not a store and is not empty"):
        open_store(tmp_path)
    assert files.list_names(tmp_path) == ["letter.txt"]


def test_a_store_of_an_unknown_format_is_refused_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(encode(Root(uuid="0", format=FORMAT + 1)))
    with pytest.raises(Refused, match="Use the version that wrote it"):
        open_store(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"needs the right to mount a small disk: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def contents(store: Store) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file() and path.name != "ballast"}


def test_a_full_disk_is_said_loses_nothing_and_work_goes_on_when_there_is_room(
    small_disk: Path, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    store = open_store(small_disk)
    project = projects.create(store, "receipts", "fields", ("date",))
    paths = store.project(project.id)
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    rev = labels.save(paths, image.id, 0, (), "ann").rev
    ballast = small_disk / "ballast"
    fill(ballast)
    before = contents(store)
    with pytest.raises(OSError, match="No space left") as refusal:
        labels.save(paths, image.id, rev, (), "ann")
    assert refusal.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match="No space left"):
        uploads.add(paths, "other.png", document("99.00"), "ann")
    assert contents(store) == before
    ballast.unlink()
    assert labels.save(paths, image.id, rev, (), "ann").rev == rev + 1
    assert uploads.add(paths, "other.png", document("99.00"), "ann").rev == 1
    assert check_store(store) == []
    assert Index(store).counts(project.id).images == 2


def fill(ballast: Path) -> None:
    """Use up the disk to the last byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            with suppress(OSError):
                while True:
                    os.write(file.fileno(), b"x" * size)


def test_a_store_that_may_not_be_written_can_be_read_and_says_so_when_it_cannot(small_disk: Path, document: Document) -> None:
    store = open_store(small_disk)
    project = projects.create(store, "receipts", "fields")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert PROJECTS.list(open_store(small_disk)).items == [project]
    with pytest.raises(OSError, match="Read-only file system"):
        uploads.add(store.project(project.id), "scan.png", document("12.50"), "ann")
