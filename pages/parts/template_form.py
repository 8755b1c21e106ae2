"""The form of a template: every parameter with its advice beside it, checked as one types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from pages.parts.i18n import _, ngettext, said
from pages.parts.template_texts import choice_name, parameter_name, value_text
from pages.parts.text import explain, plain
from storage.core import InvalidValue, check_name
from storage.templates import Augment, Device, Parameters, Template, advice, bounds

_OPENED = "template_opened"  # in the session: which template at which revision the widgets hold
_LEAST_LR = 0.00001  # zero learns nothing
_STEPS: dict[str, float] = {"loaders": 1, "batch": 1, "iterations": 100, "lr": 0.001, "refresh": 5.0, "seed": 1}


@dataclass(frozen=True)
class Opened:
    """What the form was filled with; revision 0 is a template that is yet to be made."""

    template: Template
    rev: int


def open_form(template: Template, rev: int) -> Opened:
    """Fill the form with a template unless it holds it already; returns what it was filled with."""
    held: Opened | None = st.session_state.get(_OPENED)
    # Streamlit forgets what is in widgets when another page was shown in between.
    if held is None or held.template.id != template.id or _key("name") not in st.session_state:
        return refill(template, rev)
    # Saved by somebody else, with nothing typed here that could be lost.
    if held.rev < rev and held_values() == values_of(held.template):
        return refill(template, rev)
    return held


def refill(template: Template, rev: int) -> Opened:
    """Fill the form with the template's values, whatever stands in it."""
    opened = Opened(template, rev)
    st.session_state[_OPENED] = opened
    for name, value in values_of(template).items():
        st.session_state[_key(name)] = value
    return opened


def rebase(template: Template, rev: int) -> None:
    """Keep what stands in the form, as a change of this newer revision."""
    st.session_state[_OPENED] = Opened(template, rev)


def values_of(template: Template) -> dict[str, Any]:
    """Everything the form holds of a template, by the parameter's name."""
    return {"name": template.name, "description": template.description, **template.parameters.model_dump()}


def held_values() -> dict[str, Any]:
    """Everything that stands in the form, allowed or not."""
    return {name: st.session_state[_key(name)] for name in ("name", "description", *Parameters.model_fields)}


def render_form(opened: Opened, taken: Sequence[str], cores: int | None, *, disabled: bool) -> Template | None:
    """Draw the form; returns the template as it stands there, None while something is not allowed.

    ``taken`` are the names of all other templates, ``cores`` those of the largest machine, where known.
    """
    what, training = st.columns(2, gap="large")
    with what:
        name = _render_name(taken, disabled)
        description = st.text_area(parameter_name("description"), key=_key("description"), height=90, disabled=disabled)
        values = _render_what(disabled)
    with training:
        values |= _render_training(cores, disabled)
    with st.expander(_("Advanced"), icon=":material/tune:"):
        values["seed"] = _number("seed", _("The same seed, images and labels give the same run again."), disabled)
    if None in values.values():  # a number out of its range
        return None
    parameters = Parameters(**values)
    for note in advice(parameters):
        st.warning(plain(said(note.template, note.values)), icon=":material/lightbulb:")
    if name is None:
        return None
    return opened.template.model_copy(update={"name": name, "description": description, "parameters": parameters})


def _render_name(taken: Sequence[str], disabled: bool) -> str | None:
    name = st.text_input(
        parameter_name("name"),
        key=_key("name"),
        live=True,
        disabled=disabled,
        placeholder=_("Letters, digits, “-”, “_” and “.”"),
    )
    problem = name_problem(name or "", taken)
    if problem and name:
        st.markdown(f":red[:material/error: {problem}]")
    return None if problem else check_name("Template", name or "")


def name_problem(name: str, taken: Sequence[str]) -> str | None:
    """Why a template cannot be called so, as Markdown; ``taken`` are the names of all others."""
    try:
        checked = check_name("Template", name)
    except InvalidValue as error:
        return explain(error)
    if any(other.casefold() == checked.casefold() for other in taken):
        return plain(_("There is a template {name} already; case does not count.").format(name=checked))
    return None


def _render_what(disabled: bool) -> dict[str, Any]:
    return {
        "base_model": _choice("base_model", ("base-SmartOCR-01",), _("The network that training starts from."), disabled),
        "augment": _choice(
            "augment",
            get_args(Augment),
            _("Varies the training images, so that few labels teach more. Leave rotations out where pages always lie straight."),
            disabled,
        ),
        "device": _choice("device", get_args(Device), _("A machine without a graphics card uses its CPU, and says so."), disabled),
        "use_unreviewed": _switch(
            "use_unreviewed",
            _("Labels from an earlier process are learned from too, before anybody looked at them. They never become test images."),
            disabled,
        ),
    }


def _render_training(cores: int | None, disabled: bool) -> dict[str, Any]:
    loaders = _("They read images ahead; 4 or more are advised.")
    if cores is not None and (st.session_state[_key("loaders")] or 0) > cores:
        loaders += " " + ngettext(
            "No machine has more than {count} core: the worker lowers it to that.",
            "No machine has more than {count} cores: the worker lowers it to that.",
            cores,
        )
    return {
        "iterations": _number("iterations", _("1,000 is a start; 3,000 to 5,000 are more precise and take as much longer."), disabled),
        "batch": _number("batch", _("Images looked at together in one iteration. More need more memory."), disabled),
        "lr": _number("lr", _("0.005 suits most; 0.0005 learns slowly, 0.01 may overshoot. It falls as the run goes on."), disabled),
        "loaders": _number("loaders", loaders, disabled),
        "refresh": _number("refresh", _("How often the run reports its figures."), disabled),
    }


def _choice(name: str, choices: Sequence[str], advised: str, disabled: bool) -> Any:
    with st.container(gap="xxsmall"):
        chosen = st.selectbox(parameter_name(name), choices, format_func=choice_name, key=_key(name), disabled=disabled)
        st.caption(advised)
    return chosen


def _switch(name: str, advised: str, disabled: bool) -> bool:
    with st.container(gap="xxsmall"):
        chosen = st.toggle(parameter_name(name), key=_key(name), disabled=disabled)
        st.caption(advised)
    return chosen


def _number(name: str, advised: str, disabled: bool) -> Any:
    """A number, None while it is out of its range."""
    kind = float if name in ("lr", "refresh") else int
    with st.container(gap="xxsmall"):
        # Without bounds of its own: the browser would keep a number out of range to itself, and the one before would be saved.
        given = st.number_input(
            parameter_name(name),
            step=kind(_STEPS[name]),
            format="%.6g" if kind is float else None,
            key=_key(name),
            disabled=disabled,
        )
        problem = number_problem(name, given)
        if problem:
            st.markdown(f":red[:material/error: {problem}]")
        st.caption(advised)
    return None if problem else given


def number_problem(name: str, given: float | None) -> str | None:
    """Why the parameter cannot have this value."""
    least, greatest = bounds(name)
    least = _LEAST_LR if name == "lr" else least
    if given is not None and least <= given <= greatest:
        return None
    return _("Give a number from {least} to {greatest}.").format(least=value_text(name, least), greatest=value_text(name, greatest))


def _key(name: str) -> str:
    return f"template_{name}"
