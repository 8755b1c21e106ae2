"""Attempts: what a worker and its child leave behind while a process runs; each file has one writer.

The worker creates ``claim.json`` and ``end.json``, the child ``started.json`` and ``result.json``. Once an attempt
has an end, nothing of it counts any more that comes later, so a runner that was frozen and wakes up does no harm.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

from storage.core import (
    AttemptPaths,
    Damaged,
    ProcessPaths,
    Record,
    StoreError,
    create_once,
    encode,
    list_names,
    load_if_there,
    make_folder,
    now,
    record,
)


class Outcome(StrEnum):
    """How an attempt ended; the values are states of a process."""

    COMPLETED = "Completed"
    STOPPED = "Stopped"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"


def _nested(value: object) -> object:
    return Message(**value) if isinstance(value, dict) and value.keys() == {"template", "values"} else value


class Message(Record):
    """An English template and its values, translated where it is shown; a value may be a message itself, such as a reason."""

    # Kept apart, as the writer does not know the reader's language.
    template: str
    values: dict[str, Annotated[Any, BeforeValidator(_nested)]] = {}

    def __str__(self) -> str:
        return self.template.format(**self.values)


def message_of(error: StoreError) -> Message:
    """A refusal as a message that can be kept."""
    # In a JSON record, which knows no path and no exception.
    kept = {name: value if isinstance(value, int | float | str | Message) else str(value) for name, value in error.values.items()}
    return Message(template=error.template, values=kept)


class Claim(Record):
    """A worker's word that it runs this attempt, for the start request of this number."""

    machine: str
    # Drawn anew at each start of a worker: host names and process ids come again.
    worker: str
    host: str
    pid: int
    request: int
    at: AwareDatetime
    # Images at once, where the system killed the last attempt for memory; None leaves it to the template.
    micro_batch: int | None = None


class Started(Record):
    """The child holds the run lock and begins."""

    pid: int
    at: AwareDatetime


class Ended(Record):
    """How an attempt ended; in ``result.json`` as the child tells it, in ``end.json`` as it stands.

    ``died`` means that the child ended without a word of its own, by the signal of that number if one is given.
    """

    outcome: Outcome
    at: AwareDatetime
    message: Message | None = None
    model: str | None = None
    died: bool = False
    signal: int | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt as its files tell it."""

    number: int
    paths: AttemptPaths
    claim: Claim
    started: Started | None
    end: Ended | None


def list_attempts(process: ProcessPaths) -> list[Attempt]:
    """Attempts that were claimed, oldest first; a slot without claim is left by a crash and will be used next."""
    found = []
    for number in _numbers(process):
        paths = process.attempt(number)
        claim = load_if_there(Claim, paths.claim)
        if claim is not None:
            # The end is read first: an attempt that ends meanwhile must not look ended and never started.
            end = load_if_there(Ended, paths.end)
            found.append(Attempt(number, paths, claim, load_if_there(Started, paths.started), end))
    return found


def claim(process: ProcessPaths, claim: Claim) -> Attempt | None:
    """Open the next attempt; None if another worker did, or the last one has no end yet."""
    made = list_attempts(process)
    # Its runner may be frozen rather than dead; a second one is let in only after an end was put on record.
    if made and made[-1].end is None:
        return None
    number = made[-1].number + 1 if made else 1
    paths = process.attempt(number)
    make_folder(paths.folder)
    # Two workers of one machine's name come this far when a network cut gave both the lock; one claim is made.
    if not create_once(paths.claim, encode(claim)):
        return None
    return Attempt(number, paths, claim, None, None)


def start(paths: AttemptPaths, pid: int) -> bool:
    """Record that the child runs; False if the attempt has ended or was started before."""
    if load_if_there(Ended, paths.end) is not None:
        return False
    # An end that slips in between these lines does no harm: readers go by the end, whatever was started.
    won = create_once(paths.started, encode(Started(pid=pid, at=now())))
    if won:
        _journal(paths, "process.run")
    return won


def finish(paths: AttemptPaths, result: Ended) -> None:
    """Record the child's own word on how the run ended; what it stands for is decided by ``end``."""
    create_once(paths.result, encode(result))


def end(paths: AttemptPaths, ended: Ended) -> bool:
    """Record how the attempt ended; False if that was decided before, by whomever."""
    # A worker that wakes up late cannot overturn what an administrator declared, nor the other way round.
    won = create_once(paths.end, encode(ended))
    if won:
        _journal(paths, "process.end", outcome=ended.outcome)
    return won


def result(paths: AttemptPaths) -> Ended | None:
    """What the child said when it finished; None if it died before, or its word is damaged."""
    try:
        return load_if_there(Ended, paths.result)
    except Damaged:
        # The child's exit code still tells how it ended; a damaged word must not leave the attempt open for ever.
        return None


def _journal(paths: AttemptPaths, operation: str, **details: Any) -> None:
    process = paths.process
    record(process.store, operation, "process", process.id, thread=process.id, attempt=int(paths.folder.name), **details)


def _numbers(process: ProcessPaths) -> list[int]:
    # As numbers: in text 10000 comes before 9999.
    return sorted(int(name) for name in list_names(process.attempts) if name.isdigit())
