"""Two models compared on the test images of one project; which ones, and what came of it, stands in the address."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.data import Names, get_store
from pages.parts.guard import User, demand, live, page_link
from pages.parts.i18n import _, moment, ngettext, said
from pages.parts.linked_table import to_first_page
from pages.parts.links import linked_choice, linked_select, set_link
from pages.parts.model_differences import FIRST, SECOND, differences, fields_frame, figures
from pages.parts.model_different_images import PAGE_KEY, render_different_images
from pages.parts.model_jobs import POLL_S, answers_of, jobs_of, render_wait
from pages.parts.text import explain, plain
from storage import jobs
from storage.core import Store, StoreError
from storage.jobs import Answer, Job
from storage.models import Listed
from storage.projects import Project

_ASKED = "asked"  # of the address: the two jobs, so that whoever is sent it sees the same figures


def render_comparison(store: Store, found: Sequence[Listed], names: Names, user: User) -> None:
    """What to compare, and how the two compare once a machine has looked at the test images."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(_("Compare two models"), anchor=False, width="content")
        st.button(_("Back to the list"), key="leave_comparison", icon=":material/arrow_back:", on_click=_leave)
    chosen = _render_choice(found, names)
    asked = st.query_params.get_all(_ASKED)
    if len(asked) != 2:
        _render_start(store, chosen, user)
        return
    record = jobs_of(store, asked)
    if record is None:
        st.info(_("What came of this comparison is not kept any more; that is a day. Compare again."), icon=":material/history:")
        _render_start(store, chosen, user)
        return
    answers = answers_of(store, asked)
    if answers is None:
        live(_follow, run_every=POLL_S)(store, record)
    else:
        _render_outcome(record, answers, {listed.model.id: listed for listed in found}, names)


def _render_choice(found: Sequence[Listed], names: Names) -> tuple[Listed, Listed, Project] | None:
    """The three selects; None while something is not chosen."""
    by_id = {listed.model.id: listed for listed in found}
    first_column, second_column, project_column = st.columns(3)
    with first_column:
        first = linked_select(f"{FIRST} " + _("Model"), _texts(found), "first", placeholder=_("Choose a model"), on_change=_clear)
    task = by_id[first].model.task if first else None
    others = [listed for listed in found if listed.model.id != first and task in (None, listed.model.task)]
    with second_column:
        second = linked_select(f"{SECOND} " + _("Model"), _texts(others), "second", placeholder=_("Choose another"), on_change=_clear)
    projects = {each.id: each.name for each in names.projects.values() if task in (None, each.task)}
    default = by_id[first].model.project if first else None
    with project_column:
        on = linked_choice(
            st.selectbox,
            _("On the test images of project"),
            projects,
            "on",
            _clear,
            default if default in projects else None,
            index=None,
            placeholder=_("Choose a project"),
        )
    return (by_id[first], by_id[second], names.projects[on]) if first and second and on else None


def _texts(found: Sequence[Listed]) -> dict[str, str]:
    """Names by id; of models that have the same one by default, with the end of the id."""
    names = [listed.entry.name for listed in found]
    return {
        listed.model.id: listed.entry.name + (f" …{listed.model.id[-4:]}" if names.count(listed.entry.name) > 1 else "") for listed in found
    }


def _render_start(store: Store, chosen: tuple[Listed, Listed, Project] | None, user: User) -> None:
    if chosen is None:
        st.info(_("Choose two models for the same purpose and a project. A machine then lets both look at its test images."))
        return
    if st.button(_("Compare"), key="compare", type="primary", icon=":material/compare:"):
        _ask(store, *chosen, user)


def _ask(store: Store, first: Listed, second: Listed, project: Project, user: User) -> None:
    try:
        demand("models", "view", project.id)
        machine = jobs.choose_machine(store).id
        made = [jobs.ask(store, "evaluate", each.model.id, machine, user.account, project=project.id).id for each in (first, second)]
    except StoreError as error:
        st.error(explain(error))
        return
    set_link("on", project.id)
    st.query_params[_ASKED] = made
    st.rerun()


def _follow(store: Store, asked: Sequence[Job]) -> None:
    if answers_of(store, [job.id for job in asked]) is not None:
        st.rerun()
    render_wait(asked, _("Machine {machine} lets both models look at the test images, {seconds} so far."))
    if st.button(_("Ask again"), key="compare_again", help=_("If it takes too long, or the machine is gone")):
        _clear()
        st.rerun()


def _render_outcome(asked: Sequence[Job], answers: Sequence[Answer], known: dict[str, Listed], names: Names) -> None:
    failed = [answer.message for answer in answers if answer.message]
    for message in failed:
        st.error(plain(said(message.template, message.values)), icon=":material/error:")
    project = names.projects.get(asked[0].project or "")
    first, second = (answer.evaluated for answer in answers)
    if failed or project is None or first is None or second is None:
        st.button(_("Ask again"), key="compare_again", on_click=_clear)
        return
    named = [plain(known[job.model].entry.name) if job.model in known else job.model for job in asked]
    tested = ngettext("{count} test image", "{count} test images", len(first.evaluation.images))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"{FIRST} **{named[0]}** · {SECOND} **{named[1]}** · {tested} · {moment(answers[1].at)}", width="content")
        st.button(
            _("Compare again"), key="compare_again", icon=":material/refresh:", help=_("With the labels as they are now"), on_click=_clear
        )
    if not first.evaluation.images:
        _render_nothing(project)
        return
    shown = figures(first, second, project.task)
    for column, figure in zip(st.columns(len(shown)), shown, strict=True):
        same = figure.difference is None or figure.difference.startswith("±")
        column.metric(
            figure.name, figure.values, figure.difference, delta_color="off" if same else "normal", delta_arrow="off" if same else "auto"
        )
    _render_fields(fields_frame(first, second, project.fields, project.task), project)
    render_different_images(
        get_store(), project, differences(first.evaluation, second.evaluation), first.evaluation.rule, second.evaluation.rule
    )


def _render_nothing(project: Project) -> None:
    st.info(
        _(
            "Nothing to compare: the project has no test image that a person labelled or confirmed, or one of the models knows none of "
            "its fields or classes. The first training of a project chooses its test images; they can also be chosen by hand."
        )
    )
    page_link("data.py", label=_("Project data"), icon=":material/photo_library:", query_params={"project": project.id})


def _render_fields(frame: pd.DataFrame, project: Project) -> None:
    if frame.empty:
        st.info(_("The two models know no field or class of this project in common."))
        return
    text = st.column_config.TextColumn
    head = _("Class") if project.task == "classes" else _("Field")
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            name: text(head if name == "name" else name, alignment="left" if name == "name" else "right") for name in frame.columns
        },
    )


def _clear() -> None:
    """Forget what came of it: something else is to be compared."""
    set_link(_ASKED, None)
    to_first_page(PAGE_KEY)


def _leave() -> None:
    for parameter in ("compare", "first", "second", "on"):
        set_link(parameter, None)
    _clear()
