"""A project's labels as CSV."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import images, labels, projects, uploads
from storage.core.errors import Refused
from storage.core.paths import ProjectPaths, Store
from storage.exports import Origins
from storage.images import Image
from storage.labels import Box
from storage.labels_csv import export_csv, make_csv
from storage.projects import Project

Document = Callable[..., bytes]
BOM = b"\xef\xbb\xbf"


@pytest.fixture
def forms(store: Store) -> Project:
    return projects.create(store, "forms", "classes", ("invoice", "счёт"))


@pytest.fixture
def add(document: Document) -> Callable[[ProjectPaths, str], Image]:
    return lambda paths, name: uploads.add(paths, name, document(ascii(name)), "ann")


def classify(paths: ProjectPaths, image: Image, class_id: str, score: float | None = None) -> None:
    origin = "person" if score is None else "auto"
    labels.save(paths, image.id, 0, None, "ann", class_id=class_id, score=score, origin=origin)  # type: ignore[arg-type]


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("person", [["b.png", "invoice", "", "person"]]),
        ("auto", [["чек.png", "счёт", "0.75", "auto"]]),
        ("all", [["b.png", "invoice", "", "person"], ["чек.png", "счёт", "0.75", "auto"]]),
    ],
)
def test_each_image_of_a_class_is_a_line(
    store: Store, forms: Project, add: Callable[..., Image], origin: Origins, expected: list[list[str]]
) -> None:
    paths = store.project(forms.id)
    invoice, receipt = (field.id for field in forms.fields)
    classify(paths, add(paths, "чек.png"), receipt, 0.75)
    classify(paths, add(paths, "b.png"), invoice)
    add(paths, "unlabelled.png")
    made = make_csv(store, forms, origin)
    assert lines(made.content) == [["file", "class", "score", "origin"], *expected]
    assert (made.images, made.boxes, made.problems) == (len(expected), len(expected), ())
    assert made.content.startswith(BOM)


def test_each_box_is_a_line_and_no_fields_here_one_without_a_box(
    store: Store, project: Project, paths: ProjectPaths, add: Callable[..., Image]
) -> None:
    date, total = (field.id for field in project.fields)
    boxes = (Box(field=total, xyxy=(1, 2.126, 30, 40)), Box(field=date, xyxy=(5, 6, 7, 8), origin="auto", score=0.9))
    labels.save(paths, add(paths, "a.png").id, 0, boxes, "ann")
    labels.save(paths, add(paths, "b.png").id, 0, (), "ann")
    header, *found = lines(make_csv(store, project, "all").content)
    assert header == ["file", "field", "left", "top", "right", "bottom", "score", "origin"]
    assert [[*line[:2], *map(float, line[2:6]), *line[6:]] for line in found[:2]] == [
        ["a.png", "total", 1, 2.13, 30, 40, "", "person"],
        ["a.png", "date", 5, 6, 7, 8, "0.9", "auto"],
    ]
    assert found[2:] == [["b.png", *[""] * 6, "person"]]
    assert lines(make_csv(store, project, "auto").content)[1:] == [found[1]]


@pytest.mark.parametrize("name", ["=1+1.png", "+1.png", "-2.png", "@sum.png", "\tx.png", "\rx.png"], ids=ascii)
def test_a_name_that_a_spreadsheet_would_run_is_marked_as_text(store: Store, forms: Project, add: Callable[..., Image], name: str) -> None:
    paths = store.project(forms.id)
    classify(paths, add(paths, name), forms.fields[0].id)
    assert lines(make_csv(store, forms, "all").content)[1][0] == f"'{name}"


def test_commas_quotes_and_lines_in_a_name_stay_in_its_cell(store: Store, forms: Project, add: Callable[..., Image]) -> None:
    paths, name = store.project(forms.id), 'a, "b"\nc.png'
    classify(paths, add(paths, name), forms.fields[0].id)
    assert lines(make_csv(store, forms, "all").content)[1][:2] == [name, "invoice"]


def test_deleted_images_and_classes_that_left_the_scheme_are_left_out(store: Store, forms: Project, add: Callable[..., Image]) -> None:
    paths = store.project(forms.id)
    gone = add(paths, "gone.png")
    classify(paths, gone, forms.fields[0].id)
    images.change(paths, gone, "ann", deleted=True)
    classify(paths, add(paths, "old.png"), "left")
    assert lines(make_csv(store, forms, "all").content)[1:] == []


def test_a_damaged_label_is_said_and_the_others_are_written(store: Store, forms: Project, add: Callable[..., Image]) -> None:
    paths = store.project(forms.id)
    for name in ("a.png", "b.png"):
        classify(paths, add(paths, name), forms.fields[0].id)
    next(paths.labels.rglob("*.json")).write_bytes(b"")
    made = make_csv(store, forms, "all")
    assert (made.images, len(made.problems)) == (1, 1)


def test_a_file_is_written_where_it_may_be(store: Store, forms: Project, tmp_path: Path) -> None:
    made = export_csv(store, forms, tmp_path / "out.csv", "all")
    assert (tmp_path / "out.csv").read_bytes() == made.content == BOM + b"file,class,score,origin\r\n"
    with pytest.raises(Refused, match="lies in the store"):
        export_csv(store, forms, store.root / "out.csv", "all")
