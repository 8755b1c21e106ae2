"""The overview of a project: its images by state and by split, and the path from nothing to finished labels."""

from dataclasses import replace
from typing import Literal

import streamlit as st

from pages.parts.data import get_index
from pages.parts.doughnut import Slice, bars, class_bars, doughnut, state_slices
from pages.parts.guard import live, why_no_page
from pages.parts.i18n import _
from pages.parts.image_view import split_names
from pages.parts.next_step import Step, current, path
from pages.parts.project_reading import render_reading
from pages.parts.project_standing import Standing, load_standing, processes_of
from pages.parts.states import moves
from pages.parts.suggestions import load_suggested
from pages.parts.text import plain
from storage.core import Store
from storage.index import Filter
from storage.projects import Project

_LIVE_S = 5.0  # seconds between looks while a process is on its way; nothing is looked at otherwise
_SPLITS: dict[Literal["train", "test", "none"], str] = {"train": "#1098ad", "test": "#c2255c", "none": "#adb5bd"}


def render_overview(store: Store, project: Project) -> None:
    """The path on the left, the doughnuts on the right; both follow a process that is on its way."""
    render_reading(store, project)
    moving = any(map(moves, processes_of(project)))
    live(_render_all, run_every=_LIVE_S if moving else None)(store, project, moving)


def _render_all(store: Store, project: Project, moving: bool) -> None:
    standing = load_standing(store, project)
    # Here and not on every card of the list of projects, as pages are compared for it.
    standing = replace(standing, suggested=standing.missing > 0 and bool(load_suggested(project)))
    steps, images = st.columns((1.15, 1), gap="large")
    with steps:
        _render_path(path(standing))
    with images:
        _render_images(store, standing)
    if any(map(moves, standing.processes)) != moving:
        st.rerun()  # the pace belongs to the page


def _render_path(steps: list[Step]) -> None:
    now = current(steps)
    st.subheader(_("Next step"))
    with st.container(gap="xsmall"):
        for step in steps:
            if step is now:
                _render_current(step)
            elif step.done:
                figures = f" · :gray[{plain(step.text)}]" if step.text else ""
                st.markdown(f":green[:material/check_circle:] {step.title}{figures}")
            else:
                st.markdown(f":gray[:material/radio_button_unchecked: {step.title}]")


def _render_current(step: Step) -> None:
    with st.container(border=True):
        st.markdown(f":blue[:material/arrow_circle_right:] **{step.title}**")
        if step.text:
            st.markdown(plain(step.text))
        why = why_no_page(step.page)
        if st.button(step.button, key="next_step", type="primary", icon=":material/arrow_forward:", disabled=bool(why), help=why):
            st.switch_page(step.page, query_params=step.query)


def _render_images(store: Store, standing: Standing) -> None:
    counts, project = standing.counts, standing.project
    st.subheader(_("Images"))
    st.html(doughnut(state_slices(counts)))
    if not counts.images:
        return
    index = get_index(str(store.root))
    if project.task == "classes" and project.fields:
        st.subheader(_("Classes"), help=_("Images of each class by state, in the colours above."))
        st.html(bars(class_bars(project, index.classes(project.id))))
    st.subheader(
        _("Split"),
        help=_("A model learns from the training images and is measured on the test images, which are new to it then."),
    )
    names = split_names()
    st.html(doughnut([Slice(names[split], colour, index.count(project.id, Filter(split=split))) for split, colour in _SPLITS.items()]))
