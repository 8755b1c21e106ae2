"""The list of projects: a card for each, with its images and its next step."""

from datetime import datetime

import streamlit as st

from pages.parts.doughnut import share_bar, state_slices
from pages.parts.guard import User, demand, page_link
from pages.parts.i18n import _, moment, ngettext, number
from pages.parts.links import open_dialog
from pages.parts.next_step import current, path
from pages.parts.project_dialogs import render_creation
from pages.parts.project_standing import Standing, last_change, load_standing
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage.core import Store, StoreError
from storage.projects import PROJECTS, Project

PAGE = 12  # each card refreshes its project's index, some milliseconds with 10,000 images
_SEARCH_FROM = 8


def render_list(store: Store, user: User) -> None:
    """Search, cards, and the deleted projects."""
    listing = PROJECTS.list(store)
    seen = [project for project in listing.items if user.sees(project.id)]
    _render_top(user, len(seen))
    # Said beside the list: one bad file must not hide all others.
    for error in listing.damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    wanted = st.session_state.get("project_search", "").strip().casefold()
    found = [project for project in seen if wanted in project.name.casefold()]
    if not seen:
        _render_welcome()
    elif not found:
        st.info(_("No project's name contains “{text}”.").format(text=plain(wanted)), icon=":material/search_off:")
    else:
        _render_cards(store, found)
    _render_deleted(store, user)
    render_creation(store, user)


def _render_top(user: User, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title(_("Projects"))
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", width="content"):
            if count > _SEARCH_FROM:
                st.text_input(
                    _("Search"),
                    key="project_search",
                    placeholder=_("Search by name"),
                    label_visibility="collapsed",
                    icon=":material/search:",
                    live=True,
                    width=260,
                )
            why = user.why_not("projects", "create")
            st.button(
                _("New project"),
                key="new_project",
                icon=":material/add:",
                type="primary",
                on_click=open_dialog,
                args=("create",),
                disabled=bool(why),
                help=why,
            )


def _render_welcome() -> None:
    """What a project is for, while there is none."""
    st.info(
        _("There is no project yet. A project holds document images of one kind and what is to be found on them."), icon=":material/folder:"
    )
    steps = (
        (
            _("1. Label some"),
            _("Create a project and add its images. On a tenth of them draw boxes of the fields you name, or sort a tenth into classes."),
        ),
        (_("2. Let a model learn"), _("A process learns from these on a machine of yours and labels all other images.")),
        (_("3. Review"), _("Apply what it found, look through it, correct what is wrong. All of it can be rolled back.")),
    )
    for column, (title, text) in zip(st.columns(3), steps, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{title}**")
            st.markdown(text)


def _render_cards(store: Store, found: list[Project]) -> None:
    pages = -(-len(found) // PAGE)
    if st.session_state.get("projects_page", 1) > pages:  # fewer are found than before
        st.session_state["projects_page"] = pages
    first = (st.session_state.get("projects_page", 1) - 1) * PAGE
    grid = st.grid("auto", min_column_width=340, gap="medium")
    for project in found[first : first + PAGE]:
        with grid.container(border=True, height="stretch"):
            try:
                _render_card(load_standing(store, project), last_change(store, project))
            except StoreError as error:
                st.warning(explain(error), icon=":material/broken_image:")
    if pages > 1:
        st.pagination(pages, key="projects_page", bind="query-params")


def _render_card(standing: Standing, changed: datetime | None) -> None:
    project, counts, step = standing.project, standing.counts, current(path(standing))
    page_link("projects.py", label=f"**{plain(project.name)}**", icon=":material/folder:", query_params=standing.here)
    slices = state_slices(counts)
    st.html(share_bar(slices))
    images = ngettext("{count} image", "{count} images", counts.images) if counts.images else _("No images yet")
    st.caption(" · ".join([images, *(f"{part.name} {number(part.count)}" for part in slices if part.count)]))
    st.space("stretch")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        page_link(step.page, label=step.title, icon=":material/arrow_forward:", query_params=step.query, help=plain(step.text))
        if changed:
            st.caption(_("Labelled {moment}").format(moment=moment(changed)), width="content")


def _render_deleted(store: Store, user: User) -> None:
    deleted = [project for project in PROJECTS.list_deleted(store).items if user.sees(project.id)]
    if not deleted:
        return
    title = ngettext("{count} deleted project", "{count} deleted projects", len(deleted))
    why = user.why_not("projects", "delete")
    with st.expander(title, icon=":material/delete:", key="deleted_projects"):
        for project in deleted:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    _("Restore"),
                    key=f"restore_{project.id}",
                    icon=":material/restore_from_trash:",
                    on_click=_restore,
                    args=(store, project),
                    disabled=bool(why),
                    help=why,
                )
                names = ", ".join(field.name for field in project.fields)
                st.markdown(f"{plain(project.name)} :gray[{plain(names)}]")
                if refusal := st.session_state.get("restore_refusal", {}).get(project.id):
                    st.error(refusal)


def _restore(store: Store, project: Project) -> None:
    try:
        demand("projects", "delete", project.id)
        PROJECTS.restore(store, project.id)
        say(_("Project {name} is back").format(name=plain(project.name)))
        st.session_state.pop("restore_refusal", None)
    except StoreError as error:
        st.session_state["restore_refusal"] = {project.id: explain(error)}
