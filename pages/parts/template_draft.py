"""What stands in the form of a template: filled from a revision, kept between runs, compared with what is saved."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts.links import set_link
from pages.parts.widget_state import fill
from storage.templates import Template

_OPENED = "template_opened"  # in the session: which template at which revision the widgets hold


@dataclass(frozen=True)
class Opened:
    """What the form was filled with; revision 0 is a template that is yet to be made."""

    template: Template
    rev: int


def open_form(template: Template, rev: int) -> Opened:
    """Fill the form with a template unless it holds it already; returns what it was filled with."""
    held: Opened | None = st.session_state.get(_OPENED)
    if held is None or held.template.id != template.id:
        return refill(template, rev)
    _fill(held.template, anew=False)
    # Saved by somebody else, with nothing typed here that could be lost.
    if held.rev < rev and held_values(held.template) == values_of(held.template):
        return refill(template, rev)
    return held


def refill(template: Template, rev: int) -> Opened:
    """Fill the form with the template's values, whatever stands in it."""
    opened = Opened(template, rev)
    st.session_state[_OPENED] = opened
    _fill(template, anew=True)
    return opened


def rebase(template: Template, rev: int) -> None:
    """Keep what stands in the form, as a change of this newer revision."""
    st.session_state[_OPENED] = Opened(template, rev)


def unsaved(template: str) -> Template | None:
    """The template of this id as it was when the form was filled with it, if something else stands in the form by now."""
    held: Opened | None = st.session_state.get(_OPENED)
    if held is None or held.template.id != template:
        return None
    _fill(held.template, anew=False)
    return held.template if held_values(held.template) != values_of(held.template) else None


def values_of(template: Template) -> dict[str, Any]:
    """Everything the form holds of a template, by the parameter's name."""
    head = {"name": template.name, "description": template.description}
    if template.kind == "training":
        head["model_type"] = template.model_type or ""
    return {**head, **template.parameters.model_dump()}


def held_values(template: Template) -> dict[str, Any]:
    """Everything that stands in the form of this template, allowed or not."""
    return {name: st.session_state[widget_key(name)] for name in values_of(template)}


def widget_key(name: str) -> str:
    """The key of the parameter's widget."""
    return f"template_{name}"


def _fill(template: Template, *, anew: bool) -> None:
    fill({widget_key(name): value for name, value in values_of(template).items()}, anew=anew)


def show(template: str | None) -> None:
    """Have the address name this template, or none."""
    set_link("template", template)
    set_link("add", None)
