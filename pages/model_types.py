"""Model types: what trained models are for, by names that other programs choose them by."""

from collections import Counter

import streamlit as st

from pages.parts.data import get_store
from pages.parts.guard import page_link, require
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table
from pages.parts.links import open_dialog, template_page
from pages.parts.model_table import load_models
from pages.parts.model_type_dialogs import render_buttons, render_dialog
from pages.parts.model_type_table import Uses, columns, purpose_name, table_frame
from pages.parts.text import explain, plain
from storage.model_types import MODEL_TYPES, PREINSTALLED, ModelType
from storage.templates import TEMPLATES, Template

# Before anything is read: the router's list alone would be no lock.
user = require("model_types", "view")

store = get_store()


def load_types() -> list[ModelType]:
    """All types, those that come with the program first; a damaged one is said and hides no other."""
    listing = MODEL_TYPES.list(store)
    for error in listing.damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    return [*PREINSTALLED, *listing.items]


def load_uses() -> Uses:
    """The templates and models of each type by the type's name."""
    templates: dict[str, list[Template]] = {}
    for template in TEMPLATES.list(store).items:
        if template.model_type:
            templates.setdefault(template.model_type, []).append(template)
    models = load_models().found
    return Uses(templates, Counter(listed.model.model_type for listed in models if listed.model.model_type))


def render_details(model_type: ModelType, uses: Uses) -> None:
    """Everything about the chosen type, and its buttons."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.subheader(plain(model_type.name), anchor=False, width="content")
                st.badge(purpose_name(model_type.purpose), color="blue")
                if model_type in PREINSTALLED:
                    st.badge(_("Comes with the program"), icon=":material/lock:", color="gray")
            render_buttons(model_type, uses, user)
        if model_type.description:
            st.markdown(plain(model_type.description))
        models = uses.models[model_type.name]
        st.caption(ngettext("{count} model was trained as this type.", "{count} models were trained as this type.", models))
        render_templates(model_type, uses)


def render_templates(model_type: ModelType, uses: Uses) -> None:
    """The templates of this type, as links."""
    using = uses.templates.get(model_type.name)
    if not using:
        st.caption(_("No training template uses it yet."))
        return
    with st.container(horizontal=True):
        for template in using:
            page = template_page(template.kind)
            page_link(page, label=plain(template.name), icon=":material/tune:", query_params={"template": template.id})


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title(_("Model types"))
    reason = user.why_not("model_types", "create")
    label, disabled = _("Add model type"), reason is not None
    st.button(label, icon=":material/add:", key="add", on_click=open_dialog, args=("add",), disabled=disabled, help=reason)
st.caption(_("A training template names the type of the model it makes; other programs ask for models by it, so it never changes."))
found, uses = load_types(), load_uses()
linked_table(table_frame(found, uses), [model_type.id for model_type in found], "type", columns())
st.caption(ngettext("{count} model type", "{count} model types", len(found)) + " · " + _("choose a row to see more and to change it"))
wanted = st.query_params.get("type")
chosen = next((model_type for model_type in found if model_type.id == wanted), None)
render_dialog(store, chosen, uses, user)
if chosen:
    render_details(chosen, uses)
elif wanted:
    st.warning(_("The model type in the address does not exist. Choose one from the table."))
