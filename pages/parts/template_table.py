"""The table of templates: what stands in its rows, and which one is open."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.i18n import _, ngettext, number, small_number
from pages.parts.linked_table import linked_table
from pages.parts.links import set_link
from pages.parts.template_texts import choice_name, parameter_name
from storage.templates import Template


def show(template: str | None) -> None:
    """Have the address name this template, or none."""
    set_link("template", template)
    set_link("add", None)


def render_table(found: Sequence[Template], used: Mapping[str, int]) -> None:
    """All templates; the row chosen stands in the address. ``used`` counts the processes made from each id."""
    frame = pd.DataFrame([_row(template, used.get(template.id, 0)) for template in found])
    # By `show`, which also closes the form for a new one.
    linked_table(frame, [template.id for template in found], "template", _columns(), show)
    st.caption(ngettext("{count} template", "{count} templates", len(found)) + " · " + _("choose a row to see and change it"))


def _row(template: Template, processes: int) -> dict[str, str]:
    parameters = template.parameters
    return {
        "name": template.name,
        "iterations": number(parameters.iterations),
        "batch": number(parameters.batch),
        "lr": small_number(parameters.lr),
        "augment": choice_name(parameters.augment),
        "device": parameters.device.upper(),
        "processes": number(processes),
        "description": template.description,
    }


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "name": text(parameter_name("name"), width=140),
        # Text: number columns follow the browser's language, not the one chosen here.
        "iterations": text(_("Iterations"), alignment="right", width=80),
        "batch": text(_("Batch"), alignment="right", width=60, help=parameter_name("batch")),
        "lr": text(_("Learning rate"), alignment="right", width=165, help=parameter_name("lr")),
        "augment": text(_("Augmentation"), width=195),
        "device": text(parameter_name("device"), width=90),
        "processes": text(_("Processes"), alignment="right", width=85, help=_("Processes that were made from it")),
        "description": text(parameter_name("description")),
    }
