"""Labelling: draw boxes on images, one after the other, and start auto-labelling once enough are done."""

import streamlit as st

from pages.parts.data import get_index, get_store, load_names
from pages.parts.guard import require
from pages.parts.i18n import _, ngettext, number
from pages.parts.image_states import image_state_name
from pages.parts.labelling_editor import compact_page, linked_image, render_editor
from pages.parts.links import linked_select
from pages.parts.project_choice import render_head
from storage.index import Counts
from storage.projects import Project

# Before anything is read: the router's list alone would be no lock.
user = require("labels", "view")

FILTERS = ("unlabelled", "labelled", "auto", "reviewed", "corrected", "damaged")

store = get_store()
index = get_index(str(store.root))


def render_page() -> None:
    """Everything on the page: a fragment, run anew when the editor has saved, so that counts and gate are up to date."""
    project, rest = render_head(_("Labelling"), load_names(str(store.root)))
    if project is None or not is_ready(project):
        return
    index.refresh(project.id)
    counts = index.counts(project.id)
    if not counts.images:
        render_no_images(project)
        return
    state_place, button_place = rest.columns(2, vertical_alignment="bottom")
    with state_place:
        options = {state: image_state_name(state) for state in FILTERS}
        state = linked_select(_("Images"), options, "state", placeholder=_("All images"))
    with button_place:
        render_auto_label(project, counts)
    image = linked_image(index, project)
    if state and not getattr(counts, state) and not image:
        st.info(_("No image is in this state. Choose another one, or all images."))
        return
    st.html(compact_page())
    query = {"state": state or "all", "order": "name"}
    render_editor(project, counts, user, mode="label", image=image, query=query)


def is_ready(project: Project) -> bool:
    """Whether there is something to label with; what is missing is said."""
    if project.task == "classes":
        st.info(_("Images of this project get a class each. Labelling of classes is not there yet; fields can be labelled."))
        return False
    if not project.fields:
        st.info(_("This project has no fields yet. Say first what is to be found on its images."), icon=":material/label:")
        st.page_link("projects.py", label=_("Field scheme"), icon=":material/folder:", query_params={"project": project.id})
        return False
    return True


def render_no_images(project: Project) -> None:
    """Where images come from."""
    st.info(
        _("This project has no images yet. Add all of them first: images added later need a new process."), icon=":material/photo_library:"
    )
    st.page_link("data.py", label=_("Add images"), icon=":material/photo_library:", query_params={"project": project.id})


def render_auto_label(project: Project, counts: Counts) -> None:
    """The button that leads to auto-labelling; while labels are missing it says how many."""
    missing = counts.missing(project.gate)
    may = user.may("processes", "create")
    if missing:
        label = ngettext("Auto-label · {count} label to go", "Auto-label · {count} labels to go", missing)
        share, images = f"{number(100 * project.gate)}\N{NO-BREAK SPACE}%", number(counts.images)
        why = ngettext("{count} more label needed", "{count} more labels needed", missing)
        help_text = why + ": " + _("{share} of {images} images").format(share=share, images=images)
    elif not counts.unlabelled:
        label, help_text = _("Auto-label"), _("Every image has a label already")
    else:
        label = ngettext("Auto-label {count} image", "Auto-label {count} images", counts.unlabelled)
        help_text = (
            _("Train a model on what is labelled and have it label the rest") if may else _("This needs the right to create processes")
        )
    pressed = st.button(
        label,
        icon=":material/auto_awesome:",
        type="secondary" if missing else "primary",
        disabled=bool(missing) or not may or not counts.unlabelled,
        help=help_text,
        width="stretch",
        key="auto_label",
    )
    if pressed:
        st.switch_page("processes.py", query_params={"project": project.id, "add": "1"})


st.fragment(render_page)()
