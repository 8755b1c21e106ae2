"""What goes on in a store while processes are killed: people label, runs train, labels are applied and rolled back.

Each scenario is a generator that yields while it waits, so that all go on at once; what it kills, and when, comes from
its seed. Moments are seen in the store's files, never guessed by time.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage import actions, labels, plans, processes, progress
from storage.core import files
from storage.core.errors import Conflict, NotFound, Refused
from storage.core.paths import AttemptPaths, Store
from storage.core.records import load
from storage.index import Index
from storage.labels import Box
from storage.plans import ApplyOutcome, Plan
from storage.processes import Process, State
from storage.progress import StageName
from storage.projects import Project
from tests.worker import house

WRITERS = 3
MOMENTS = ("claim", "start", "iterations", "checkpoint", "iterations", "checkpoint", "detection", "publishing")
BULK_IMAGES = 150
Scenario = Iterator[None]


@dataclass
class Town:
    """The store under test, its worker, and what was killed so far."""

    store: Store
    folder: Path
    worker: house.WorkerProcess
    kills: Counter[str] = field(default_factory=Counter)
    runs: list[str] = field(default_factory=list)

    def kill_worker(self) -> None:
        """Kill the worker and start the next."""
        self.worker.end()
        self.kills["worker"] += 1
        self.worker.start()

    def kill_child(self, module: str, what: str) -> None:
        """Kill the worker's child that runs ``module``, if it has one."""
        for child in self.worker.children(module):
            child.kill()
            self.kills[what] += 1


def writing(town: Town, project: Project, images: list[str], how: str, kills: int, seed: int) -> Scenario:
    """Writers compete over ``images``; one after the other is killed and replaced."""
    rnd = random.Random(seed)
    people = [_writer(town, project, images, how, number, seed) for number in range(WRITERS)]
    try:
        for number in range(WRITERS, WRITERS + kills):
            victim = rnd.randrange(WRITERS)
            lines, goal = len(files.read_lines(_journal(people[victim]))[0]), rnd.randrange(10, 120)
            while len(files.read_lines(_journal(people[victim]))[0]) < lines + goal:
                yield
            _kill(people[victim])
            town.kills["writer"] += 1
            people[victim] = _writer(town, project, images, how, number, seed)
    finally:
        for person in people:
            _kill(person)


def training(town: Town, project: Project, kills: int, seed: int) -> Scenario:
    """Runs whose worker and child are killed in turn; a person resumes what does not resume itself."""
    rnd = random.Random(seed)
    process, killed = _begin(town, project), 0
    for number in range(kills):
        moment = rnd.choice(MOMENTS)
        while not (last := _reached(town.store, process, moment, killed)):
            yield
            if processes.get(town.store, process).state == State.COMPLETED:
                process, killed = _begin(town, project), 0
            _resume_by_hand(town.store, process)
        killed = last
        # In turn, as a worker waits with the third child within ten seconds.
        town.kill_worker() if number % 2 else town.kill_child("worker.run", "child")
    while any(processes.get(town.store, run).state != State.COMPLETED for run in town.runs):
        yield
        for run in town.runs:
            _resume_by_hand(town.store, run)
    for request in (actions.apply, actions.roll_back):
        request(town.store, processes.get(town.store, process), "ann")
        while processes.get(town.store, process).state not in (State.APPLIED, State.ROLLED_BACK):
            yield


