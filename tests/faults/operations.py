"""Every operation of the store that writes, each as a person or a worker does it, and does it again after a cut."""

import io
from collections.abc import Callable
from contextlib import suppress

from PIL import Image

from storage import (
    applies,
    attempts,
    checkpoints,
    images,
    labels,
    machines,
    models,
    plans,
    processes,
    progress,
    project_deletion,
    projects,
    snapshots,
    templates,
    uploads,
)
from storage.attempts import Claim, Ended, Outcome
from storage.core import files
from storage.core.errors import BadImage, NameTaken
from storage.core.ids import new_id
from storage.core.paths import Store
from storage.core.records import now
from storage.core.root import open_store
from storage.index import Index
from storage.labels import Box
from storage.locks import Lock
from storage.plans import Plan, Rule
from storage.progress import Point, Stage, StageName, Status
from storage.projects import PROJECTS
from storage.templates import TEMPLATES
from tests.worker import house

Say = Callable[[str], None]
WEIGHTS = b"weights"
BOX = Box(field="f", xyxy=(1, 1, 9, 9))


def picture(number: int) -> bytes:
    """A small image of its own for each number."""
    buffer = io.BytesIO()
    Image.new("RGB", (32, 16), (number % 256, number // 256, 128)).save(buffer, "PNG")
    return buffer.getvalue()


class Operation:
    """``prepare`` makes what was there before, ``act`` says each step it finished.

    ``check`` holds after any cut, ``goal`` after acting again.
    """

    def prepare(self, store: Store) -> None:
        """Make a project with four images."""
        self.project = projects.create(store, "receipts", "fields", ("date", "total"))
        paths = store.project(self.project.id)
        self.images = [uploads.add(paths, f"{number}.png", picture(number), "ann").id for number in range(4)]

    def act(self, store: Store, say: Say) -> None:
        raise NotImplementedError

    def check(self, store: Store, said: list[str]) -> None:
        """Assert that everything said is there."""

    def goal(self, store: Store) -> None:
        raise NotImplementedError


class SaveLabel(Operation):
    """A person labels an image twice."""

    def act(self, store: Store, say: Say) -> None:
        paths, image = store.project(self.project.id), self.images[0]
        for author in ("ann", "bob"):
            if not any(label.author == author for label in labels.history(paths, image)):
                labels.save(paths, image, labels.head_rev(paths, image), (BOX,), author)
            say(author)

    def check(self, store: Store, said: list[str]) -> None:
        assert [label.author for label in labels.history(store.project(self.project.id), self.images[0])][: len(said)] == said

    def goal(self, store: Store) -> None:
        assert [label.author for label in labels.history(store.project(self.project.id), self.images[0])] == ["ann", "bob"]


class AddImage(Operation):
    """A person uploads an image."""

    def act(self, store: Store, say: Say) -> None:
        with suppress(BadImage):  # it is there already
            uploads.add(store.project(self.project.id), "new.png", picture(99), "ann")
        say("added")

    def check(self, store: Store, said: list[str]) -> None:
        if said:
            self.goal(store)

    def goal(self, store: Store) -> None:
        paths, image = store.project(self.project.id), files.sha256(picture(99))
        assert images.get(paths, image).rev == 1
        assert files.read_file(paths.original(image)) == picture(99)


class CreateProject(Operation):
    """A person creates a project; after an error a project of the name may exist, as the refusal of a second one tells."""

    def act(self, store: Store, say: Say) -> None:
        with suppress(NameTaken):
            projects.create(store, "Invoices", "fields", ("number",))
        say("created")

    def check(self, store: Store, said: list[str]) -> None:
        if said:
            self.goal(store)

    def goal(self, store: Store) -> None:
        assert PROJECTS.get(store, "invoices")[1].fields[0].name == "number"
        assert [project.name for project in PROJECTS.list(store).items] == ["Invoices", "receipts"]


class OpenStore(Operation):
    """The first command makes the store."""

    def prepare(self, store: Store) -> None:
        for path in store.root.iterdir():
            path.unlink()

    def act(self, store: Store, say: Say) -> None:
        open_store(store.root)
        say("made")

    def goal(self, store: Store) -> None:
        assert open_store(store.root) == store


class ChangeTemplate(Operation):
    """A person changes a template."""

    def prepare(self, store: Store) -> None:
        self.id = templates.create(store, "quick", "auto-label").id

    def act(self, store: Store, say: Say) -> None:
        rev, template = TEMPLATES.get(store, self.id)
        if not template.description:
            TEMPLATES.change(store, rev, template.model_copy(update={"description": "changed"}))
        say("changed")

    def check(self, store: Store, said: list[str]) -> None:
        if said:
            self.goal(store)

    def goal(self, store: Store) -> None:
        rev, template = TEMPLATES.get(store, "quick")
        assert (rev, template.description) == (2, "changed")


class Ask(Operation):
    """A person starts a process."""

    def prepare(self, store: Store) -> None:
        super().prepare(store)
        template = templates.create(store, "quick", "auto-label")
        self.process = processes.create(store, self.project, template, machines.register(store, "m").id, "ann").id

    def act(self, store: Store, say: Say) -> None:
        process = processes.get(store, self.process)
        if process.state == processes.State.CREATED:
            processes.ask(store, process, "start", "ann")
        say("asked")

    def check(self, store: Store, said: list[str]) -> None:
        if said:
            self.goal(store)

    def goal(self, store: Store) -> None:
        process = processes.get(store, self.process)
        assert (process.state, len(process.requests)) == (processes.State.QUEUED, 1)


class Attempt(Ask):
    """A worker claims a process, its child runs it; what a dead worker left open is ended first."""

    def prepare(self, store: Store) -> None:
        super().prepare(store)
        processes.ask(store, processes.get(store, self.process), "start", "ann")

    def act(self, store: Store, say: Say) -> None:
        process = processes.get(store, self.process)
        if process.state == processes.State.COMPLETED:
            return
        if process.last and process.last.end is None:
            attempts.end(process.last.paths, Ended(outcome=Outcome.INTERRUPTED, at=now(), died=True))
        made = attempts.claim(store.process(self.process), Claim(machine="m", worker="w", host="h", pid=1, request=1, at=now()))
        assert made is not None
        say(f"claim {made.number}")
        assert attempts.start(made.paths, 1)
        attempts.finish(made.paths, Ended(outcome=Outcome.COMPLETED, at=now()))
        say(f"result {made.number}")
        assert attempts.end(made.paths, Ended(outcome=Outcome.COMPLETED, at=now()))
        say(f"end {made.number}")

    def check(self, store: Store, said: list[str]) -> None:
        assert all(files.read_file(store.process(self.process).attempt(1).folder / f"{word.split()[0]}.json") for word in said)

    def goal(self, store: Store) -> None:
        process = processes.get(store, self.process)
        assert process.state == processes.State.COMPLETED
        assert all(attempt.end for attempt in process.attempts)
        assert [attempt.end.outcome for attempt in process.attempts if attempt.end].count(Outcome.COMPLETED) == 1


class WriteProgress(Attempt):
    """A child replaces its status and appends to its curves."""

    def prepare(self, store: Store) -> None:
        super().prepare(store)
        made = attempts.claim(store.process(self.process), Claim(machine="m", worker="w", host="h", pid=1, request=1, at=now()))
        assert made is not None
        self.attempt = made

    def act(self, store: Store, say: Say) -> None:
        points, _ = progress.read_points(self.attempt.paths)
        with files.LineWriter(self.attempt.paths.metrics) as writer:
            for iteration in range(len(points) + 1, 5):
                writer.write(Point(iteration=iteration, loss=0.5).model_dump_json(exclude_none=True).encode(), sync_every=0)
                say(f"line {iteration}")
                progress.write_status(self.attempt.paths, Status(stages=(Stage(name=StageName.TRAINING),), at=now(), iteration=iteration))
                say(f"status {iteration}")

    def check(self, store: Store, said: list[str]) -> None:
        points, _ = progress.read_points(self.attempt.paths)
        assert [point.iteration for point in points] == list(range(1, len(points) + 1))
        assert len(points) >= sum(word.startswith("line") for word in said)
        status = progress.read_status(self.attempt.paths)
        assert (status.iteration if status else 0) >= sum(word.startswith("status") for word in said)

    def goal(self, store: Store) -> None:
        self.check(store, ["line"] * 4)


class WriteCheckpoints(WriteProgress):
    """A child keeps checkpoints, of which older ones go."""

    def act(self, store: Store, say: Say) -> None:
        for iteration in range(1, 5):
            checkpoints.write(self.attempt.paths, iteration, b"tensors %d" % iteration, "{}")
            say(str(iteration))

    def check(self, store: Store, said: list[str]) -> None:
        found = checkpoints.newest(store.process(self.process), 1)
        assert (found.manifest.iteration if found else 0) >= len(said)

    def goal(self, store: Store) -> None:
        found = checkpoints.newest(store.process(self.process), 1)
        assert found is not None
        assert (found.manifest.iteration, found.tensors) == (4, b"tensors 4")


class PublishModel(Ask):
    """A child publishes its model; the next attempt does it again."""

    def act(self, store: Store, say: Say) -> None:
        models.publish(store, house.model(self.process, self.project), WEIGHTS)
        say("published")

    def goal(self, store: Store) -> None:
        assert files.read_file(models.weights_path(store, models.get(store, self.process))) == WEIGHTS
        assert models.list_ids(store) == [self.process]


class Apply(Ask):
    """An executor applies a plan while a person labels one of its images."""

    def prepare(self, store: Store) -> None:
        super().prepare(store)
        self.paths = store.process(self.process).apply(new_id())
        self.found = [(image, ((BOX.model_copy(update={"origin": "auto"}),), {})) for image in self.images]
        rule = Rule(thresholds={"f": 0.5})
        base = dict.fromkeys(self.images, 0)
        values = {"process": self.process, "attempt": 1, "author": "ann", "rule": rule, "base": base, "skipped": (), "at": now()}
        self.plan = Plan(id=self.paths.folder.name, **values)

    def act(self, store: Store, say: Say) -> None:
        project = store.project(self.project.id)
        plan = plans.make_plan(self.paths, self.plan)
        say("planned")
        self.correct(store, self.images[2], say)
        applies.carry_out(project, self.paths, plan, self.found, lambda *_: None)
        say("applied")

    def correct(self, store: Store, image: str, say: Say) -> None:
        """Bob saves his own label, once."""
        project = store.project(self.project.id)
        if not any(label.author == "bob" for label in labels.history(project, image)):
            labels.save(project, image, labels.head_rev(project, image), (BOX,), "bob")
        say("bob")

    def times(self, store: Store, image: str) -> tuple[int, int, int]:
        """How often an image was applied to, rolled back and labelled by Bob."""
        history = labels.history(store.project(self.project.id), image)
        applied = sum(label.apply == self.plan.id for label in history)
        undone = sum(label.undoes == self.plan.id for label in history)
        return applied, undone, sum(label.author == "bob" for label in history)

    def check(self, store: Store, said: list[str]) -> None:
        assert all(max(self.times(store, image)) <= 1 for image in self.images)
        assert sum(self.times(store, image)[2] for image in self.images) >= said.count("bob")

    def goal(self, store: Store) -> None:
        assert [self.times(store, image) for image in self.images] == [(1, 0, 0), (1, 0, 0), (0, 0, 1), (1, 0, 0)]
        done = plans.outcome(store.process(self.process), "apply", self.plan.id)
        assert done is not None
        assert (done.changed, done.kept) == (3, (self.images[2],))


class RollBack(Apply):
    """An executor rolls an apply back; a person had corrected one image and labelled one before."""

    def prepare(self, store: Store) -> None:
        super().prepare(store)
        super().act(store, lambda word: None)

    def act(self, store: Store, say: Say) -> None:
        self.correct(store, self.images[0], say)
        applies.roll_back(store.project(self.project.id), self.paths, self.plan, "ann", lambda *_: None)
        say("rolled back")

    def goal(self, store: Store) -> None:
        assert [self.times(store, image) for image in self.images] == [(1, 0, 1), (1, 1, 0), (0, 0, 1), (1, 1, 0)]
        done = plans.outcome(store.process(self.process), "rollback", self.plan.id)
        assert done is not None
        assert (done.changed, done.kept) == (2, (self.images[0],))
        head = labels.head(store.project(self.project.id), self.images[1])
        assert head is not None
        assert not head.is_labelled


class AssignSplit(Operation):
    """A run chooses its test images among the labelled ones."""

    def prepare(self, store: Store) -> None:
        super().prepare(store)
        for image in self.images:
            labels.save(store.project(self.project.id), image, 0, (BOX,), "ann")

    def act(self, store: Store, say: Say) -> None:
        snapshots.assign_split(store, self.project, Index(store), "ann")
        say("split")

    def goal(self, store: Store) -> None:
        splits = [images.get(store.project(self.project.id), image).split for image in self.images]
        assert sorted(map(str, splits)) == ["test", "train", "train", "train"]


class TakeLock(Operation):
    """A worker takes a lock, lets go of it, and takes it again."""

    def prepare(self, store: Store) -> None:
        self.path = store.machine(machines.register(store, "m").id).worker_lock

    def act(self, store: Store, say: Say) -> None:
        try:
            Lock(self.path, "The machine").release()
        except OSError:
            Lock(self.path, "The machine").release()  # whoever failed to take it must not hold it
            raise
        say("held")

    def goal(self, store: Store) -> None:
        Lock(self.path, "The machine").release()


class RenameProject(Operation):
    """A person renames a project."""

    def act(self, store: Store, say: Say) -> None:
        rev, project = PROJECTS.get(store, self.project.id)
        if project.name != "Invoices":
            PROJECTS.rename(store, rev, project, "Invoices")
        say("renamed")

    def check(self, store: Store, said: list[str]) -> None:
        _, project = PROJECTS.get(store, self.project.id)
        assert project.name in (["Invoices"] if said else ["receipts", "Invoices"])
        assert PROJECTS.get(store, project.name)[1] == project

    def goal(self, store: Store) -> None:
        assert PROJECTS.get(store, "invoices")[1].id == self.project.id
        projects.create(store, "Receipts", "fields")  # the old name is free


class DeleteProject(Operation):
    """A person deletes a project, which restores it if that was done before."""

    def act(self, store: Store, say: Say) -> None:
        if not PROJECTS.list_deleted(store).items:
            project_deletion.delete(store, *PROJECTS.get(store, self.project.id))
        say("deleted")
        PROJECTS.restore(store, self.project.id)
        say("restored")

    def check(self, store: Store, said: list[str]) -> None:
        listings = PROJECTS.list(store), PROJECTS.list_deleted(store)
        assert [project.id for listing in listings for project in listing.items] == [self.project.id]
        if "restored" in said:
            self.goal(store)

    def goal(self, store: Store) -> None:
        assert PROJECTS.get(store, "receipts")[1] == self.project


ALL = (
    OpenStore,
    RenameProject,
    DeleteProject,
    SaveLabel,
    AddImage,
    CreateProject,
    ChangeTemplate,
    Ask,
    Attempt,
    WriteProgress,
    WriteCheckpoints,
    PublishModel,
    Apply,
    RollBack,
    AssignSplit,
    TakeLock,
)
