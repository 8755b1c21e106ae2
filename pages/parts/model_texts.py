"""A model in words: what kind it is, where it comes from, how good it is."""

from pages.parts.data import Names
from pages.parts.i18n import _, number
from storage.models import Listed, Model


def model_kind(model: Model) -> str:
    """Where the model comes from: which kind of run, or from outside."""
    # Written out, as the catalogues are collected from literals.
    return {"auto-label": _("Auto-labelling"), "training": _("Training"), "uploaded": _("Uploaded")}[model.kind]


def base_origin(listed: Listed | None) -> str:
    """Where a base model comes from; None is one that comes with the program."""
    if listed is None:
        return _("comes with the program")
    return _("uploaded") if listed.model.kind == "uploaded" else _("trained here")


def purpose_name(model: Model) -> str:
    """What the model is for."""
    return _("Fields") if model.task == "fields" else _("Classes")


def project_name(model: Model, names: Names) -> str:
    """The project it was trained on; a dash where that is of another installation."""
    known = model.project in names.projects or model.project in names.deleted
    return names.project(model.project) if known else "–"


def machine_name(model: Model, names: Names) -> str:
    """The machine it was trained on; a dash where that is of another installation."""
    return names.machines.get(model.machine, "–" if model.kind == "uploaded" else model.machine)


def main_score(model: Model) -> float | None:
    """The one figure that says how good it is: AP at IoU 0.5 of fields, accuracy of classes."""
    return model.map_50 if model.task == "fields" else model.accuracy


def mean_f1(model: Model) -> float | None:
    """Mean F1 of its fields or classes; None where none of them is on a test image."""
    known = [score.f1 for score in model.per_field.values() if score.f1 is not None]
    return sum(known) / len(known) if known else None


def megabytes(size: int) -> str:
    """A file's size as people read it."""
    return _("{size} MB").format(size=number(size / 1e6, 1))
