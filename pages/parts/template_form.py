"""The form of a template: every parameter with its advice beside it, checked as one types."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import streamlit as st

from pages.parts.i18n import _, ngettext, said
from pages.parts.template_bases import base_problem, default_base, type_purposes
from pages.parts.template_draft import Opened, widget_of
from pages.parts.template_texts import base_name, base_text, choice_name, load_bases, parameter_name, task_words, value_text
from pages.parts.text import explain, plain
from pages.parts.widget_state import begin, held, place_of, start_of
from storage.core import InvalidValue, check_name
from storage.projects import Task
from storage.templates import Augment, Device, Parameters, Template, advice, bounds

_LEAST_LR = 0.00001  # zero learns nothing
_STEPS: dict[str, float] = {"loaders": 1, "batch": 1, "iterations": 100, "lr": 0.001, "refresh": 5.0, "seed": 1}


def render_form(opened: Opened, taken: Sequence[str], cores: int | None, *, disabled: bool) -> Template | None:
    """Draw the form; returns the template as it stands there, None while something is not allowed.

    ``taken`` are the names of all other templates, ``cores`` those of the largest machine, where known.
    """
    what, training = st.columns(2, gap="large")
    with what:
        head = _render_head(opened, taken, disabled)
        values = {"base_model": head.pop("base_model"), **_render_what(disabled)}
    with training:
        values |= _render_training(cores, disabled)
    with st.expander(_("Advanced"), icon=":material/tune:"):
        values["seed"] = _number("seed", _("The same seed, images and labels give the same run again."), disabled)
    # A number out of its range and a base model that is gone are None; the advice is about what can be saved.
    if None in values.values():
        return None
    parameters = Parameters(**values)
    for note in advice(parameters):
        st.warning(plain(said(note.template, note.values)), icon=":material/lightbulb:")
    if None in head.values():
        return None
    return opened.template.model_copy(update={**head, "parameters": parameters})


def _render_head(opened: Opened, taken: Sequence[str], disabled: bool) -> dict[str, Any]:
    """Name, model type of a training, base model and description; what is not allowed is None."""
    head: dict[str, Any] = {"name": _render_name(taken, disabled)}
    purpose: Task | None = None
    if opened.template.kind == "training":
        purposes = type_purposes()
        head["model_type"] = _render_type(purposes, disabled)
        purpose = purposes.get(head["model_type"])
    head["base_model"] = _render_base(purpose, disabled)
    key, begins = start_of(widget_of("description"))
    head["description"] = st.text_area(parameter_name("description"), begins, key=key, height=90, disabled=disabled)
    return head


def _render_type(purposes: dict[str, Task], disabled: bool) -> str | None:
    wanted: str = held(widget_of("model_type"))
    problem = _("There is no such model type any more. Choose another.") if wanted else _("Choose a model type.")
    chosen = _choice(
        "model_type",
        list(purposes) if wanted in purposes else [*purposes, wanted],
        _("What the trained model is for. Programs that use it choose it by this name."),
        disabled,
        shown=lambda name: f"{name} · {task_words(purposes[name])}" if name in purposes else name or "–",
        problem=None if wanted in purposes else problem,
        on_change=_fit_base,
    )
    return chosen if chosen in purposes else None


def _fit_base() -> None:
    """After another model type was chosen: a base model of the other purpose gives way to the one that comes with the program."""
    purpose = type_purposes().get(held(widget_of("model_type")))
    base = load_bases().get(held(widget_of("base_model")))
    if purpose and (base is None or base.task != purpose):
        begin(widget_of("base_model"), default_base(purpose))


def _render_base(purpose: Task | None, disabled: bool) -> str | None:
    bases = load_bases()
    wanted: str = held(widget_of("base_model"))
    fitting = [key for key, base in bases.items() if purpose in (None, base.task)]
    advised = _("Training starts from its weights. From a model trained here it goes on: fields are matched by name.")
    if purpose is None:
        advised += " " + _("One that finds fields is for projects of fields, one that tells classes apart for projects of classes.")
    problem = base_problem(bases, wanted, purpose)
    chosen: str = _choice(
        "base_model",
        # What does not fit stays in the list while it is chosen: another in its place nobody would have chosen.
        fitting if wanted in fitting else [*fitting, wanted],
        advised,
        disabled,
        shown=lambda key: base_text(bases[key]) if key in bases else base_name(bases, key),
        problem=problem,
    )
    return None if problem else chosen


def _render_name(taken: Sequence[str], disabled: bool) -> str | None:
    key, begins = start_of(widget_of("name"))
    name = st.text_input(
        parameter_name("name"),
        begins,
        key=key,
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
        "augment": _choice(
            "augment",
            get_args(Augment),
            _(
                "Varies the training images, so that few labels teach more. With rotations, it is learned from the labelled pages which "
                "way up a page is; leave them out where pages always lie straight."
            ),
            disabled,
        ),
        "use_unreviewed": _switch(
            "use_unreviewed",
            _("Labels from an earlier process are learned from too, before anybody looked at them. They never become test images."),
            disabled,
        ),
    }


def _render_training(cores: int | None, disabled: bool) -> dict[str, Any]:
    iterations = _("1,000 are enough for printed text; what is found by its looks is more precise after 3,000 to 5,000, which take longer.")
    loaders = _("They read images ahead; 4 or more are advised.")
    if cores is not None and (held(widget_of("loaders")) or 0) > cores:
        loaders += " " + ngettext(
            "No machine has more than {count} core: the worker lowers it to that.",
            "No machine has more than {count} cores: the worker lowers it to that.",
            cores,
        )
    return {
        "iterations": _number("iterations", iterations, disabled),
        "batch": _number("batch", _("Images looked at together in one iteration. More need more memory."), disabled),
        "lr": _number("lr", _("0.005 suits most; 0.0005 learns slowly, 0.01 may overshoot. It falls as the run goes on."), disabled),
        "loaders": _number("loaders", loaders, disabled),
        "refresh": _number("refresh", _("How often the run reports its figures."), disabled),
        "device": _choice("device", get_args(Device), _("A machine without a graphics card uses its CPU, and says so."), disabled),
    }


def _choice(
    name: str,
    choices: Sequence[str],
    advised: str,
    disabled: bool,
    *,
    shown: Callable[[str], str] = choice_name,
    problem: str | None = None,
    on_change: Callable[[], None] | None = None,
) -> Any:
    key, begins = start_of(widget_of(name))
    place = place_of(begins, choices)
    with st.container(gap="xxsmall"):
        chosen = st.selectbox(parameter_name(name), choices, place, format_func=shown, key=key, disabled=disabled, on_change=on_change)
        if problem:
            st.markdown(f":red[:material/error: {problem}]")
        st.caption(advised)
    return chosen


def _switch(name: str, advised: str, disabled: bool) -> bool:
    key, begins = start_of(widget_of(name))
    with st.container(gap="xxsmall"):
        chosen = st.toggle(parameter_name(name), begins, key=key, disabled=disabled)
        st.caption(advised)
    return chosen


def _number(name: str, advised: str, disabled: bool) -> Any:
    """A number, None while it is out of its range."""
    kind = float if name in ("lr", "refresh") else int
    key, begins = start_of(widget_of(name))
    with st.container(gap="xxsmall"):
        # Without bounds of its own: the browser would keep a number out of range to itself, and the one before would be saved.
        given = st.number_input(
            parameter_name(name),
            value=begins,
            step=kind(_STEPS[name]),
            format="%.6g" if kind is float else None,
            key=key,
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
