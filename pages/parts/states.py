"""How states look, and what can be told of a process in a word or two."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

from pages.parts.i18n import _
from storage import actions
from storage.core import Store, StoreError
from storage.processes import DELETABLE, TRANSITIONS, UNFINISHED, Action, Process, State

# What a person can do with a process: what is asked of a worker, and what is done at once.
Deed = Action | Literal["again", "give_up", "delete"]
NOT_RESPONDING = "Not responding"  # what a reader sees; never stored, so not among the states
Colour = Literal["blue", "green", "orange", "red", "violet", "gray"]

_MOVING = UNFINISHED | {State.APPLYING, State.ROLLING_BACK}
_ENDED = frozenset({State.STOPPED, State.FAILED, State.COMPLETED, State.APPLIED, State.ROLLED_BACK})
_ALLOWED: dict[Deed, frozenset[State]] = {"again": _ENDED, "give_up": UNFINISHED, "delete": DELETABLE, **dict(TRANSITIONS.items())}


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


def state_name(state: str) -> str:
    """The state's name in the reader's language."""
    # Written out, as the catalogues are collected from literals.
    return _("Not responding") if state == NOT_RESPONDING else _(state)


def why_not(process: Process, deed: Deed) -> str | None:
    """Why this is not possible now, None if it is."""
    if deed in ("apply", "rollback") and process.spec.kind != "auto-label":
        return _("This process trains a model only; it has no labels to apply")
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
