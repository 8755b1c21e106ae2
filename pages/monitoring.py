"""Monitoring: one run as it learns, with its curves, what they mean, its fields, worst test images, stages and log."""

import pandas as pd
import streamlit as st

from pages.parts.charts import CurveTexts, curves_figure, fields_figure
from pages.parts.data import get_store, is_alive, load_names, process_cache
from pages.parts.guard import require
from pages.parts.i18n import _, separators
from pages.parts.live_chart import live_chart
from pages.parts.process_details import render_advice, render_heading, render_notices, render_stages
from pages.parts.run_figures import curves, figures_of, newest_scores, render_figures, scores_frame
from pages.parts.run_picker import choose_run
from pages.parts.run_verdict import Phase, reading_guide, verdict
from pages.parts.states import moves
from pages.parts.text import explain
from pages.parts.worst_images import render_worst
from storage import processes
from storage.core import StoreError
from storage.processes import Process, State
from storage.progress import Point, Status, read_status, tail

# Before anything is read: the router's list alone would be no lock.
user = require("processes", "view")

LIVE_S = 2.0  # seconds between looks at a run that moves; one that does not is drawn once
LOG_LINES = 50
_COMPLETED = (State.COMPLETED, State.APPLYING, State.APPLIED, State.ROLLING_BACK, State.ROLLED_BACK)

store = get_store()
names = load_names(str(store.root))


def render_run(identifier: str, moving: bool) -> None:
    """Everything about the run that changes; runs again by itself while it moves."""
    try:
        # Read here, since the fragment's timer runs this function without the page around it.
        process = processes.get(store, identifier)
    except StoreError as error:
        st.error(explain(error))
        return
    if moves(process) != moving:
        st.rerun()  # the pace belongs to the page
    status = read_status(process.last.paths) if process.last else None
    # Read on from where any viewer's last tick ended, not from the start of the file.
    trained, evaluated = curves(str(store.root), identifier).read(process.attempts)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        render_heading(store, process, names)
        render_next_step(process)
    render_advice(store, process, names)
    alive = is_alive(str(store.root), process.spec.machine)
    render_figures(process, status, figures_of(status, trained, evaluated), alive=alive)
    render_curves(process, trained, evaluated)
    render_verdict(process, status, trained, evaluated)
    fields, stages = st.columns(2, gap="large")
    with fields:
        render_fields(process, evaluated)
    with stages:
        st.subheader(_("Stages"))
        render_stages(status)
    if project := names.projects.get(process.spec.project):
        render_worst(process, project)
    render_notices(status)
    render_log(process)


def render_next_step(process: Process) -> None:
    """What there is to do with a run that went well."""
    if process.spec.kind == "auto-label" and process.state in (State.COMPLETED, State.ROLLED_BACK):
        if st.button(_("Apply labels"), type="primary", icon=":material/done_all:", help=_("A preview comes first")):
            st.switch_page("processes.py", query_params={"process": process.id})
    elif process.state == State.APPLIED:
        if st.button(_("Review labels"), type="primary", icon=":material/fact_check:"):
            st.switch_page("review.py", query_params={"project": process.spec.project})
    elif process.state == State.COMPLETED and st.button(_("Show the model"), type="primary", icon=":material/deployed_code:"):
        st.switch_page("models.py", query_params={"model": process.id})


def render_curves(process: Process, trained: pd.DataFrame, evaluated: list[Point]) -> None:
    """The one chart: loss, learning rate and AP over the iterations."""
    if trained.empty:
        st.caption(_("The curves begin with the first iteration."))
        return
    tested = pd.DataFrame({"iteration": [point.iteration for point in evaluated], "ap": [point.ap for point in evaluated]})
    texts = CurveTexts(_("Iteration"), _("Training loss"), _("Learning rate"), _("Test AP"), separators())
    iterations = process.spec.template.parameters.iterations
    # One canvas for all runs; the figure's own key, the process, decides whether the zoom stays.
    live_chart(curves_figure(trained, tested, iterations, texts, key=process.id), key="curves")


def render_verdict(process: Process, status: Status | None, trained: pd.DataFrame, evaluated: list[Point]) -> None:
    """What the curves mean, and how to read them oneself."""
    phase: Phase = "completed" if process.state in _COMPLETED else "running" if moves(process) else "ended"
    scores = [(point.iteration, point.ap) for point in evaluated if point.ap is not None]
    said = verdict(trained, scores, phase, status.test_images if status else 0)
    if said is None:
        return
    show = st.warning if said.worries else st.info
    show(said.text, icon=":material/troubleshoot:" if said.worries else ":material/lightbulb:")
    with st.popover(_("How to read the curves"), icon=":material/help:", type="tertiary"):
        st.markdown(reading_guide())


def render_fields(process: Process, evaluated: list[Point]) -> None:
    """AP of each field at the last evaluation."""
    st.subheader(_("AP by field"))
    project = names.projects.get(process.spec.project)
    scores = scores_frame(project.fields if project else (), newest_scores(evaluated))
    if scores.empty:
        st.caption(_("Known after the first evaluation on the test images."))
        return
    live_chart(fields_figure(scores, key=process.id), key="fields")


def render_log(process: Process) -> None:
    """The last lines of the newest attempt's log."""
    lines = tail(process.last.paths.log, LOG_LINES) if process.last else []
    with st.expander(_("Log"), icon=":material/article:", key="log"):
        if lines:
            st.code("\n".join(lines), language=None, height=320)
        else:
            st.caption(_("Nothing was logged yet."))


st.title(_("Training monitoring"))
if chosen := choose_run(process_cache(str(store.root)).load()[0], names):
    try:
        live = moves(processes.get(store, chosen))
    except StoreError:
        live = False  # render_run says what is wrong
    # Not as a decorator: only here is it known whether a timer is needed at all.
    st.fragment(render_run, run_every=LIVE_S if live else None)(chosen, live)
