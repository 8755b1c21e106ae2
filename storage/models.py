"""Models: a folder with the weights and what they are, renamed into place when it is complete.

What a process published never changes. What people say of it (name, description, whether it is kept under Models) lies
beside it, as revisions of an entry; a model nobody touched has none.
"""

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from storage.core import (
    TEMP_PREFIX,
    Damaged,
    Kind,
    ModelPaths,
    NamedRecord,
    NotFound,
    Record,
    Store,
    encode,
    find_name,
    is_id,
    list_names,
    load,
    load_head,
    load_if_there,
    make_folder,
    now,
    publish_folder,
    read_file,
    record,
    replace_file,
    sha256,
    unrecorded,
)
from storage.plans import Rule
from storage.projects import PROJECTS, Field, Task
from storage.templates import RunKind

_NAME_PART = 38  # bytes of a project's and of a template's name in a default name, which has room for 100 in all


class FieldScore(Record):
    """How well one field, or class, is found on the test images; None where they have none of it.

    Precision, recall and F1 are those of what the rule chooses: boxes right at IoU 0.5, or images of the right class.
    """

    # None, not 0: a field that is on no test image was not missed.
    ap_50: float | None = None
    ap_50_95: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    # Of the right boxes whose labels say a text, the share in which the same was read; spaces and case do not count.
    value_right: float | None = None


class Model(Record):
    """``model.json``: lineage, how to use the weights, and how good they are.

    The id is that of its process; an uploaded model, which has no process here, has one of its own.
    """

    id: str
    project: str
    task: Task = "fields"
    # Repeats the process's, which may be deleted when somebody asks where the model comes from.
    kind: RunKind | Literal["uploaded"] = "auto-label"
    model_type: str | None = None
    author: str = ""
    template: str
    machine: str
    # Which of the base models that come with the program it is built like, and the model whose weights it began with, if any.
    base_model: str
    parent: str | None = None
    # As they were when the run began: the weights' outputs are in this order, whatever the project's scheme is now.
    fields: tuple[Field, ...]
    # Height and width in pixels; the weights expect pages scaled to this size and no other.
    canvas: tuple[int, int]
    rule: Rule
    map_50: float | None = None
    map_50_95: float | None = None
    # Share of the test images whose class is right; of a model of classes, in place of AP.
    accuracy: float | None = None
    per_field: dict[str, FieldScore]
    iterations: int
    images: int
    test_images: int
    # The attempt whose snapshot it learned from, and how many seconds all attempts took together.
    attempt: int | None = None
    seconds: float | None = None
    weights_sha256: str
    at: AwareDatetime


class Entry(NamedRecord):
    """``model.<rev>.json``: what people say of a model; ``promoted`` ones are those kept under Models."""

    promoted: bool
    # Whether it is listed among the base models, as one to go on from.
    base: bool = False
    description: str = ""
    # Whoever deleted the model last. Nobody did where ``deleted`` only says that the entry's name went to another at the
    # moment it was made (Kind.create): such an entry counts for nothing, and its model is as if nobody had touched it.
    deleted_by: str | None = None
    author: str
    at: AwareDatetime


MODELS = Kind(Entry, "Model", "model")


@dataclass(frozen=True)
class Listed:
    """A model with its entry and the entry's revision; 0 while the entry is only what it would be by default."""

    model: Model
    entry: Entry
    rev: int


def publish(store: Store, model: Model, weights: bytes) -> None:
    """Put the model in place; a second publication of the same process's model changes nothing."""
    make_folder(store.models)
    # Beside its target, as a rename needs one file system, and under a prefix that keeps it out of lists.
    made = ModelPaths(store.models / f"{TEMP_PREFIX}{uuid.uuid4().hex}")
    make_folder(made.folder)
    replace_file(made.weights, weights)
    replace_file(made.record, encode(model))
    try:
        publish_folder(made.folder, store.model(model.id).folder)
        journal(store, "publish", model, project=model.project)
    except OSError:
        # An earlier attempt published before it was killed: a folder in place is complete, so it stands.
        # Ours stays behind as a temporary folder, which the store's check calls harmless.
        if load_if_there(Model, store.model(model.id).record) is None:
            raise


def get(store: Store, model: str) -> Model:
    """The model of this id; NotFound if there is none, Damaged if its record is."""
    return load(Model, store.model(model).record)


def list_ids(store: Store) -> list[str]:
    """Ids of all models, oldest first."""
    return [name for name in list_names(store.models) if is_id(name)]


def read(store: Store, model: str) -> Listed:
    """The model of this id with its entry, also one that was deleted; NotFound if there is none, Damaged if a record is."""
    record = get(store, model)
    rev, entry = load_head(Entry, store.model(model).folder, MODELS.stem)
    if entry is None or _is_withdrawn(entry):
        # A training's model is what the training was for, an uploaded one what somebody chose; that of an auto-labelling
        # run is kept only if somebody wants it.
        name, promoted = default_name(store, record), record.kind != "auto-label"
        entry = Entry(id=model, name=name, promoted=promoted, author=record.author, at=record.at)
    return Listed(record, entry, rev)


