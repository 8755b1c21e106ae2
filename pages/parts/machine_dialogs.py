"""The dialogs about machines: add one, describe it, disable it, delete it; and the buttons that open them."""

from typing import Literal

import streamlit as st

from pages.parts.data import Names, forget_names
from pages.parts.guard import User, demand
from pages.parts.i18n import _, ngettext
from pages.parts.links import asked_dialog, close_dialog, open_dialog
from pages.parts.machine_looks import is_live, running
from pages.parts.machine_picker import Candidate
from pages.parts.machine_texts import until
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import machine_deletion, machines
from storage.core import Store, StoreError
from storage.machines import MACHINES, WhenDisabled
from storage.processes import Process

Deed = Literal["edit", "disable", "delete"]

_PRESSED, _REFUSAL = "machine_pressed", "machine_refusal"  # of the session


def rerun_if_pressed() -> None:
    """Leave a fragment for a run of the whole page once a button was pressed there: dialogs and toasts belong to the page."""
    if st.session_state.pop(_PRESSED, False):
        st.rerun()


def render_buttons(store: Store, candidate: Candidate, user: User) -> None:
    """What can be done with the machine; a button that is not possible says why when pointed at."""
    machine = candidate.machine
    may_not_switch, may_not_edit = user.why_not("machines", "manage"), user.why_not("machines", "edit")
    with st.container(horizontal=True, width="content"):
        if machine.enabled:
            _button(_("Disable"), "disable", ":material/block:", may_not_switch)
        else:
            st.button(
                _("Enable"),
                key="machine_enable",
                type="primary",
                icon=":material/check_circle:",
                disabled=may_not_switch is not None,
                help=may_not_switch,
                on_click=_enable,
                args=(store, machine.id),
            )
        _button(_("Description and queue"), "edit", ":material/edit:", may_not_edit)
        _button(_("Delete"), "delete", ":material/delete:", _why_not_delete(candidate, user))
    if refusal := st.session_state.pop(_REFUSAL, None):
        st.error(refusal)


def render_dialog(store: Store, candidate: Candidate | None, names: Names, user: User) -> None:
    """The dialog that the address asks for, about the machine that it names."""
    asked = asked_dialog()
    if asked == "add" and user.may("machines", "create"):
        st.dialog(_("Add machine"), icon=":material/add:", on_dismiss=close_dialog)(_render_creation)(store)
    if candidate is None:
        return
    if asked == "edit" and user.may("machines", "edit"):
        st.dialog(_("Description and queue"), icon=":material/edit:", on_dismiss=close_dialog)(_render_form)(store, candidate)
    if asked == "disable" and user.may("machines", "manage"):
        st.dialog(_("Disable this machine?"), icon=":material/block:", on_dismiss=close_dialog)(_render_disabling)(store, candidate, names)
    if asked == "delete" and user.may("machines", "delete"):
        st.dialog(_("Delete this machine?"), icon=":material/delete:", on_dismiss=close_dialog)(_render_deletion)(store, candidate)


def _button(label: str, deed: Deed, icon: str, reason: str | None) -> None:
    st.button(label, key=f"machine_{deed}", icon=icon, disabled=reason is not None, help=reason, on_click=_ask, args=(deed,))


def _ask(deed: Deed) -> None:
    st.session_state[_PRESSED] = True
    open_dialog(deed)


def _enable(store: Store, machine: str) -> None:
    st.session_state[_PRESSED] = True
    try:
        demand("machines", "manage")
        machines.switch(store, machine, True)
        say(_("The machine is enabled; what waited there goes on"), ":material/check_circle:")
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)


def _why_not_delete(candidate: Candidate, user: User) -> str | None:
    if may_not := user.why_not("machines", "delete"):
        return may_not
    if candidate.busy:
        return _("Not while a process on it is unfinished")
    return _("End its worker there first: it would bring the machine back") if is_live(candidate) else None


