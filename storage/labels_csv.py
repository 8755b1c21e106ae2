"""A project's labels as CSV, for spreadsheets: a line for each image with its values or its class, or one for each box."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from storage.attempts import Message
from storage.core import Store
from storage.exports import Exported, Origins, harmless, labelled, record_export, with_texts, write
from storage.index import Index, Row
from storage.labels import Box, Label
from storage.projects import Project
from storage.turns import turn_box

Lines = Literal["values", "boxes"]
"""What a line is about in a project of fields: an image with the value of each field, or a box."""

_CLASSES = ("file", "class", "score", "origin")
_FIELDS = ("file", "field", "left", "top", "right", "bottom", "score", "origin", "text", "read")
# No field's name has a blank, so none of them is taken for a field.
_ABOUT = ("label state", "least score", "least read")
_BETWEEN = " | "  # several values of a field

_Line = tuple[object, ...]


def export_csv(store: Store, project: Project, target: Path, origin: Origins, lines: Lines = "values") -> Exported:
    """Write what ``make_csv`` makes; Refused if ``target`` cannot be written or lies in the store."""
    made = make_csv(store, project, origin, lines)
    write(store, target, made.content)
    return made


def make_csv(store: Store, project: Project, origin: Origins, lines: Lines = "values") -> Exported:
    """The project's labels of one origin, or all, as CSV: RFC 4180, in UTF-8 with a byte order mark, by which Excel knows it.

    A line is an image with what is written in the boxes of each field, in reading order, or a single box, in pixels; of
    classes it is an image with its class. A label that says "no fields here" is a line with its file alone. An
    apostrophe is put before text that a spreadsheet would take for a formula. Fields and classes that left the scheme
    are left out.
    """
    problems: list[Message] = []
    names = {field.id: field.name for field in project.fields}
    images, made = 0, list[_Line]()
    for row, label in with_texts(store.project(project.id), project.languages, labelled(store, Index(store), project.id, problems)):
        found = list(_lines_of(project, row, label, names, origin, lines))
        images += bool(found)
        made += found
    record_export(store, project, "csv", origin, images)
    return Exported(_encode(_header(project, names, lines), made), images, len(made), tuple(problems))


def _header(project: Project, names: dict[str, str], lines: Lines) -> _Line:
    if project.task == "classes":
        return _CLASSES
    return _FIELDS if lines == "boxes" else ("file", *names.values(), *_ABOUT)


def _lines_of(project: Project, row: Row, label: Label, names: dict[str, str], origin: Origins, lines: Lines) -> Iterator[_Line]:
    """What the file says of one image."""
    if project.task == "classes":
        if label.class_id in names and origin in ("all", label.origin):
            yield row.name, names[label.class_id], label.score, label.origin
        return
    boxes = [box for box in label.boxes or () if box.field in names and origin in ("all", box.origin)]
    # Empty, it says "no fields here".
    if not boxes and (label.boxes or origin not in ("all", label.origin)):
        return
    if lines == "values":
        yield (
            row.name,
            *(_value(row, boxes, field) for field in names),
            label.state,
            _least(box.score for box in boxes),
            _least(box.read for box in boxes),
        )
    elif boxes:
        yield from (_box_line(row.name, box, names[box.field]) for box in boxes)
    else:
        yield row.name, *[None] * 6, label.origin, None, None


def _box_line(file: str, box: Box, field: str) -> _Line:
    return file, field, *(round(side, 2) for side in box.xyxy), box.score, box.origin, box.text, box.read


def _value(row: Row, boxes: Iterable[Box], field: str) -> str | None:
    """What is written in the field's boxes; None if nobody knows, or nothing is."""
    return _BETWEEN.join(box.text for box in _in_reading_order(row, [box for box in boxes if box.field == field]) if box.text) or None


def _in_reading_order(row: Row, boxes: Iterable[Box]) -> list[Box]:
    """By lines of the page as it is shown, and from left to right in each."""
    shown = sorted(((turn_box(box.xyxy, row.width, row.height, row.turn), box) for box in boxes), key=lambda pair: pair[0][1] + pair[0][3])
    lines: list[list[tuple[float, Box]]] = []
    bottom = 0.0
    for (left, top, _right, below), box in shown:
        # In one line with the box before, if its middle is above that one's lower edge.
        if not lines or (top + below) / 2 > bottom:
            lines.append([])
        lines[-1].append((left, box))
        bottom = below
    return [box for line in lines for _left, box in sorted(line, key=lambda pair: pair[0])]


def _least(certainties: Iterable[float | None]) -> float | None:
    return min((certainty for certainty in certainties if certainty is not None), default=None)


def _encode(header: _Line, lines: Iterable[_Line]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in line] for line in (header, *lines))
    return text.getvalue().encode("utf-8-sig")
