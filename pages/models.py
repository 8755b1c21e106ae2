"""Models: what was trained, from what, how good it is; promote and download."""

from functools import partial

import streamlit as st

from pages.parts.data import get_store, load_names
from pages.parts.guard import require
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table, page_of, render_pages, to_first_page
from pages.parts.links import linked_select, set_link
from pages.parts.model_actions import render_model_buttons, render_model_form
from pages.parts.model_details import render_file, render_lineage, render_model_heading, render_quality
from pages.parts.model_table import columns, model_cache, table_frame
from pages.parts.text import explain, plain
from storage.models import Listed

# Before anything is read: the router's list alone would be no lock.
user = require("models", "view")

_PAGE = "models_page"  # of the session and of the address: the table's page that is open

store = get_store()
names = load_names(str(store.root))


def render_filters() -> tuple[str | None, bool]:
    """The project to narrow to, and whether models nobody promoted are shown; both stand in the address."""
    project_column, all_column = st.columns([1, 2], vertical_alignment="bottom")
    with project_column:
        projects = {identifier: project.name for identifier, project in names.projects.items()}
        project = linked_select(_("Project"), projects, "project", placeholder=_("All projects"), on_change=partial(to_first_page, _PAGE))
    # The address wins on every run: it also changes when the browser goes back.
    st.session_state["all_models"] = st.query_params.get("all") == "1"
    everything = all_column.toggle(
        _("Also models of auto-labelling that nobody promoted"),
        key="all_models",
        on_change=lambda: show_all(st.session_state["all_models"]),
    )
    return project, everything


def show_all(shown: bool) -> None:
    """Show models that nobody promoted, or hide them."""
    set_link("all", "1" if shown else None)
    to_first_page(_PAGE)


def render_list(found: list[Listed]) -> None:
    """The table of those models that the filters leave, or what to do where there is none."""
    project, everything = render_filters()
    of_project = [listed for listed in found if project in (None, listed.model.project)]
    kept = [listed for listed in of_project if everything or listed.entry.promoted]
    if kept:
        render_table(kept)
    elif of_project:
        hidden = ngettext("{count} model of an auto-labelling process", "{count} models of auto-labelling processes", len(of_project))
        st.info(hidden + ". " + _("None of them was promoted to Models yet: look at them, and promote what is worth keeping."))
        st.button(_("Show them"), icon=":material/visibility:", on_click=show_all, args=(True,))
    else:
        st.info(_("No model of this project. Choose another, or clear the filter."))


def render_empty() -> None:
    """What to do when there is no model at all."""
    st.info(_("There is no model yet. Every process publishes one when it completes."), icon=":material/deployed_code:")
    st.page_link("processes.py", label=_("Processes"), icon=":material/list:")


def render_table(kept: list[Listed]) -> None:
    """One page of the table; the row chosen stands in the address by the model's id."""
    shown = page_of(kept, _PAGE)
    linked_table(table_frame(shown, names), [listed.model.id for listed in shown], "model", columns())
    count = ngettext("{count} model", "{count} models", len(kept))
    render_pages(count + " · " + _("choose a row to see more, to promote and to download"), len(kept), _PAGE)


def render_details(listed: Listed) -> None:
    """Everything about the chosen model, and its buttons."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            render_model_heading(listed)
            render_model_buttons(listed, user)
        if listed.entry.description:
            st.markdown(plain(listed.entry.description))
        render_lineage(listed.model, names)
        render_quality(listed.model)
        render_file(store, listed.model)


st.title(_("Models"))
found, damaged = model_cache(str(store.root)).load()
# Said beside the list: one bad file must not hide all others.
for error in damaged:
    st.warning(explain(error), icon=":material/broken_image:")
if found:
    render_list(found)
else:
    render_empty()
wanted = st.query_params.get("model")
if chosen := next((listed for listed in found if listed.model.id == wanted), None):
    render_details(chosen)
    render_model_form(chosen, user)
elif wanted:
    st.warning(_("The model in the address does not exist. Choose one from the table."))
