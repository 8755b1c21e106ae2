"""A project's labels as COCO JSON, the common tongue of labelling tools."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from storage.attempts import Message
from storage.coco import check_takes_boxes, pass_on
from storage.core import Damaged, ProjectPaths, Refused, Store, load, replace_file, revision_path
from storage.index import Index, Row
from storage.labels import Box, Label, Origin
from storage.projects import Project

Origins = Origin | Literal["all"]


@dataclass(frozen=True)
class Exported:
    """An export: COCO JSON, and how many images and boxes are in it; ``problems`` says what was left out."""

    content: bytes
    images: int
    boxes: int
    problems: tuple[Message, ...]


def export_coco(store: Store, project: Project, path: Path, origin: Origins) -> Exported:
    """Write what ``make_coco`` makes; Refused if ``path`` cannot be written or lies in the store."""
    made = make_coco(store, project, origin)
    _write(store, path, made.content)
    return made


def make_coco(store: Store, project: Project, origin: Origins) -> Exported:
    """The project's boxes of one origin, or all, as COCO JSON; automatic ones carry their score.

    The images are those labelled by that origin; boxes of fields that left the scheme are left out.
    """
    check_takes_boxes(project)
    # From 1, as many trainers take category 0 for the background.
    category_ids = {field.id: number for number, field in enumerate(project.fields, start=1)}
    problems: list[Message] = []
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image, label in _labelled(store, project.id, problems):
        boxes = [box for box in label.boxes or () if origin in ("all", box.origin) and box.field in category_ids]
        if boxes or origin in ("all", label.origin):  # without boxes it says "no fields here"
            # File names may repeat in a project; the SHA-256 tells which image is meant.
            listed.append(
                {"id": len(listed) + 1, "file_name": image.name, "width": image.width, "height": image.height, "sha256": image.image}
            )
            annotations += [
                _annotation(len(annotations) + n, len(listed), category_ids[box.field], box) for n, box in enumerate(boxes, start=1)
            ]
    categories = [{"id": category_ids[field.id], "name": field.name} for field in project.fields]
    document = {"images": listed, "annotations": annotations, "categories": categories}
    return Exported(json.dumps(document, allow_nan=False).encode(), len(listed), len(annotations), tuple(problems))


def _labelled(store: Store, project: str, problems: list[Message]) -> Iterator[tuple[Row, Label]]:
    """Images with labels that say something, by name; damaged ones are said."""
    index = Index(store)
    index.refresh(project, full=True)
    for row in index.images(project, "all"):
        if row.damage:
            problems.append(Message(template="{reason}", values={"reason": row.damage}))
        elif row.state != "unlabelled" and (label := _read_label(store.project(project), row, problems)):
            yield row, label


def _read_label(paths: ProjectPaths, row: Row, problems: list[Message]) -> Label | None:
    try:
        return load(Label, revision_path(paths.label_shard(row.image), row.image, row.label_rev))
    except Damaged as error:  # since the index read it
        pass_on(problems, error)
        return None


def _annotation(number: int, image: int, category: int, box: Box) -> dict[str, Any]:
    left, top, right, bottom = box.xyxy
    bbox = [left, top, right - left, bottom - top]
    annotation = {"id": number, "image_id": image, "category_id": category, "bbox": bbox, "area": bbox[2] * bbox[3], "iscrowd": 0}
    # As in COCO's files of results; readers of plain annotations pass it over.
    return annotation if box.score is None else {**annotation, "score": box.score}


def _write(store: Store, path: Path, content: bytes) -> None:
    if path.resolve().is_relative_to(store.root):
        raise Refused("{path} lies in the store, whose files only Fieldmark writes. Choose another folder", path=str(path))
    try:
        # In one step, so that a full disk does not leave half a file where an earlier export was.
        replace_file(path, content)
    except OSError as error:
        raise Refused(
            "{path} cannot be written: {reason}. Choose a folder you may write to", path=str(path), reason=error.strerror
        ) from error
