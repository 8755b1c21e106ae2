"""A process at a glance: how far it is, what it says, and everything about it as JSON."""

from typing import Any

from storage import machines, plans, processes, progress
from storage.attempts import Attempt
from storage.core import NotFound, Store
from storage.plans import ApplyOutcome
from storage.processes import UNFINISHED, Process, State
from storage.progress import Status
from storage.projects import PROJECTS

_LABELLING = frozenset({State.APPLYING, State.ROLLING_BACK})


def is_busy(process: Process) -> bool:
    """Whether the process is going to change by itself."""
    # Whoever follows a process goes by this to know when nothing more will come.
    return process.state in UNFINISHED | _LABELLING or process.may_resume_itself


def status_of(process: Process) -> Status | None:
    """What the newest attempt's child wrote last; None before that."""
    return progress.read_status(process.last.paths) if process.last else None


def advance(store: Store, process: Process) -> tuple[int, int]:
    """Steps done and all, of what the process is at: images applied or searched, else iterations."""
    request = processes.label_request(process.requests)
    if process.state in _LABELLING and request and request.apply:
        done = plans.read_progress(store.process(process.id).apply(request.apply))
        return (done.done, done.total) if done else (0, 1)  # of 1, as bars divide by it
    status = status_of(process)
    if status is None:
        return 0, 1
    # Detection follows the last iteration and counts images, so a stage's own figures go first.
    stage = next((stage for stage in status.stages if stage.state == "running" and stage.total), None)
    return (stage.done, stage.total) if stage else (status.iteration, status.iterations or 1)


def apply_outcome(store: Store, process: Process) -> ApplyOutcome | None:
    """How the newest apply or roll back went; None while none is finished."""
    request = processes.label_request(process.requests)
    if request is None or request.apply is None:
        return None
    return plans.outcome(store.process(process.id), request.action, request.apply)


def sentence(store: Store, process: Process) -> str:
    """State, stage, loss and AP or accuracy of a process on its way, in one line."""
    if not machines.is_alive(store, process.spec.machine):
        return f"{process.state}: its machine does not respond"
    status = status_of(process)
    stage = next((stage.name.value for stage in status.stages if stage.state == "running"), "") if status else ""
    figures = f" loss {status.loss:.3f}" if status and status.loss is not None else ""
    quality = f" {_measure(store, process)} {status.ap:.3f}" if status and status.ap is not None else ""
    return f"{process.state} {stage}{figures}{quality}"


def _measure(store: Store, process: Process) -> str:
    """What the figure is that a status holds as AP."""
    try:
        return "accuracy" if PROJECTS.get(store, process.spec.project)[1].task == "classes" else "AP"
    except NotFound:
        return "AP"  # the project was deleted meanwhile, and with it what the process was about


def summary(store: Store, process: Process) -> str:
    """How a process rests: its state with what was applied or why it ended."""
    outcome = apply_outcome(store, process)
    if outcome and process.state in (State.APPLIED, State.ROLLED_BACK):
        return f"{process.state}: {outcome.changed} images, {len(outcome.kept)} kept as people left them"
    message = process.last.end.message if process.last and process.last.end else None
    return f"{process.state}" + (f": {message}" if message else "")


def describe(store: Store, process: Process) -> dict[str, Any]:
    """Everything about a process, as values that JSON knows."""
    status, outcome = status_of(process), apply_outcome(store, process)
    return {
        "id": process.id,
        "state": process.state.value,
        "responds": machines.is_alive(store, process.spec.machine),
        "spec": process.spec.model_dump(mode="json"),
        "requests": [request.model_dump(mode="json") for request in process.requests],
        "attempts": [_describe_attempt(attempt) for attempt in process.attempts],
        "status": status.model_dump(mode="json") if status else None,
        "apply": outcome.model_dump(mode="json") if outcome else None,
    }


def _describe_attempt(attempt: Attempt) -> dict[str, Any]:
    end = attempt.end
    return {
        "number": attempt.number,
        "claim": attempt.claim.model_dump(mode="json"),
        "started": attempt.started.model_dump(mode="json") if attempt.started else None,
        "end": end.model_dump(mode="json") if end else None,
        "message": str(end.message) if end and end.message else None,
    }
