"""Jobs: what a worker answers in seconds, beside whatever it trains: pages tried on a model, a model written as ONNX, one evaluated.

A job is asked of one machine, by a file created once; so is the answer. Nothing is ever claimed: a machine has one worker,
and an answer given twice is the same answer.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from pydantic import AwareDatetime

from storage.attempts import Message
from storage.core import (
    Damaged,
    NotFound,
    Record,
    Store,
    create_once,
    encode,
    is_id,
    list_names,
    load,
    load_if_there,
    make_folder,
    new_id,
    now,
)
from storage.detections import Detection
from storage.evaluations import Evaluation
from storage.models import FieldScore

JobKind = Literal["try", "onnx", "evaluate"]


class Page(Record):
    """One page to try: what it is called, and its size in pixels."""

    name: str
    width: int
    height: int


class Job(Record):
    """``job.json``: what is asked of which machine; ``project`` is the one whose test images a model is evaluated on."""

    id: str
    kind: JobKind
    model: str
    machine: str
    author: str
    at: AwareDatetime
    project: str | None = None
    pages: tuple[Page, ...] = ()


class TriedPage(Record):
    """What the model found on a page, best first, from the lowest score up; for classes every class with its score."""

    detections: tuple[Detection, ...] = ()
    # Why it could not be read; then nothing was found on it.
    message: Message | None = None


class Evaluated(Record):
    """A model on a project's test images as they are now; figures as in the model's record."""

    evaluation: Evaluation
    map_50: float | None = None
    map_50_95: float | None = None
    accuracy: float | None = None
    per_field: dict[str, FieldScore] = {}


class Answer(Record):
    """``answer.json``: what came of a job, or with ``message`` why nothing did."""

    job: str
    at: AwareDatetime
    seconds: float
    device: str = ""
    message: Message | None = None
    pages: tuple[TriedPage, ...] = ()
    evaluated: Evaluated | None = None


def ask(
    store: Store,
    kind: JobKind,
    model: str,
    machine: str,
    author: str,
    *,
    pages: Sequence[tuple[Page, bytes]] = (),
    project: str | None = None,
) -> Job:
    """Ask machine ``machine`` (its id) for an answer; pages come with their bytes, which a browser can show."""
    job = Job(
        id=new_id(),
        kind=kind,
        model=model,
        machine=machine,
        author=author,
        at=now(),
        project=project,
        pages=tuple(page for page, _ in pages),
    )
    paths = store.job(job.id)
    make_folder(paths.folder)
    for number, (_, data) in enumerate(pages):
        create_once(paths.page(number), data)
    # Last: a worker that sees the job finds all its pages.
    create_once(paths.record, encode(job))
    return job


def get(store: Store, job: str) -> Job:
    """The job of this id; NotFound if there is none, Damaged if its record is."""
    return load(Job, store.job(job).record)


def answer(store: Store, given: Answer) -> None:
    """Put the answer beside its job; the first one stands."""
    create_once(store.job(given.job).answer, encode(given))


def read_answer(store: Store, job: str) -> Answer | None:
    """The answer, None while there is none."""
    return load_if_there(Answer, store.job(job).answer)


def list_open(store: Store, machine: str) -> list[Job]:
    """Jobs that wait for the machine's answer, oldest first; a damaged one, which nobody could answer, is passed over."""
    found = []
    for job in filter(is_id, list_names(store.jobs)):
        with suppress(NotFound, Damaged):  # still on its way, or damaged: whoever asked sees that
            if read_answer(store, job) is None and (asked := get(store, job)).machine == machine:
                found.append(asked)
    return found
