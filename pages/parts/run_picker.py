"""Which run is watched, and which others beside it: chosen from lists, and kept in the address."""

import streamlit as st

from pages.parts.data import Names
from pages.parts.guard import page_link
from pages.parts.i18n import _, moment, ngettext
from pages.parts.links import linked_select, process_page, set_link
from pages.parts.states import state_name, task_of
from storage.processes import Process
from storage.projects import Task

MOST_COMPARED = 5  # more colours than this are no longer told apart

_COMPARE = "compare"  # the address's parameter: ids with commas between them


def choose_run(found: list[Process], names: Names) -> tuple[str, tuple[str, ...]] | None:
    """Of the runs ``found``, newest first, the one to watch and those to compare it with; None with a word on what to do."""
    if not found:
        st.info(_("There is no process to watch yet. The Processes pages say how to start one."), icon=":material/rocket_launch:")
        page_link(process_page("auto-label"), label=_("Auto-labelling processes"), icon=":material/list:")
        page_link(process_page("training"), label=_("Training processes"), icon=":material/list:")
        return None
    project_column, process_column, compare_column = st.columns([3, 8, 2], vertical_alignment="bottom")
    with project_column:
        projects = {identifier: project.name for identifier, project in names.projects.items()}
        project = linked_select(_("Project"), projects, "project", placeholder=_("All projects"), on_change=_forget_process)
    # Once for both lists: of a thousand processes each takes a tenth of a second.
    texts = {process.id: _text(process, names) for process in found}
    with process_column:
        chosen = _choose_process(found, project, texts)
    if chosen is None:
        if "process" in st.query_params:
            st.warning(_("The process in the address does not exist; it may have been deleted. Choose another one to watch."))
        return None
    watched = next(process for process in found if process.id == chosen)
    with compare_column:
        compared = _choose_compared(found, watched, names, texts)
    _render_refused(found, watched, names)
    return chosen, compared


def _text(process: Process, names: Names) -> str:
    """A process in a list: what, on what, since when, its state, and the end of its id: the texts have to differ."""
    since = moment(process.attempts[0].claim.at if process.attempts else process.spec.at)
    state = state_name(process.state.value)
    return f"{process.spec.template.name} · {names.project(process.spec.project)} · {since} · {state} · {process.id[-4:]}"


def _choose_process(found: list[Process], project: str | None, texts: dict[str, str]) -> str | None:
    kept = [process for process in found if project in (None, process.spec.project)]
    if kept and "process" not in st.query_params:
        # Into the address, so that a reload shows this run and not the one that is newest by then.
        set_link("process", next((process for process in kept if process.attempts), kept[0]).id)
    linked = st.query_params.get("process")
    # Without an attempt there is nothing to see, but a link has to lead somewhere.
    shown = [process for process in found if process.id == linked or (process.attempts and project in (None, process.spec.project))]
    options = {process.id: texts[process.id] for process in shown}
    return linked_select(_("Process"), options, "process", placeholder=_("Choose a process to watch"))


def _choose_compared(found: list[Process], chosen: Process, names: Names, texts: dict[str, str]) -> tuple[str, ...]:
    """Other runs of the same task, from a list behind a button: most who watch a run compare it with none."""
    task = task_of(chosen, names)
    others = [process for process in found if process.attempts and process.id != chosen.id and task_of(process, names) == task]
    options = {process.id: texts[process.id] for process in others}
    # The address wins on every run: it also changes when the browser goes back.
    st.session_state[_COMPARE] = [process for process in _linked() if process in options][: MOST_COMPARED - 1]
    chosen_count = len(st.session_state[_COMPARE])
    title = _("Compare") + (f" · {chosen_count}" if chosen_count else "")
    with st.popover(title, icon=":material/stacked_line_chart:", width="stretch", key="compare_popover"):
        compared: list[str] = st.multiselect(
            _("Compare with up to four other processes"),
            list(options),
            key=_COMPARE,
            max_selections=MOST_COMPARED - 1,
            format_func=lambda process: options.get(process, process),
            placeholder=_("Choose processes") if options else _("There is no other process of this task"),
            on_change=_link_compared,
            select_all=False,
            disabled=not options,
        )
        st.caption(_why_one_task(task))
    return tuple(compared)


def _render_refused(found: list[Process], chosen: Process, names: Names) -> None:
    """Say so where the address asks for a comparison that would mean nothing."""
    task = task_of(chosen, names)
    refused = [process for process in found if process.id in _linked() and task_of(process, names) != task]
    if refused:
        count = ngettext("{count} process is left out", "{count} processes are left out", len(refused))
        st.warning(count + ". " + _why_one_task(task))


def _linked() -> list[str]:
    """Ids in the address, each once."""
    return list(dict.fromkeys(st.query_params.get(_COMPARE, "").split(",")))


def _why_one_task(task: Task) -> str:
    if task == "fields":
        return _("Processes that learn classes are not compared with these: accuracy and AP measure different things.")
    return _("Processes that learn fields are not compared with these: AP and accuracy measure different things.")


def _link_compared() -> None:
    # In the callback, so before the run that reads the address: it would put the old choice back.
    set_link(_COMPARE, ",".join(st.session_state[_COMPARE]) or None)


def _forget_process() -> None:
    """Another project was chosen: its newest run is shown."""
    set_link("process", None)
