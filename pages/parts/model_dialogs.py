"""The dialogs about one model: its name and description, and whether it is to be deleted."""

import streamlit as st

from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.links import asked_dialog, close_dialog
from pages.parts.model_deletion import render_deletion
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import models
from storage.core import Store, StoreError
from storage.models import Listed
from storage.rights import Entity


def render_model_dialog(store: Store, listed: Listed, user: User, entity: Entity = "models") -> None:
    """The dialog about the model that the address asks for; ``entity`` is what the right to it is about."""
    asked = asked_dialog()
    if asked == "entry" and user.may(entity, "edit"):
        promote = entity == "models" and not listed.entry.promoted
        title = _("Promote to Models") if promote else _("Name and description")
        st.dialog(title, icon=":material/edit:", on_dismiss=close_dialog)(_render_form)(store, listed, user, entity, promote)
    if asked == "delete" and user.may(entity, "delete"):
        st.dialog(_("Delete this model?"), icon=":material/delete:", on_dismiss=close_dialog)(render_deletion)(store, listed, user, entity)


def _render_form(store: Store, listed: Listed, user: User, entity: Entity, promote: bool) -> None:
    with st.form("model_entry", border=False):
        name = st.text_input(_("Name"), listed.entry.name, help=_("Letters, digits, `-`, `_` and `.`; no other model may bear it."))
        description = st.text_area(_("Description"), listed.entry.description, placeholder=_("What it is for, what it was trained on"))
        if not st.form_submit_button(_("Promote to Models") if promote else _("Save"), type="primary"):
            return
    try:
        demand(entity, "edit", listed.model.project if entity == "models" else None)
        saved = models.change(store, listed, user.account, name=name.strip(), description=description.strip(), promoted=promote or None)
    except StoreError as error:
        # In the dialog, beside what was typed.
        st.error(explain(error))
        return
    close_dialog()
    words = _("{name} is in Models now") if promote else _("Model {name} saved")
    say(words.format(name=plain(saved.name)))
    st.rerun()
