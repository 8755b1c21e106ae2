"""Folders as classes, in and out."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import folders, images, labels, projects, uploads
from storage.core import files
from storage.core.errors import InvalidValue, Refused
from storage.core.paths import Store
from storage.folders import Exported, Imported
from storage.index import Index, Row
from storage.projects import PROJECTS, Project

Document = Callable[..., bytes]


class Forms:
    """A project of classes, and a folder with ten invoices, five receipts and a letter to import."""

    def __init__(self, store: Store, root: Path, document: Document) -> None:
        self.store, self.root, self.document = store, root, document
        self.id = projects.create(store, "forms", "classes").id
        self.paths = store.project(self.id)
        for name, count in (("invoice", 10), ("receipt", 5), ("letter", 1)):
            for number in range(count):
                self.write(f"{name}/{number}.png")

    def write(self, path: str, data: bytes | None = None) -> Path:
        """Write a file, a page unlike all others unless its bytes are given."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.document(path) if data is None else data)
        return target

    def bring(self, share: float = 0.2, seed: int = 0) -> Imported:
        return folders.import_folders(self.store, self.project, self.root, "ann", share, seed)

    @property
    def project(self) -> Project:
        return PROJECTS.get(self.store, self.id)[1]

    def rows(self) -> list[Row]:
        index = Index(self.store)
        index.refresh(self.id, full=True)
        return index.images(self.id, "all")

    def classes(self) -> dict[str, int]:
        """Labelled images by class."""
        names = {field.id: field.name for field in self.project.fields}
        found = [names[row.class_id] for row in self.rows() if row.class_id]
        return {name: found.count(name) for name in found}

    def problems(self, done: Imported) -> list[str]:
        return [str(problem) for problem in done.problems]

    def export(self, target: Path, origin: folders.Origins = "all") -> Exported:
        return folders.export_folders(self.store, self.project, target, origin)


@pytest.fixture
def forms(store: Store, tmp_path: Path, document: Document) -> Forms:
    return Forms(store, tmp_path / "in", document)


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_all_images_go_in_and_a_share_of_each_class_is_labelled_by_a_person(forms: Forms) -> None:
    assert forms.bring() == Imported(added=16, labelled=4, classes=3, problems=())
    assert forms.classes() == {"invoice": 2, "letter": 1, "receipt": 1}
    labelled = [row for row in forms.rows() if row.class_id]
    assert {(row.state, row.author) for row in labelled} == {("labelled", "ann")}
    assert [field.name for field in forms.project.fields] == ["invoice", "letter", "receipt"]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, {}),
        (0.01, {"invoice": 1, "letter": 1, "receipt": 1}),
        (0.25, {"invoice": 3, "letter": 1, "receipt": 2}),
        (1, {"invoice": 10, "letter": 1, "receipt": 5}),
    ],
)
def test_a_share_is_rounded_up_in_each_class(forms: Forms, share: float, expected: dict[str, int]) -> None:
    forms.bring(share)
    assert forms.classes() == expected


def labelled_in(store: Store, project: str) -> set[str]:
    index = Index(store)
    index.refresh(project)
    return {row.image for row in index.images(project, "labelled")}


def test_the_seed_chooses_which_are_labelled(forms: Forms, store: Store) -> None:
    drawn = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        project = projects.create(store, name, "classes")
        folders.import_folders(store, project, forms.root, "ann", 0.3, seed)
        drawn.append(labelled_in(store, project.id))
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_repeated_import_adds_nothing_and_leaves_what_people_changed(forms: Forms) -> None:
    forms.bring()
    letter = next(row for row in forms.rows() if row.name == "0.png" and row.class_id == forms.project.field("letter").id)
    labels.save_class(forms.paths, forms.project, letter.image, 1, forms.project.field("invoice").id, "bob")
    assert forms.bring() == Imported(added=0, labelled=0, classes=3, problems=())
    head = labels.head(forms.paths, letter.image)
    assert head is not None
    assert (head.rev, head.author) == (2, "bob")


