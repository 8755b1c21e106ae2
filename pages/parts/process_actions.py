"""The buttons of a process: which are possible, and what a press does. What is asked first is in ``process_questions``."""

from typing import Literal

import streamlit as st

from pages.parts.data import Names, find_process, get_index, is_alive
from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.links import set_link
from pages.parts.states import NOT_RESPONDING, Deed, is_project_gone, shown_state, why_not
from pages.parts.text import explain
from pages.parts.toasts import say
from storage import actions
from storage.core import Store, StoreError
from storage.processes import Process
from storage.rights import Need, Right

ICONS: dict[Deed, str] = {
    "start": ":material/play_arrow:",
    "stop": ":material/stop:",
    "apply": ":material/done_all:",
    "rollback": ":material/undo:",
    "again": ":material/replay:",
    "duplicate": ":material/content_copy:",
    "enable": ":material/toggle_on:",
    "disable": ":material/block:",
    "give_up": ":material/power_off:",
    "delete": ":material/delete:",
}
_MOVING: tuple[Deed, ...] = ("start", "stop", "apply", "rollback", "give_up")  # the run; the others are about the process
_UNASKED: tuple[Deed, ...] = ("start", "again", "enable", "disable")  # what can simply be undone
_ASKED = "asked"  # in the session: the process and the deed whose question is open


def render_buttons(store: Store, process: Process, names: Names, user: User) -> None:
    """What can be done with the process; a button that is not possible says why when pointed at."""
    shown = _shown(store, process)
    # Two groups, so that in a narrow window the second one comes below the first as a whole.
    groups = [deed for deed in shown if deed in _MOVING], [deed for deed in shown if deed not in _MOVING]
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for group in groups:
            with st.container(horizontal=True, width="content"):
                _render_group(store, process, group, names, user)
    # Kept until the next press: forgotten here, it would be gone at the next tick.
    refusal = st.session_state.get("refusal")
    if refusal and refusal[0] == process.id:
        st.error(refusal[1])


def rerun_if_pressed() -> None:
    """Leave a fragment for a run of the whole page once a button was pressed there: dialogs and timers belong to the page."""
    if st.session_state.pop("pressed", False):
        st.rerun()


def open_question() -> tuple[str, Deed] | None:
    """The process and the deed whose question is open; to be called once by each run of the whole page."""
    st.session_state.pop("pressed", None)  # this is the run that it asks for
    asked: tuple[str, Deed] | None = st.session_state.get(_ASKED)
    return asked


def forget_question() -> None:
    """Close the question with the next run of the page."""
    st.session_state.pop(_ASKED, None)


def carry_out(
    store: Store, identifier: str, deed: Deed, user: User, thresholds: dict[str, float] | None = None, upright: bool = True
) -> None:
    """Do it, and have the next run say so; StoreError says why not."""
    process = find_process(identifier)  # as it is now, not as it was drawn
    demand(*_needs(deed))
    if deed == "start":
        actions.start(store, get_index(str(store.root)), process, user.account)
    elif deed == "stop":
        actions.stop(store, process, user.account)
    elif deed == "apply":
        actions.apply(store, process, user.account, thresholds, upright)
    elif deed == "rollback":
        actions.roll_back(store, process, user.account)
    elif deed == "again":
        _run_again(store, process, user)
    elif deed in ("enable", "disable"):
        actions.enable(store, process, deed == "enable", user.account)
    elif deed == "give_up":
        actions.give_up(store, process, user.account)
    else:
        actions.delete(store, process, user.account)
        set_link("process", None)
    say(_done_text(deed), ICONS[deed])


def refuse(process: str, error: StoreError) -> None:
    """Show beside the buttons of this process why something was refused."""
    st.session_state["refusal"] = (process, explain(error))


def deed_name(process: Process, deed: Deed) -> str:
    """What the button says."""
    texts: dict[Deed, str] = {
        "start": _("Resume") if process.attempts else _("Start"),
        "stop": _("Stop"),
        "apply": _("Apply labels"),
        "rollback": _("Roll back labels"),
        "again": _("Run again"),
        "duplicate": _("Duplicate"),
        "enable": _("Enable"),
        "disable": _("Disable"),
        "give_up": _("Give the machine up"),
        "delete": _("Delete"),
    }
    return texts[deed]


def _shown(store: Store, process: Process) -> list[Deed]:
    """Start and stop always, the rest where it can ever be of use to this process."""
    shown: list[Deed] = ["start", "stop"]
    if process.spec.kind == "auto-label":
        shown += ["apply", "rollback"]
    is_silent = shown_state(process, is_alive(str(store.root), process.spec.machine)) == NOT_RESPONDING
    # Of a queue nothing can be lost with the machine; there Stop does.
    if is_silent and process.last and process.last.end is None:
        shown.append("give_up")
    if why_not(process, "again") is None:
        shown.append("again")
    return [*shown, "duplicate", "disable" if process.spec.enabled else "enable", "delete"]


def _render_group(store: Store, process: Process, deeds: list[Deed], names: Names, user: User) -> None:
    for deed in deeds:
        reason = _why_not(store, process, deed, names, user)
        look: Literal["secondary", "tertiary"] = "secondary" if deed in _MOVING else "tertiary"
        st.button(
            deed_name(process, deed),
            key=f"{deed}_{process.id}",
            icon=ICONS[deed],
            type="primary" if deed in ("start", "apply") and reason is None else look,
            disabled=reason is not None,
            help=reason,
            # A callback comes before anything is drawn, so the state shown is the one after the request.
            on_click=_pressed,
            args=(store, process.id, deed, user),
        )


def _why_not(store: Store, process: Process, deed: Deed, names: Names, user: User) -> str | None:
    if may_not := user.why_not(*_needs(deed)):
        return may_not
    if deed in ("start", "apply", "rollback", "again", "duplicate") and is_project_gone(store, process, names.projects):
        return _("Its project was deleted. Restore the project first")
    return why_not(process, deed)


def _needs(deed: Deed) -> Need:
    rights: dict[Deed, Right] = {"again": "create", "duplicate": "create", "delete": "delete"}
    return "processes", rights.get(deed, "manage")


def _pressed(store: Store, process: str, deed: Deed, user: User) -> None:
    st.session_state.pop("refusal", None)
    st.session_state["pressed"] = True
    if deed == "duplicate":
        set_link("add", process)  # the form asks for the rest
        return
    if deed not in _UNASKED:
        st.session_state[_ASKED] = (process, deed)
        return
    try:
        carry_out(store, process, deed, user)
    except StoreError as error:
        refuse(process, error)


def _run_again(store: Store, process: Process, user: User) -> None:
    made = actions.run_again(store, process, user.account)
    set_link("process", made.id)
    try:
        demand("processes", "manage")
        actions.start(store, get_index(str(store.root)), made, user.account)
    except StoreError as error:
        refuse(made.id, error)  # it can be started later


def _done_text(deed: Deed) -> str:
    texts: dict[Deed, str] = {
        "start": _("Start was asked for"),
        "stop": _("Stop was asked for"),
        "apply": _("The labels are being applied"),
        "rollback": _("The labels are being rolled back"),
        "again": _("A new process was made from it"),
        "enable": _("The process is enabled"),
        "disable": _("The process is disabled: it cannot be started"),
        "give_up": _("The machine was given up; the process can be resumed"),
        "delete": _("The process is deleted"),
    }
    return texts[deed]
