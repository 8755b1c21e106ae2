"""Weights in safetensors format, read without torch: whether they are what an architecture asks for.

The format holds numbers and nothing that could be run; its own library sees to it that every byte belongs to one tensor.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, deserialize

from storage.core import InvalidValue, read_file
from storage.templates import BASE_MODELS

_LAYOUTS = Path(__file__).resolve().parent / "layouts"
_HEADER_BYTES = 1_000_000  # those of ours have 15,000

Shapes = dict[str, tuple[int, ...]]


def shapes_of(base_model: str, outputs: int) -> Shapes:
    """Tensor name → shape of a model built like ``base_model``, one that comes with the program, for this many fields or classes."""
    assert base_model in BASE_MODELS  # or the path below would be somebody's
    layout: dict[str, list[int | str]] = json.loads(read_file(_LAYOUTS / f"{base_model}.json"))
    return {name: tuple(outputs if side == "classes" else int(side) for side in sides) for name, sides in layout.items()}


def most_bytes(shapes: Shapes) -> int:
    """The greatest size of a file that holds float32 tensors of these shapes and nothing else."""
    return _HEADER_BYTES + 4 * sum(map(math.prod, shapes.values()))


def check(member: str, data: bytes, shapes: Shapes) -> None:
    """InvalidValue, naming ``member``, unless ``data`` holds finite float32 tensors of exactly these names and shapes."""
    try:
        found = dict(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise InvalidValue(
            "{member} is damaged or not in safetensors format: {reason}. Upload the file that Download gave, as it is",
            member=member,
            reason=str(error)[:200],
        ) from error
    _check_names(member, found.keys(), shapes.keys())
    for name, shape in shapes.items():
        tensor = found[name]
        if (tensor["dtype"], tuple(tensor["shape"])) != ("F32", shape):
            raise InvalidValue(
                "{member}: tensor {tensor!r} is {kind_found} of shape {shape_found}, expected F32 of shape {shape}. "
                "The weights must be those of the model and the fields in model.json",
                member=member,
                tensor=name,
                kind_found=tensor["dtype"],
                shape_found=tensor["shape"],
                shape=list(shape),
            )
        if not np.isfinite(np.frombuffer(tensor["data"], dtype="<f4")).all():
            raise InvalidValue(
                "{member}: tensor {tensor!r} holds numbers that are not finite, with which nothing is ever found. Train the model anew",
                member=member,
                tensor=name,
            )


def _check_names(member: str, found: Iterable[str], expected: Iterable[str]) -> None:
    # One of each is enough to tell what is wrong; there may be hundreds.
    missing, strange = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing:
        raise InvalidValue(
            "{member} lacks the tensor {tensor!r}. Upload a model of this program; the weights of others cannot be used",
            member=member,
            tensor=missing[0],
        )
    if strange:
        raise InvalidValue(
            "{member} holds the tensor {tensor!r}, which such a model does not have. "
            "Upload a model of this program; the weights of others cannot be used",
            member=member,
            tensor=strange[0][:80],
        )
