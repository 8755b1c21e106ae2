"""A model's ZIP as a download gives it, with small changes for the tests; made without torch."""

import io
import json
import zipfile
from typing import Any

import numpy as np
from safetensors.numpy import save

from storage import tensors
from storage.core import files, new_id
from storage.models import Model
from storage.projects import Project
from tests.worker import house

OTHERS = {"README.md": b"# a model", "fields.json": b"[]"}


def weights(outputs: int = 2, base_model: str = "base-SmartOCR-01", **changed: np.ndarray) -> bytes:
    """Weights as such a model has them, all zero; ``changed`` by tensor name, with ``__`` for a dot."""
    made = {name: np.zeros(shape, dtype=np.float32) for name, shape in tensors.shapes_of(base_model, outputs).items()}
    return save({**made, **{name.replace("__", "."): value for name, value in changed.items()}})


def record(project: Project, data: bytes, /, **changed: Any) -> bytes:
    """``model.json`` of weights ``data``, with some values changed."""
    made = house.model(new_id(), project).model_copy(update={"base_model": "base-SmartOCR-01", "machine": new_id()})
    values = {**json.loads(made.model_dump_json()), "weights_sha256": files.sha256(data), **changed}
    return json.dumps(values).encode()


def packed(members: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_STORED) -> io.BytesIO:
    """A ZIP of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, data)
    return file


def whole(project: Project, data: bytes | None = None, /, **changed: Any) -> dict[str, bytes]:
    """The members of a ZIP that is accepted, unless ``data`` or ``changed`` say otherwise."""
    data = weights() if data is None else data
    return {**OTHERS, "model.json": record(project, data, **changed), "weights.safetensors": data}


def read_record(members: dict[str, bytes]) -> Model:
    """The model that these members are."""
    return Model.model_validate_json(members["model.json"])