def applying(town: Town, project: Project, process: str, kills: int, seed: int) -> Scenario:
    """Labels are applied and rolled back, both being killed again and again, while a person labels one of the images."""
    rnd, touched = random.Random(seed), set[str]()
    while min(town.kills["apply"], town.kills["roll back"]) < kills:
        for ask, what in ((actions.apply, "apply"), (actions.roll_back, "roll back")):
            done = _label_files(town.store, project)
            ask(town.store, processes.get(town.store, process), "ann")
            for goal in sorted(rnd.sample(range(BULK_IMAGES // 2), 2)):
                while _label_files(town.store, project) < done + goal and not _settled(town.store, process):
                    yield
                town.kill_child("worker.apply", what)
                touched.add(_touch(town.store, project, process, rnd))
            while not _settled(town.store, process):
                yield
            _check_round(town.store, project, process, touched)


def prepare_bulk(store: Store) -> tuple[Project, str]:
    """A project of many images and a completed process that found the same field on each."""
    project, images = house.fill(store, "bulk", BULK_IMAGES, 0)
    return project, house.completed(store, project, images)


def _writer(town: Town, project: Project, images: list[str], how: str, number: int, seed: int) -> subprocess.Popen[bytes]:
    journal = town.folder / f"person{number}.journal"
    journal.touch()
    command = ["-m", "tests.faults.writer", str(town.store.root), project.id, str(journal), str(seed + number), how, *images]
    return subprocess.Popen([sys.executable, *command], cwd=house.ROOT, env={**os.environ, "PYTHONPATH": str(house.ROOT)})


def _journal(person: subprocess.Popen[bytes]) -> Path:
    return Path(next(word for word in person.args if str(word).endswith(".journal")))  # type: ignore[union-attr]


def _kill(person: subprocess.Popen[bytes]) -> None:
    person.kill()
    person.wait()


def _begin(town: Town, project: Project) -> str:
    process = house.new_process(town.store, project, iterations=30)
    house.start(town.store, process)
    town.runs.append(process)
    return process


def _reached(store: Store, process: str, moment: str, killed: int) -> int:
    """The number of the open attempt after attempt ``killed`` if it has come to ``moment``, else 0."""
    last = processes.get(store, process).last
    if last is None or last.end is not None or last.number <= killed:
        return 0
    return last.number if _has_come_to(last.paths, moment) else 0


def _has_come_to(paths: AttemptPaths, moment: str) -> bool:
    status = progress.read_status(paths)
    begun = {stage.name for stage in status.stages if stage.state != "waiting"} if status else set()
    seen: dict[str, Callable[[], bool]] = {
        "claim": lambda: True,
        "start": lambda: "started.json" in os.listdir(paths.folder),
        "iterations": lambda: bool(progress.read_points(paths)[0]),
        "checkpoint": lambda: any(name.endswith(".json") for name in files.list_names(paths.checkpoints)),
        "detection": lambda: bool(files.read_lines(paths.detections)[0]),
        "publishing": lambda: StageName.PUBLISHING in begun,
    }
    return seen[moment]()


def _resume_by_hand(store: Store, run: str) -> None:
    process = processes.get(store, run)
    assert process.state != State.FAILED, process.last and process.last.end
    if process.state == State.INTERRUPTED and not process.may_resume_itself:
        try:
            actions.start(store, Index(store), process, "ann")
        except Refused:
            return  # the worker is not back yet; asked again at the next look


def _settled(store: Store, process: str) -> bool:
    return processes.get(store, process).state in (State.APPLIED, State.ROLLED_BACK)


def _label_files(store: Store, project: Project) -> int:
    folder = store.project(project.id).labels
    return sum(len(files.list_names(folder / shard)) for shard in files.list_names(folder))


def _touch(store: Store, project: Project, process: str, rnd: random.Random) -> str:
    """A person labels one of the images, whatever is on it now."""
    paths, image = store.project(project.id), rnd.choice(_plan_images(store, process) or [""])
    while image:
        try:
            labels.save(paths, image, labels.head_rev(paths, image), (Box(field="f", xyxy=(0, 0, 5, 5)),), "person")
            break
        except Conflict:
            continue
    return image


def _plan_images(store: Store, process: str) -> list[str]:
    plan, _ = _last_apply(store, processes.get(store, process))
    return sorted(plan.base) if plan else []


def _last_apply(store: Store, process: Process) -> tuple[Plan | None, ApplyOutcome | None]:
    request = processes.label_request(process.requests)
    assert request is not None
    assert request.apply is not None
    paths = store.process(process.id)
    try:
        return load(Plan, paths.apply(request.apply).plan), plans.outcome(paths, request.action, request.apply)
    except NotFound:
        return None, None


def _check_round(store: Store, project: Project, process: str, touched: set[str]) -> None:
    """After an apply or its roll back: each image of the plan was changed once, or a person's label is on it and it was kept."""
    found = processes.get(store, process)
    plan, done = _last_apply(store, found)
    assert plan is not None
    assert done is not None
    rolled_back = found.state == State.ROLLED_BACK
    paths = store.project(project.id)
    for image in plan.base:
        history = labels.history(paths, image)
        times = (sum(label.apply == plan.id for label in history), sum(label.undoes == plan.id for label in history))
        assert max(times) <= 1, f"{image} was changed twice by one apply: {times}"
        if image not in touched:
            assert times == (1, int(rolled_back))
            assert history[-1].is_labelled != rolled_back
        else:
            assert any(label.author == "person" for label in history)
    assert set(done.kept) <= touched
    assert done.changed + len(done.kept) <= len(plan.base)
