"""The dialog that adds a process: project, template and target machine, with what is missing before it can start."""

from dataclasses import dataclass

import streamlit as st

from pages.parts.data import Names, get_index
from pages.parts.guard import User
from pages.parts.i18n import _, ngettext
from pages.parts.links import set_link
from pages.parts.machine_picker import Candidate, render_machine_picker
from pages.parts.process_actions import refuse
from pages.parts.template_texts import summary
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import actions, processes, templates
from storage.core import NameTaken, Store, StoreError, new_id
from storage.projects import Project
from storage.templates import TEMPLATES, Parameters, Template


@dataclass(frozen=True)
class _Wanted:
    """What was chosen for the new process."""

    project: Project
    template: Template
    machine: Candidate


def open_add() -> None:
    """Open the dialog with the next run; it stands in the address."""
    set_link("add", "1")


def render_add(store: Store, names: Names, user: User) -> None:
    """The dialog, if the address asks for it; once a run of the whole page."""
    if "add" not in st.query_params:
        return
    dialog = st.dialog(_("Add process"), icon=":material/add:", width="medium", on_dismiss=_close)
    dialog(_render_dialog)(store, names, user)


def _close() -> None:
    set_link("add", None)


def _render_dialog(store: Store, names: Names, user: User) -> None:
    if not user.may("processes", "create"):
        st.warning(_("You need the right to create processes"), icon=":material/lock:")
        return
    project = _choose_project(names)
    template = _choose_template(store, user)
    machine = render_machine_picker(store, "add_machine")
    if machine and template and template.parameters.device == "cuda" and machine.info and not machine.info.gpus:
        st.caption(":material/info: " + _("This machine has no graphics card: the run will use its CPU, and take longer."))
    missing = _render_gate(store, project) if project else None
    wanted = _Wanted(project, template, machine) if project and template and machine else None
    _render_buttons(store, wanted, missing, user)


def _choose_project(names: Names) -> Project | None:
    if not names.projects:
        st.info(_("There is no project yet. Create one first."), icon=":material/create_new_folder:")
        st.page_link("projects.py", label=_("Projects"), icon=":material/folder:")
        return None
    linked = st.query_params.get("project")
    only = next(iter(names.projects)) if len(names.projects) == 1 else None
    # Of the address, unless another one was chosen since the dialog was opened.
    st.session_state.setdefault("add_project", linked if linked in names.projects else only)
    chosen = st.selectbox(
        _("Project"),
        list(names.projects),
        index=None,
        format_func=names.project,
        key="add_project",
        placeholder=_("Choose a project"),
    )
    return names.projects.get(chosen or "")


def _choose_template(store: Store, user: User) -> Template | None:
    known = {template.id: template for template in TEMPLATES.list(store).items if template.kind == "auto-label"}
    if not known:
        _render_no_template(store, user)
        return None
    if st.session_state.get("add_template") not in known:
        st.session_state["add_template"] = next(iter(known))
    chosen: str = st.selectbox(_("Template"), list(known), format_func=lambda identifier: known[identifier].name, key="add_template")
    template = known[chosen]
    st.caption(summary(template.parameters) + (f"  \n{plain(template.description)}" if template.description else ""))
    with st.container(horizontal=True):
        st.page_link("templates.py", label=_("See this template"), icon=":material/tune:", query_params={"template": template.id})
        st.page_link("templates.py", label=_("Add template"), icon=":material/add:", query_params={"add": "1"})
    return template


def _render_no_template(store: Store, user: User) -> None:
    st.info(_("There is no template yet. The defaults suit most documents."), icon=":material/tune:")
    may = user.may("templates", "create")
    st.button(_("Create a template with the defaults"), icon=":material/add:", disabled=not may, on_click=_create_standard, args=(store,))


def _create_standard(store: Store) -> None:
    template = Template(id=new_id(), name=_("standard"), kind="auto-label", parameters=Parameters())
    try:
        made = TEMPLATES.create(store, template)
    except NameTaken:  # by one of another kind
        made = templates.duplicate(store, template)
    st.session_state["add_template"] = made.id


def _render_gate(store: Store, project: Project) -> str | None:
    """Say what is missing before a process can start; returns it, None if nothing is."""
    if project.task != "fields":
        words = _("This project sorts images into classes; only projects with fields can be trained on so far.")
        st.warning(words, icon=":material/lock:")
        return words
    missing = get_index(str(store.root)).gate_missing(project)
    if not missing:
        return None
    words = ngettext(
        "{count} more image has to be labelled by hand before this can start.",
        "{count} more images have to be labelled by hand before this can start.",
        missing,
    )
    st.warning(words, icon=":material/lock:")
    st.page_link("labelling.py", label=_("Label images"), icon=":material/select:", query_params={"project": project.id})
    return words


def _render_buttons(store: Store, wanted: _Wanted | None, missing: str | None, user: User) -> None:
    incomplete = None if wanted else _("Choose project, template and machine")
    may_start = None if user.may("processes", "manage") else _("You need the right to manage processes")
    obstacle = incomplete or missing or may_start
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
    if wanted and (started or created):
        _create(store, wanted, user, start=started)


def _create(store: Store, wanted: _Wanted, user: User, *, start: bool) -> None:
    index = get_index(str(store.root))
    try:
        spec = processes.create(store, wanted.project, wanted.template, wanted.machine.machine.id, user.account)
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("The process is created"))
    try:
        if start:
            actions.start(store, index, processes.get(store, spec.id), user.account)
            say(_("Start was asked for"), ":material/play_arrow:")
    except StoreError as error:
        refuse(spec.id, error)  # the machine may be taken by now; it can be started later
    set_link("process", spec.id)
    _close()
    st.rerun()
