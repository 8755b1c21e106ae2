"""What is told when: a run that ended, labels applied or rolled back, a machine lost, a disk that fills up."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pydantic import AwareDatetime

from storage import notices, plans
from storage.attempts import Ended, Message, Outcome
from storage.core import Conflict, Record, Store, StoreError, create_revision, load_head, now
from storage.machines import Info, Machine
from storage.plans import ApplyOutcome
from storage.processes import Process, label_request
from storage.projects import PROJECTS

# A worker that starts comes past every process there is. What ended before yesterday is no news, and most of it is known.
_NEWS = timedelta(days=1)
LEAST_SHARE, LEAST_BYTES = 0.05, 2 * 1024**3
_STEM = "disk"


class DiskStanding(Record):
    """``disk.<rev>.json``: from when on the store's disk was low, or no longer was."""

    low: bool
    at: AwareDatetime


def tell_process(store: Store, process: Process) -> None:
    """Tell how the newest run ended and what became of its labels, if that is so and news; told again, nothing happens."""
    last = process.last
    if last and last.end and now() - last.end.at < _NEWS:
        _tell_end(store, process, last.number, last.end)
    request = label_request(process.requests)
    outcome = plans.outcome(store.process(process.id), request.action, request.apply) if request and request.apply else None
    if request and outcome and now() - outcome.at < _NEWS:
        event = ("labels", process.id, str(request.number))
        notices.publish(store, event, **_of_labels(request.action, outcome), **_about(store, process, request.author))


def tell_machine_lost(store: Store, machine: Machine, info: Info, processes: Sequence[Process]) -> None:
    """Tell that a machine fell silent with these unfinished processes; once until it reports again."""
    authors = dict.fromkeys(process.spec.author for process in processes)
    notices.publish(
        store,
        # By its last report, which every dashboard finds alike.
        ("machine", machine.id, info.worker, str(info.seq)),
        code="machine.lost",
        subject=machine.name,
        message=Message(
            template="The machine does not respond; unfinished processes there: {count}. See that it is on and its worker runs",
            values={"count": len(processes)},
        ),
        to=tuple(authors),
        to_managers=True,
        machine=machine.id,
    )


def is_low(total: int, free: int, *, spare: float = 1.0) -> bool:
    """Whether less than 5 % or 2 GB of a disk is free; with ``spare`` times as much."""
    return free < spare * max(LEAST_SHARE * total, LEAST_BYTES)


def tell_disk(store: Store, machine: Machine, low: bool, free: int) -> None:
    """Put on record that the store's disk is low, or no longer is, and tell of the first; once until it recovers.

    All machines see the same disk: of those that notice, the one that writes the next revision tells.
    """
    rev, known = load_head(DiskStanding, store.notices, _STEM)
    if low != (known.low if known else False):
        try:
            known = DiskStanding(low=low, at=now())
            rev = create_revision(store.notices, _STEM, rev, known)
        except Conflict:
            return  # another machine was faster, and tells
    if low and known and now() - known.at < _NEWS:
        message = Message(
            template="The store's disk is nearly full: {free} GB are left. Free some space, or runs will fail",
            values={"free": round(free / 1024**3, 1)},
        )
        notices.publish(store, ("disk", str(rev)), code="disk.low", subject=machine.name, message=message, to_managers=True)


def tell_undelivered(store: Store, account: str, way: str, where: str, reason: Message) -> None:
    """Tell an account that its notices do not get out this way; once a day."""
    notices.publish(
        store,
        ("delivery", account, way, where, f"{now():%Y-%m-%d}"),
        code="delivery.failed",
        subject=where,
        message=Message(template="Notices could not be delivered there. Check your notice settings, then send a test"),
        reason=reason,
        to=(account,),
    )


def send_test(store: Store, account: str) -> str:
    """A notice to try one's settings with → its id; the same one within a minute, so that nobody is flooded."""
    message = Message(template="This is a test: you are told of what happens in this way")
    event = ("test", account, f"{now():%Y-%m-%d %H:%M}")
    return notices.publish(store, event, code="test", subject="Fieldmark", message=message, to=(account,))


def _tell_end(store: Store, process: Process, attempt: int, end: Ended) -> None:
    if end.outcome == Outcome.STOPPED:
        return  # a person asked for it
    starter = process.start_request.author if process.start_request else process.spec.author
    values = {**_of_run(process, end), "reason": end.message, "model": end.model}
    notices.publish(store, ("run", process.id, str(attempt)), at=end.at, **values, **_about(store, process, starter))


def _of_run(process: Process, end: Ended) -> dict[str, Any]:
    """Code and message of a run that ended so."""
    if end.outcome == Outcome.FAILED:
        return {"code": "process.failed", "message": Message(template="The run failed")}
    if end.outcome == Outcome.COMPLETED:
        if process.spec.kind == "training":
            return {"code": "process.completed", "message": Message(template="Training completed; the model is among the models")}
        return {"code": "process.completed", "message": Message(template="The run completed; what it found can be applied")}
    if process.may_resume_itself:
        return {"code": "process.interrupted", "message": Message(template="The run was interrupted")}
    return {"code": "process.interrupted", "message": Message(template="The run was interrupted and waits until somebody resumes it")}


def _of_labels(action: str, outcome: ApplyOutcome) -> dict[str, Any]:
    """Code, time and message of an apply or a roll back that is done."""
    values, is_one = {"count": outcome.changed}, outcome.changed == 1
    if action == "apply":
        one, many = Message(template="Labels applied to {count} image"), Message(template="Labels applied to {count} images")
    else:
        one, many = Message(template="Labels of {count} image rolled back"), Message(template="Labels of {count} images rolled back")
    code = "labels.applied" if action == "apply" else "labels.rolled_back"
    return {"code": code, "at": outcome.at, "message": (one if is_one else many).model_copy(update={"values": values})}


def _about(store: Store, process: Process, asker: str) -> dict[str, Any]:
    """Names and links of a process, for its author and whoever asked for this."""
    try:
        names = f"{PROJECTS.get(store, process.spec.project)[1].name} · {process.spec.template.name}"
    except StoreError:
        names = process.spec.template.name  # deleted or damaged, which is no reason to keep silent
    return {
        "subject": names,
        "to": tuple(dict.fromkeys((process.spec.author, asker))),
        "project": process.spec.project,
        "process": process.id,
    }
