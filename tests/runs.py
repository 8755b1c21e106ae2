"""Stores with runs in every state, written through the storage API as worker and people write them."""

import io
import math
from collections.abc import Iterable
from pathlib import Path

import PIL.Image

from storage import attempts, labels, machines, processes, progress, projects, uploads
from storage.attempts import Attempt, Claim, Ended, Message, Outcome
from storage.core import files
from storage.core.ids import new_id
from storage.core.paths import Store
from storage.core.records import now
from storage.core.root import open_store
from storage.labels import Box
from storage.machines import Info, Machine
from storage.processes import Process
from storage.progress import Point, Stage, StageName, Status
from storage.projects import Project
from storage.templates import TEMPLATES, Parameters, Template

FIELDS = ("company", "date", "address", "total")


class Runs:
    """A store with one project, one template and one live machine, and the means to add processes to it."""

    def __init__(self, root: Path) -> None:
        self.store: Store = open_store(root)
        self._labelled = 0
        self.project: Project = projects.create(self.store, "receipts", "fields", FIELDS)
        self.template: Template = TEMPLATES.create(
            self.store, Template(id=new_id(), name="quick", kind="auto-label", parameters=Parameters(batch=2, iterations=1000))
        )
        self.machine: Machine = machines.register(self.store, "bench")
        self.heartbeat()

    def heartbeat(self, *, left: bool = False) -> None:
        """The machine's worker reports now; with ``left`` it says good-bye."""
        # With the languages of new projects, or each overview would say that they are missing.
        known = {"languages": ("eng", "rus"), "left": left}
        info = Info(host="h", pid=1, worker="w", seq=1, cores=2, memory=1, memory_used=1, since=now(), at=now(), **known)
        machines.report(self.store, self.machine.id, info)

    def label_one(self) -> None:
        """An image with a person's label, so that a process may start."""
        paths = self.store.project(self.project.id)
        picture = io.BytesIO()
        self._labelled += 1  # of another height each, or the second would be the same image again
        PIL.Image.new("RGB", (120, 160 + self._labelled), "white").save(picture, "PNG")
        image = uploads.add(paths, "page.png", picture.getvalue(), "ann")
        box = Box(field=self.project.fields[0].id, xyxy=(10, 10, 60, 30), origin="person")
        labels.save(paths, image.id, 0, (box,), "ann")

    def created(self) -> Process:
        """A process nobody started yet."""
        spec = processes.create(self.store, self.project, self.template, self.machine.id, "ann")
        return processes.get(self.store, spec.id)

    def queued(self) -> Process:
        """A process that was started and waits for its machine."""
        process = self.created()
        processes.ask(self.store, process, "start", "ann")
        return processes.get(self.store, process.id)

    def running(self, iterations: int = 0) -> Process:
        """A process in training that has done ``iterations``."""
        process = self.queued()
        self.attempt(process)
        self.report(processes.get(self.store, process.id), iterations)
        return processes.get(self.store, process.id)

    def ended(self, outcome: Outcome, message: Message | None = None, iterations: int = 200) -> Process:
        """A process whose only attempt ended so."""
        process = self.running(iterations)
        self.end(process, outcome, message)
        return processes.get(self.store, process.id)

    def end(self, process: Process, outcome: Outcome, message: Message | None = None) -> None:
        """The last attempt ends so."""
        assert process.last is not None
        attempts.end(process.last.paths, Ended(outcome=outcome, at=now(), message=message))

    def attempt(self, process: Process) -> Attempt:
        """The next attempt, claimed and started."""
        paths = self.store.process(process.id)
        claim = Claim(machine=self.machine.id, worker="w", host="h", pid=1, request=len(process.requests), at=now())
        made = attempts.claim(paths, claim)
        assert made is not None
        attempts.start(made.paths, 1)
        return made

    def report(self, process: Process, iterations: int, *, start: int = 0) -> None:
        """Curves from ``start`` to ``iterations``, and the status at their end."""
        assert process.last is not None
        write_points(process.last.paths.metrics, curve(start, iterations, [field.id for field in self.project.fields]))
        progress.write_status(process.last.paths, status(iterations))


def status(iteration: int, *, notices: tuple[Message, ...] = ()) -> Status:
    """The status of a training at this iteration of 1,000."""
    done = Stage(name=StageName.SNAPSHOT, state="done", seconds=0.4)
    data = Stage(name=StageName.DATA, state="done", seconds=6.2, done=56, total=56)
    training = Stage(name=StageName.TRAINING, state="running", seconds=iteration * 0.9, done=iteration, total=1000)
    waiting = tuple(Stage(name=name) for name in (StageName.EVALUATION, StageName.DETECTION, StageName.PUBLISHING))
    return Status(
        stages=(done, data, training, *waiting),
        at=now(),
        device="CPU",
        canvas=(1120, 512),
        images=45,
        test_images=11,
        batch=2,
        iteration=iteration,
        iterations=1000,
        epoch=iteration * 2 // 45,
        loss=loss(iteration),
        lr=lr(iteration),
        ap=ap(iteration // 100 * 100) if iteration >= 100 else None,
        seconds_left=(1000 - iteration) * 0.9,
        notices=notices,
    )


def curve(start: int, end: int, fields: list[str]) -> Iterable[Point]:
    """Points of a training from iteration ``start`` + 1 to ``end``, with an evaluation every 100."""
    for iteration in range(start + 1, end + 1):
        yield Point(iteration=iteration, loss=loss(iteration), lr=lr(iteration), seconds=0.9)
        if iteration % 100 == 0:
            scores: dict[str, float | None] = {field: max(0.0, ap(iteration) - 0.09 * place) for place, field in enumerate(fields)}
            yield Point(iteration=iteration, ap=ap(iteration), ap_50_95=0.6 * ap(iteration), per_field=scores)


def write_points(path: Path, points: Iterable[Point]) -> None:
    """Append points to a metrics file as the worker does."""
    with files.LineWriter(path) as writer:
        for point in points:
            writer.write(point.model_dump_json(exclude_none=True).encode())


def loss(iteration: int) -> float:
    """A falling loss that shakes as a batch of two makes it shake; the same for the same iteration."""
    shake = math.sin(iteration * 12.9898) * 43758.5453 % 1 - 0.5
    return 0.16 + 2.1 * math.exp(-iteration / 130) + (0.05 + 0.5 * math.exp(-iteration / 200)) * shake


def lr(iteration: int, initial: float = 0.005) -> float:
    """Warm-up, then half a cosine."""
    return initial * min(1.0, iteration / 50) * (0.02 + 0.98 * (1 + math.cos(math.pi * iteration / 1000)) / 2)


def ap(iteration: int) -> float:
    """An AP that rises and levels off."""
    return 0.87 * (1 - math.exp(-iteration / 260))
