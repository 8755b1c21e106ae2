"""The dialogs about model types: add one, describe it, delete it; and the buttons that open them."""

from typing import Literal, get_args

import streamlit as st

from pages.parts.guard import User, demand
from pages.parts.i18n import _, ngettext
from pages.parts.links import asked_dialog, close_dialog, open_dialog
from pages.parts.model_type_table import Uses, purpose_name
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import model_types
from storage.core import Store, StoreError
from storage.model_types import PREINSTALLED, ModelType
from storage.projects import Task

Dialog = Literal["add", "describe", "delete"]


def render_buttons(model_type: ModelType, uses: Uses, user: User) -> None:
    """What can be done with the type; a button that is not possible says why when pointed at."""
    own = _("It comes with the program and cannot be changed") if model_type in PREINSTALLED else None
    may_not_edit = own or user.why_not("model_types", "edit")
    may_not_delete = own or user.why_not("model_types", "delete")
    if model_type.name in uses.templates:
        may_not_delete = may_not_delete or _("Not while a template uses it")
    with st.container(horizontal=True, width="content"):
        _button(_("Description"), "describe", ":material/edit:", may_not_edit)
        _button(_("Delete"), "delete", ":material/delete:", may_not_delete)


def render_dialog(store: Store, model_type: ModelType | None, uses: Uses, user: User) -> None:
    """The dialog that the address asks for, about the type that it names."""
    asked = asked_dialog()
    if asked == "add" and user.may("model_types", "create"):
        st.dialog(_("Add model type"), icon=":material/add:", on_dismiss=close_dialog)(_render_creation)(store)
    if model_type is None or model_type in PREINSTALLED:
        return
    if asked == "describe" and user.may("model_types", "edit"):
        st.dialog(_("Description"), icon=":material/edit:", on_dismiss=close_dialog)(_render_form)(store, model_type)
    if asked == "delete" and user.may("model_types", "delete"):
        title = _("Delete this model type?")
        st.dialog(title, icon=":material/delete:", on_dismiss=close_dialog)(_render_deletion)(store, model_type, uses)


def _button(label: str, dialog: Dialog, icon: str, reason: str | None) -> None:
    st.button(label, key=f"type_{dialog}", icon=icon, disabled=reason is not None, help=reason, on_click=open_dialog, args=(dialog,))


def _render_creation(store: Store) -> None:
    with st.form("add_type", border=False):
        name = st.text_input(_("Name"), key="type_name", placeholder=_("Letters, digits, “-”, “_” and “.”"))
        st.caption(_("It cannot be changed later: other programs choose a model by it."))
        purposes: tuple[Task, ...] = get_args(Task)
        purpose = st.radio(_("Purpose"), purposes, format_func=purpose_name, key="type_purpose")
        description = st.text_area(_("Description"), key="type_description", height=90)
        if not st.form_submit_button(_("Add"), key="confirm", type="primary", icon=":material/add:"):
            return
    try:
        demand("model_types", "create")
        made = model_types.create(store, name.strip(), purpose, description.strip())
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("Model type {name} is added").format(name=plain(made.name)))
    st.switch_page("model_types.py", query_params={"type": made.id})


def _render_form(store: Store, model_type: ModelType) -> None:
    with st.form("describe_type", border=False):
        description = st.text_area(_("Description"), model_type.description, height=120, label_visibility="collapsed")
        st.caption(_("Name and purpose stay as they are."))
        if not st.form_submit_button(_("Save"), key="confirm", type="primary", icon=":material/save:"):
            return
    try:
        demand("model_types", "edit")
        model_types.describe(store, model_type, description.strip())
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("Model type {name} is saved").format(name=plain(model_type.name)))
    close_dialog()
    st.rerun()


def _render_deletion(store: Store, model_type: ModelType, uses: Uses) -> None:
    name = plain(model_type.name)
    st.markdown(_("Model type {name} can no longer be chosen in templates.").format(name=f"**{name}**"))
    count = uses.models[model_type.name]
    if count:
        st.markdown(
            ngettext("{count} model of this type stays and keeps the name.", "{count} models of this type stay and keep the name.", count)
        )
    if not st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:"):
        return
    try:
        demand("model_types", "delete")
        model_types.delete(store, model_type)
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("Model type {name} is deleted").format(name=name), ":material/delete:")
    st.switch_page("model_types.py")
