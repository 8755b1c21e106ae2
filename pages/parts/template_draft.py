"""What stands in the form of a template: filled from a revision, kept between runs, compared with what is saved."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts.links import set_link
from pages.parts.widget_state import begin, held, keep
from storage.templates import Template

_OPENED = "template_opened"  # in the session: which template at which revision the widgets hold


@dataclass(frozen=True)
class Opened:
    """What the form was filled with; revision 0 is a template that is yet to be made."""

    template: Template
    rev: int


def open_form(template: Template, rev: int) -> Opened:
    """Fill the form with a template unless it holds it already; returns what it was filled with."""
    opened: Opened | None = st.session_state.get(_OPENED)
    if opened is None or opened.template.id != template.id:
        return refill(template, rev)
    # Saved by somebody else, with nothing typed here that could be lost.
    if opened.rev < rev and held_values(opened.template) == values_of(opened.template):
        return refill(template, rev)
    return opened


def refill(template: Template, rev: int) -> Opened:
    """Fill the form with the template's values, whatever stands in it."""
    opened = st.session_state[_OPENED] = Opened(template, rev)
    for name, value in values_of(template).items():
        begin(widget_of(name), value)
    return opened


def rebase(template: Template, rev: int) -> None:
    """Keep what stands in the form, as a change of this newer revision."""
    st.session_state[_OPENED] = Opened(template, rev)
    for name, value in values_of(template).items():
        keep(widget_of(name), value)


def unsaved(template: str) -> Template | None:
    """The template of this id as it was when the form was filled with it, if something else stands in the form by now."""
    opened: Opened | None = st.session_state.get(_OPENED)
    if opened is None or opened.template.id != template:
        return None
    return opened.template if held_values(opened.template) != values_of(opened.template) else None


def values_of(template: Template) -> dict[str, Any]:
    """Everything the form holds of a template, by the parameter's name."""
    head = {"name": template.name, "description": template.description}
    if template.kind == "training":
        head["model_type"] = template.model_type or ""
    return {**head, **template.parameters.model_dump()}


def held_values(template: Template) -> dict[str, Any]:
    """Everything that stands in the form of this template, allowed or not."""
    return {name: held(widget_of(name)) for name in values_of(template)}


def widget_of(name: str) -> str:
    """Name the parameter's widget."""
    return f"template_{name}"


def show(template: str | None) -> None:
    """Have the address name this template, or none."""
    set_link("template", template)
    set_link("add", None)