def find(store: Store, model: str) -> Listed:
    """The model of this id with its entry; NotFound if there is none or it was deleted, Damaged if a record is."""
    listed = read(store, model)
    if listed.entry.deleted:
        raise NotFound("Model {name!r} was deleted. Restore it on the page Models", name=listed.entry.name)
    return listed


def look_up(store: Store, key: str) -> Listed:
    """The model whose id or name is ``key``, for whoever types one; NotFound if there is none."""
    if is_id(key):
        return find(store, key)
    try:
        return find(store, MODELS.get(store, key)[1].id)
    except NotFound:
        # Those that nobody touched yet have their names entered nowhere.
        for model in list_ids(store):
            with suppress(NotFound, Damaged):
                if (listed := find(store, model)).entry.name == key:
                    return listed
        raise


def change(
    store: Store,
    listed: Listed,
    author: str,
    *,
    name: str | None = None,
    description: str | None = None,
    promoted: bool | None = None,
    base: bool | None = None,
) -> Entry:
    """Write the entry's next revision with what is given changed.

    NameTaken if another model bears the name, Conflict if somebody changed the entry since ``listed`` was read.
    """
    changes = {"description": description, "promoted": promoted, "base": base, "author": author, "at": now()}
    entry = listed.entry.model_copy(update={key: value for key, value in changes.items() if value is not None})
    with unrecorded():
        entry = _write(store, listed, entry, name or entry.name)
    given = [key for key, value in changes.items() if value is not None and key not in ("author", "at")]
    journal(store, "change", listed.model, entry.name, changed=[*given, *(["name"] if name else [])])
    return entry


def _write(store: Store, listed: Listed, entry: Entry, name: str) -> Entry:
    # The default name, too, is taken only now: two models may have the same one until somebody keeps one of them.
    if not listed.rev:
        return MODELS.create(store, entry.model_copy(update={"name": name}))
    # What bears no name yet gets one by renaming: another spelling of a name it bears would not be claimed.
    borne = find_name(store, MODELS.stem, entry.name) == entry.id
    return MODELS.rename(store, listed.rev, entry if borne else entry.model_copy(update={"name": ""}), name)


def delete(store: Store, listed: Listed, author: str) -> None:
    """Take the model out of every list; its files stay, for ``restore`` and for what was made with it.

    Conflict if somebody changed the entry since ``listed`` was read. What depends on the model is asked before this, in
    ``model_deletion``.
    """
    with unrecorded():
        MODELS.delete(store, listed.rev, listed.entry.model_copy(update={"deleted_by": author, "author": author, "at": now()}))
    journal(store, "delete", listed.model, listed.entry.name)


def restore(store: Store, model: str) -> Entry:
    """Bring a deleted model back; NameTaken if its name went to another meanwhile."""
    with unrecorded():
        entry = MODELS.restore(store, model)
    journal(store, "restore", get(store, model), entry.name)
    return entry


def journal(store: Store, verb: str, model: Model, name: str = "", **details: object) -> None:
    """Put on record what was done to the model; one that a process made belongs to that process's life."""
    thread = None if model.kind == "uploaded" else model.id
    record(store, f"model.{verb}", "model", model.id, name or default_name(store, model), thread, **details)


def default_name(store: Store, model: Model) -> str:
    """``<project>-<template>-<date>-<end of the id>``, which hardly two models share."""
    try:
        project = PROJECTS.get(store, model.project)[1].name
    except (NotFound, Damaged):
        project = "project"  # its name is gone; the rest still tells models apart
    return f"{_cut(project)}-{_cut(model.template)}-{model.at:%Y-%m-%d}-{model.id[-4:]}"


def weights_path(store: Store, model: Model) -> Path:
    """The weights' file after its SHA-256 was checked; Damaged if it is not what was published, or not there."""
    path = store.model(model.id).weights
    try:
        data = read_file(path)
    except FileNotFoundError as error:
        raise Damaged("{path} is missing. Restore it from a backup or run the process again", path=str(path)) from error
    # Each time: a hash is cheap beside a detection run, and damaged weights would show only as bad boxes.
    if sha256(data) != model.weights_sha256:
        raise Damaged("{path} is damaged: it does not match its SHA-256. Restore it from a backup or run the process again", path=str(path))
    return path


def weights_size(store: Store, model: Model) -> int | None:
    """Bytes of the weights' file; None if it is not there."""
    return _size(store.model(model.id).weights)


def onnx_size(store: Store, model: Model) -> int | None:
    """Bytes of the model in ONNX format; None if no machine was asked for it yet."""
    return _size(store.model(model.id).onnx)


def _size(path: Path) -> int | None:
    try:
        with path.open("rb") as file:
            return file.seek(0, os.SEEK_END)
    except OSError:
        return None


def _is_withdrawn(entry: Entry) -> bool:
    return entry.deleted and entry.deleted_by is None


def _cut(name: str) -> str:
    return name.encode()[:_NAME_PART].decode(errors="ignore")
