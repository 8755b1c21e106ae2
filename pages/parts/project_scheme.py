"""The field scheme editor: one row of widgets a field; what was typed stays until it is saved or discarded."""

import re
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.guard import User
from pages.parts.i18n import _
from pages.parts.project_draft import Draft
from pages.parts.project_scheme_save import render_bar, render_messages, render_question
from pages.parts.project_scheme_texts import scheme_texts
from storage.core import Store
from storage.projects import KEYS, Field, Project, new_field

_WIDTHS = (0.5, 2, 0.8, 4, 0.35, 0.35, 0.35)


def render_scheme(store: Store, rev: int, project: Project, user: User) -> None:
    """The editor for the project's head revision ``rev``."""
    # Of the session, not of the page: whoever looks something up elsewhere finds it again.
    key = f"draft_{project.id}"
    draft: Draft = st.session_state.setdefault(key, Draft(rev, project, list(project.fields)))
    # Above the rows, so that a row that is added does not move the button away under the pointer; drawn after them,
    # since they tell whether something was typed.
    bar, messages = st.container(horizontal=True, vertical_alignment="center"), st.container()
    _render_rows(draft, disabled=not user.may("projects", "edit"))
    # Not before the rows were read: what was typed since the last run is known to the widgets alone.
    if draft.rev != rev and not draft.is_changed:
        st.session_state[key] = Draft(rev, project, list(project.fields), draft.turn + 1)
        st.rerun()
    with bar:
        render_bar(store, draft, user)
    with messages:
        render_messages(draft)
    render_question(store, draft, user)


def _render_rows(draft: Draft, *, disabled: bool) -> None:
    texts = scheme_texts(draft.project.task)
    if draft.fields:
        for column, title in zip(st.columns(_WIDTHS), (_("Colour"), _("Name"), _("Key"), _("Description")), strict=False):
            column.caption(title)
    else:
        st.info(texts.empty, icon=":material/new_label:")
    draft.fields = [_render_row(draft, place, disabled) for place in range(len(draft.fields))]
    key = f"add_{draft.project.id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            texts.add,
            key=key,
            placeholder=_("Names, separated by commas"),
            on_change=_add,  # by Enter or by leaving it; the button is there to be seen
            args=(draft, key),
            width=420,
            disabled=disabled,
        )
        st.button(_("Add"), key=f"{key}_button", icon=":material/add:", on_click=_add, args=(draft, key), disabled=disabled)


def _render_row(draft: Draft, place: int, disabled: bool) -> Field:
    """One field's widgets; returns the field as they show it."""
    field = draft.fields[place]
    columns = st.columns(_WIDTHS, vertical_alignment="center")
    # A widget keeps what was typed under its key: when the fields change otherwise, the widgets get other keys.
    tail = f"{field.id}_{draft.turn}"
    shared: dict[str, Any] = {"label_visibility": "collapsed", "disabled": disabled}
    colour = columns[0].color_picker(_("Colour"), field.colour, key=f"colour_{tail}", **shared)
    name = columns[1].text_input(_("Name"), field.name, key=f"name_{tail}", **shared)
    place_of_key = KEYS.index(field.key) + 1 if field.key else 0
    # A dash, as an empty option would ask to choose one.
    key = columns[2].selectbox(_("Key"), ("–", *KEYS), index=place_of_key, key=f"key_{tail}", **shared)
    placeholder = scheme_texts(draft.project.task).about if place == 0 else ""
    description = columns[3].text_input(_("Description"), field.description, key=f"description_{tail}", placeholder=placeholder, **shared)
    _render_buttons(columns[4:], draft, place, tail, disabled)
    return field.model_copy(update={"colour": colour, "name": name.strip(), "key": key.strip("–"), "description": description})


def _render_buttons(columns: list[DeltaGenerator], draft: Draft, place: int, tail: str, disabled: bool) -> None:
    identifier, last = draft.fields[place].id, len(draft.fields) - 1
    buttons = (
        ("arrow_upward", _("Move up"), place > 0, partial(_move, draft, identifier, -1)),
        ("arrow_downward", _("Move down"), place < last, partial(_move, draft, identifier, 1)),
        ("close", _("Remove"), True, partial(_remove, draft, identifier)),
    )
    for column, (icon, title, possible, press) in zip(columns, buttons, strict=True):
        key, sign = f"{icon}_{tail}", f":material/{icon}:"
        column.button("", key=key, icon=sign, help=title, type="tertiary", on_click=press, disabled=disabled or not possible)


# Callbacks, which run before the rows are drawn anew; the widgets' own values follow then by their keys.


def _add(draft: Draft, key: str) -> None:
    for name in re.split(r"[,;\n]", st.session_state[key]):
        if name.strip():
            draft.fields.append(new_field(draft.fields, name.strip()))
    st.session_state[key] = ""


def _move(draft: Draft, identifier: str, by: int) -> None:
    place = next(place for place, field in enumerate(draft.fields) if field.id == identifier)
    draft.fields.insert(place + by, draft.fields.pop(place))


def _remove(draft: Draft, identifier: str) -> None:
    draft.fields = [field for field in draft.fields if field.id != identifier]