def _render_creation(store: Store) -> None:
    st.caption(_("A machine also enters itself when its worker starts. Add it first to say what may be done with it before that."))
    with st.form("add_machine", border=False):
        allowed = _("Letters of any alphabet, digits, “-”, “_” and “.”")
        name = st.text_input(_("Name"), key="machine_name", help=allowed, placeholder=_("For example the host's name"))
        st.caption(_("It cannot be changed later: the worker enters itself by it."))
        description = st.text_area(_("Description"), key="machine_description", height=90)
        queue = st.toggle(_("Allow a queue"), key="machine_queue", help=_queue_help())
        if not st.form_submit_button(_("Add"), key="confirm", type="primary", icon=":material/add:"):
            return
    try:
        demand("machines", "create")
        machine = machines.create(store, name.strip(), description.strip(), queue=queue)
    except StoreError as error:
        st.error(explain(error))
        return
    forget_names()
    say(_("Machine {name} is added; start its worker there").format(name=plain(machine.name)))
    st.switch_page("machines.py", query_params={"machine": machine.id})


def _render_form(store: Store, candidate: Candidate) -> None:
    machine = candidate.machine
    fixed = _("The name {name} stays: the worker enters itself by it, and under another name it would be another machine.")
    st.caption(fixed.format(name=f"**{plain(machine.name)}**"))
    with st.form("machine_form", border=False):
        description = st.text_area(_("Description"), machine.description, height=90)
        queue = st.toggle(_("Allow a queue"), machine.queue, help=_queue_help())
        if not st.form_submit_button(_("Save"), key="confirm", type="primary", icon=":material/save:"):
            return
    try:
        demand("machines", "edit")
        # From its newest revision: who disables it meanwhile must not be in the way of another description.
        rev, now = MACHINES.get(store, machine.id)
        MACHINES.change(store, rev, now.model_copy(update={"description": description.strip(), "queue": queue}))
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("Machine {name} is saved").format(name=plain(machine.name)))
    close_dialog()
    st.rerun()


def _render_disabling(store: Store, candidate: Candidate, names: Names) -> None:
    st.markdown(_("No process starts here until the machine is enabled again, and nothing is tried here on the Testing page."))
    current = running(candidate)
    choice = _render_choice(current, names) if current else None
    waiting = len(candidate.busy) - (current is not None)
    if waiting:
        st.markdown(ngettext("{count} process waits until then.", "{count} processes wait until then.", waiting))
    if not st.button(_("Disable"), key="confirm", type="primary", icon=":material/block:"):
        return
    try:
        demand("machines", "manage")
        machines.switch(store, candidate.machine.id, False, choice)
    except StoreError as error:
        st.error(explain(error))
        return
    say(_("Machine {name} is disabled").format(name=plain(candidate.machine.name)), ":material/block:")
    close_dialog()
    st.rerun()


def _render_choice(current: Process, names: Names) -> WhenDisabled:
    """What becomes of the process that runs."""
    template, project = plain(current.spec.template.name), plain(names.project(current.spec.project))
    words = _("Process **{template}** of project {project} runs there.").format(template=template, project=project)
    at = until(current)
    st.markdown(words + (" " + _("Done at about {at}.").format(at=at) if at else ""))
    texts: dict[WhenDisabled, str] = {"finish": _("Let it finish"), "stop": _("Stop it now")}
    captions = (
        _("The machine is free after that."),
        _("It saves a checkpoint, and goes on from there by itself when the machine is enabled again."),
    )
    return st.radio(_("What becomes of it"), list(texts), key="when_disabled", format_func=texts.__getitem__, captions=captions)


def _render_deletion(store: Store, candidate: Candidate) -> None:
    name = plain(candidate.machine.name)
    st.markdown(_("Machine {name} is taken out of every list. Its processes stay in theirs.").format(name=f"**{name}**"))
    st.markdown(_("If a worker starts under this name again, the machine comes back as it was."))
    if not st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:"):
        return
    try:
        demand("machines", "delete")
        machine_deletion.delete(store, candidate.machine.id)
    except StoreError as error:
        st.error(explain(error))
        return
    forget_names()
    say(_("Machine {name} is deleted").format(name=name), ":material/delete:")
    st.switch_page("machines.py")


def _queue_help() -> str:
    return _("Further processes can then be started while one runs; they wait for their turn in the order they were started in.")
