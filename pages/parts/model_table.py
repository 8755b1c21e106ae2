"""The table of models: which ones, and what stands in their rows."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names, get_store
from pages.parts.i18n import _, moment, number
from pages.parts.states import kind_name
from storage import models
from storage.core import Damaged, NotFound, Store, head_revision
from storage.models import Listed


class ModelCache:
    """Models as they were read last, with those read again whose entry has a new revision."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Without a lock: two sessions at once read one twice, and both find the same.
        self._known: dict[str, tuple[int, Listed]] = {}

    def load(self) -> tuple[list[Listed], list[Damaged]]:
        """All models, newest first, and apart from them what could not be read."""
        found: list[Listed] = []
        damaged: list[Damaged] = []
        for model in reversed(models.list_ids(self._store)):
            try:
                found.append(self._get(model))
            except Damaged as error:
                damaged.append(error)
            except NotFound:
                continue
        return found, damaged

    def _get(self, model: str) -> Listed:
        # One listing in place of three files: the model itself never changes.
        rev = head_revision(self._store.model(model).folder, models.MODELS.stem)
        known = self._known.get(model)
        if known is None or known[0] != rev:
            known = self._known[model] = (rev, models.find(self._store, model))
        return known[1]


@st.cache_resource(show_spinner=False)
def model_cache(root: str) -> ModelCache:  # noqa: ARG001
    """The one cache of the store at ``root``."""
    return ModelCache(get_store())


def table_frame(shown: Sequence[Listed], names: Names) -> pd.DataFrame:
    """One row a model, as text in the reader's language."""
    return pd.DataFrame([_row(listed, names) for listed in shown])


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    text = st.column_config.TextColumn
    return {
        "promoted": text("", width=30, help=_("★: kept under Models")),
        "name": text(_("Model"), width=290),
        # Text: number columns follow the browser's language, not the one chosen here.
        "ap_50": text(_("AP@50"), alignment="right", width=65, help=_("Mean average precision on the test images at IoU 0.5, from 0 to 1")),
        "ap": text(_("mAP@50:95"), alignment="right", width=90, help=_("The same over IoU 0.5 to 0.95: how tight the boxes are")),
        "project": text(_("Project"), width=120),
        "kind": text(_("Kind"), width=110),
        "template": text(_("Template"), width=105),
        "machine": text(_("Machine"), width=75),
        "images": text(_("Images"), alignment="right", width=95, help=_("Trained on, and tested on")),
        "iterations": text(_("Iterations"), alignment="right", width=75),
        "base_model": text(_("Base model"), width=135),
        "at": text(_("Published"), width=110),
        "author": text(_("Author"), width=70),
    }


def _row(listed: Listed, names: Names) -> dict[str, Any]:
    model = listed.model
    return {
        "promoted": "★" if listed.entry.promoted else "",
        "name": listed.entry.name,
        "ap_50": number(model.map_50, 3),
        "ap": number(model.map_50_95, 3),
        "project": names.project(model.project),
        "kind": kind_name(model.kind),
        "template": model.template,
        "machine": names.machine(model.machine),
        "images": f"{number(model.images)} + {number(model.test_images)}",
        "iterations": number(model.iterations),
        "base_model": model.base_model,
        "at": moment(model.at),
        "author": model.author or "–",
    }
