"""Jobs: what a worker answers in seconds, beside whatever it trains: pages tried on a model, a model written as ONNX, one evaluated.

A job is asked of one machine, by a file created once; so is the answer. Nothing is ever claimed: a machine has one worker,
and an answer given twice is the same answer. No job is kept for long: its pages are people's documents.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from storage import machines
from storage.attempts import Message
from storage.core import (
    Damaged,
    NotFound,
    Record,
    Refused,
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
    read_file,
    record,
    remove_file,
)
from storage.detections import Detection
from storage.evaluations import Evaluation
from storage.machines import MACHINES, Machine
from storage.models import FieldScore

JobKind = Literal["try", "onnx", "evaluate"]

KEPT = timedelta(days=1)
"""How long a job is kept at least, so that an answer can be looked at again and sent to somebody."""


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
    """A model on a project's confirmed test images as they are now; figures as in the model's record.

    Fields and classes, matched by name, go by the project's ids, so that two models can be compared; those that only one
    of the two knows are left out.
    """

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


def able_machines(store: Store) -> list[Machine]:
    """Machines that answer jobs now, enabled and alive; those that run nothing come first."""
    able = [machine for machine in MACHINES.list(store).items if machine.enabled and machines.is_alive(store, machine.id)]
    return sorted(able, key=lambda machine: is_busy(store, machine))


def is_busy(store: Store, machine: Machine) -> bool:
    """Whether the machine runs a process, beside which a job takes longer."""
    info = machines.read_info(store, machine.id)
    return info is not None and info.process is not None


def choose_machine(store: Store, machine: str | None = None) -> Machine:
    """The machine of this id or name, or without one whichever suits best; Refused, saying what to do, if it cannot answer now."""
    if machine is None:
        able = able_machines(store)
        if not able:
            raise Refused("No machine answers now. Start a worker in a shell, in Fieldmark's folder: python cli.py worker")
        return able[0]
    _, wanted = MACHINES.get(store, machine)
    if not wanted.enabled:
        raise Refused("Machine {machine!r} is disabled; ask the administrator or choose another", machine=wanted.name)
    if not machines.is_alive(store, wanted.id):
        raise Refused(
            "Machine {machine!r} does not respond; start its worker there: python -m worker --machine {machine} --store {store}",
            machine=wanted.name,
            store=str(store.root),
        )
    return wanted


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
    record(store, "job.ask", "job", job.id, kind=kind, model=model, machine=machine, project=project, pages=len(pages) or None)
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


def ask_again(store: Store, job: Job, model: str, machine: str, author: str) -> Job:
    """Ask the same of another machine or of another model; NotFound if the job's pages were removed meanwhile."""
    paths = store.job(job.id)
    try:
        pages = [(page, read_file(paths.page(number))) for number, page in enumerate(job.pages)]
    except FileNotFoundError as error:
        raise NotFound("The pages tried were removed by now. Choose the files again") from error
    return ask(store, job.kind, model, machine, author, pages=pages, project=job.project)


def list_open(store: Store, machine: str, settled: set[str] | None = None) -> list[Job]:
    """Jobs that wait for the machine's answer, oldest first; a damaged one, which nobody could answer, is passed over.

    ``settled`` collects those that are answered or another machine's, which need not be read a second time.
    """
    done = set() if settled is None else settled
    found = []
    for job in filter(is_id, list_names(store.jobs)):
        if job in done:
            continue
        with suppress(NotFound, Damaged):  # still on its way, or damaged: whoever asked sees that
            asked = get(store, job)
            if asked.machine == machine and read_answer(store, job) is None:
                found.append(asked)
            else:
                done.add(job)
    return found


def remove_old(store: Store, at: datetime) -> None:
    """Remove every job that is older than a day at the time ``at``, answered or not, with all its pages."""
    unknown: list[str] = []
    for job in filter(is_id, list_names(store.jobs)):
        unknown.append(job)
        try:
            asked = get(store, job)
        except (NotFound, Damaged):
            # Cut off before it was asked. Ids are in the order of time, so the next that is old says that this one is.
            continue
        if at - asked.at < KEPT:
            return
        for old in unknown:
            _remove(store, old)
        unknown.clear()


def _remove(store: Store, job: str) -> None:
    paths = store.job(job)
    # Several machines may be at it at once.
    with suppress(FileNotFoundError):
        remove_file(paths.record)  # first: without it nobody takes the rest for a job
    with suppress(OSError):
        # Temporary files too.
        for path in list(paths.folder.iterdir()):
            remove_file(path)
        paths.folder.rmdir()
