"""Monitoring: one run as it learns, with its curves, figures, fields, stages and log."""

import pandas as pd
import streamlit as st

from pages.parts.charts import CurveTexts, curves_figure, fields_figure
from pages.parts.data import get_store, load_names, process_cache
from pages.parts.guard import require
from pages.parts.i18n import _, moment, separators
from pages.parts.links import linked_select, set_link
from pages.parts.live_chart import live_chart
from pages.parts.process_details import render_advice, render_heading, render_notices, render_stages
from pages.parts.run_figures import curves, figures_of, render_figures, scores_frame, verdict
from pages.parts.states import moves, state_name
from pages.parts.text import explain
from storage import processes
from storage.core import StoreError
from storage.processes import Process
from storage.progress import Point, read_status, tail

# Before anything is read: the router's list alone would be no lock.
user = require("processes", "view")

LIVE_S = 2.0  # seconds between looks at a run that moves; one that does not is drawn once
LOG_LINES = 50

store = get_store()
names = load_names(str(store.root))


def render_picker() -> str | None:
    """The run to watch, newest first; it stands in the address."""
    found, _damaged = process_cache(str(store.root)).load()
    if not found:
        st.info(_("There is no process to watch yet. The Processes page says how to start one."), icon=":material/rocket_launch:")
        return None
    if "process" not in st.query_params:
        # Into the address, so that a reload shows this run and not the one that is newest by then.
        set_link("process", next((process for process in found if process.attempts), found[0]).id)
    linked = st.query_params["process"]
    # Without an attempt there is nothing to see, but a link has to lead somewhere.
    options = {process.id: picker_text(process) for process in found if process.attempts or process.id == linked}
    return linked_select(_("Process"), options, "process", placeholder=_("Choose a process to watch"))


def picker_text(process: Process) -> str:
    """A process in the list: what, on what, since when, its state, and the end of its id: the texts have to differ."""
    since = moment(process.attempts[0].claim.at if process.attempts else process.spec.at)
    state = state_name(process.state.value)
    return f"{process.spec.template.name} · {names.project(process.spec.project)} · {since} · {state} · {process.id[-4:]}"


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
    figures = figures_of(status, trained, evaluated)
    render_heading(store, process, names)
    render_advice(store, process, names)
    render_figures(process, status, figures)
    render_curves(process, trained, evaluated)
    if words := verdict(figures):
        st.info(words, icon=":material/lightbulb:")
    fields, stages = st.columns(2, gap="large")
    with fields:
        render_fields(process, evaluated)
    with stages:
        st.subheader(_("Stages"))
        render_stages(status)
    render_notices(status)
    render_log(process)


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


def render_fields(process: Process, evaluated: list[Point]) -> None:
    """AP of each field at the last evaluation."""
    st.subheader(_("AP by field"))
    project = names.projects.get(process.spec.project)
    scores = scores_frame(project.fields if project else (), evaluated)
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
if chosen := render_picker():
    try:
        live = moves(processes.get(store, chosen))
    except StoreError:
        live = False  # render_run says what is wrong
    # Not as a decorator: only here is it known whether a timer is needed at all.
    st.fragment(render_run, run_every=LIVE_S if live else None)(chosen, live)
