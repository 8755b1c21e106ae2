"""Monitoring: one run as it learns, with its curves, what they mean, its fields, worst test images, stages and log."""

import pandas as pd
import streamlit as st

from pages.parts.charts import curves_figure
from pages.parts.data import find_process, get_store, is_alive, load_names, load_processes
from pages.parts.guard import live, require, why_no_page
from pages.parts.i18n import _
from pages.parts.links import process_page
from pages.parts.live_chart import live_chart
from pages.parts.process_details import render_advice, render_heading, render_notices, render_stages
from pages.parts.run_comparison import render_comparison, tested_frame
from pages.parts.run_figures import curve_texts, curves, figures_of, render_figures
from pages.parts.run_log import render_log
from pages.parts.run_picker import choose_run
from pages.parts.run_scores import published_model, render_confusion, render_scores
from pages.parts.run_verdict import Phase, reading_guide, verdict
from pages.parts.states import moves, task_of
from pages.parts.template_texts import goes_by_words
from pages.parts.text import explain
from pages.parts.worst_images import load_judged, render_worst
from storage.core import StoreError
from storage.processes import Process, State
from storage.progress import Point, Status, read_status
from storage.projects import Task

# Before anything is read: the router's list alone would be no lock.
user = require("processes", "view")

LIVE_S = 2.0  # seconds between looks at a run that moves; one that does not is drawn once
_COMPLETED = (State.COMPLETED, State.APPLYING, State.APPLIED, State.ROLLING_BACK, State.ROLLED_BACK)

store = get_store()
names = load_names(str(store.root))


def render_run(identifier: str, moving: bool) -> None:
    """Everything about the run that changes; runs again by itself while it moves."""
    try:
        # Read here, since the fragment's timer runs this function without the page around it.
        process = find_process(identifier)
    except StoreError as error:
        st.error(explain(error))
        return
    if moves(process) != moving:
        st.rerun()  # the pace belongs to the page
    task = task_of(process, names)
    status = read_status(process.last.paths) if process.last else None
    # Read on from where any viewer's last tick ended, not from the start of the file.
    trained, evaluated = curves(str(store.root), identifier).read(process.attempts)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        render_heading(store, process, names)
        render_next_step(process)
    with st.container():  # there also while it is empty: a warning that comes must not move, and so rebuild, what is below it
        render_advice(store, process, names)
    alive = is_alive(str(store.root), process.spec.machine)
    render_figures(process, task, status, figures_of(status, trained, evaluated), alive=alive)
    render_curves(process, task, trained, evaluated)
    render_verdict(process, task, status, trained, evaluated)
    render_tests(process, task, status, evaluated)
    render_notices(status)
    render_log(process)


def render_next_step(process: Process) -> None:
    """What there is to do with a run that went well."""
    if process.spec.kind == "auto-label" and process.state in (State.COMPLETED, State.ROLLED_BACK):
        why = user.why_not("processes", "manage")
        about = why or _("A preview comes first")
        if st.button(_("Apply labels"), type="primary", icon=":material/done_all:", disabled=bool(why), help=about):
            st.switch_page(process_page("auto-label"), query_params={"process": process.id})
    elif process.state == State.APPLIED:
        why = why_no_page("review.py")
        if st.button(_("Review labels"), type="primary", icon=":material/fact_check:", disabled=bool(why), help=why):
            st.switch_page("review.py", query_params={"project": process.spec.project})
    elif process.state == State.COMPLETED:
        why = why_no_page("models.py")
        if st.button(_("Show the model"), type="primary", icon=":material/deployed_code:", disabled=bool(why), help=why):
            st.switch_page("models.py", query_params={"model": process.id})


def render_curves(process: Process, task: Task, trained: pd.DataFrame, evaluated: list[Point]) -> None:
    """The one chart: loss, learning rate and AP (or accuracy) over the iterations."""
    if trained.empty:
        st.caption(_("The curves begin with the first iteration."))
        return
    iterations = process.spec.template.parameters.iterations
    # One canvas for all runs; the figure's own key, the process, decides whether the zoom stays.
    live_chart(curves_figure(trained, tested_frame(evaluated), iterations, curve_texts(task), key=process.id), key="curves")


def render_verdict(process: Process, task: Task, status: Status | None, trained: pd.DataFrame, evaluated: list[Point]) -> None:
    """What the curves mean, how to read them oneself, and all their points to take along."""
    phase: Phase = "completed" if process.state in _COMPLETED else "running" if moves(process) else "ended"
    scores = [(point.iteration, point.ap) for point in evaluated if point.ap is not None]
    reads = goes_by_words(process.spec.template.parameters.base_model)
    said = verdict(trained, scores, phase, status.test_images if status else 0, task, reads=reads)
    if said is None:
        return
    show = st.warning if said.worries else st.info
    show(said.text, icon=":material/troubleshoot:" if said.worries else ":material/lightbulb:")
    with st.container(horizontal=True):
        with st.popover(_("How to read the curves"), icon=":material/help:", type="tertiary"):
            st.markdown(reading_guide(task, reads=reads))
        address = f"/api/processes/{process.id}/metrics.csv"
        st.link_button(_("Download metrics (CSV)"), address, icon=":material/download:", type="tertiary")


def render_tests(process: Process, task: Task, status: Status | None, evaluated: list[Point]) -> None:
    """How well each field or class is found, the stages beside that, and what went wrong on the test images."""
    project = names.projects.get(process.spec.project)
    model = published_model(process.id) if process.state in _COMPLETED else None
    fields = project.fields if project else model.fields if model else ()
    # Of images it is known how many once they are read.
    is_tested = not (status and status.images and not status.test_images)
    scores, stages = st.columns(2, gap="large")
    with scores:
        render_scores(task, fields, evaluated, model, is_tested=is_tested, key=process.id)
    with stages:
        st.subheader(_("Stages"))
        render_stages(process, status, task)
    if not is_tested:
        return
    judged = load_judged(str(store.root), process.id, process.state.value)
    if judged and task == "classes":
        render_confusion(judged.evaluation, fields, key=process.id)
    if project:
        render_worst(judged, project)


def any_moves(identifiers: tuple[str, ...]) -> bool:
    """Whether any of these runs moves; one that cannot be read does not, and what is drawn of it says what is wrong."""
    try:
        return any(moves(find_process(identifier)) for identifier in identifiers)
    except StoreError:
        return False


def render_compared(identifiers: tuple[str, ...], moving: bool) -> None:
    """The watched run beside others; runs again by itself while one of them moves."""
    if any_moves(identifiers) != moving:
        st.rerun()
    render_comparison(identifiers, names)


st.title(_("Training monitoring"))
if chosen := choose_run(load_processes()[0], names):
    watched, others = chosen
    # Not as a decorator: only here is it known whether a timer is needed at all.
    if others:
        together = (watched, *others)
        moving = any_moves(together)
        live(render_compared, run_every=LIVE_S if moving else None)(together, moving)
    moving = any_moves((watched,))
    live(render_run, run_every=LIVE_S if moving else None)(watched, moving)
