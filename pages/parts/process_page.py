"""The page of processes of one kind: what runs, what ran and how it went, and the buttons of the one chosen."""

from functools import partial

import streamlit as st

from pages.parts.data import get_store, load_names, load_processes
from pages.parts.guard import User, live, page_link
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table, page_of, render_pages, to_first_page
from pages.parts.links import linked_select, process_page, set_link
from pages.parts.process_actions import render_buttons, rerun_if_pressed
from pages.parts.process_details import (
    render_advice,
    render_apply,
    render_attempts,
    render_heading,
    render_notices,
    render_stages,
    render_summary,
)
from pages.parts.process_table import Filter, columns, table_frame
from pages.parts.states import moves, state_name, states_of, task_of
from pages.parts.text import explain
from storage.attempts import Outcome
from storage.processes import Process
from storage.progress import read_status
from storage.templates import RunKind

LIVE_S, IDLE_S = 2.0, 15.0  # seconds between looks while something moves, and while nothing does
_PAGE = "page"  # of the session and of the address: the table's page that is open


def render_head(kind: RunKind, user: User) -> None:
    """The title with the button that adds a process; a link to a process of the other kind goes on to its page."""
    wanted = st.query_params.get("process")
    other = next((process for process in _load() if process.id == wanted and process.spec.kind != kind), None)
    if other:
        st.switch_page(process_page(other.spec.kind), query_params={"process": other.id})
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Auto-labelling processes") if kind == "auto-label" else _("Training processes"))
        why = user.why_not("processes", "create")
        st.button(_("Add process"), icon=":material/add:", key="add", on_click=set_link, args=("add", "1"), disabled=bool(why), help=why)


def render_processes(kind: RunKind, user: User) -> None:
    """Filters, table, and everything about the process that the address names."""
    moving = any(moves(process) for process in _load() if process.spec.kind == kind)
    # The filters are drawn outside it: a tick must not close a list that somebody chooses from.
    live(_render_all, run_every=LIVE_S if moving else IDLE_S)(kind, _render_filters(kind), moving, user)


def _load() -> list[Process]:
    return load_processes()[0]


def _render_filters(kind: RunKind) -> Filter:
    """The three filters; each stands in the address."""
    names = load_names(str(get_store().root))
    restart = partial(to_first_page, _PAGE)
    state, project, machine = st.columns(3)
    with state:
        states = {code: state_name(code) for code in states_of(kind)}
        chosen = linked_select(_("State"), states, "state", placeholder=_("All states"), on_change=restart)
    with project:
        projects = {identifier: project.name for identifier, project in names.projects.items()}
        of_project = linked_select(_("Project"), projects, "project", placeholder=_("All projects"), on_change=restart)
    with machine:
        on_machine = linked_select(_("Machine"), names.machines, "machine", placeholder=_("All machines"), on_change=restart)
    return Filter(chosen, of_project, on_machine)


def _render_all(kind: RunKind, narrowed: Filter, moving: bool, user: User) -> None:
    """List and details; runs again by itself, and the whole page when the pace has to change."""
    # First: after a press this run of the fragment is not the one to be seen.
    rerun_if_pressed()
    found = _render_list(kind, narrowed)
    wanted = st.query_params.get("process")
    chosen = next((process for process in found if process.id == wanted), None)
    if chosen:
        _render_details(chosen, user)
    elif wanted:
        st.warning(_("The process in the address does not exist. Choose one from the table."))
    # Last, when all is drawn. The timer belongs to the page, so only a run of it changes the pace.
    if any(map(moves, found)) != moving:
        st.rerun()


def _render_list(kind: RunKind, narrowed: Filter) -> list[Process]:
    """The table of processes; returns those of the kind, otherwise unfiltered."""
    store = get_store()
    everything, damaged = load_processes()
    # Said beside the list: one bad file must not hide all others.
    for error in damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    found = [process for process in everything if process.spec.kind == kind]
    kept = [process for process in found if narrowed.keeps(store, process)]
    if not found:
        _render_empty(kind)
    elif not kept:
        st.info(_("No process matches these filters. Clear one of them to see more."))
    else:
        _render_table(kind, kept)
    return found


def _render_empty(kind: RunKind) -> None:
    """What to do when there is no process yet."""
    words = {
        "auto-label": _("There is no process yet. Label a tenth of a project's images by hand, then add a process: it labels the others."),
        "training": _("There is no process yet. Label a tenth of a project's images by hand, then add a process: it trains a model."),
    }
    st.info(words[kind], icon=":material/rocket_launch:")


def _render_table(kind: RunKind, kept: list[Process]) -> None:
    """One page of the table; the row chosen stands in the address by the process's id, so it stays when rows move."""
    store = get_store()
    names = load_names(str(store.root))
    shown = page_of(kept, _PAGE)
    linked_table(table_frame(store, shown, names), [process.id for process in shown], "process", columns(shown, names))
    hints = {
        "auto-label": _("choose a row to see more and to start, stop or apply"),
        "training": _("choose a row to see more and to start or stop"),
    }
    render_pages(ngettext("{count} process", "{count} processes", len(kept)) + " · " + hints[kind], len(kept), _PAGE)


def _render_details(process: Process, user: User) -> None:
    """Everything about the chosen process, and its buttons."""
    store = get_store()
    names = load_names(str(store.root))
    status = read_status(process.last.paths) if process.last else None
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            render_heading(store, process, names)
            _render_links(process, user)
        render_summary(process, status, names)
        render_buttons(store, process, names, user)
        render_advice(store, process, names)
        render_apply(store, process, names)
        render_notices(status)
        stages, attempts = st.columns(2, gap="large")
        with stages:
            render_stages(process, status, task_of(process, names))
        with attempts:
            render_attempts(process, names)


def _render_links(process: Process, user: User) -> None:
    with st.container(horizontal=True, width="content"):
        page_link(
            "monitoring.py",
            label=_("Monitoring"),
            icon=":material/show_chart:",
            query_params={"process": process.id},
            help=_("Curves, stages and log of this run"),
        )
        if user.may("journal", "view"):
            page_link("journal.py", label=_("Journal"), icon=":material/history:", query_params={"thread": process.id})
        is_through = process.last and process.last.end and process.last.end.outcome == Outcome.COMPLETED
        if is_through and user.may("models", "view"):
            page_link("models.py", label=_("Model"), icon=":material/deployed_code:", query_params={"model": process.id})
