"""A store with small real data, and a real worker on it as a process of its own."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

import psutil
from PIL import Image, ImageDraw

from storage import actions, attempts, labels, machines, models, processes, projects, templates, uploads
from storage.attempts import Attempt, Claim, Ended, Outcome
from storage.core import files
from storage.core.errors import Refused
from storage.core.paths import Store
from storage.core.records import encode, now
from storage.detections import Detection, ImageDetections
from storage.index import Index
from storage.labels import Box
from storage.models import Model
from storage.plans import Rule
from storage.processes import Process
from storage.projects import Project
from storage.snapshots import Snapshot, UnlabelledImage
from storage.turns import Turn

ROOT = Path(__file__).parents[2]
MACHINE = "mill"
# The smallest there is for fields; whoever tests the reading one says so.
SMALL = {"base_model": "base-SmartOCR-01", "iterations": 12, "refresh": 0.2, "device": "cpu", "loaders": 1, "augment": "none", "lr": 0.01}

T = TypeVar("T")


def page(number: int) -> bytes:
    """A document of 128 × 64 pixels with a date and a total, which lie elsewhere on each page."""
    image = Image.new("RGB", (128, 64), "white")
    draw = ImageDraw.Draw(image)
    for name, (left, top, *_) in places(number).items():
        draw.text((left, top), f"{name} {number}", fill="black")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def places(number: int) -> dict[str, tuple[int, int, int, int]]:
    """Where the fields of page ``number`` are."""
    left, top = number * 7 % 60, number * 5 % 20
    return {"date": (left, top, left + 50, top + 14), "total": (left, top + 30, left + 60, top + 44)}


def fill(store: Store, name: str, count: int, labelled: int) -> tuple[Project, list[str]]:
    """A project of ``count`` pages, the first ones ``labelled`` by a person, and the ids of its images."""
    project = projects.create(store, name, "fields", ("date", "total"))
    paths = store.project(project.id)
    added = [uploads.add(paths, f"{name}{number}.png", page(number), "ann").id for number in range(count)]
    for number, image in enumerate(added[:labelled]):
        boxes = tuple(Box(field=project.field(field).id, xyxy=xyxy) for field, xyxy in places(number).items())
        labels.save(paths, image, 0, boxes, "ann")
    return project, added


def form(number: int) -> bytes:
    """A form of 64 × 96 pixels: even numbers have bars on top, odd ones at the bottom, no two alike."""
    image = Image.new("RGB", (64, 96), "white")
    draw, top = ImageDraw.Draw(image), 50 * (number % 2)
    for line in range(4):
        draw.rectangle((6, top + 8 + 9 * line, 30 + (number * 7 + line * 11) % 30, top + 12 + 9 * line), fill="black")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def fill_classes(store: Store, name: str, count: int, labelled: int) -> tuple[Project, list[str]]:
    """A project of ``count`` forms of two classes in turn, the first ones ``labelled`` by a person, and its images' ids."""
    project = projects.create(store, name, "classes", ("top", "bottom"))
    paths = store.project(project.id)
    added = [uploads.add(paths, f"{name}{number}.png", form(number), "ann").id for number in range(count)]
    for number, image in enumerate(added[:labelled]):
        labels.save(paths, image, 0, None, "ann", class_id=project.fields[number % 2].id)
    return project, added


def new_process(store: Store, project: Project, kind: str = "auto-label", **parameters: object) -> str:
    """A process with small parameters, to run on the house's machine; not started."""
    template = templates.create(store, f"t{time.monotonic_ns()}", kind, **{**SMALL, **parameters})  # type: ignore[arg-type]
    return processes.create(store, project, template, machines.register(store, MACHINE).id, "ann").id


def start(store: Store, process: str) -> None:
    """Ask to start or resume as soon as the machine answers."""

    def asked() -> bool:
        try:
            actions.start(store, Index(store), processes.get(store, process), "ann")
        except Refused as error:
            if "does not respond" not in str(error):
                raise
            return False
        return True

    until(asked, "the machine responds")


