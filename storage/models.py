"""Models: a folder with the weights and what they are, renamed into place when it is complete."""

import uuid
from pathlib import Path

from pydantic import AwareDatetime

from storage.core import (
    TEMP_PREFIX,
    Damaged,
    ModelPaths,
    Record,
    Store,
    encode,
    is_id,
    list_names,
    load,
    load_if_there,
    make_folder,
    publish_folder,
    read_file,
    replace_file,
    sha256,
)
from storage.plans import Rule
from storage.projects import Field


class FieldScore(Record):
    """How well one field is found on the test images; None where they have none of it."""

    # None, not 0: a field that is on no test image was not missed.
    ap_50: float | None = None
    ap_50_95: float | None = None


class Model(Record):
    """``model.json``: lineage, how to use the weights, and how good they are. The id is that of its process."""

    id: str
    project: str
    template: str
    machine: str
    base_model: str
    # As they were when the run began: the weights' outputs are in this order, whatever the project's scheme is now.
    fields: tuple[Field, ...]
    # Height and width in pixels; the weights expect pages scaled to this size and no other.
    canvas: tuple[int, int]
    rule: Rule
    map_50: float | None = None
    map_50_95: float | None = None
    per_field: dict[str, FieldScore]
    iterations: int
    images: int
    test_images: int
    weights_sha256: str
    at: AwareDatetime


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


def weights_path(store: Store, model: Model) -> Path:
    """The weights' file after its SHA-256 was checked; Damaged if it is not what was published."""
    path = store.model(model.id).weights
    # Each time: a hash is cheap beside a detection run, and damaged weights would show only as bad boxes.
    if sha256(read_file(path)) != model.weights_sha256:
        raise Damaged("{path} is damaged: it does not match its SHA-256. Restore it from a backup or run the process again", path=str(path))
    return path
