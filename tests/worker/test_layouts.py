"""The layouts that the store checks uploads by are those of the modules."""

import json

import pytest

from storage import tensors
from storage.templates import BASE_MODELS
from worker.models import BASE_MODELS as BUILDERS
from worker.models import build, layouts


@pytest.mark.parametrize("base_model", BUILDERS)
def test_the_stores_layout_is_what_the_modules_make(base_model: str) -> None:
    said = "run python -m worker.models.layouts"
    assert json.loads((layouts.FOLDER / f"{base_model}.json").read_text("utf-8")) == layouts.layout(base_model), said


@pytest.mark.parametrize("base_model", BUILDERS)
def test_a_layout_tells_the_shapes_for_any_number_of_outputs(base_model: str) -> None:
    made = build(base_model, 7, (64, 64), pretrained=False).state_dict()
    assert tensors.shapes_of(base_model, 7) == {name: tuple(value.shape) for name, value in made.items()}


def test_every_base_model_that_the_store_knows_has_a_layout_and_a_builder() -> None:
    assert set(BASE_MODELS) == set(BUILDERS) == {path.stem for path in layouts.FOLDER.glob("*.json")}
