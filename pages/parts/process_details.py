"""What there is to tell about one process: state, advice, stages, attempts, notices and what an apply did."""

import pandas as pd
import streamlit as st

from pages.parts.data import Names, is_alive
from pages.parts.guard import page_link
from pages.parts.i18n import _, duration, moment, ngettext, number, said, small_number
from pages.parts.states import LOOKS, NOT_RESPONDING, is_project_gone, iterations_text, kind_name, shown_state, state_name, task_of
from pages.parts.template_texts import summary
from pages.parts.text import plain
from storage import images, plans
from storage.attempts import Message, Outcome
from storage.core import Store, StoreError
from storage.plans import ApplyOutcome
from storage.processes import Process, Request, State, label_request
from storage.progress import Stage, StageName, Status
from storage.projects import Task

_MOST_KEPT = 20  # names of kept images listed before the rest is only counted
_SIGNS = {"waiting": ":gray[○]", "running": ":blue[▶]", "done": ":green[✓]", "failed": ":red[✕]"}


def render_heading(store: Store, process: Process, names: Names) -> None:
    """State and what the process is, in one line."""
    state = shown_state(process, is_alive(str(store.root), process.spec.machine))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(state_name(state), icon=LOOKS[state].icon, color=LOOKS[state].colour)
        if not process.spec.enabled:
            st.badge(_("disabled"), icon=":material/block:", color="gray")
        # Names are people's: an underscore or an asterisk in them is not Markdown.
        project, machine = plain(names.project(process.spec.project)), plain(names.machine(process.spec.machine))
        what = (
            f"**{plain(process.spec.template.name)}** · {project} · {machine} · {kind_name(process.spec.kind)} :small[:gray[{process.id}]]"
        )
        st.markdown(what, width="content")


