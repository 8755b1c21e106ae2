"""What people do with a model: keep it under Models, name and describe it, download it."""

import streamlit as st

from pages.parts.data import get_store
from pages.parts.guard import User
from pages.parts.i18n import _
from pages.parts.text import explain
from pages.parts.toasts import say
from storage import models
from storage.core import StoreError
from storage.models import Listed

_ASKED, _REFUSAL = "model_form", "model_refusal"  # of the session: the model whose form is open, and what was refused last


def render_model_buttons(listed: Listed, user: User) -> None:
    """Promote or take out, edit, download; one that is not possible says why when pointed at."""
    reason = None if user.may("models", "edit") else _("You need the right to edit models")
    with st.container(horizontal=True, width="content"):
        if listed.entry.promoted:
            st.button(
                _("Name and description"),
                icon=":material/edit:",
                disabled=reason is not None,
                help=reason,
                on_click=_ask,
                args=(listed.model.id,),
            )
            st.button(
                _("Take out of Models"),
                icon=":material/bookmark_remove:",
                disabled=reason is not None,
                help=reason or _("The model stays, among those of auto-labelling; it can be promoted again."),
                on_click=_take_out,
                args=(listed, user),
            )
        else:
            st.button(
                _("Promote to Models"),
                type="primary",
                icon=":material/bookmark_added:",
                disabled=reason is not None,
                help=reason,
                on_click=_ask,
                args=(listed.model.id,),
            )
        st.link_button(_("Download"), f"/api/models/{listed.model.id}/download", icon=":material/download:", help=_("ZIP with the weights"))
    if refusal := st.session_state.pop(_REFUSAL, None):
        st.error(refusal)


def render_model_form(listed: Listed, user: User) -> None:
    """The dialog with name and description, if it was asked for."""
    # Kept until answered: the page may run again while the dialog is open.
    if st.session_state.get(_ASKED) == listed.model.id:
        title = _("Name and description") if listed.entry.promoted else _("Promote to Models")
        # Closed with Esc it must be forgotten, or the next run would open it again.
        st.dialog(title, icon=":material/edit:", on_dismiss=_forget)(_render_form)(listed, user)


def _render_form(listed: Listed, user: User) -> None:
    with st.form("model_entry", border=False):
        name = st.text_input(_("Name"), listed.entry.name, help=_("Letters, digits, `-`, `_` and `.`; no other model may bear it."))
        description = st.text_area(_("Description"), listed.entry.description, placeholder=_("What it is for, what it was trained on"))
        if not st.form_submit_button(_("Save") if listed.entry.promoted else _("Promote to Models"), type="primary"):
            return
    try:
        saved = models.change(get_store(), listed, user.account, name=name.strip(), description=description.strip(), promoted=True)
    except StoreError as error:
        # In the dialog, beside what was typed.
        st.error(explain(error))
        return
    _forget()
    say(_("Model {name} saved").format(name=saved.name) if listed.entry.promoted else _("{name} is in Models now").format(name=saved.name))
    st.rerun()


def _ask(model: str) -> None:
    st.session_state[_ASKED] = model


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _take_out(listed: Listed, user: User) -> None:
    try:
        models.change(get_store(), listed, user.account, promoted=False)
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)
        return
    say(_("{name} was taken out of Models").format(name=listed.entry.name), icon=":material/bookmark_remove:")
