"""Which base models and model types a template may choose, and why one does not fit."""

from collections.abc import Mapping

from pages.parts.data import get_store
from pages.parts.i18n import _
from storage import model_types
from storage.base_models import BaseModel
from storage.projects import Task
from storage.templates import BASE_MODELS


def type_purposes() -> dict[str, Task]:
    """What each model type is for, by its name; those that come with the program first."""
    return {each.name: each.purpose for each in model_types.list_types(get_store())}


def default_base(purpose: Task) -> str:
    """The base model of this purpose that comes with the program."""
    return next(name for name, task in BASE_MODELS.items() if task == purpose)


def base_problem(bases: Mapping[str, BaseModel], key: str, purpose: Task | None) -> str | None:
    """Why no run can begin with this base model; ``purpose`` is that of the model type, None where there is none."""
    base = bases.get(key)
    if base is None:
        return _("This base model was deleted or cannot be read. Choose another.")
    if purpose in (None, base.task):
        return None
    if purpose == "fields":
        return _("Models of this type find fields, and this base model tells classes apart. Choose another.")
    return _("Models of this type tell classes apart, and this base model finds fields. Choose another.")