def render_summary(process: Process, status: Status | None, names: Names) -> None:
    """The template's values and description, and the newest figures of the run, each in a line."""
    template = process.spec.template
    st.caption(plain(summary(template)) + (f"  \n{plain(template.description)}" if template.description else ""))
    if status is None or not status.iterations:
        return
    running = process.state in (State.RUNNING, State.STOPPING)
    figures = {
        _("Iteration"): iterations_text(status),
        _("Loss"): number(status.loss, 3),
        _("Learning rate"): small_number(status.lr),
        _("Test AP") if task_of(process, names) == "fields" else _("Test accuracy"): number(status.ap, 3),
        _("~ Time left"): duration(status.seconds_left) if running else "–",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in figures.items():
            st.metric(name, value, width="content", height="content")


def render_advice(store: Store, process: Process, names: Names) -> None:
    """What went wrong, if something did, and what to do next."""
    if is_project_gone(store, process, names.projects):
        st.warning(
            _("The project of this process was deleted. Its run can be looked at; its labels cannot be applied or rolled back."),
            icon=":material/folder_off:",
        )
    message = process.last.end.message if process.last and process.last.end else None
    machine = names.machine(process.spec.machine)
    state = shown_state(process, is_alive(str(store.root), process.spec.machine))
    # Only while the attempt it belongs to is the last word: beside a new start it would mislead.
    if message and process.state in (State.FAILED, State.INTERRUPTED, State.STOPPED):
        show = st.error if process.state == State.FAILED else st.warning
        show(plain(said(message.template, message.values)))
    if state == NOT_RESPONDING:  # before all others: nothing happens until the machine is back
        st.warning(_not_responding(machine))
    elif process.state == State.FAILED:
        st.caption(
            _("The log on the Monitoring page tells more. Put right what is wrong, then press Resume: the newest checkpoint is kept.")
        )
    elif process.state == State.INTERRUPTED:
        st.caption(_interrupted(process, machine))
    elif process.state == State.QUEUED:
        st.caption(_("Waiting for machine {machine} to take it.").format(machine=plain(machine)))
    elif process.state == State.COMPLETED and process.spec.kind == "auto-label":
        st.caption(_("What was found is not on the images yet. Press Apply labels to look at it first."))
    elif process.state == State.COMPLETED:
        st.caption(_("The model is trained and kept under Models."))
    elif process.state == State.CREATED:
        st.caption(_("Not started yet. Press Start.") if process.spec.enabled else _("Not started yet. Press Enable, then Start."))


def render_notices(status: Status | None) -> None:
    """What the run wanted to be known, each notice once."""
    # Training and detection can both come upon the same bad image.
    for notice in dict.fromkeys(said(notice.template, notice.values) for notice in status.notices) if status else ():
        st.info(plain(notice), icon=":material/info:")


def render_stages(process: Process, status: Status | None, task: Task) -> None:
    """The stages of a process's newest run with their time and result."""
    if status is None:
        st.caption(_("No stage has begun yet."))
        return
    failure = _failure(process)
    rows = [
        (
            f"{_SIGNS[stage.state]} {_stage_name(stage.name, task)}",
            _stage_result(stage, failure),
            duration(stage.seconds) if stage.seconds else "–",
        )
        for stage in status.stages
        # A training labels nothing, so this stage would wait for ever.
        if process.spec.kind == "auto-label" or stage.name != StageName.DETECTION
    ]
    # A table and not a dataframe, whose canvas cuts texts and shows no coloured signs.
    st.table(pd.DataFrame(rows, columns=[_("Stage"), _("Result"), _("Time")]), hide_index=True, border="horizontal")


def render_attempts(process: Process, names: Names) -> None:
    """The attempts, newest first: when, where and how each ended."""
    if not process.attempts:
        st.caption(_("There was no attempt yet."))
        return
    rows = [
        (
            number(attempt.number),
            plain(names.machine(attempt.claim.machine)),
            moment(attempt.claim.at),
            duration((attempt.end.at - attempt.claim.at).total_seconds()) if attempt.end else "–",
            _(attempt.end.outcome.value) if attempt.end else "–",
        )
        for attempt in reversed(process.attempts)
    ]
    head = [_("Attempt"), _("Machine"), _("Started"), _("Time"), _("Ended")]
    st.table(pd.DataFrame(rows, columns=head), hide_index=True, border="horizontal")


def render_apply(store: Store, process: Process, names: Names) -> None:
    """How the last apply or roll back goes or went: images changed, and those kept because a person touched them."""
    request = label_request(process.requests)
    if request is None or request.apply is None:
        return
    paths = store.process(process.id)
    outcome = plans.outcome(paths, request.action, request.apply)
    if outcome is None:
        _render_progress(store, names, plans.read_progress(paths.apply(request.apply)))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(_outcome_text(request, outcome), icon=":material/done_all:" if request.action == "apply" else ":material/undo:")
        if request.action == "apply":
            page_link("review.py", label=_("Review them"), icon=":material/fact_check:", query_params={"project": process.spec.project})
    if outcome.kept:
        kept = ngettext(
            "{count} image kept: a person changed it meanwhile", "{count} images kept: people changed them meanwhile", len(outcome.kept)
        )
        # Each name shown is one file to read, at every tick.
        more = "" if len(outcome.kept) <= _MOST_KEPT else " …"
        st.warning(kept + ": " + ", ".join(plain(_image_name(store, process, image)) for image in outcome.kept[:_MOST_KEPT]) + more)


def _render_progress(store: Store, names: Names, progress: plans.Progress | None) -> None:
    # Any worker can do it, not only that of the process's machine.
    if not any(is_alive(str(store.root), machine) for machine in names.machines):
        st.warning(_("No machine responds. This goes on by itself as soon as a worker runs (`python cli.py worker`)."))
    if progress is None or not progress.total:
        st.caption(_("Waiting for the worker to begin."))
        return
    st.progress(
        progress.done / progress.total, text=_("{done} of {total} images").format(done=number(progress.done), total=number(progress.total))
    )


def _image_name(store: Store, process: Process, image: str) -> str:
    try:
        return images.get(store.project(process.spec.project), image).name
    except StoreError:
        return image[:12]  # deleted or damaged; enough of its id to search for


def _failure(process: Process) -> Message | None:
    """Why the newest attempt failed; None if it did not."""
    end = process.last.end if process.last else None
    return end.message if end and end.outcome == Outcome.FAILED else None


def _stage_name(name: StageName, task: Task) -> str:
    # The same stage, but a class is nothing that is detected on a page.
    return _("Classification") if task == "classes" and name == StageName.DETECTION else _(name.value)


def _stage_result(stage: Stage, failure: Message | None) -> str:
    if stage.state == "failed" and failure:
        return plain(said(failure.template, failure.values))
    if stage.total and stage.state != "waiting":
        return _("{done} of {total}").format(done=number(stage.done), total=number(stage.total))
    return {"waiting": "–", "running": _("running"), "done": _("done"), "failed": _("failed")}[stage.state]


def _not_responding(machine: str) -> str:
    return _(
        "Machine {machine} does not respond. Check that it is on and reachable and that its worker runs there "
        "(`python cli.py worker`). A run that was cut off goes on by itself when the worker is back."
    ).format(machine=plain(machine))


def _interrupted(process: Process, machine: str) -> str:
    if process.may_resume_itself:
        return _("The worker of machine {machine} takes it up again by itself.").format(machine=plain(machine))
    return _("Press Resume: it goes on from the newest checkpoint.")


def _outcome_text(request: Request, outcome: ApplyOutcome) -> str:
    """What the apply or the roll back did."""
    if request.action == "apply":
        return ngettext("Labels applied to {count} image", "Labels applied to {count} images", outcome.changed)
    return ngettext("Labels of {count} image rolled back", "Labels of {count} images rolled back", outcome.changed)
