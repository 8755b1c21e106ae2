"""A project's labels as CSV, for spreadsheets: a line for each image's class, or for each box."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from storage.attempts import Message
from storage.core import Store
from storage.exports import Exported, Origins, harmless, labelled, record_export, write
from storage.index import Index
from storage.labels import Box, Label
from storage.projects import Project

_CLASSES = ("file", "class", "score", "origin")
_FIELDS = ("file", "field", "left", "top", "right", "bottom", "score", "origin")

_Line = tuple[object, ...]


def export_csv(store: Store, project: Project, target: Path, origin: Origins) -> Exported:
    """Write what ``make_csv`` makes; Refused if ``target`` cannot be written or lies in the store."""
    made = make_csv(store, project, origin)
    write(store, target, made.content)
    return made


def make_csv(store: Store, project: Project, origin: Origins) -> Exported:
    """The project's labels of one origin, or all, as CSV: RFC 4180, in UTF-8 with a byte order mark, by which Excel knows it.

    Boxes are in pixels; a label that says "no fields here" is a line with its file alone. An apostrophe is put before
    text that a spreadsheet would take for a formula. Labels of fields and classes that left the scheme are left out.
    """
    problems: list[Message] = []
    names = {field.id: field.name for field in project.fields}
    images, lines = 0, list[_Line]()
    for row, label in labelled(store, Index(store), project.id, problems):
        found = list(_class_lines(row.name, label, names, origin) if project.task == "classes" else _lines(row.name, label, names, origin))
        images += bool(found)
        lines += found
    record_export(store, project, "csv", origin, images)
    return Exported(_encode(_CLASSES if project.task == "classes" else _FIELDS, lines), images, len(lines), tuple(problems))


def _class_lines(file: str, label: Label, names: dict[str, str], origin: Origins) -> Iterator[_Line]:
    if label.class_id in names and origin in ("all", label.origin):
        yield file, names[label.class_id], label.score, label.origin


def _lines(file: str, label: Label, names: dict[str, str], origin: Origins) -> Iterator[_Line]:
    boxes = [box for box in label.boxes or () if box.field in names and origin in ("all", box.origin)]
    if not boxes and not label.boxes and origin in ("all", label.origin):
        yield file, *[None] * 6, label.origin
    yield from (_line(file, box, names[box.field]) for box in boxes)


def _line(file: str, box: Box, field: str) -> _Line:
    return file, field, *(round(side, 2) for side in box.xyxy), box.score, box.origin


def _encode(header: _Line, lines: list[_Line]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *([harmless(cell) for cell in line] for line in lines)])
    return text.getvalue().encode("utf-8-sig")
