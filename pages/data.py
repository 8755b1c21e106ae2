"""Data: the images of a project; upload, filter, turn, split, delete and restore."""

import streamlit as st

from pages.parts.data import get_index, get_store, load_names
from pages.parts.guard import page_link, require
from pages.parts.i18n import _
from pages.parts.image_actions import open_image, render_action, render_toolbar
from pages.parts.image_classes import class_bar, render_assigned
from pages.parts.image_filters import clear_filters, render_filters
from pages.parts.image_list import ImageList, load_list, render_list, render_pages, start_over
from pages.parts.image_work import Work
from pages.parts.project_choice import render_head
from pages.parts.suggestions import SUGGESTED, why_none, why_suggested
from pages.parts.uploader import uploader
from storage.index import Counts
from storage.projects import Project

# Before anything is read: the router's list alone would be no lock.
user = require("images", "view")

store = get_store()
index = get_index(str(store.root))


def render_upload(project: Project, counts: Counts) -> None:
    """The drop zone: open in an empty project and as long as it is in use, folded up otherwise."""
    key = f"adding_{project.id}"
    # Decided once a session: it must not fold up under the first files that arrive.
    unfolded = st.session_state.setdefault(key, counts.images == 0)
    with st.expander(_("Add images"), expanded=unfolded, icon=":material/upload:"):
        if project.task == "classes":
            st.caption(_("Add all images first, then sort a part of them into classes. Images added later need a new process."))
        else:
            st.caption(_("Add all pages of one kind of document first, then label a part of them. Pages added later need a new process."))
        in_use = uploader(project.id)
    # Nor over what is left to send, when the dashboard was started anew and knows nothing of before.
    if in_use and not unfolded:
        st.session_state[key] = True
        st.rerun()


def render_images(project: Project, counts: Counts) -> None:
    """Filters, buttons, and the page of images that they lead to."""
    if st.session_state.setdefault("page_of", project.id) != project.id:
        st.session_state["page_of"] = project.id
        start_over()
    found = load_list(index, project, render_filters(project, counts, start_over))
    render_why(found)
    work = Work(store, index, found, user)
    line = render_toolbar(work) if found.total else st.container(horizontal=True, vertical_alignment="center")
    render_action(work)
    render_assigned(work, line)
    if not found.total:
        st.info(_("No image matches these filters."), icon=":material/filter_alt_off:")
        st.button(_("Clear filters"), key="clear_filters", on_click=clear_filters)
        return
    opened = render_list(found, class_bar(found, user))
    if opened and user.may("labels", "view"):
        open_image(project.id, opened)
    render_pages(found)


def render_why(found: ImageList) -> None:
    """Of the pages to label next, why these, and the way to label them."""
    if found.view.wanted.images is None:
        return
    if not found.view.wanted.images:
        st.caption(why_none())
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(why_suggested(len(found.view.wanted.images)))
        query = {"project": found.project.id, "state": SUGGESTED}
        page_link("labelling.py", label=_("Label"), icon=":material/edit:", query_params=query)


project, _rest = render_head(_("Data"), load_names(str(store.root)))
if project is None:
    st.stop()
index.refresh(project.id)
counts = index.counts(project.id)
if user.may("images", "create"):
    render_upload(project, counts)
if counts.images + counts.deleted:
    render_images(project, counts)