def claim(store: Store, process: str) -> Attempt:
    """The next attempt for the newest start request, as a worker claims it; asked to start first if need be."""
    found = processes.get(store, process)
    if found.state in processes.TRANSITIONS["start"]:
        processes.ask(store, found, "start", "ann")
        found = processes.get(store, process)
    assert found.start_request is not None
    word = Claim(machine=found.spec.machine, worker="w", host="h", pid=1, request=found.start_request.number, at=now())
    made = attempts.claim(store.process(process), word)
    assert made is not None
    return made


def completed(store: Store, project: Project, images: list[str], score: float = 0.9, turns: Mapping[str, Turn] = {}) -> str:
    """A process that has completed without any training and found both fields on each of ``images``, and ``turns`` of some."""
    process = new_process(store, project)
    made = claim(store, process)
    unlabelled = tuple(UnlabelledImage(image=image, rev=0) for image in images)
    snapshot = Snapshot(project=project.id, fields=project.fields, labelled=(), unlabelled=unlabelled)
    files.create_once(made.paths.snapshot, encode(snapshot))
    places = enumerate(project.fields)
    found = tuple(
        Detection(field=field.id, xyxy=(1, 2 + 20 * place, 30, 20 + 20 * place), score=score, text=f"{field.name} 5", read=0.7)
        for place, field in places
    )
    with files.LineWriter(made.paths.detections) as writer:
        for image in images:
            writer.write(ImageDetections(image=image, detections=found, turn=turns.get(image)).model_dump_json().encode())
    models.publish(store, model(process, project), b"weights")
    attempts.end(made.paths, Ended(outcome=Outcome.COMPLETED, at=now(), model=process))
    return process


def model(process: str, project: Project) -> Model:
    """The record of a model whose weights are the bytes ``weights``."""
    return Model(
        id=process,
        project=project.id,
        template="t",
        machine="m",
        base_model="b",
        fields=project.fields,
        canvas=(64, 128),
        rule=Rule(thresholds={field.id: 0.5 for field in project.fields}, calibrated=project.task == "fields"),
        per_field={},
        iterations=1,
        images=1,
        test_images=0,
        weights_sha256=files.sha256(b"weights"),
        at=now(),
    )


def until(condition: Callable[[], T], what: str, seconds: float = 120) -> T:
    """Poll until ``condition`` gives something true, and return that."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds} s in vain until {what}"
        time.sleep(0.02)
    return found


def until_state(store: Store, process: str, state: str, seconds: float = 120) -> Process:
    """Wait until the process is in ``state``; a Failed one fails the test at once, with its reason."""

    def there() -> Process | None:
        found = processes.get(store, process)
        failed = found.state == "Failed" != state
        assert not failed, found.last and found.last.end
        return found if found.state == state else None

    return until(there, f"process is {state}", seconds)


class WorkerProcess:
    """``python -m worker`` on a store; killed with its block."""

    def __init__(self, store: Store, machine: str = MACHINE) -> None:
        self._command = [sys.executable, "-m", "worker", "--machine", machine, "--store", str(store.root)]
        self.log = store.root.parent / f"worker-{machine}.log"
        self.start()

    def start(self) -> None:
        """Start it, or another after its death."""
        with self.log.open("ab") as log:
            # The runs are small and there are many processes: more threads would only get in each other's way.
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            self.popen = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=log, env=environment)

    def children(self, module: str) -> list[psutil.Process]:
        """Living children that run ``module``."""
        found = []
        for child in psutil.Process(self.popen.pid).children():
            try:
                if child.status() != psutil.STATUS_ZOMBIE and module in child.cmdline():
                    found.append(child)
            except psutil.NoSuchProcess:
                continue
        return found

    def send(self, number: int) -> None:
        """Send it a signal."""
        self.popen.send_signal(number)

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send it a signal and wait for its end → its exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(90)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.send(signal.SIGCONT)
        self.end()


def is_running(pid: int) -> bool:
    """Whether a child of a worker lives under this pid."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and any(module.startswith("worker.") for module in process.cmdline())
    except psutil.NoSuchProcess:
        return False
