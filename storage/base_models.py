"""Base models: what a training can begin with, be it one that comes with the program or a model of the store."""

from dataclasses import dataclass

from storage import models
from storage.core import Damaged, NotFound, Refused, Store
from storage.models import Model
from storage.projects import Task
from storage.templates import BASE_MODELS


@dataclass(frozen=True)
class BaseModel:
    """One to choose: ``key`` is what a template holds; ``model`` is None for those that come with the program."""

    key: str
    name: str
    task: Task
    model: Model | None = None


def find(store: Store, key: str) -> BaseModel:
    """The base model of this key; Refused, saying what to do, if there is none any more."""
    if key in BASE_MODELS:
        return BaseModel(key, key, BASE_MODELS[key])
    try:
        listed = models.find(store, key)
    except (NotFound, Damaged) as error:
        raise Refused("Base model {model} cannot be read or was deleted. Choose another in the template", model=key) from error
    return BaseModel(key, listed.entry.name, listed.model.task, listed.model)


def list_all(store: Store) -> list[BaseModel]:
    """Every base model, those that come with the program first, then the newest; damaged models are left out."""
    found = [BaseModel(name, name, task) for name, task in BASE_MODELS.items()]
    for key in reversed(models.list_ids(store)):
        try:
            found.append(find(store, key))
        except Refused:
            continue  # the page of models says what is damaged
    return found
