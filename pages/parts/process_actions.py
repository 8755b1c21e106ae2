"""The buttons of a process and the questions asked before those that change much."""

import streamlit as st

from pages.parts.data import get_index
from pages.parts.guard import User
from pages.parts.i18n import _, ngettext
from pages.parts.states import why_not
from pages.parts.text import explain
from storage import actions, applies, plans, processes
from storage.core import Store, StoreError
from storage.processes import Action, Process, label_request
from storage.projects import PROJECTS

_ICONS: dict[Action, str] = {
    "start": ":material/play_arrow:",
    "stop": ":material/stop:",
    "apply": ":material/done_all:",
    "rollback": ":material/undo:",
}


def render_buttons(store: Store, process: Process, user: User) -> None:
    """Start or Resume, Stop, Apply and Roll back; one that is not possible says why when pointed at."""
    shown: list[Action] = ["start", "stop", "apply", "rollback"] if process.spec.kind == "auto-label" else ["start", "stop"]
    with st.container(horizontal=True):
        for action in shown:
            reason = why_not(process, action) if user.may("processes", "manage") else _("You need the right to manage processes")
            st.button(
                _button_text(process, action),
                key=f"{action}_{process.id}",
                icon=_ICONS[action],
                type="primary" if action == "start" and reason is None else "secondary",
                disabled=reason is not None,
                help=reason,
                # A callback comes before anything is drawn, so the state shown is the one after the request.
                on_click=_pressed,
                args=(store, process.id, action, user),
            )
    # Kept until the next press: forgotten here, it would be gone at the next tick.
    refusal = st.session_state.get("refusal")
    if refusal and refusal[0] == process.id:
        st.error(refusal[1])


def rerun_if_pressed() -> None:
    """Leave a fragment for a run of the whole page once a button was pressed there: dialogs and timers belong to the page."""
    if st.session_state.pop("pressed", False):
        st.rerun()


def render_question(store: Store, user: User) -> None:
    """The dialog of a button that was pressed, and the notice of an action that was carried out; once a page run."""
    st.session_state.pop("pressed", None)  # this is the run of the whole page that it asks for
    if done := st.session_state.pop("done", None):
        st.toast(done)
    asked = st.session_state.get("asked")  # kept until answered: the page may run again while the dialog is open
    if asked is None:
        return
    identifier, action = asked
    try:
        process = processes.get(store, identifier)
    except StoreError as error:
        _forget_question()
        st.error(explain(error))
        return
    # Closed with Esc it must be forgotten, or the next run would open it again.
    st.dialog(_question_title(action), icon=_ICONS[action], on_dismiss=_forget_question)(_render_dialog)(store, process, action, user)


def _render_dialog(store: Store, process: Process, action: Action, user: User) -> None:
    try:
        st.markdown(_consequence(store, process, action))
    except StoreError as error:
        st.error(explain(error))
        return
    if not st.button(_button_text(process, action), key="confirm", type="primary", icon=_ICONS[action]):
        return
    try:
        _carry_out(store, process.id, action, user)
    except StoreError as error:
        # In the dialog: what was possible when it opened may not be so any more.
        st.error(explain(error))
        return
    _forget_question()
    st.rerun()


def _forget_question() -> None:
    st.session_state.pop("asked", None)


def _pressed(store: Store, process: str, action: Action, user: User) -> None:
    st.session_state.pop("refusal", None)
    st.session_state["pressed"] = True
    if action != "start":  # which can simply be stopped again; the others are asked about
        st.session_state["asked"] = (process, action)
        return
    try:
        _carry_out(store, process, action, user)
    except StoreError as error:
        st.session_state["refusal"] = (process, explain(error))


def _carry_out(store: Store, identifier: str, action: Action, user: User) -> None:
    process = processes.get(store, identifier)  # as it is now, not as it was drawn
    if action == "start":
        actions.start(store, get_index(str(store.root)), process, user.account)
    elif action == "stop":
        actions.stop(store, process, user.account)
    elif action == "apply":
        actions.apply(store, process, user.account)
    else:
        actions.roll_back(store, process, user.account)
    # Shown by the next run: Streamlit loses a toast that a rerun follows.
    st.session_state["done"] = _done_text(action)


def _consequence(store: Store, process: Process, action: Action) -> str:
    """What the action will do, in numbers where there are some."""
    if action == "stop":
        return _("The run saves a checkpoint and stops. It can be resumed from there.")
    if action == "apply":
        return _apply_consequence(store, process)
    request = label_request(process.requests)
    outcome = plans.outcome(store.process(process.id), "apply", request.apply) if request and request.apply else None
    count = outcome.changed if outcome else 0
    text = ngettext("The labels put on {count} image are taken back.", "The labels put on {count} images are taken back.", count)
    return text + " " + _("What people changed since stays and is listed. They can be applied again.")


def _apply_consequence(store: Store, process: Process) -> str:
    assert process.last is not None  # apply needs a completed attempt
    _revision, project = PROJECTS.get(store, process.spec.project)
    rule = actions.rule_for(store, process, None)
    # The worker counts again when it plans: images may be labelled while the dialog is open.
    preview = applies.preview(store, project, process.last, rule, get_index(str(store.root)))
    left_out = ngettext(
        "{count} image was labelled or deleted meanwhile and is left out",
        "{count} images were labelled or deleted meanwhile and are left out",
        len(preview.skipped),
    )
    parts = [
        ngettext("{count} image receives labels", "{count} images receive labels", len(preview.base)),
        ngettext("{count} box in all", "{count} boxes in all", sum(preview.boxes.values())),
        ngettext("{count} image stays empty: nothing was found", "{count} images stay empty: nothing was found", preview.nothing_found),
        *([left_out] if preview.skipped else []),
    ]
    return "\n".join(f"- {part}" for part in parts) + "\n\n" + _("This can be rolled back.")


def _button_text(process: Process, action: Action) -> str:
    texts: dict[Action, str] = {
        "start": _("Resume") if process.attempts else _("Start"),
        "stop": _("Stop"),
        "apply": _("Apply labels"),
        "rollback": _("Roll back labels"),
    }
    return texts[action]


def _question_title(action: Action) -> str:
    return {"stop": _("Stop this process?"), "apply": _("Apply the labels?"), "rollback": _("Roll back the labels?")}[action]


def _done_text(action: Action) -> str:
    texts: dict[Action, str] = {
        "start": _("Start was asked for"),
        "stop": _("Stop was asked for"),
        "apply": _("The labels are being applied"),
        "rollback": _("The labels are being rolled back"),
    }
    return texts[action]
