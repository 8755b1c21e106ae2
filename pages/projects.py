"""Projects: create, rename, delete, their field schemes, and an overview of each with its next step."""

import streamlit as st

from pages.parts.data import find_project, get_store
from pages.parts.guard import page_link, require
from pages.parts.i18n import _
from pages.parts.links import bring_along, open_dialog, set_link
from pages.parts.project_choice import remember
from pages.parts.project_dialogs import Dialog, render_dialogs
from pages.parts.project_list import render_list
from pages.parts.project_overview import render_overview
from pages.parts.project_scheme import render_scheme
from pages.parts.project_settings import render_settings
from pages.parts.text import explain, plain
from storage.core import StoreError
from storage.projects import Project
from storage.rights import Right

# Before anything is read: the router's list alone would be no lock.
user = require("projects", "view")

store = get_store()


def render_project(identifier: str) -> None:
    """One project: header, and the view that the address names."""
    page_link("projects.py", label=_("All projects"), icon=":material/arrow_back:")
    try:
        rev, project = find_project(identifier)
        remember(project.id)
        render_header(project)
        view = choose_view(project)
        if view == "fields":
            render_scheme(store, rev, project, user)
        elif view == "settings":
            render_settings(store, project, user)
        else:
            render_overview(store, project)
        render_dialogs(store, project, user)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")


def render_header(project: Project) -> None:
    """The project's name, and what can be done with it as a whole."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(plain(project.name))
        with st.container(horizontal=True, width="content"):
            render_actions()


def render_actions() -> None:
    """Rename and Delete; without the right to it, a button says so."""
    actions: tuple[tuple[Right, str, Dialog], ...] = (("edit", _("Rename"), "rename"), ("delete", _("Delete"), "delete"))
    for right, title, dialog in actions:
        why = user.why_not("projects", right)
        key, icon = f"ask_{dialog}", f":material/{right}:"
        st.button(title, key=key, icon=icon, on_click=open_dialog, args=(dialog,), disabled=bool(why), help=why)


def choose_view(project: Project) -> str:
    """The view in the address: overview, fields or settings."""
    scheme = _("Classes") if project.task == "classes" else _("Fields")
    names = {"overview": _("Overview"), "fields": scheme, "settings": _("Settings")}
    # The address wins on every run: it also changes when the browser goes back.
    wanted = st.query_params.get("view", "overview")
    st.session_state["project_view"] = wanted if wanted in names else "overview"
    chosen = st.segmented_control(
        _("View"),
        list(names),
        required=True,
        format_func=names.__getitem__,
        key="project_view",
        label_visibility="collapsed",
        on_change=lambda: set_link("view", st.session_state["project_view"]),
    )
    return chosen or "overview"


bring_along()
if identifier := st.query_params.get("project"):
    render_project(identifier)
else:
    render_list(store, user)
