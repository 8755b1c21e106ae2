"""Processes: the state machine of a run, folded from files that are each created once.

```
Created ─start─▶ Queued ─claim─▶ Starting ─▶ Running ─▶ Completed
                   └─stop─▶ Stopped ◀── Stopping ◀─stop─┘
                        Failed ◀─ any error       Interrupted ◀─ its worker, child or host died
         Stopped, Failed, Interrupted ─start─▶ Queued (resumes from the newest checkpoint)
Completed ─apply─▶ Applying ─▶ Applied ─roll back─▶ Rolling back ─▶ Rolled back ─apply─▶ Applying
```

No state is stored. ``requests/`` holds what people asked, numbered without gaps by compare-and-swap, so two people
pressing buttons at once get one order everywhere; ``attempts/`` holds what workers did. ``fold`` reads both.
"Not responding" is what a reader sees when a heartbeat stands still; it is never stored.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from storage import attempts, plans
from storage.attempts import Attempt, Outcome
from storage.core import (
    Conflict,
    Damaged,
    NotFound,
    ProcessPaths,
    Record,
    Refused,
    Store,
    check_id,
    create_revision,
    head_revision,
    is_id,
    list_names,
    load_head,
    load_if_there,
    new_id,
    now,
    record,
    revision_path,
)
from storage.projects import Project
from storage.templates import RunKind, Template

AUTO_RESUMES = 3  # a run that dies again and again needs a person to look at it


class State(StrEnum):
    """The states people see; the values are the message ids of their names."""

    CREATED = "Created"
    QUEUED = "Queued"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    COMPLETED = "Completed"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"
    APPLYING = "Applying"
    APPLIED = "Applied"
    ROLLING_BACK = "Rolling back"
    ROLLED_BACK = "Rolled back"


Action = Literal["start", "stop", "apply", "rollback"]

UNFINISHED = frozenset({State.QUEUED, State.STARTING, State.RUNNING, State.STOPPING})

# Which states allow what a person can ask for. Start of a run that has attempts is called resume.
TRANSITIONS: dict[Action, frozenset[State]] = {
    # Not from Completed: its model is published under the process's id, so running again is a new process.
    "start": frozenset({State.CREATED, State.STOPPED, State.FAILED, State.INTERRUPTED}),
    # From Interrupted too, or its worker would resume a run that nobody wants any more.
    "stop": frozenset({State.QUEUED, State.STARTING, State.RUNNING, State.INTERRUPTED}),
    # Not from Applied: the images it could label are labelled now, so a second apply would find none.
    "apply": frozenset({State.COMPLETED, State.ROLLED_BACK}),
    "rollback": frozenset({State.APPLIED}),
}
# Not while a worker may be at it: nobody could stop or follow it any more.
DELETABLE = frozenset(State) - UNFINISHED - {State.APPLYING, State.ROLLING_BACK}


class Spec(Record):
    """What to run: the template is copied in, so that editing it later changes no process."""

    id: str
    kind: RunKind
    project: str
    machine: str
    template: Template
    author: str
    at: AwareDatetime
    # A disabled process cannot be started; ``switched_by`` enabled or disabled it last.
    enabled: bool = True
    switched_by: str | None = None
    deleted: bool = False


class Request(Record):
    """What a person asked; ``apply`` names the apply it is about, ``thresholds`` the score per field id.

    ``upright`` says whether pages that were found lying sideways or upside down are turned by it.
    """

    number: int
    action: Action
    author: str
    at: AwareDatetime
    apply: str | None = None
    thresholds: dict[str, float] | None = None
    upright: bool = True


@dataclass(frozen=True)
class Process:
    """A process as its files tell it; ``attempts`` oldest first."""

    spec: Spec
    requests: tuple[Request, ...]
    attempts: tuple[Attempt, ...]
    state: State

    @property
    def id(self) -> str:
        """The process's id."""
        return self.spec.id

    @property
    def last(self) -> Attempt | None:
        """The newest attempt, None before the first."""
        return self.attempts[-1] if self.attempts else None

    @property
    def start_request(self) -> Request | None:
        """The newest request to start, which an attempt serves or will serve."""
        return next((request for request in reversed(self.requests) if request.action == "start"), None)

    @property
    def stop_asked(self) -> bool:
        """Whether a person asked to stop what the newest start began."""
        start = self.start_request
        # Newer than the start: a stop of an earlier run must not end this one.
        return start is not None and any(request.action == "stop" and request.number > start.number for request in self.requests)

    @property
    def may_resume_itself(self) -> bool:
        """Whether the worker takes an interrupted run up again without being asked."""
        # Counted anew for each start, since a person who presses it has looked at what went wrong.
        start = self.start_request.number if self.start_request else 0
        deaths = sum(attempt.claim.request == start and attempt.end is not None and attempt.end.died for attempt in self.attempts)
        return self.state == State.INTERRUPTED and not self.stop_asked and deaths <= AUTO_RESUMES


