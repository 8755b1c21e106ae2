"""A template in words: what its parameters are called, what their choices mean, and a summary in one line."""

from typing import Any

from pages.parts.i18n import _, number, small_number
from storage.templates import Parameters


def parameter_name(name: str) -> str:
    """What a parameter of templates, or the template's own name or description, is called."""
    # Written out, as the catalogues are collected from literals.
    names = {
        "name": _("Name"),
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
    """A choice of augmentation or device; what is no word of ours, such as a base model, stays as it is."""
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
        return choice_name(value)
    return small_number(value) if name == "lr" else number(value, 1 if value % 1 else 0)


def summary(parameters: Parameters) -> str:
    """The parameters that decide most, in one line."""
    parts = [
        f"{parameter_name('iterations')}: {number(parameters.iterations)}",
        f"{_('Batch')}: {number(parameters.batch)}",  # whose full name is a sentence in Russian
        f"{_('Learning rate')}: {small_number(parameters.lr)}",
        choice_name(parameters.augment) if parameters.augment != "none" else _("no augmentation"),
        choice_name(parameters.device),
    ]
    return " · ".join([*parts, *([_("with labels nobody reviewed")] if parameters.use_unreviewed else [])])
