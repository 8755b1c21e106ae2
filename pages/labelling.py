"""Labelling: draw boxes on images or give each a class, one after the other, and start auto-labelling once enough are done."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.data import get_index, get_store, load_names
from pages.parts.guard import live, page_link, require, why_no_page
from pages.parts.i18n import _, ngettext, number
from pages.parts.image_states import image_state_name
from pages.parts.labelling_editor import compact_page, linked_class, linked_image, render_editor
from pages.parts.links import linked_select, set_link
from pages.parts.project_choice import render_head
from pages.parts.suggestions import ICON, SUGGESTED, filter_of, load_suggested, suggested_name, why_none, why_suggested
from storage.index import Counts, Filter
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
    suggested = load_suggested(project)
    *filters, button_place = rest.columns([4, 4, 9] if project.task == "classes" else [5, 8], vertical_alignment="bottom")
    wanted = render_filters(project, suggested, filters)
    with button_place:
        render_auto_label(project, counts)
    if suggested and wanted.images is None:
        render_suggestion(len(suggested))
    image = linked_image(index, project)
    if not image and not index.count(project.id, wanted):
        text = _("No image matches these filters.") if wanted.images != () else why_none()
        st.info(text, icon=":material/filter_alt_off:")
        return
    st.html(compact_page())
    render_editor(project, counts, user, mode="label", image=image, wanted=wanted)


def render_filters(project: Project, suggested: tuple[str, ...], places: Sequence[DeltaGenerator]) -> Filter:
    """Which images the editor walks through: by state, and in a project of classes by class."""
    with places[0]:
        options = {state: image_state_name(state) for state in FILTERS}
        if suggested or st.query_params.get("state") == SUGGESTED:
            options = {SUGGESTED: suggested_name(), **options}
        everything = _("All images") if project.task == "fields" else _("All")  # beside another filter there is less room
        state = linked_select(_("Images"), options, "state", placeholder=everything)
    if project.task == "fields":
        return filter_of(state or "all", suggested)
    with places[1]:
        return filter_of(state or "all", suggested, class_id=linked_class(project))


def is_ready(project: Project) -> bool:
    """Whether there is something to label with; what is missing is said."""
    if project.fields:
        return True
    if project.task == "classes":
        text, label = _("This project has no classes yet. Say first which kinds of documents there are."), _("Classes")
    else:
        text, label = _("This project has no fields yet. Say first what is to be found on its images."), _("Field scheme")
    st.info(text, icon=":material/label:")
    page_link("projects.py", label=label, icon=":material/folder:", query_params={"project": project.id, "view": "fields"})
    return False


def render_no_images(project: Project) -> None:
    """Where images come from."""
    st.info(
        _("This project has no images yet. Add all of them first: images added later need a new process."), icon=":material/photo_library:"
    )
    page_link("data.py", label=_("Add images"), icon=":material/photo_library:", query_params={"project": project.id})


def render_suggestion(count: int) -> None:
    """The button that begins to walk through the pages to label next, and why these."""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"{suggested_name()} · {number(count)}"
        st.button(label, key="label_next", icon=ICON, type="tertiary", on_click=set_link, args=("state", SUGGESTED))
        st.caption(why_suggested(count))


def render_auto_label(project: Project, counts: Counts) -> None:
    """The button that leads to auto-labelling; while labels are missing it says how many."""
    missing = counts.missing(project.gate)
    may_not = why_no_page("processes.py") or user.why_not("processes", "create")
    if missing:
        label = ngettext("Auto-label · {count} label to go", "Auto-label · {count} labels to go", missing)
        share, images = f"{number(100 * project.gate)}\N{NO-BREAK SPACE}%", number(counts.images)
        why = ngettext("{count} more label needed", "{count} more labels needed", missing)
        help_text = why + ": " + _("{share} of {images} images").format(share=share, images=images)
    elif not counts.unlabelled:
        label, help_text = _("Auto-label"), _("Every image has a label already")
    else:
        label = ngettext("Auto-label {count} image", "Auto-label {count} images", counts.unlabelled)
        help_text = may_not or _("Train a model on what is labelled and have it label the rest")
    pressed = st.button(
        label,
        icon=":material/auto_awesome:",
        type="secondary" if missing else "primary",
        disabled=bool(missing or may_not) or not counts.unlabelled,
        help=help_text,
        width="stretch",
        key="auto_label",
    )
    if pressed:
        st.switch_page("processes.py", query_params={"project": project.id, "add": "1"})


live(render_page)()
