"""A project's labels as COCO JSON, the common tongue of labelling tools."""

import json
from pathlib import Path
from typing import Any

from storage.attempts import Message
from storage.coco import check_takes_boxes
from storage.core import Store
from storage.exports import Exported, Origins, labelled, record_export, with_texts, write
from storage.index import Index
from storage.labels import Box
from storage.projects import Project


def export_coco(store: Store, project: Project, path: Path, origin: Origins) -> Exported:
    """Write what ``make_coco`` makes; Refused if ``path`` cannot be written or lies in the store."""
    made = make_coco(store, project, origin)
    write(store, path, made.content)
    return made


def make_coco(store: Store, project: Project, origin: Origins) -> Exported:
    """The project's boxes of one origin, or all, as COCO JSON; automatic ones carry their score.

    What is written in a box is among its attributes. The images are those labelled by that origin; boxes of fields that
    left the scheme are left out.
    """
    check_takes_boxes(project)
    # From 1, as many trainers take category 0 for the background.
    category_ids = {field.id: number for number, field in enumerate(project.fields, start=1)}
    problems: list[Message] = []
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    found = labelled(store, Index(store), project.id, problems)
    for image, label in with_texts(store.project(project.id), project.languages, found):
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
    record_export(store, project, "coco", origin, len(listed))
    document = {"images": listed, "annotations": annotations, "categories": categories}
    return Exported(json.dumps(document, allow_nan=False).encode(), len(listed), len(annotations), tuple(problems))


def _annotation(number: int, image: int, category: int, box: Box) -> dict[str, Any]:
    left, top, right, bottom = box.xyxy
    bbox = [left, top, right - left, bottom - top]
    annotation = {"id": number, "image_id": image, "category_id": category, "bbox": bbox, "area": bbox[2] * bbox[3], "iscrowd": 0}
    if box.text is not None:
        annotation["attributes"] = {"text": box.text, **({} if box.read is None else {"read": box.read})}
    # As in COCO's files of results; readers of plain annotations pass it over.
    return annotation if box.score is None else {**annotation, "score": box.score}