def create(store: Store, project: Project, template: Template, machine: str, author: str) -> Spec:
    """A new process of ``template`` on the data of ``project``, to run on the machine of id ``machine``."""
    spec = Spec(id=new_id(), kind=template.kind, project=project.id, machine=check_id(machine), template=template, author=author, at=now())
    create_revision(store.process(spec.id).folder, "spec", 0, spec)
    _journal(store, "create", spec, project=spec.project, machine=spec.machine)
    return spec


def get(store: Store, process: str) -> Process:
    """The process folded from its files; NotFound if there is none, Damaged if one of them cannot be read."""
    paths = store.process(process)
    _, spec = _load_spec(store, process)
    # A start and its claim may come between these readings. The state is then a moment old, and no harm is done: asking
    # and claiming are compare-and-swaps.
    requests = tuple(_load_request(paths, number) for number in range(1, _last_request(store, process) + 1))
    made = tuple(attempts.list_attempts(paths))
    state = fold(requests, made)
    return Process(spec, requests, made, _label_state(paths, requests) if state == State.COMPLETED else state)


def not_found(process: str) -> NotFound:
    """That there is no process of this id; also said of one that somebody may not see."""
    return NotFound("Process {process!r} does not exist; see the list of processes", process=process)


def fold(requests: tuple[Request, ...], made: tuple[Attempt, ...]) -> State:
    """The state that these requests and attempts add up to."""
    start = max((request.number for request in requests if request.action == "start"), default=0)
    stop = any(request.action == "stop" and request.number > start for request in requests)
    if not start:
        return State.CREATED
    last = made[-1] if made else None
    # Nobody has taken up the newest start; how an earlier one ended does not count any more.
    if last is None or last.claim.request != start:
        return State.STOPPED if stop else State.QUEUED
    if last.end is None:
        return State.STOPPING if stop else State.RUNNING if last.started else State.STARTING
    # It died before it could obey. Any other end outdoes the stop: a run that got through first is Completed.
    if last.end.outcome == Outcome.INTERRUPTED and stop:
        return State.STOPPED
    return State(last.end.outcome.value)


def list_ids(store: Store) -> list[str]:
    """Ids of all processes, oldest first."""
    # Ids begin with the time, so the listing's order is that of age.
    return [name for name in list_names(store.processes) if is_id(name)]


def list_processes(store: Store) -> tuple[list[Process], list[Damaged]]:
    """All processes, newest first, and apart from them what could not be read."""
    found: list[Process] = []
    damaged: list[Damaged] = []
    for process in reversed(list_ids(store)):
        try:
            found.append(get(store, process))
        except Damaged as error:
            damaged.append(error)
        except NotFound:
            # Deleted, or cut off before its first file.
            continue
    return found, damaged


