"""What an apply and its roll back leave on disk: the plan, how far it is, and how it went."""

from pydantic import AwareDatetime

from storage.core import ApplyPaths, Damaged, ProcessPaths, Record, create_once, encode, load, load_if_there, make_folder
from storage.turns import Turn


class Rule(Record):
    """Which detections become boxes: by field id, the least score and the most boxes on one image (None: no limit)."""

    thresholds: dict[str, float]
    limits: dict[str, int | None] = {}
    # Whether a score is the chance that the box is right: then their mean says how many of them are.
    calibrated: bool = False


class Plan(Record):
    """What an apply is going to do: base revision by image, for those that get at least one box."""

    id: str
    process: str
    # Whose detections, with which thresholds: taken up after a cut, it goes on with what it began with.
    attempt: int
    author: str
    rule: Rule
    # In the plan rather than looked up: a head read after a cut may be this very apply's.
    base: dict[str, int]
    # Degrees clockwise by image, for those of them that are to be shown turned otherwise than they are.
    turns: dict[str, Turn] = {}
    skipped: tuple[str, ...]
    at: AwareDatetime


class ApplyOutcome(Record):
    """How an apply or a roll back went: images changed, and images kept because a person touched them."""

    changed: int
    kept: tuple[str, ...]
    at: AwareDatetime


class Begun(Record):
    """``rollback.json``: somebody asked to roll back."""

    author: str
    at: AwareDatetime


class Progress(Record):
    """Images dealt with, of how many."""

    done: int
    total: int


def make_plan(paths: ApplyPaths, plan: Plan) -> Plan:
    """Fix the plan, or return the one that was fixed before."""
    make_folder(paths.folder)
    # Two that start at once may have counted differently; both go on with the plan that came first.
    create_once(paths.plan, encode(plan))
    return load(Plan, paths.plan)


def outcome(process: ProcessPaths, action: str, apply: str) -> ApplyOutcome | None:
    """How the apply (or, with action ``rollback``, its roll back) went; None while it is not finished."""
    # A missing marker is the state "under way": nothing has to be cleaned up after a cut for anybody to go on.
    paths = process.apply(apply)
    return load_if_there(ApplyOutcome, paths.applied if action == "apply" else paths.rolledback)


def read_progress(paths: ApplyPaths) -> Progress | None:
    """Images dealt with so far; None before the first report or if it cannot be read."""
    try:
        return load_if_there(Progress, paths.progress)
    except Damaged:
        # Written without a sync and only shown, so not worth an error.
        return None
