"""Models: what was trained or uploaded, from what, how good it is; try, compare, promote, download, delete."""

from functools import partial

import streamlit as st

from pages.parts.data import get_store, load_names
from pages.parts.guard import page_link, require
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table, page_of, render_pages, to_first_page
from pages.parts.links import is_on, linked_select, linked_toggle, set_link
from pages.parts.model_actions import (
    dialog_button,
    open_comparison,
    render_base_toggle,
    render_model_buttons,
    render_refusal,
    render_restore,
)
from pages.parts.model_compare import render_comparison
from pages.parts.model_details import render_file, render_model_heading, render_quality
from pages.parts.model_dialogs import render_model_dialog
from pages.parts.model_lineage import render_lineage
from pages.parts.model_onnx import render_onnx_button, render_onnx_progress
from pages.parts.model_table import columns, load_models, table_frame
from pages.parts.model_upload_dialog import render_upload
from pages.parts.text import explain, plain
from storage.models import Listed

# Before anything is read: the router's list alone would be no lock.
user = require("models", "view")

_PAGE = "models_page"  # of the session and of the address: the table's page that is open

store = get_store()
names = load_names(str(store.root))


def render_head(count: int) -> None:
    """The title with the buttons that concern no model in particular."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Models"))
        with st.container(horizontal=True, width="content"):
            if count > 1 and not is_on("compare"):
                st.button(_("Compare two"), key="compare_two", icon=":material/compare:", on_click=open_comparison)
            dialog_button(_("Upload"), "upload", ":material/upload:", user.why_not("models", "create"))


def render_filters() -> tuple[str | None, bool]:
    """The project to narrow to, and whether models nobody promoted are shown; both stand in the address."""
    restart = partial(to_first_page, _PAGE)
    project_column, all_column, deleted_column = st.columns([4, 6, 3], vertical_alignment="bottom")
    with project_column:
        projects = {identifier: project.name for identifier, project in names.projects.items()}
        project = linked_select(_("Project"), projects, "project", placeholder=_("All projects"), on_change=restart)
    with all_column:
        everything = linked_toggle(_("Also models of auto-labelling that nobody promoted"), "all", restart)
    with deleted_column:
        linked_toggle(_("Show deleted"), "deleted", restart)
    return project, everything


def show_all() -> None:
    """Show the models nobody promoted, too."""
    set_link("all", "1")
    to_first_page(_PAGE)


def render_list(found: list[Listed]) -> None:
    """The table of those models that the filters leave, or what to do where there is none."""
    project, everything = render_filters()
    of_project = [listed for listed in found if project in (None, listed.model.project)]
    kept = [listed for listed in of_project if everything or listed.entry.promoted or listed.entry.deleted]
    if kept:
        render_table(kept)
    elif is_on("deleted"):
        st.info(_("No deleted model."))
    elif of_project:
        hidden = ngettext("{count} model of an auto-labelling process", "{count} models of auto-labelling processes", len(of_project))
        st.info(hidden + ". " + _("None of them was promoted to Models yet: look at them, and promote what is worth keeping."))
        st.button(_("Show them"), icon=":material/visibility:", on_click=show_all)
    else:
        st.info(_("No model of this project. Choose another, or clear the filter."))


def render_empty() -> None:
    """What to do when there is no model at all."""
    st.info(_("There is no model yet. Every process publishes one when it completes."), icon=":material/deployed_code:")
    page_link("training_processes.py", label=_("Training processes"), icon=":material/list:")
    page_link("processes.py", label=_("Auto-labelling processes"), icon=":material/list:")


def render_table(kept: list[Listed]) -> None:
    """One page of the table; the row chosen stands in the address by the model's id."""
    shown = page_of(kept, _PAGE)
    linked_table(table_frame(shown, names), [listed.model.id for listed in shown], "model", columns())
    count = ngettext("{count} model", "{count} models", len(kept))
    render_pages(count + " · " + _("choose a row to see more, to promote and to download"), len(kept), _PAGE)


def render_deeds(listed: Listed) -> None:
    """Everything that can be done with a model that is there."""
    render_model_buttons(store, listed, user)
    with st.container(horizontal=True, vertical_alignment="center", gap="large"):
        render_base_toggle(store, listed, user)
        render_onnx_button(store, listed, user)
    render_onnx_progress(store, listed)


def render_details(listed: Listed) -> None:
    """Everything about the chosen model, and its buttons."""
    with st.container(border=True):
        render_model_heading(listed)
        if listed.entry.deleted:
            render_restore(store, listed, user)
        else:
            render_deeds(listed)
        render_refusal()
        if listed.entry.description:
            st.markdown(plain(listed.entry.description))
        render_lineage(listed, names)
        render_quality(listed.model)
        render_file(store, listed.model)


loaded = load_models()
render_head(len(loaded.found))
# Said beside the list: one bad file must not hide all others.
for error in loaded.damaged:
    st.warning(explain(error), icon=":material/broken_image:")
render_upload(base=False, user=user)
if is_on("compare"):
    render_comparison(store, loaded.found, names, user)
    st.stop()
if loaded.found or loaded.deleted:
    render_list(loaded.deleted if is_on("deleted") else loaded.found)
else:
    render_empty()
wanted = st.query_params.get("model")
if chosen := next((listed for listed in [*loaded.found, *loaded.deleted] if listed.model.id == wanted), None):
    render_details(chosen)
    render_model_dialog(store, chosen, user)
elif wanted:
    st.warning(_("The model in the address does not exist. Choose one from the table."))
