"""Model types: what a trained model is for, by a name that other programs route by and that therefore never changes."""

import unicodedata

from storage.core import Kind, NamedRecord, NameTaken, Refused, Store, new_id
from storage.projects import Task
from storage.templates import TEMPLATES


class ModelType(NamedRecord):
    """A model type; ``purpose`` is whether its models find fields or tell classes apart."""

    purpose: Task
    description: str = ""


MODEL_TYPES = Kind(ModelType, "Model type", "modeltype")

PREINSTALLED = (
    ModelType(id="fields", name="fields", purpose="fields"),
    ModelType(id="classifier", name="classifier", purpose="classes"),
)
"""Those that come with the program: they cannot be changed or deleted, and nobody else's may bear their names."""


def list_types(store: Store, purpose: Task | None = None) -> list[ModelType]:
    """All model types, those that come with the program first; with ``purpose`` only those of it."""
    found = [*PREINSTALLED, *MODEL_TYPES.list(store).items]
    return [each for each in found if purpose in (None, each.purpose)]


def create(store: Store, name: str, purpose: Task, description: str = "") -> ModelType:
    """A new model type; NameTaken if there is one of the name, in any case."""
    # They are in no file, so no entry under names/ keeps theirs.
    taken = next((own.name for own in PREINSTALLED if own.name == unicodedata.normalize("NFKC", name).casefold()), None)
    if taken:
        raise NameTaken(
            "{kind} name {name!r} is taken: {by!r} exists (case does not count). Choose another", kind=MODEL_TYPES.word, name=name, by=taken
        )
    return MODEL_TYPES.create(store, ModelType(id=new_id(), name=name, purpose=purpose, description=description))


def describe(store: Store, model_type: ModelType, description: str) -> None:
    """Give the type another description; Refused for one that comes with the program, Conflict if somebody was faster."""
    _check_own(model_type)
    rev, now = MODEL_TYPES.get(store, model_type.id)
    MODEL_TYPES.change(store, rev, now.model_copy(update={"description": description}))


def delete(store: Store, model_type: ModelType) -> None:
    """Take the type out of every list; Refused while a template uses it. Models that bear its name keep it."""
    _check_own(model_type)
    template = next((template for template in TEMPLATES.list(store).items if template.model_type == model_type.name), None)
    if template:
        raise Refused(
            "Model type {name!r} cannot be deleted while template {template!r} uses it. Give that template another type first",
            name=model_type.name,
            template=template.name,
        )
    MODEL_TYPES.delete(store, *MODEL_TYPES.get(store, model_type.id))


def _check_own(model_type: ModelType) -> None:
    if model_type in PREINSTALLED:
        raise Refused("Model type {name!r} comes with the program and cannot be changed", name=model_type.name)
