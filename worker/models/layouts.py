"""The layout of each base model's weights, for the store, which knows no torch: ``python -m worker.models.layouts``.

A layout is a tensor's name → its shape, with ``classes`` in place of the number of outputs. Written again whenever an
architecture changes; a test compares what lies in ``storage/layouts`` with the modules.
"""

import json
from pathlib import Path

from worker.models import BASE_MODELS, build

FOLDER = Path(__file__).resolve().parents[2] / "storage" / "layouts"
_CANVAS = (64, 64)  # of no account: no weight follows from the canvas
# Two numbers that no layer has by chance: what changes from the one to the other is the number of outputs.
_FEW, _MANY = 1009, 1013

Layout = dict[str, list[int | str]]


def layout(base_model: str) -> Layout:
    """The layout of a base model's weights, as its modules make them."""
    few, many = (build(base_model, count, _CANVAS, pretrained=False).state_dict() for count in (_FEW, _MANY))
    return {name: [_side(*sides) for sides in zip(few[name].shape, many[name].shape, strict=True)] for name in sorted(few)}


def text(found: Layout) -> str:
    """A layout as its file holds it: a tensor a line, so that a change can be read."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(shape)}" for name, shape in found.items())
    return f"{{\n{lines}\n}}\n"


def write() -> None:
    """Write the layouts of all base models."""
    FOLDER.mkdir(exist_ok=True)
    for base_model in BASE_MODELS:
        (FOLDER / f"{base_model}.json").write_text(text(layout(base_model)), encoding="utf-8")


def _side(few: int, many: int) -> int | str:
    if few == many:
        return few
    # Anything but the number itself, twice it say, would need a word of its own.
    if (few, many) != (_FEW, _MANY):
        raise ValueError(f"a side of {few} with {_FEW} outputs and {many} with {_MANY} cannot be written as a layout")
    return "classes"


if __name__ == "__main__":
    write()
