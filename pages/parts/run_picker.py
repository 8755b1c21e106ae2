"""Which run is watched: chosen from a list of all projects or of one, and kept in the address."""

import streamlit as st

from pages.parts.data import Names
from pages.parts.i18n import _, moment
from pages.parts.links import linked_select, set_link
from pages.parts.states import state_name
from storage.processes import Process


def choose_run(found: list[Process], names: Names) -> str | None:
    """The run to watch of those ``found``, which are newest first; None with a word on what to do."""
    if not found:
        st.info(_("There is no process to watch yet. The Processes page says how to start one."), icon=":material/rocket_launch:")
        st.page_link("processes.py", label=_("Processes"), icon=":material/list:")
        return None
    project_column, process_column = st.columns([1, 3])
    with project_column:
        projects = {identifier: project.name for identifier, project in names.projects.items()}
        project = linked_select(_("Project"), projects, "project", placeholder=_("All projects"), on_change=_forget_process)
    kept = [process for process in found if project in (None, process.spec.project)]
    if kept and "process" not in st.query_params:
        # Into the address, so that a reload shows this run and not the one that is newest by then.
        set_link("process", next((process for process in kept if process.attempts), kept[0]).id)
    linked = st.query_params.get("process")
    # Without an attempt there is nothing to see, but a link has to lead somewhere.
    shown = [process for process in found if process.id == linked or (process.attempts and project in (None, process.spec.project))]
    with process_column:
        options = {process.id: _text(process, names) for process in shown}
        return linked_select(_("Process"), options, "process", placeholder=_("Choose a process to watch"))


def _forget_process() -> None:
    """Another project was chosen: its newest run is shown."""
    set_link("process", None)


def _text(process: Process, names: Names) -> str:
    """A process in the list: what, on what, since when, its state, and the end of its id: the texts have to differ."""
    since = moment(process.attempts[0].claim.at if process.attempts else process.spec.at)
    state = state_name(process.state.value)
    return f"{process.spec.template.name} · {names.project(process.spec.project)} · {since} · {state} · {process.id[-4:]}"
