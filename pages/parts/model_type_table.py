"""The table of model types: what stands in its rows, and what uses each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.i18n import _, number
from storage.model_types import PREINSTALLED, ModelType
from storage.projects import Task
from storage.templates import Template


@dataclass(frozen=True)
class Uses:
    """What bears each type's name: templates, and how many models."""

    templates: dict[str, list[Template]]
    models: Counter[str]


def table_frame(found: Sequence[ModelType], uses: Uses) -> pd.DataFrame:
    """One row a type, as text in the reader's language."""
    return pd.DataFrame([_row(model_type, uses) for model_type in found])


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    text = st.column_config.TextColumn
    return {
        "name": text(_("Model type"), width=150),
        "purpose": text(_("Purpose"), width=160),
        "origin": text(_("Origin"), width=180),
        # Text: number columns follow the browser's language, not the one chosen here.
        "templates": text(_("Templates"), alignment="right", width=90, help=_("Training templates of this type")),
        "models": text(_("Models"), alignment="right", width=80, help=_("Models that were trained as this type")),
        "description": text(_("Description")),
    }


def purpose_name(purpose: Task) -> str:
    """What models of a type do, in the reader's language."""
    return _("Find fields") if purpose == "fields" else _("Sort into classes")


def _row(model_type: ModelType, uses: Uses) -> dict[str, str]:
    return {
        "name": model_type.name,
        "purpose": purpose_name(model_type.purpose),
        "origin": _("Comes with the program") if model_type in PREINSTALLED else _("Added here"),
        "templates": number(len(uses.templates.get(model_type.name, ()))),
        "models": number(uses.models[model_type.name]),
        "description": model_type.description,
    }
