"""The apply step: carries out the newest request to apply labels or roll them back, from wherever an earlier try stopped.

Runs in a process of its own beside a training: ``python -m worker.apply STORE PROCESS PARENT``.
"""

import sys
import time
from pathlib import Path

from storage import actions, applies, notice_events, plans, processes
from storage.core import ApplyPaths, NotFound, Refused, Store, encode, load, now, open_store, replace_file
from storage.index import Index
from storage.plans import Plan, Progress
from storage.processes import Process, Request, State
from storage.projects import PROJECTS, Project
from worker.parent import die_with_parent

_PROGRESS_S = 0.5


def main(store_root: str, process: str, parent: str) -> None:
    """Carry out what was asked of ``process`` last."""
    # First: beside the child of the next worker this one would do no harm, but everything twice.
    die_with_parent(int(parent))
    store = open_store(Path(store_root))
    carry_out(store, processes.get(store, process))


def carry_out(store: Store, process: Process) -> None:
    """Apply or roll back; does nothing if that was finished meanwhile. Two at once do no harm."""
    request = processes.label_request(process.requests)
    if request is None or request.apply is None or process.state not in (State.APPLYING, State.ROLLING_BACK):
        return
    _, project = PROJECTS.get(store, process.spec.project)
    paths = store.process(process.id).apply(request.apply)
    if request.action == "apply":
        _apply(store, process, request, project, paths)
    else:
        applies.roll_back(store.project(project.id), paths, load(Plan, paths.plan), request.author, _Reporter(paths))
    # At once, where the worker would come to it with its next pass; both make the same notice.
    notice_events.tell_process(store, processes.get(store, process.id))


def _apply(store: Store, process: Process, request: Request, project: Project, paths: ApplyPaths) -> None:
    plan = _plan(store, process, request, project, paths)
    # The attempt of the plan: all who carry it out must read the same detections.
    attempt = next(attempt for attempt in process.attempts if attempt.number == plan.attempt)
    found = applies.chosen_labels(attempt, project, plan.rule, process.id)
    applies.carry_out(store.project(project.id), paths, plan, found, _Reporter(paths))


def _plan(store: Store, process: Process, request: Request, project: Project, paths: ApplyPaths) -> Plan:
    try:
        # Made anew after a crash, a plan would leave out the images already done, and a roll back would not undo those.
        return load(Plan, paths.plan)
    except NotFound:
        pass
    if process.last is None or request.apply is None:  # a completed process has both
        raise Refused("Process {process} has no attempt whose detections could be applied", process=process.id)
    rule = actions.rule_for(store, process, request.thresholds)
    # Counted again rather than taken from the dialog: people may have labelled since it was shown.
    found = applies.preview(store, project, process.last, rule, Index(store))
    plan = Plan(
        id=request.apply,
        process=process.id,
        attempt=process.last.number,
        author=request.author,
        rule=rule,
        base=found.base,
        turns=found.turns if request.upright else {},
        skipped=found.skipped,
        at=now(),
    )
    # Two workers can get here at once: the plan created first is the one that both carry out.
    return plans.make_plan(paths, plan)


class _Reporter:
    """Writes images done of all, at most twice a second."""

    def __init__(self, paths: ApplyPaths) -> None:
        self._paths = paths
        self._due = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._due or done == total:
            replace_file(self._paths.progress, encode(Progress(done=done, total=total)), durable=False)
            self._due = time.monotonic() + _PROGRESS_S


if __name__ == "__main__":
    main(*sys.argv[1:])