def test_an_import_that_was_cut_off_is_finished_by_the_next_with_the_same_sample(forms: Forms, store: Store) -> None:
    def cut(done: int, _: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    whole = projects.create(store, "whole", "classes")
    folders.import_folders(store, whole, forms.root, "ann", 0.2)
    with pytest.raises(KeyboardInterrupt):
        folders.import_folders(store, forms.project, forms.root, "ann", 0.2, 0, cut)
    assert forms.bring() == Imported(added=7, labelled=4, classes=3, problems=())
    assert labelled_in(store, forms.id) == labelled_in(store, whole.id)


def test_folders_are_matched_to_classes_in_any_case(forms: Forms, store: Store) -> None:
    rev, project = PROJECTS.get(store, forms.id)
    PROJECTS.change(store, rev, projects.with_fields(project, ("INVOICE", "contract")))
    forms.bring()
    assert [field.name for field in forms.project.fields] == ["INVOICE", "contract", "letter", "receipt"]
    assert forms.classes() == {"INVOICE": 2, "letter": 1, "receipt": 1}


def test_a_folder_whose_name_no_class_can_have_gets_one_and_that_is_said(forms: Forms) -> None:
    forms.write("akt (2024), №1/a.png")
    done = forms.bring()
    assert "akt__2024____1" in [field.name for field in forms.project.fields]
    assert forms.problems(done) == [
        "Folder 'akt (2024), №1' became class 'akt__2024____1': class names are letters, digits, '-', '_' and '.'"
    ]


def test_images_of_nested_folders_are_of_the_outermost_ones_class(forms: Forms) -> None:
    forms.write("letter/2024/may/x.png")
    assert forms.bring(1).added == 17
    assert forms.classes()["letter"] == 2
    assert "x.png" in [row.name for row in forms.rows()]


def test_what_is_no_image_of_a_class_is_said_and_the_rest_goes_in(forms: Forms, tmp_path: Path) -> None:
    forms.write("readme.txt", b"hello")
    forms.write("letter/notes.txt", b"hello")
    forms.write("letter/.DS_Store", b"x")
    forms.write(".git/objects/a.png")
    forms.write("receipt/empty.png", b"")
    os.mkfifo(forms.root / "letter" / "pipe.png")
    (forms.root / "letter" / "link.png").symlink_to(forms.root / "invoice" / "0.png")
    (forms.root / "linked").symlink_to(tmp_path, target_is_directory=True)
    done = forms.bring()
    assert (done.added, done.classes) == (16, 3)
    assert {problem.split("'")[1] for problem in forms.problems(done)} == {
        ".git",
        "letter/.DS_Store",
        "letter/link.png",
        "letter/notes.txt",
        "letter/pipe.png",
        "linked",
        "readme.txt",
        "receipt/empty.png",
    }
    assert len(done.problems) == 8
    assert len(forms.project.fields) == 3


def test_the_same_content_in_two_folders_is_taken_once_and_said(forms: Forms) -> None:
    forms.write("receipt/copy.png", forms.document("invoice/0.png"))
    done = forms.bring(1)
    assert (done.added, forms.classes()) == (16, {"invoice": 10, "letter": 1, "receipt": 5})
    assert forms.problems(done) == [
        "Image 'receipt/copy.png' has the same content as 'invoice/0.png'; it was taken once, with the class of the first"
    ]


def test_a_folder_that_cannot_be_read_imports_nothing(forms: Forms, tmp_path: Path) -> None:
    for missing in (tmp_path / "missing", forms.root / "letter" / "0.png"):
        with pytest.raises(InvalidValue, match="Name the folder that holds a folder for each class"):
            folders.import_folders(forms.store, forms.project, missing, "ann")
    assert forms.rows() == []


def test_folders_are_for_projects_of_classes(forms: Forms, store: Store, project: Project, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is about fields"):
        folders.import_folders(store, project, forms.root, "ann")
    with pytest.raises(Refused, match="is about fields"):
        folders.export_folders(store, project, tmp_path / "out", "all")
    with pytest.raises(InvalidValue, match="between 0 and 1"):
        forms.bring(1.1)


def test_progress_counts_every_file(forms: Forms, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    folders.import_folders(forms.store, forms.project, forms.root, "ann", 1, 0, lambda *counts: seen.append(counts))
    assert seen == [(number, 16) for number in range(1, 17)]
    seen.clear()
    folders.export_folders(forms.store, forms.project, tmp_path / "out", "all", lambda *counts: seen.append(counts))
    assert seen == [(number, 16) for number in range(1, 17)]


def test_what_is_exported_are_the_files_that_were_imported(forms: Forms, tmp_path: Path) -> None:
    forms.bring(1)
    out = tmp_path / "out"
    assert forms.export(out) == Exported(images=16, folders=3, problems=())
    assert listed(out) == listed(forms.root)
    assert all((out / name).read_bytes() == (forms.root / name).read_bytes() for name in listed(out))


def test_an_export_holds_the_images_of_the_origin_asked_for_and_none_without_a_label(forms: Forms, tmp_path: Path) -> None:
    forms.bring(0.2)
    found = next(row for row in forms.rows() if row.class_id is None)
    said = {"class_id": forms.project.field("letter").id, "score": 0.7, "origin": "auto"}
    labels.save(forms.paths, found.image, 0, None, "ann", **said)  # type: ignore[arg-type]
    assert [forms.export(tmp_path / origin, origin).images for origin in ("person", "auto", "all")] == [4, 1, 5]  # type: ignore[arg-type]
    assert listed(tmp_path / "auto") == [f"letter/{found.name}"]


def test_an_export_that_is_repeated_changes_nothing(forms: Forms, tmp_path: Path) -> None:
    forms.bring(1)
    forms.export(tmp_path / "out")
    before = listed(tmp_path / "out")
    assert forms.export(tmp_path / "out").images == 16
    assert listed(tmp_path / "out") == before


def test_images_of_one_name_are_told_apart_and_no_file_is_written_over(forms: Forms, tmp_path: Path) -> None:
    forms.write("letter/again/0.png")
    forms.bring(1)
    theirs = tmp_path / "out" / "receipt" / "0.png"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    assert forms.export(tmp_path / "out").images == 17
    assert theirs.read_bytes() == b"theirs"
    named = {files.sha256((tmp_path / "out" / name).read_bytes())[:16]: name for name in listed(tmp_path / "out") if "-" in name}
    assert len(named) == 2
    assert all(name.endswith(f"0-{start}.png") for start, name in named.items())


NAMES = {
    "../../up.png": "_.._up.png",
    "/etc/passwd": "_etc_passwd",
    "..": "_",
    ".hidden.png": "hidden.png",
    "-rf.png": "rf.png",
    "a\\b:c*?.png": "a_b_c__.png",
    "con.PNG": "_con.PNG",
    "tail. ": "tail",
    "\u202egnp.exe": "_gnp.exe",
    "чек № 1.png": "чек № 1.png",
    "é" * 200 + ".png": "é" * 98 + ".png",
}


@pytest.mark.parametrize(("name", "file"), NAMES.items(), ids=[ascii(name)[:20] for name in NAMES])
def test_peoples_names_stay_in_their_folder(forms: Forms, tmp_path: Path, name: str, file: str) -> None:
    image = uploads.add(forms.paths, name, forms.document(name.encode().hex()[:20]), "ann")
    rev, project = PROJECTS.get(forms.store, forms.id)
    PROJECTS.change(forms.store, rev, projects.with_fields(project, ("счёт",)))
    labels.save_class(forms.paths, forms.project, image.id, 0, forms.project.fields[0].id, "ann")
    assert forms.export(tmp_path / "out").images == 1
    assert listed(tmp_path / "out") == [f"счёт/{file}"]


def test_an_original_that_is_lost_is_said_and_the_others_are_written(forms: Forms, tmp_path: Path) -> None:
    forms.bring(1)
    forms.paths.original(forms.rows()[0].image).unlink()
    done = forms.export(tmp_path / "out")
    assert (done.images, len(done.problems), "cannot be read" in str(done.problems[0])) == (15, 1, True)


def test_an_export_into_the_store_or_onto_a_file_is_refused(forms: Forms, store: Store, tmp_path: Path) -> None:
    forms.bring(1)
    (tmp_path / "door").mkdir()
    (tmp_path / "door" / "letter").symlink_to(store.root, target_is_directory=True)
    for target in (store.root / "out", tmp_path / "door"):
        with pytest.raises(Refused, match="lies in the store"):
            forms.export(target)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refused, match="cannot be written"):
        forms.export(tmp_path / "file")


def test_deleted_images_are_not_exported(forms: Forms, tmp_path: Path) -> None:
    forms.bring(1)
    images.change(forms.paths, images.get(forms.paths, forms.rows()[0].image), "ann", deleted=True)
    assert forms.export(tmp_path / "out").images == 15
