"""The widgets that say which images a list shows, in what order and how; each choice stands in the address."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import streamlit as st

from pages.parts.i18n import _, number
from pages.parts.image_states import IMAGE_STATES, image_state_name
from pages.parts.image_view import Layout, View, split_names
from pages.parts.links import linked_choice, linked_select, set_link
from pages.parts.suggestions import ICON, SUGGESTED, filter_of, load_suggested, suggested_name
from storage.index import Counts, Order
from storage.projects import Project

_FILTERS = ("state", "origin", "split", "name", "class")
_LAYOUT = "image_layout"  # of the session


def render_filters(project: Project, counts: Counts, on_change: Callable[[], None]) -> View:
    """Draw the filters and return what they say; ``on_change`` is called before the run that follows another choice of images."""
    is_classes = project.task == "classes"
    suggested = load_suggested(project)
    states = _states(counts, len(suggested))
    state = _linked(st.pills, _("State"), states, "state", on_change, required=True, label_visibility="collapsed")
    # Of fixed shares, so that nothing moves when a longer text is chosen.
    name, *class_place, origin, split, order, layout = st.columns([5, 5, 4, 4, 5, 5] if is_classes else [5, 4, 4, 5, 5])
    with name:
        if is_classes:
            part = _linked_text(_("File name"), "name", on_change, _("Part of the name"))
        else:
            part = _linked_text(_("File name or value"), "name", on_change, _("Part of a name or value"))
    of_class = None
    if is_classes:
        with class_place[0]:
            names = {known.id: known.name for known in project.fields}
            of_class = linked_select(_("Class"), names, "class", placeholder=_("All classes"), on_change=on_change)
    with origin:
        by = _linked(st.selectbox, _("Labelled by"), _origins(), "origin", on_change)
    with split:
        of = _linked(st.selectbox, _("Split"), {"": _("All"), **split_names()}, "split", on_change, help=_split_help())
    with order:
        ordered = _linked(st.selectbox, _("Order"), _orders(), "order", on_change)
    with layout:
        # The layout last looked at, where the address names none: links of the sidebar carry no parameters.
        if "view" not in st.query_params:
            set_link("view", st.session_state.get(_LAYOUT))
        layouts = {"table": _("Table"), "grid": _("Grid")}
        usual = "grid" if is_classes else "table"  # classes are seen and given in the grid
        # The same images in another look: what is chosen stays so. A page of one holds other images than a page of the other.
        shown = linked_choice(
            st.segmented_control, _("View"), layouts, "view", partial(set_link, "page", None), usual, required=True, width="stretch"
        )
    st.session_state[_LAYOUT] = shown
    wanted = filter_of(state, suggested, origin=cast(Any, by or None), split=cast(Any, of or None), name=part, class_id=of_class)
    return View(wanted, cast(Order, ordered.removeprefix("-")), ordered.startswith("-"), cast(Layout, shown))


def clear_filters() -> None:
    """Show all images again."""
    for parameter in (*_FILTERS, "page"):
        set_link(parameter, None)


def _linked(widget: Any, label: str, options: dict[str, str], parameter: str, on_change: Callable[[], None], **look: Any) -> str:
    """A choice of one of ``options`` (code → text) that stands in the address; the first one if the address has none."""
    return str(linked_choice(widget, label, options, parameter, on_change, next(iter(options)), **look))


def _linked_text(label: str, parameter: str, on_change: Callable[[], None], hint: str) -> str:
    key = f"linked_{parameter}"

    def changed() -> None:
        set_link(parameter, st.session_state[key].strip() or None)
        on_change()

    st.session_state[key] = st.query_params.get(parameter, "")
    st.text_input(label, key=key, type="search", live=True, on_change=changed, placeholder=hint)
    return str(st.session_state[key])


def _states(counts: Counts, suggested: int) -> dict[str, str]:
    """All, those to label next, and the states, with how many images each has; rare ones only where there are some or one is asked for."""
    asked = st.query_params.get("state")
    named = {"confirmed": _("Confirmed"), **{state: image_state_name(state) for state in IMAGE_STATES}}
    shown = {"all": _("All"), SUGGESTED: suggested_name(), **named}
    numbers = {"all": counts.images, SUGGESTED: suggested, **{state: getattr(counts, state) for state in named}}
    icons = {SUGGESTED: f"{ICON} ", **{state: f"{look.icon} " for state, look in IMAGE_STATES.items()}}
    rare = {"confirmed", *(state for state in (SUGGESTED, "damaged", "deleted") if not numbers[state])}
    kept = {state: text for state, text in shown.items() if state not in rare or state == asked}
    return {state: f"{icons.get(state, '')}{text} {number(numbers[state])}" for state, text in kept.items()}


def _origins() -> dict[str, str]:
    return {"": _("Anybody"), "person": _("A person"), "auto": _("A model")}


def _split_help() -> str:
    return _("Test images measure the model and are never trained on. Labelled images without a split get one when a process starts.")


def _orders() -> dict[str, str]:
    return {
        "name": _("File name, A to Z"),
        "-name": _("File name, Z to A"),
        "-added": _("Newest first"),
        "added": _("Oldest first"),
        "-changed": _("Last labelled first"),
        "changed": _("First labelled first"),
        "score": _("Least certain first"),
        "-score": _("Most certain first"),
    }
