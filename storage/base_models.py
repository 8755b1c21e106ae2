"""Base models: what a training can begin with, be it one that comes with the program or a model of the store."""

from contextlib import suppress
from dataclasses import dataclass

from storage import models
from storage.core import Damaged, NotFound, Refused, Store
from storage.models import Listed, Model
from storage.projects import Task
from storage.templates import BASE_MODELS


@dataclass(frozen=True)
class BaseModel:
    """One to choose: ``key`` is what a template holds; ``model`` is None for those that come with the program.

    ``marked`` are those that are listed as base models.
    """

    key: str
    name: str
    task: Task
    model: Model | None = None
    marked: bool = True


def find(store: Store, key: str) -> BaseModel:
    """The base model of this key; Refused, saying what to do, if there is none any more."""
    if key in BASE_MODELS:
        return BaseModel(key, key, BASE_MODELS[key])
    try:
        return _of(models.find(store, key))
    except (NotFound, Damaged) as error:
        raise Refused("Base model {model} cannot be read or was deleted. Choose another in the template", model=key) from error


def list_all(store: Store) -> list[BaseModel]:
    """Every base model: those that come with the program, then models marked as such, then any other model; the newest first.

    Damaged models are left out, as are those that were deleted.
    """
    marked, others = [BaseModel(name, name, task) for name, task in BASE_MODELS.items()], list[BaseModel]()
    for key in reversed(models.list_ids(store)):
        with suppress(NotFound, Damaged):  # the page of models says what is damaged
            listed = models.find(store, key)
            (marked if listed.entry.base else others).append(_of(listed))
    return [*marked, *others]


def _of(listed: Listed) -> BaseModel:
    return BaseModel(listed.model.id, listed.entry.name, listed.model.task, listed.model, listed.entry.base)
