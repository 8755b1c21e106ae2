"""The sample project that a newcomer finds in an empty store: images, the first labels, and a quick template.

The template is made last and is what tells that the sample is finished: a start that was cut off is completed by the
next one, and who deletes the project does not get it again.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from storage import coco, images, labels, projects, templates
from storage.core import Conflict, NameTaken, ProjectPaths, Store, is_id, list_names, new_id, sha256, unrecorded
from storage.labels import XYXY, Box
from storage.projects import PROJECTS, Project

PROJECT = "sample-invoices"
TEMPLATE = "sample-quick"

# In both languages of the documents, as they are data and not translated with the pages.
_FIELDS = {
    "number": "The invoice's number, without the caption · Номер счёта, без подписи поля",
    "date": "The invoice's date, not the one to pay by · Дата счёта, а не срок оплаты",
    "seller": "Who asks for payment: name, address, tax number · Поставщик: название, адрес, ИНН",
    "buyer": "Who is to pay: name, address, tax number · Покупатель: название, адрес, ИНН",
    "total": "The sum to pay, with its currency sign if it has one · Сумма к оплате, со знаком валюты, если он есть",
    "signature": "The signature itself, without the stamp · Сама подпись, без печати",
}
# 4 minutes on two CPU cores, reading among them, and 98 % of the boxes right (bench/guided.py).
_PARAMETERS: dict[str, Any] = {"iterations": 250, "loaders": 2, "refresh": 2.0, "device": "cpu"}
_DESCRIPTION = "Some minutes on a computer without a GPU · Несколько минут на компьютере без GPU"


def open_sample(store: Store, folder: Path, author: str, on_progress: Callable[[int, int], None] | None = None) -> Project | None:
    """Make the sample project of ``folder`` (COCO) in a store that never had a project or a template; else None.

    Images that ``annotations.json`` gives a split are labelled: one fewer than the gate asks for, so that the newcomer
    draws the last. ``on_progress`` receives images done and all.
    """
    project = None if _ids(store.templates) else _project(store)
    if project is None:
        return None
    coco.import_coco(store, project, folder, author, label_share=0, on_progress=on_progress)
    _label(store.project(project.id), project, folder, author)
    with suppress(NameTaken):  # by another start on the same store, which has done the same
        templates.create(store, TEMPLATE, "auto-label", _DESCRIPTION, **_PARAMETERS)
    return project


def _project(store: Store) -> Project | None:
    """The sample's project: a new one in a store without any, or the one that a start which was cut off began."""
    known = _ids(store.projects)
    if known:
        live = PROJECTS.list(store).items
        return live[0] if len(known) == 1 and live and live[0].name == PROJECT else None
    project = projects.with_fields(Project(id=new_id(), name=PROJECT, task="fields"), tuple(_FIELDS))
    described = tuple(field.model_copy(update={"description": _FIELDS[field.name]}) for field in project.fields)
    with suppress(NameTaken):
        return PROJECTS.create(store, project.model_copy(update={"fields": described}))
    return None


def _ids(folder: Path) -> list[str]:
    # By folder, so that deleted and damaged ones count.
    return [name for name in list_names(folder) if is_id(name)]


def _label(paths: ProjectPaths, project: Project, folder: Path, author: str) -> None:
    """Save the boxes of the images that have a split, and that split, so that every newcomer's model is tested on the same."""
    document: dict[str, list[Any]] = json.loads((folder / "annotations.json").read_bytes())
    fields = {category["id"]: project.field(category["name"]).id for category in document["categories"]}
    for listed in document["images"]:
        if "split" not in listed:
            continue
        image = images.get(paths, sha256((folder / "images" / listed["file_name"]).read_bytes()))
        found = [item for item in document["annotations"] if item["image_id"] == listed["id"]]
        boxes = tuple(
            Box(field=fields[item["category_id"]], xyxy=_xyxy(*item["bbox"]), text=item.get("attributes", {}).get("text")) for item in found
        )
        # A conflict is with a start that was cut off, or with a person: what they saved stays.
        with suppress(Conflict), unrecorded():
            labels.save(paths, image.id, 0, boxes, author)
        if image.split is None:
            with unrecorded():  # all this is the import of the sample
                images.change(paths, image, author, split=listed["split"])


def _xyxy(left: float, top: float, width: float, height: float) -> XYXY:
    return left, top, left + width, top + height
