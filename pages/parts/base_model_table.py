"""The table of base models: those that come with the program, then the store's, newest first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names, load_names
from pages.parts.i18n import _, moment, number
from pages.parts.model_table import model_cache
from pages.parts.model_texts import base_origin, main_score
from pages.parts.template_texts import task_words
from storage.core import Damaged, Store
from storage.models import Listed
from storage.templates import BASE_MODELS, TEMPLATES


def load_listed(store: Store) -> tuple[list[Listed], list[Damaged]]:
    """The store's models that are listed among the base models, newest first, and what could not be read."""
    found, damaged = model_cache(str(store.root)).load()
    return [listed for listed in found if listed.entry.base], damaged


def table_frame(store: Store, shown: Sequence[str], stored: Mapping[str, Listed]) -> pd.DataFrame:
    """One row a base model, as text in the reader's language."""
    used = Counter(template.parameters.base_model for template in TEMPLATES.list(store).items)
    names = load_names(str(store.root))
    return pd.DataFrame([_row(key, stored.get(key), used[key], names) for key in shown])


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    text = st.column_config.TextColumn
    return {
        "name": text(_("Base model"), width=275),
        "purpose": text(_("Purpose"), width=130),
        "origin": text(_("Where it comes from"), width=170),
        "score": text(_("AP / accuracy"), alignment="right", width=115, help=_("On the test images of the project it was trained on")),
        "templates": text(_("Templates"), alignment="right", width=85, help=_("How many templates begin with it")),
        "at": text(_("Added"), width=105),
        "author": text(_("Author"), width=75),
    }


def _row(key: str, listed: Listed | None, used: int, names: Names) -> dict[str, Any]:
    task = listed.model.task if listed else BASE_MODELS[key]
    return {
        "name": listed.entry.name if listed else key,
        "purpose": task_words(task),
        "origin": base_origin(listed),
        "score": number(main_score(listed.model), 3) if listed else "–",
        "templates": number(used),
        "at": moment(listed.model.at) if listed else "–",
        "author": names.person(listed.model.author if listed else None),
    }
