"""The table of models: which ones, and what stands in their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names, get_store, sees
from pages.parts.i18n import _, moment, number
from pages.parts.model_texts import machine_name, main_score, model_kind, project_name, purpose_name
from pages.parts.template_texts import base_name, load_bases
from storage import models
from storage.base_models import BaseModel
from storage.core import Damaged, NotFound, Store, head_revision
from storage.models import Listed


@dataclass(frozen=True)
class Loaded:
    """The store's models, newest first: those that are there, those that were deleted; and what could not be read."""

    found: list[Listed]
    deleted: list[Listed]
    damaged: list[Damaged]


def load_models() -> Loaded:
    """The models of projects that the person looking may see."""
    loaded = model_cache(str(get_store().root)).load_all()
    found, deleted = ([listed for listed in some if sees(listed.model.project)] for some in (loaded.found, loaded.deleted))
    return Loaded(found, deleted, loaded.damaged)


class ModelCache:
    """Models as they were read last, with those read again whose entry has a new revision."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Without a lock: two sessions at once read one twice, and both find the same.
        self._known: dict[str, tuple[int, Listed]] = {}

    def load(self) -> tuple[list[Listed], list[Damaged]]:
        """The models that are there, newest first, and what could not be read."""
        loaded = self.load_all()
        return loaded.found, loaded.damaged

    def load_all(self) -> Loaded:
        """All models, also those that were deleted."""
        loaded = Loaded([], [], [])
        for model in reversed(models.list_ids(self._store)):
            try:
                listed = self._get(model)
            except Damaged as error:
                loaded.damaged.append(error)
            except NotFound:
                continue
            else:
                (loaded.deleted if listed.entry.deleted else loaded.found).append(listed)
        return loaded

    def _get(self, model: str) -> Listed:
        # One listing in place of three files: the model itself never changes.
        rev = head_revision(self._store.model(model).folder, models.MODELS.stem)
        known = self._known.get(model)
        if known is None or known[0] != rev:
            known = self._known[model] = (rev, models.read(self._store, model))
        return known[1]


@st.cache_resource(show_spinner=False)
def model_cache(root: str) -> ModelCache:  # noqa: ARG001
    """The one cache of the store at ``root``, of everybody's models; pages ask ``load_models``."""
    return ModelCache(get_store())


def table_frame(shown: Sequence[Listed], names: Names) -> pd.DataFrame:
    """One row a model, as text in the reader's language."""
    bases = load_bases()
    return pd.DataFrame([_row(listed, names, bases) for listed in shown])


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    text = st.column_config.TextColumn
    score = _("Of fields: mean average precision at IoU 0.5. Of classes: accuracy, the share whose class is right. On the test images")
    return {
        "marks": text("", width=45, help=_("★: kept under Models · ◆: listed among the base models")),
        "name": text(_("Model"), width=290),
        # Text: number columns follow the browser's language, not the one chosen here.
        "score": text(_("AP / accuracy"), alignment="right", width=130, help=score),
        "purpose": text(_("Purpose"), width=90),
        "project": text(_("Project"), width=120),
        "kind": text(_("Kind"), width=110),
        "template": text(_("Template"), width=105),
        "machine": text(_("Machine"), width=77),
        "images": text(_("Images"), alignment="right", width=95, help=_("Trained on, and tested on")),
        "iterations": text(_("Iterations"), alignment="right", width=75),
        "base_model": text(_("Base model"), width=145),
        "at": text(_("Published"), width=110),
        "author": text(_("Author"), width=70),
    }


def _row(listed: Listed, names: Names, bases: Mapping[str, BaseModel]) -> dict[str, Any]:
    model = listed.model
    return {
        "marks": ("★" if listed.entry.promoted else "") + ("◆" if listed.entry.base else ""),
        "name": listed.entry.name,
        "score": number(main_score(model), 3),
        "purpose": purpose_name(model),
        "project": project_name(model, names),
        "kind": model_kind(model),
        "template": model.template,
        "machine": machine_name(model, names),
        "images": f"{number(model.images)} + {number(model.test_images)}",
        "iterations": number(model.iterations),
        "base_model": base_name(bases, model.parent or model.base_model),
        "at": moment(model.at),
        "author": names.person(model.author),
    }
