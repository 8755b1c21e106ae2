"""Model types: what a trained model is for, by a name that other programs route by and that therefore never changes."""

from storage.core import Kind, NamedRecord, Store, new_id
from storage.projects import Task


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
    return MODEL_TYPES.create(store, ModelType(id=new_id(), name=name, purpose=purpose, description=description))
