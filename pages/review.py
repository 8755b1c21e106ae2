"""Review: labels that a model applied, boxes or classes, the doubtful ones first; accept or correct."""

import streamlit as st

from pages.parts.data import get_index, get_store, load_names
from pages.parts.guard import live, page_link, require
from pages.parts.i18n import _, ngettext, number
from pages.parts.labelling_editor import compact_page, linked_class, linked_image, render_editor
from pages.parts.project_choice import render_head
from storage.index import Filter
from storage.projects import Project

# Before anything is read: the router's list alone would be no lock.
user = require("labels", "view")

store = get_store()
index = get_index(str(store.root))


def render_page() -> None:
    """Everything on the page: a fragment, run anew when the editor has saved, so that the progress is up to date."""
    project, rest = render_head(_("Review"), load_names(str(store.root)))
    if project is None:
        return
    index.refresh(project.id)
    counts = index.counts(project.id)
    done = counts.reviewed + counts.corrected
    class_place, progress_place = rest.columns([1, 2], vertical_alignment="bottom") if project.task == "classes" else (None, rest)
    if done + counts.auto:
        with progress_place:
            render_progress(done, done + counts.auto)
    wanted = Filter("auto")
    if class_place and counts.auto:
        with class_place:
            wanted = Filter("auto", class_id=linked_class(project))
    # With an image in the address somebody is at work: what they just accepted may be looked at once more.
    image = linked_image(index, project)
    if not counts.auto and not image:
        render_nothing_left(project, done)
        return
    if not image and not index.count(project.id, wanted):
        st.info(_("No image of this class is left to review. Choose another one, or all classes."), icon=":material/filter_alt_off:")
        return
    st.html(compact_page())
    render_editor(project, counts, user, mode="review", image=image, wanted=wanted)


def render_progress(done: int, applied: int) -> None:
    """How many of the applied labels somebody has looked at."""
    text = _("Reviewed: {done} of {applied}").format(done=number(done), applied=number(applied))
    st.progress(done / applied, text=text)


def render_nothing_left(project: Project, done: int) -> None:
    """Why there is nothing to review, and what to do next."""
    if done:
        st.success(ngettext("All done: {count} applied label was reviewed", "All done: {count} applied labels were reviewed", done))
        page_link("labelling.py", label=_("Labelling"), icon=":material/select:", query_params={"project": project.id})
        return
    st.info(
        _("Nothing to review: no labels of a model were applied yet. Run a process, then apply its labels."), icon=":material/fact_check:"
    )
    page_link("processes.py", label=_("Processes"), icon=":material/list:", query_params={"project": project.id})


live(render_page)()
