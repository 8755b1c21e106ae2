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
from storage.labels_csv import Lines, export_csv, make_csv
from storage.projects import Project
from storage.turns import Turn
from storage.words import words
from storage.words.words import Reader, Words

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
    boxes = (
        Box(field=total, xyxy=(1, 2.126, 30, 40), text="5.00"),
        Box(field=date, xyxy=(5, 6, 7, 8), origin="auto", score=0.9, text="12.05", read=0.75),
    )
    labels.save(paths, add(paths, "a.png").id, 0, boxes, "ann")
    labels.save(paths, add(paths, "b.png").id, 0, (), "ann")
    header, *found = lines(make_csv(store, project, "all", "boxes").content)
    assert header == ["file", "field", "left", "top", "right", "bottom", "score", "origin", "text", "read"]
    assert [[*line[:2], *map(float, line[2:6]), *line[6:]] for line in found[:2]] == [
        ["a.png", "total", 1, 2.13, 30, 40, "", "person", "5.00", ""],
        ["a.png", "date", 5, 6, 7, 8, "0.9", "auto", "12.05", "0.75"],
    ]
    assert found[2:] == [["b.png", *[""] * 6, "person", "", ""]]
    assert lines(make_csv(store, project, "auto", "boxes").content)[1:] == [found[1]]


def box(field: str, text: str | None, *, at: tuple[float, float] = (1, 1), read: float | None = None, score: float | None = None) -> Box:
    """A box of 10 × 4 pixels at (left, top)."""
    left, top = at
    origin = "person" if score is None else "auto"
    return Box(field=field, xyxy=(left, top, left + 10, top + 4), origin=origin, score=score, text=text, read=read)  # type: ignore[arg-type]


def test_each_image_is_a_line_with_the_value_of_each_field(
    store: Store, project: Project, paths: ProjectPaths, add: Callable[..., Image]
) -> None:
    date, total = (field.id for field in project.fields)
    found = (box(total, "5,00 ₽", read=0.6, score=0.9), box(date, "12 мая", read=0.8, score=0.7))
    labels.save(paths, add(paths, "a.png").id, 0, found, "worker:x", origin="auto")
    labels.save(paths, add(paths, "b.png").id, 0, (box(date, "13.05"),), "ann")
    labels.save(paths, add(paths, "c.png").id, 0, (), "ann")
    add(paths, "unlabelled.png")
    made = make_csv(store, project, "all")
    assert lines(made.content) == [
        ["file", "date", "total", "label state", "least score", "least read"],
        ["a.png", "12 мая", "5,00 ₽", "auto", "0.7", "0.6"],
        ["b.png", "13.05", "", "labelled", "", ""],
        ["c.png", "", "", "labelled", "", ""],
    ]
    assert (made.images, made.boxes) == (3, 3)
    assert [line[0] for line in lines(make_csv(store, project, "auto").content)[1:]] == ["a.png"]


@pytest.mark.parametrize(
    ("turn", "expected"),
    [(0, "1 | 2 | 3 | 4"), (90, "3 | 1 | 4 | 2"), (180, "4 | 3 | 2 | 1"), (270, "2 | 4 | 1 | 3")],
)
def test_values_of_a_field_come_as_the_page_is_read(
    store: Store, project: Project, paths: ProjectPaths, add: Callable[..., Image], turn: Turn, expected: str
) -> None:
    date = project.fields[0].id
    boxes = (box(date, "4", at=(40, 31)), box(date, "2", at=(40, 2)), box(date, "3", at=(4, 30)), box(date, "1", at=(4, 3)))
    image = add(paths, "a.png")
    images.change(paths, image, "ann", turn=turn)
    labels.save(paths, image.id, 0, boxes, "ann")
    assert lines(make_csv(store, project, "all").content)[1][1] == expected


@pytest.mark.parametrize(("columns", "place"), [("values", 1), ("boxes", 8)])
def test_a_box_without_a_text_has_that_of_the_pages_words_and_nothing_written_stays_so(
    store: Store, project: Project, paths: ProjectPaths, add: Callable[..., Image], columns: Lines, place: int
) -> None:
    date, total = (field.id for field in project.fields)
    image = add(paths, "a.png")
    labels.save(paths, image.id, 0, (box(date, None), box(total, "", at=(1, 21))), "ann")
    assert lines(make_csv(store, project, "all", columns).content)[1][place] == ""
    places = ((1, 1, 5, 4), (6, 1, 10, 4), (2, 21, 8, 24))
    read = Words(image=image.id, turn=0, texts=("12", "мая", "5"), boxes=places, confidences=(0.9, 0.8, 0.7), lines=(0, 0, 1))
    words.keep(paths, read, Reader(project.languages), None)
    found = lines(make_csv(store, project, "all", columns).content)[1:]
    assert found[0][place] == "12 мая"
    assert (found[0][2] if columns == "values" else found[1][place]) == ""
    assert found[0][-1] == "0.8"


@pytest.mark.parametrize("columns", ["values", "boxes"])
def test_a_value_that_a_spreadsheet_would_run_is_marked_as_text(
    store: Store, project: Project, paths: ProjectPaths, add: Callable[..., Image], columns: Lines
) -> None:
    labels.save(paths, add(paths, "a.png").id, 0, (box(project.fields[0].id, "=1+1"),), "ann")
    assert "'=1+1" in lines(make_csv(store, project, "all", columns).content)[1]


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
