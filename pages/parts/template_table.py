"""The table of templates: what stands in its rows, and which one is open."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.i18n import _, ngettext, number, small_number
from pages.parts.linked_table import linked_table
from pages.parts.template_draft import show
from pages.parts.template_texts import base_name, choice_name, load_bases, parameter_name
from storage.base_models import BaseModel
from storage.templates import Template


def render_table(found: Sequence[Template], used: Mapping[str, int]) -> None:
    """All templates; the row chosen stands in the address. ``used`` counts the processes made from each id."""
    bases = load_bases()
    frame = pd.DataFrame([_row(template, bases, used.get(template.id, 0)) for template in found])
    if not any(template.model_type for template in found):
        frame = frame.drop(columns="type")  # which auto-labelling has not
    # By `show`, which also closes the form for a new one.
    linked_table(frame, [template.id for template in found], "template", _columns(), show)
    st.caption(ngettext("{count} template", "{count} templates", len(found)) + " · " + _("choose a row to see and change it"))


def _row(template: Template, bases: Mapping[str, BaseModel], processes: int) -> dict[str, str]:
    parameters = template.parameters
    return {
        "name": template.name,
        "type": template.model_type or "",
        "base": base_name(bases, parameters.base_model),
        "iterations": number(parameters.iterations),
        "batch": number(parameters.batch),
        "lr": small_number(parameters.lr),
        "processes": number(processes),
        "description": template.description,
        "augment": choice_name(parameters.augment),
        "device": parameters.device.upper(),
    }


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "name": text(parameter_name("name"), width=125),
        "type": text(parameter_name("model_type"), width=90),
        "base": text(parameter_name("base_model"), width=268),
        # Text: number columns follow the browser's language, not the one chosen here.
        "iterations": text(_("Iterations"), alignment="right", width=80),
        "batch": text(_("Batch"), alignment="right", width=60, help=parameter_name("batch")),
        "lr": text(_("Learning rate"), alignment="right", width=145, help=parameter_name("lr")),
        "processes": text(_("Processes"), alignment="right", width=85, help=_("Processes that were made from it")),
        "description": text(parameter_name("description"), width=204),
        # Last, as narrow windows show them only after scrolling.
        "augment": text(_("Augmentation"), width=195),
        "device": text(parameter_name("device")),
    }
