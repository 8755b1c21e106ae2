"""The questions asked before a deed that changes much, as dialogs that stay open while the page goes on."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from pages.parts.apply_dialog import forget_thresholds, render_apply_dialog
from pages.parts.data import find_process, get_index, get_store
from pages.parts.guard import User, page_link
from pages.parts.i18n import _, ngettext
from pages.parts.image_states import IMAGE_STATES, image_state_name
from pages.parts.process_actions import ICONS, carry_out, deed_name, forget_question, open_question
from pages.parts.states import Deed
from pages.parts.text import explain, plain
from storage import actions, applies
from storage.core import Store, StoreError
from storage.index import Row
from storage.processes import Process, label_request
from storage.templates import RunKind

_MOST_NAMES = 20  # of kept images, before the rest is only counted


def render_question(kind: RunKind, user: User) -> bool:
    """The dialog of a button that was pressed on the page of this kind; False if none is open. To be called once a run of the page."""
    asked = open_question()
    if asked is None:
        return False
    identifier, deed = asked
    store = get_store()
    try:
        process = find_process(identifier)
    except StoreError as error:
        _close()
        st.error(explain(error))
        return False
    if process.spec.kind != kind:  # asked on the page of the other kind, which was left by an address
        _close()
        return False
    # Closed with Esc it must be forgotten, or the next run would open it again.
    dialog = st.dialog(_title(deed), icon=ICONS[deed], width="large" if deed == "apply" else "small", on_dismiss=_close)
    dialog(_render_dialog)(store, process, deed, user)
    return True


def _close() -> None:
    forget_question()
    forget_thresholds()


def _render_dialog(store: Store, process: Process, deed: Deed, user: User) -> None:
    def confirm(label: str, thresholds: dict[str, float] | None, upright: bool = True) -> None:
        possible = deed != "apply" or thresholds is not None
        if st.button(label, key="confirm", type="primary", icon=ICONS[deed], disabled=not possible):
            _confirmed(store, process, deed, user, thresholds, upright)

    try:
        if deed == "apply":
            render_apply_dialog(store, process, confirm)
        else:
            _render_consequence(store, process, deed)
            confirm(deed_name(process, deed), None)
    except StoreError as error:
        st.error(explain(error))


def _confirmed(store: Store, process: Process, deed: Deed, user: User, thresholds: dict[str, float] | None, upright: bool) -> None:
    try:
        carry_out(store, process.id, deed, user, thresholds, upright)
    except StoreError as error:
        # In the dialog: what was possible when it opened may not be so any more.
        st.error(explain(error))
        return
    _close()
    st.rerun()


def _render_consequence(store: Store, process: Process, deed: Deed) -> None:
    """What the deed will do, in numbers where there are some."""
    if deed == "rollback":
        _render_roll_back(store, process)
    elif deed == "stop":
        st.markdown(_("The run saves a checkpoint and stops. It can be resumed from there."))
    elif deed == "give_up":
        st.markdown(
            _(
                "Do this only if the machine will not come back, or not soon. The run counts as interrupted, and whatever the "
                "machine may still do of it counts no more. Resume goes on from the newest checkpoint once the machine is back; "
                "**Run again** makes a new process."
            )
        )
    elif process.spec.kind == "training":
        st.markdown(_("The process is taken out of the list. Its model stays. This cannot be undone here."))
    else:
        st.markdown(
            _("The process is taken out of the list. Labels that were applied stay, and so does its model. This cannot be undone here.")
        )


def _render_roll_back(store: Store, process: Process) -> None:
    request = label_request(process.requests)
    assert request is not None  # an applied process was asked to apply
    assert request.apply is not None
    project = actions.project_of(store, process)
    found = applies.preview_roll_back(store, project, process.id, request.apply, get_index(str(store.root)))
    st.markdown(
        ngettext(
            "**{count}** image gets back the label it had before.", "**{count}** images get back the label they had before.", found.restored
        )
    )
    if found.kept:
        _render_kept(project.id, found.kept)
    st.caption(_("The labels can be applied again afterwards."))


def _render_kept(project: str, kept: Sequence[Row]) -> None:
    """Images that stay as they are, with links to them in the list of images."""
    st.markdown(
        ngettext(
            "**{count}** image stays as it is: a person changed or reviewed it since.",
            "**{count}** images stay as they are: people changed or reviewed them since.",
            len(kept),
        )
    )
    more = " …" if len(kept) > _MOST_NAMES else ""
    st.caption(", ".join(plain(row.name) for row in kept[:_MOST_NAMES]) + more)
    with st.container(horizontal=True):
        for state, count in Counter(row.state for row in kept).items():
            page_link(
                "data.py",
                label=f"{image_state_name(state)}: {count}",
                icon=IMAGE_STATES[state].icon,
                query_params={"project": project, "state": state},
            )


def _title(deed: Deed) -> str:
    return {
        "stop": _("Stop this process?"),
        "apply": _("Apply the labels?"),
        "rollback": _("Roll back the labels?"),
        "give_up": _("Give this machine up?"),
        "delete": _("Delete this process?"),
    }[deed]
