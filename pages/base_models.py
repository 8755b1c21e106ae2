"""Base models: what trainings are meant to begin with; those that come with the program, uploaded ones and models marked as such."""

import streamlit as st

from pages.parts.base_model_details import render_preinstalled, render_stored
from pages.parts.base_model_table import columns, load_listed, table_frame
from pages.parts.data import get_store
from pages.parts.guard import require
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table, page_of, render_pages
from pages.parts.model_actions import dialog_button
from pages.parts.model_dialogs import render_model_dialog
from pages.parts.model_upload_dialog import render_upload
from pages.parts.text import explain
from storage.templates import BASE_MODELS

# Before anything is read: the router's list alone would be no lock.
user = require("base_models", "view")

_PAGE, _PARAMETER = "base_models_page", "base_model"  # the table's page, and the chosen row; both stand in the address

store = get_store()


def render_head() -> None:
    """The title, what the list is for, and the button that adds to it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Base models"))
        dialog_button(_("Upload"), "upload", ":material/upload:", user.why_not("base_models", "create"))
    st.markdown(
        _(
            "What trainings are meant to begin with. Templates offer these first; any other model can be chosen there too. "
            "To add a model that was trained here, switch on “Use as base model” on the page Models."
        )
    )


render_head()
found, damaged = load_listed(store)
for error in damaged:
    st.warning(explain(error), icon=":material/broken_image:")
render_upload(base=True, user=user)
stored = {listed.model.id: listed for listed in found}
keys = [*BASE_MODELS, *stored]
shown = page_of(keys, _PAGE)
linked_table(table_frame(store, shown, stored), shown, _PARAMETER, columns())
render_pages(ngettext("{count} base model", "{count} base models", len(keys)), len(keys), _PAGE)
wanted = st.query_params.get(_PARAMETER)
if wanted in BASE_MODELS:
    render_preinstalled(wanted)
elif wanted in stored:
    render_stored(store, stored[wanted], user)
    render_model_dialog(store, stored[wanted], user, "base_models")
elif wanted:
    st.warning(_("The base model in the address does not exist, or is none any more. Choose one from the table."))
