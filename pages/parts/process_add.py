"""The dialog that adds a process: project, template and target machine, with what is missing before it can start."""

from dataclasses import dataclass

import streamlit as st

from pages.parts.data import Names, find_process, find_project, get_index, get_store, load_names
from pages.parts.guard import User, demand, page_link
from pages.parts.i18n import _, ngettext
from pages.parts.links import set_link
from pages.parts.machine_picker import Candidate, render_machine_picker
from pages.parts.process_actions import refuse
from pages.parts.process_templates import choose_template
from pages.parts.text import explain
from pages.parts.toasts import say
from pages.parts.widget_state import begin, held, start_of
from storage import actions
from storage.core import Store, StoreError, is_id
from storage.processes import Process
from storage.projects import Project
from storage.templates import RunKind, Template

# In the session: what the form was filled from when it was opened, and what it said would be created when it was last drawn.
_FILLED, _DRAWN = "add_filled", "add_drawn"


@dataclass(frozen=True)
class _Wanted:
    """What was chosen for the new process."""

    project: Project
    template: Template
    machine: Candidate


def render_add(kind: RunKind, user: User) -> None:
    """The dialog, if the address asks for it by ``add``: 1 for a new process, the id of the one to duplicate; once a run of the page."""
    if "add" not in st.query_params:
        return
    dialog = st.dialog(_("Add process"), icon=":material/add:", width="medium", on_dismiss=_close)
    dialog(_render_dialog)(get_store(), kind, user)


def _close() -> None:
    for parameter in ("add", "template"):
        set_link(parameter, None)
    st.session_state.pop(_FILLED, None)


def _render_dialog(store: Store, kind: RunKind, user: User) -> None:
    if may_not := user.why_not("processes", "create"):
        st.warning(may_not, icon=":material/lock:")
        return
    names = load_names(str(store.root))
    original = _original()
    _fill(original, names)
    project = _choose_project(names)
    template = choose_template(store, kind, project, original.spec.template if original else None, user)
    machine = render_machine_picker(store, "add_machine")
    if machine and template and template.parameters.device == "cuda" and machine.info and not machine.info.gpus:
        st.caption(":material/info: " + _("This machine has no graphics card: the run will use its CPU, and take longer."))
    missing = _render_gate(store, project) if project else None
    wanted = _Wanted(project, template, machine) if project and template and machine else None
    _render_buttons(store, wanted, missing, user)


def _fill(original: Process | None, names: Names) -> None:
    """Choose at the opening what the address says, or what the process to duplicate has; what cannot be chosen gives way below."""
    asked = {parameter: st.query_params.get(parameter) for parameter in ("add", "project", "template")}
    if st.session_state.get(_FILLED) == asked:
        return
    only = next(iter(names.projects)) if len(names.projects) == 1 else None
    project = original.spec.project if original else asked["project"]
    begin("add_project", project if project in names.projects else only)
    begin("add_template", original.spec.template.id if original else asked["template"])
    begin("add_machine", original.spec.machine if original else None)
    st.session_state[_FILLED] = asked


def _original() -> Process | None:
    """The process to duplicate; None for a new one."""
    identifier = st.query_params.get("add", "")
    try:
        return find_process(identifier) if is_id(identifier) else None
    except StoreError:
        # Deleted meanwhile.
        st.warning(_("The process to duplicate does not exist any more. Choose what the new one shall be made of."))
        return None


def _choose_project(names: Names) -> Project | None:
    if not names.projects:
        st.info(_("There is no project yet. Create one first."), icon=":material/create_new_folder:")
        page_link("projects.py", label=_("Projects"), icon=":material/folder:")
        return None
    if held("add_project") not in (None, *names.projects):
        begin("add_project", None)
        st.warning(_("The project that was chosen was deleted. Choose another."))
    key, begins = start_of("add_project")
    options = list(names.projects)
    chosen = st.selectbox(
        _("Project"),
        options,
        index=options.index(begins) if begins in options else None,
        format_func=names.project,
        key=key,
        placeholder=_("Choose a project"),
    )
    return names.projects.get(chosen or "")


def _render_gate(store: Store, project: Project) -> str | None:
    """Say what is missing before a process can start; returns it, None if nothing is."""
    missing = get_index(str(store.root)).gate_missing(project)
    if not missing:
        return None
    words = ngettext(
        "{count} more image has to be labelled by hand before this can start.",
        "{count} more images have to be labelled by hand before this can start.",
        missing,
    )
    st.warning(words, icon=":material/lock:")
    page_link("labelling.py", label=_("Label images"), icon=":material/select:", query_params={"project": project.id})
    return words


def _render_buttons(store: Store, wanted: _Wanted | None, missing: str | None, user: User) -> None:
    incomplete = None if wanted else _("Choose project, template and machine")
    obstacle = incomplete or missing or user.why_not("processes", "manage")
    with st.container(horizontal=True):
        started = st.button(
            _("Create and start"),
            type="primary",
            icon=":material/play_arrow:",
            key="create_start",
            disabled=obstacle is not None,
            help=obstacle,
        )
        created = st.button(_("Create"), icon=":material/add:", key="create", disabled=wanted is None, help=incomplete)
    drawn = st.session_state.get(_DRAWN)
    st.session_state[_DRAWN] = wanted and (wanted.project.id, wanted.template, wanted.machine.machine.id)
    if not (started or created):
        return
    if wanted and st.session_state[_DRAWN] == drawn:
        _create(store, wanted, user, start=started)
    else:
        # Lists choose something else for what is gone, which nobody pressing the button has seen.
        st.warning(_("What was chosen here was changed, taken or deleted meanwhile. Look at it again, then press once more."))


def _create(store: Store, wanted: _Wanted, user: User, *, start: bool) -> None:
    try:
        demand("processes", "create", wanted.project.id)
        find_project(wanted.project.id)  # names are some seconds old
        process = actions.create(store, wanted.project, wanted.template, wanted.machine.machine.id, user.account)
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("The process is created"))
    try:
        if start:
            demand("processes", "manage")
            actions.start(store, get_index(str(store.root)), process, user.account)
            say(_("Start was asked for"), ":material/play_arrow:")
    except StoreError as error:
        refuse(process.id, error)  # the machine may be taken by now; it can be started later
    set_link("process", process.id)
    _close()
    st.rerun()