def ask(
    store: Store,
    process: Process,
    action: Action,
    author: str,
    *,
    apply: str | None = None,
    thresholds: dict[str, float] | None = None,
    upright: bool = True,
) -> Request:
    """Record a request; Refused if the state forbids it or somebody asked for something else at the same moment."""
    check_allowed(process, action)
    # From what this person saw, not from a fresh listing: what came since must turn up as a Conflict.
    paths, number = store.process(process.id), len(process.requests) + 1
    request = Request(number=number, action=action, author=author, at=now(), apply=apply, thresholds=thresholds, upright=upright)
    try:
        create_revision(paths.requests, "request", number - 1, request)
    except Conflict as error:
        raise Refused(
            "Process {process} was changed by somebody else at the same moment; look again before you ask for more", process=process.id
        ) from error
    _journal(store, action, process.spec, request=request.number, apply=apply)
    return request


def check_allowed(process: Process, action: Action) -> None:
    """Refused, with the state and the states that would do, unless ``process`` allows ``action`` now."""
    if process.state not in TRANSITIONS[action]:
        raise Refused(
            "Process {process} is {state}; what you ask for needs it to be one of: {allowed}",
            process=process.id,
            state=process.state.value,
            allowed=join_states(TRANSITIONS[action]),
        )


def delete(store: Store, process: Process) -> None:
    """Take the process out of every list; its files, its model and the labels it gave stay. Refused while it is unfinished."""
    if process.state not in DELETABLE:
        raise Refused(
            "Process {process} is {state}; only one that is one of these can be deleted: {allowed}",
            process=process.id,
            state=process.state.value,
            allowed=join_states(DELETABLE),
        )
    _journal(store, "delete", _change(store, process.id, deleted=True))


def enable(store: Store, process: str, enabled: bool, author: str) -> None:
    """Let the process be started, or not; NotFound if it was deleted meanwhile."""
    _journal(store, "enable" if enabled else "disable", _change(store, process, enabled=enabled, switched_by=author))


def join_states(states: Collection[State]) -> str:
    """The states in the order of a life, as one text that a catalogue can take apart again."""
    return ", ".join(state.value for state in State if state in states)


def label_request(requests: tuple[Request, ...]) -> Request | None:
    """The newest request to apply or roll back, None if there was none."""
    return next((request for request in reversed(requests) if request.action in ("apply", "rollback")), None)


def count_requests(store: Store, process: str) -> int:
    """How many requests there are; the worker's cheap question whether anything is new."""
    # One listing and no file read: a worker asks this of every process in each pass.
    return _last_request(store, process)


def _load_spec(store: Store, process: str) -> tuple[int, Spec]:
    rev, spec = load_head(Spec, store.process(process).folder, "spec")
    if spec is None or spec.deleted:
        raise not_found(process)
    return rev, spec


def _change(store: Store, process: str, **values: object) -> Spec:
    # From the head and not from what somebody saw: a copy of that would bring back a process that was deleted since.
    rev, spec = _load_spec(store, process)
    changed = spec.model_copy(update=values)
    create_revision(store.process(process).folder, "spec", rev, changed)
    return changed


def _journal(store: Store, verb: str, spec: Spec, **details: object) -> None:
    record(store, f"process.{verb}", "process", spec.id, spec.template.name, thread=spec.id, **details)


def _label_state(paths: ProcessPaths, requests: tuple[Request, ...]) -> State:
    request = label_request(requests)
    if request is None or request.apply is None:
        return State.COMPLETED
    # By the marker of the newest request only: a roll back leaves the apply's own marker where it was.
    done = plans.outcome(paths, request.action, request.apply) is not None
    if request.action == "apply":
        return State.APPLIED if done else State.APPLYING
    return State.ROLLED_BACK if done else State.ROLLING_BACK


def _load_request(paths: ProcessPaths, number: int) -> Request:
    path = revision_path(paths.requests, "request", number)
    request = load_if_there(Request, path)
    if request is None:  # not NotFound, which would hide the process from every list
        raise Damaged("{path} is missing, though a later one is there. Restore it from a backup; everything else goes on", path=str(path))
    return request


def _last_request(store: Store, process: str) -> int:
    return head_revision(store.process(process).requests, "request")
