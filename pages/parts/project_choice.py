"""The project a page is about: chosen at the top, kept in the address and from page to page."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import Names
from pages.parts.guard import page_link
from pages.parts.i18n import _
from pages.parts.links import linked_select, set_link
from storage.projects import Project

_KEY = "project_id"  # of the session: links between pages of the sidebar carry no address


def render_head(title: str, names: Names) -> tuple[Project | None, DeltaGenerator]:
    """The page's title with the project beside it, and the room to the right of them for what else the page has on top."""
    title_place, project_place, rest = st.columns([7, 6, 11], vertical_alignment="bottom")
    title_place.title(title, anchor=False)
    # A sentence on what to do needs the page's width, which a select box would waste.
    with project_place if names.projects else st.container():
        return choose_project(names), rest


def choose_project(names: Names) -> Project | None:
    """The project in the address, else the last one looked at, else the only one; None with a word on what to do."""
    if not names.projects:
        st.info(_("There is no project yet. Create one first."), icon=":material/create_new_folder:")
        page_link("projects.py", label=_("Projects"), icon=":material/folder:")
        return None
    if "project" not in st.query_params:
        known = st.session_state.get(_KEY)
        only = next(iter(names.projects)) if len(names.projects) == 1 else None
        set_link("project", known if known in names.projects else only)
    options = {identifier: project.name for identifier, project in names.projects.items()}
    chosen = linked_select(_("Project"), options, "project", placeholder=_("Choose a project"))
    if chosen is None:
        if "project" in st.query_params:
            st.warning(_("The project in the address does not exist; it may have been deleted. Choose another one."))
        else:
            st.caption(_("Choose a project to go on."))
        return None
    remember(chosen)
    return names.projects[chosen]


def remember(project: str) -> None:
    """Let the pages opened from now on be about this project, unless their address names another."""
    st.session_state[_KEY] = project
