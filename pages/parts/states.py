"""How states look, and what can be told of a process in a word or two."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

from pages.parts.data import Names, get_store
from pages.parts.i18n import _, number
from storage import actions, base_models
from storage.core import Refused, Store, StoreError
from storage.processes import DELETABLE, TRANSITIONS, UNFINISHED, Action, Process, State
from storage.progress import Status
from storage.projects import Task
from storage.templates import RunKind

# What a person can do with a process: what is asked of a worker, and what is done at once.
Deed = Action | Literal["again", "duplicate", "enable", "disable", "give_up", "delete"]
NOT_RESPONDING = "Not responding"  # what a reader sees; never stored, so not among the states
Colour = Literal["blue", "green", "orange", "red", "violet", "gray"]

_MOVING = UNFINISHED | {State.APPLYING, State.ROLLING_BACK}
_ENDED = frozenset({State.STOPPED, State.FAILED, State.COMPLETED, State.APPLIED, State.ROLLED_BACK})
_ALLOWED: dict[Deed, frozenset[State]] = {
    **dict(TRANSITIONS.items()),
    "again": _ENDED,
    "duplicate": frozenset(State),
    "enable": frozenset(State),
    "disable": frozenset(State) - UNFINISHED,
    "give_up": UNFINISHED,
    "delete": DELETABLE,
}
_OF_LABELS = (State.APPLYING, State.APPLIED, State.ROLLING_BACK, State.ROLLED_BACK)


@dataclass(frozen=True)
class Look:
    """A state's colour, its icon for badges, and a plain sign for table cells, which cannot show icons."""

    colour: Colour
    icon: str
    sign: str


# Colour and sign each tell states apart alone, as not everybody sees colours.
LOOKS: dict[str, Look] = {
    State.CREATED: Look("gray", ":material/draft:", "○"),
    State.QUEUED: Look("violet", ":material/schedule:", "◷"),
    State.STARTING: Look("blue", ":material/hourglass_top:", "▷"),
    State.RUNNING: Look("blue", ":material/play_arrow:", "▶"),
    State.STOPPING: Look("orange", ":material/hourglass_bottom:", "◧"),
    State.STOPPED: Look("gray", ":material/stop:", "■"),
    State.COMPLETED: Look("green", ":material/check_circle:", "✓"),
    State.FAILED: Look("red", ":material/error:", "✕"),
    State.INTERRUPTED: Look("orange", ":material/power_off:", "⚡"),
    State.APPLYING: Look("blue", ":material/sync:", "▷"),
    State.APPLIED: Look("green", ":material/done_all:", "✔"),
    State.ROLLING_BACK: Look("orange", ":material/sync:", "◁"),
    State.ROLLED_BACK: Look("gray", ":material/undo:", "↶"),
    NOT_RESPONDING: Look("red", ":material/wifi_off:", "!"),
}

COLOURS: dict[Colour, str] = {
    "blue": "#1971c2",
    "green": "#2f9e44",
    "orange": "#e8590c",
    "red": "#e03131",
    "violet": "#7048e8",
    "gray": "#868e96",
}


def moves(process: Process) -> bool:
    """Whether something goes on that a page has to follow."""
    return process.state in _MOVING or process.may_resume_itself


def shown_state(process: Process, alive: bool) -> str:
    """The state as people see it: an unfinished process on a machine that is silent does not respond."""
    if process.state in UNFINISHED and not alive:
        return NOT_RESPONDING
    return process.state.value


def states_of(kind: RunKind) -> list[str]:
    """The states that a process of this kind can be shown in, in the order of a life."""
    return [state for state in LOOKS if kind == "auto-label" or state not in _OF_LABELS]


def state_name(state: str) -> str:
    """The state's name in the reader's language."""
    # Written out, as the catalogues are collected from literals.
    return _("Not responding") if state == NOT_RESPONDING else _(state)


def why_not(process: Process, deed: Deed) -> str | None:
    """Why this is not possible now, None if it is."""
    if deed in ("apply", "rollback") and process.spec.kind != "auto-label":
        return _("This process trains a model only; it has no labels to apply")
    if deed == "start" and not process.spec.enabled:
        return _("This process is disabled. Enable it first")
    if process.state in _ALLOWED[deed]:
        return None
    # In the order of a life, which a set would not keep.
    states = ", ".join(state_name(state.value) for state in State if state in _ALLOWED[deed])
    return _("Not while the process is “{state}”. Possible when it is: {states}").format(
        state=state_name(process.state.value), states=states
    )


def is_project_gone(store: Store, process: Process, known: Container[str]) -> bool:
    """Whether the process's project was deleted; ``known`` are ids of projects that are there, as of a moment ago."""
    if process.spec.project in known:
        return False
    try:
        actions.project_of(store, process)  # it may be younger than what is known
    except StoreError:
        return True
    return False


def kind_name(kind: str) -> str:
    """The kind of run in the reader's language."""
    return _("Auto-labelling") if kind == "auto-label" else _("Training")


def task_of(process: Process, names: Names) -> Task:
    """What the process's project is about, fields or classes."""
    project = names.projects.get(process.spec.project)
    if project:
        return project.task
    try:  # the project is deleted; both are for the same task
        return base_models.find(get_store(), process.spec.template.parameters.base_model).task
    except Refused:
        return "fields"


def iterations_text(status: Status | None) -> str:
    """Iterations done of all."""
    return f"{number(status.iteration)} / {number(status.iterations)}" if status and status.iterations else "–"
