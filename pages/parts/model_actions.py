"""What people do with a model by one click: try it, keep it under Models, download it, make it a base model, restore it."""

from typing import Literal

import streamlit as st

from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.links import open_dialog, set_link
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import models
from storage.core import Store, StoreError
from storage.models import Listed

Deed = Literal["upload", "entry", "delete"]

_REFUSAL = "model_refusal"  # of the session: what was refused last


def render_model_buttons(store: Store, listed: Listed, user: User) -> None:
    """What can be done with a model that is there; a button that is not possible says why when pointed at."""
    may_not_edit, may_not_delete = user.why_not("models", "edit"), user.why_not("models", "delete")
    with st.container(horizontal=True):
        if not listed.entry.promoted:
            dialog_button(_("Promote to Models"), "entry", ":material/bookmark_added:", may_not_edit, primary=True)
        if st.button(_("Try it"), key="try_model", icon=":material/science:", type="primary" if listed.entry.promoted else "secondary"):
            st.switch_page("testing.py", query_params={"model": listed.model.id})
        download_button(listed, user)
        st.button(_("Compare"), key="compare_model", icon=":material/compare:", on_click=open_comparison, args=(listed.model.id,))
        if listed.entry.promoted:
            dialog_button(_("Name and description"), "entry", ":material/edit:", may_not_edit)
            _render_take_out(store, listed, user, may_not_edit)
        dialog_button(_("Delete"), "delete", ":material/delete:", may_not_delete)


def render_base_toggle(store: Store, listed: Listed, user: User) -> None:
    """The switch that lists the model among the base models."""
    key = f"base_{listed.model.id}"
    st.session_state[key] = listed.entry.base  # somebody else may have switched it
    reason = user.why_not("base_models", "edit")
    st.toggle(
        _("Use as base model"),
        key=key,
        disabled=reason is not None,
        help=reason or _("Listed on the page Base models, as a start that others are meant to train on from."),
        on_change=lambda: switch_base(store, listed, user, st.session_state[key]),
    )


def render_restore(store: Store, listed: Listed, user: User) -> None:
    """The button that brings a deleted model back."""
    reason = user.why_not("models", "delete")
    st.button(
        _("Restore"),
        key="restore_model",
        type="primary",
        icon=":material/restore_from_trash:",
        disabled=reason is not None,
        help=reason,
        on_click=_restore,
        args=(store, listed),
    )


def dialog_button(label: str, deed: Deed, icon: str, reason: str | None, *, primary: bool = False) -> None:
    """A button that opens a dialog; with ``reason`` it is disabled."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    is_off, args = reason is not None, (deed,)
    st.button(label, key=f"model_{deed}", type=kind, icon=icon, disabled=is_off, help=reason, on_click=open_dialog, args=args)


def download_button(listed: Listed, user: User) -> None:
    """The model's ZIP."""
    why = user.why_not("models", "view")
    about = _("ZIP with the weights, what is known of the model, and how to use it; it can be uploaded again")
    st.link_button(
        _("Download"), f"/api/models/{listed.model.id}/download", icon=":material/download:", disabled=bool(why), help=why or about
    )


def open_comparison(first: str | None = None) -> None:
    """Put the comparison in the list's place, with this model as the first of the two."""
    set_link("compare", "1")
    set_link("first", first)


def switch_base(store: Store, listed: Listed, user: User, base: bool) -> None:
    """List the model among the base models, or not; what is refused is shown by the next ``render_refusal``."""
    if not _change(store, listed, user, base=base):
        return
    words = _("{name} is a base model now") if base else _("{name} was taken out of the base models")
    say(words.format(name=plain(listed.entry.name)), icon=":material/foundation:")


def render_refusal() -> None:
    """What was refused in the last click, if anything was."""
    if refusal := st.session_state.pop(_REFUSAL, None):
        st.error(refusal)


def _render_take_out(store: Store, listed: Listed, user: User, reason: str | None) -> None:
    st.button(
        _("Take out of Models"),
        key="take_out",
        icon=":material/bookmark_remove:",
        disabled=reason is not None,
        help=reason or _("The model stays, in the list of all models; it can be promoted again."),
        on_click=_take_out,
        args=(store, listed, user),
    )


def _take_out(store: Store, listed: Listed, user: User) -> None:
    if _change(store, listed, user, promoted=False):
        say(_("{name} was taken out of Models").format(name=plain(listed.entry.name)), icon=":material/bookmark_remove:")


def _restore(store: Store, listed: Listed) -> None:
    try:
        demand("models", "delete", listed.model.project)
        models.restore(store, listed.model.id)
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)
        return
    say(_("{name} is restored").format(name=plain(listed.entry.name)), icon=":material/restore_from_trash:")


def _change(store: Store, listed: Listed, user: User, *, promoted: bool | None = None, base: bool | None = None) -> bool:
    try:
        # A base model is everybody's, whoever may see the project it comes from.
        demand("models", "edit", listed.model.project) if base is None else demand("base_models", "edit")
        models.change(store, listed, user.account, promoted=promoted, base=base)
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)
        return False
    return True
