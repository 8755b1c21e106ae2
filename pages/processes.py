"""Processes: what runs, what ran and how it went; start, stop, apply and roll back."""

from functools import partial

import streamlit as st

from pages.parts.apply_watch import announce_finished
from pages.parts.data import get_store, load_names, process_cache
from pages.parts.guard import require
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table, page_of, render_pages, to_first_page
from pages.parts.links import linked_select
from pages.parts.process_actions import render_buttons, rerun_if_pressed
from pages.parts.process_add import open_add, render_add
from pages.parts.process_details import (
    render_advice,
    render_apply,
    render_attempts,
    render_heading,
    render_notices,
    render_stages,
    render_summary,
)
from pages.parts.process_questions import render_question
from pages.parts.process_table import Filter, columns, table_frame
from pages.parts.states import LOOKS, moves, state_name
from pages.parts.text import explain
from storage.processes import Process
from storage.progress import read_status

# Before anything is read: the router's list alone would be no lock.
user = require("processes", "view")

LIVE_S, IDLE_S = 2.0, 15.0  # seconds between looks while something moves, and while nothing does
_PAGE = "page"  # of the session and of the address: the table's page that is open

store = get_store()
names = load_names(str(store.root))


def render_filters() -> Filter:
    """The three filters; each stands in the address."""
    restart = partial(to_first_page, _PAGE)
    state, project, machine = st.columns(3)
    with state:
        chosen = linked_select(
            _("State"), {code: state_name(code) for code in LOOKS}, "state", placeholder=_("All states"), on_change=restart
        )
    with project:
        projects = {identifier: project.name for identifier, project in names.projects.items()}
        of_project = linked_select(_("Project"), projects, "project", placeholder=_("All projects"), on_change=restart)
    with machine:
        on_machine = linked_select(_("Machine"), names.machines, "machine", placeholder=_("All machines"), on_change=restart)
    return Filter(chosen, of_project, on_machine)


def render_list(narrowed: Filter) -> list[Process]:
    """The table of processes; returns those of the store, unfiltered."""
    found, damaged = process_cache(str(store.root)).load()
    # Said beside the list: one bad file must not hide all others.
    for error in damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    kept = [process for process in found if narrowed.keeps(store, process)]
    if not found:
        render_empty()
    elif not kept:
        st.info(_("No process matches these filters. Clear one of them to see more."))
    else:
        render_table(kept)
    return found


def render_empty() -> None:
    """What to do when there is no process yet."""
    st.info(
        _("There is no process yet. Label a tenth of a project's images by hand, then add a process: it labels the others."),
        icon=":material/rocket_launch:",
    )


def render_table(kept: list[Process]) -> None:
    """One page of the table; the row chosen stands in the address by the process's id, so it stays when rows move."""
    shown = page_of(kept, _PAGE)
    linked_table(table_frame(store, shown, names), [process.id for process in shown], "process", columns())
    count = ngettext("{count} process", "{count} processes", len(kept))
    render_pages(count + " · " + _("choose a row to see more and to start, stop or apply"), len(kept), _PAGE)


def render_details(process: Process) -> None:
    """Everything about the chosen process, and its buttons."""
    status = read_status(process.last.paths) if process.last else None
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            render_heading(store, process, names)
            st.page_link(
                "monitoring.py",
                label=_("Monitoring"),
                icon=":material/show_chart:",
                query_params={"process": process.id},
                help=_("Curves, stages and log of this run"),
            )
        render_summary(process, status)
        render_buttons(store, process, names, user)
        render_advice(store, process, names)
        render_apply(store, process, names)
        render_notices(status)
        stages, attempts = st.columns(2, gap="large")
        with stages:
            render_stages(status)
        with attempts:
            render_attempts(process, names)


def render_all(narrowed: Filter, moving: bool) -> None:
    """List and details; runs again by itself, and the whole page when the pace has to change."""
    # First: after a press this run of the fragment is not the one to be seen.
    rerun_if_pressed()
    if announce_finished(store):
        st.rerun()  # which shows it, as toasts are shown by runs of the whole page
    found = render_list(narrowed)
    wanted = st.query_params.get("process")
    chosen = next((process for process in found if process.id == wanted), None)
    if chosen:
        render_details(chosen)
    elif wanted:
        st.warning(_("The process in the address does not exist. Choose one from the table."))
    # Last, when all is drawn. The timer belongs to the page, so only a run of it changes the pace.
    if any(map(moves, found)) != moving:
        st.rerun()


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title(_("Processes"))
    st.button(_("Add process"), icon=":material/add:", key="add", on_click=open_add, disabled=not user.may("processes", "create"))
# Outside the fragment: a dialog belongs to a run of the whole page, and of two at once only one can be open.
if not render_question(store, user):
    render_add(store, names, user)
live = any(map(moves, process_cache(str(store.root)).load()[0]))
# The filters are drawn outside it: a tick must not close a list that somebody chooses from.
st.fragment(render_all, run_every=LIVE_S if live else IDLE_S)(render_filters(), live)
