"""A template in words: what its parameters are called, what their choices mean, and a summary in one line."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.data import get_store, sees
from pages.parts.i18n import _, moment, number, small_number
from storage import base_models, models
from storage.base_models import BaseModel
from storage.projects import Task
from storage.templates import Template

READS = "base-SmartOCR-02"
"""What finds fields by words, too, so that its loss is a sum of many."""


def parameter_name(name: str) -> str:
    """What a parameter of templates, or the template's own name or description, is called."""
    # Written out, as the catalogues are collected from literals.
    names = {
        "name": _("Name"),
        "model_type": _("Model type"),
        "description": _("Description"),
        "base_model": _("Base model"),
        "augment": _("Augment the dataset"),
        "loaders": _("Data loader processes"),
        "batch": _("Batch size"),
        "iterations": _("Iterations"),
        "lr": _("Initial learning rate"),
        "refresh": _("Refresh interval, s"),
        "device": _("Device"),
        "seed": _("Seed"),
        "use_unreviewed": _("Train on labels nobody reviewed"),
    }
    return names[name]


def choice_name(choice: str) -> str:
    """A choice of augmentation or device; what is no word of ours stays as it is."""
    names = {
        "rotations-exposure-noise": _("rotations + exposure + noise"),
        "exposure-noise": _("exposure + noise"),
        "none": _("none"),
        "cuda": _("CUDA (graphics card)"),
        "cpu": _("CPU"),
    }
    return names.get(choice, choice)


def value_text(name: str, value: Any) -> str:
    """A parameter's value as people read it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        return base_name(load_bases(), value) if name == "base_model" else choice_name(value)
    return small_number(value) if name == "lr" else number(value, 1 if value % 1 else 0)


def summary(template: Template) -> str:
    """The parameters that decide most, in one line; with people's names in it, so no Markdown yet."""
    parameters = template.parameters
    parts = [
        *([template.model_type] if template.model_type else []),
        base_name(load_bases(), parameters.base_model),
        f"{parameter_name('iterations')}: {number(parameters.iterations)}",
        f"{_('Batch')}: {number(parameters.batch)}",  # whose full name is a sentence in Russian
        f"{_('Learning rate')}: {small_number(parameters.lr)}",
        choice_name(parameters.augment) if parameters.augment != "none" else _("no augmentation"),
        choice_name(parameters.device),
    ]
    return " · ".join([*parts, *([_("with labels nobody reviewed")] if parameters.use_unreviewed else [])])


def goes_by_words(key: str) -> bool:
    """Whether a run that begins with the base model of this key reads; False of one that is gone."""
    base = load_bases().get(key)
    return (base.model.base_model if base and base.model else key) == READS


def load_bases() -> dict[str, BaseModel]:
    """Every base model that the person looking may choose, by its key, in the order of ``base_models.list_all``; at most 5 s old.

    Those listed as base models are everybody's, others only theirs who see the project.
    """
    store = get_store()
    # One listing, so that a model is here as soon as it is published.
    known = _load_bases(str(store.root), tuple(models.list_ids(store)))
    return {key: base for key, base in known.items() if base.marked or base.model is None or sees(base.model.project)}


# Of a hundred models some 20 ms. A resource, as nothing changes them here, and a copy for each run would cost as much again.
@st.cache_resource(ttl=5, max_entries=10, show_spinner=False)
def _load_bases(root: str, ids: tuple[str, ...]) -> dict[str, BaseModel]:  # noqa: ARG001
    return {base.key: base for base in base_models.list_all(get_store())}


def base_name(bases: Mapping[str, BaseModel], key: str) -> str:
    """What the base model of this key is called; one that is deleted, or hidden from the person looking, by the end of its id."""
    return bases[key].name if key in bases else _("model …{end}").format(end=key[-4:])


def base_text(base: BaseModel) -> str:
    """The base model in a list to choose from: name and task, of a model of the store also how good it is and when it was made."""
    how = {
        READS: _("reads pages and finds fields"),
        "base-SmartOCR-01": _("finds fields by their looks alone"),
        "base-Classifier-02": _("reads pages and tells classes apart"),
    }
    if base.key in how:
        return f"{base.name} · {how[base.key]}"
    parts = [base.name]
    if base.model:
        score = base.model.accuracy if base.task == "classes" else base.model.map_50
        parts += [f"{score_name(base.task)} {number(score, 3)}", moment(base.model.at)]
    return " · ".join([*parts, task_words(base.task)])


def task_words(task: Task) -> str:
    """What models of this task do."""
    return _("finds fields") if task == "fields" else _("tells classes apart")


def score_name(task: Task) -> str:
    """The one figure that says how good a model of this task is."""
    return _("AP") if task == "fields" else _("Accuracy")
