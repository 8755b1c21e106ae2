"""Image records without originals, labels on them, and a life of random changes to both: for tests of the index."""

import random
from contextlib import suppress
from typing import Unpack

from storage import labels
from storage.core import revisions
from storage.core.errors import StoreError
from storage.core.ids import new_id
from storage.core.paths import ProjectPaths
from storage.core.records import now
from storage.images import Image
from storage.index import Index, Row
from storage.labels import Box
from storage.projects import Project

IMAGE = "{:064x}"


def rows(index: Index, project: Project) -> list[Row]:
    """All images, as they are now."""
    index.refresh(project.id)
    return index.images(project.id, "all")


def add(paths: ProjectPaths, number: int, name: str = "") -> Image:
    """An image record without an original, which the index never opens; numbers fall into shards of 16."""
    identifier = f"{number % 16:02x}{number:062x}"
    made = Image(id=identifier, rev=1, name=name or f"{number:03}.png", width=9, height=9, bytes=1, author="ann", at=now())
    revisions.create_revision(paths.image_shard(identifier), identifier, 0, made)
    return made


def box(score: float | None = None, field: str = "") -> Box:
    return Box(field=field or new_id(), xyxy=(1, 2, 3, 4), origin="person" if score is None else "auto", score=score)


def label(paths: ProjectPaths, image: Image, *boxes: Box, **options: object) -> None:
    labels.save(paths, image.id, labels.head_rev(paths, image.id), boxes, "ann", **options)  # type: ignore[arg-type]


def classify(paths: ProjectPaths, image: Image, class_id: str, score: float | None = None, **said: Unpack[labels.Said]) -> None:
    """Give the image a class: a person's without a score, else a model's."""
    about: labels.Said = {"class_id": class_id, "score": score, "origin": "person" if score is None else "auto", **said}
    labels.save(paths, image.id, labels.head_rev(paths, image.id), None, "ann", **about)


class Life:
    """Random changes to a project's files, each of a kind that people, workers and accidents make."""

    def __init__(self, paths: ProjectPaths, project: Project, seed: int) -> None:
        self.paths, self.project, self.random, self.images = paths, project, random.Random(seed), [add(paths, 0)]

    def step(self) -> None:
        touched = [self.draw, *[self.find] * 3, *[self.look] * 5, self.clear]
        action = self.random.choice([self.add, self.add, self.add, *touched, self.delete, self.break_one, self.lose])
        action(self.random.choice(self.images))

    def add(self, _: Image) -> None:
        self.images.append(add(self.paths, len(self.images)))

    def draw(self, image: Image) -> None:
        label(self.paths, image, *[box(field=self.field())] * self.random.randrange(3))

    def find(self, image: Image) -> None:
        found = [box(round(self.random.random(), 1), self.field()) for _ in range(self.random.randrange(1, 4))]
        label(self.paths, image, *found, origin="auto")

    def look(self, image: Image) -> None:
        with suppress(StoreError):  # damaged, or nothing to accept
            base = labels.head_rev(self.paths, image.id)
            if self.random.random() < 0.5:
                labels.accept(self.paths, image.id, base, "bob")
            else:
                labels.save_by_person(self.paths, self.project, image, base, [(self.field(), (1, 2, 3, 4))], "bob")

    def field(self) -> str:
        return self.random.choice(self.project.fields).id

    def clear(self, image: Image) -> None:
        labels.save(self.paths, image.id, labels.head_rev(self.paths, image.id), None, "ann")

    def delete(self, image: Image) -> None:
        rev = revisions.head_revision(self.paths.image_shard(image.id), image.id)
        changed = image.model_copy(update={"rev": rev + 1, "deleted": self.random.random() < 0.5, "split": "train"})
        revisions.create_revision(self.paths.image_shard(image.id), image.id, rev, changed)

    def break_one(self, image: Image) -> None:
        folder = self.random.choice([self.paths.image_shard, self.paths.label_shard])(image.id)
        folder.mkdir(parents=True, exist_ok=True)
        revisions.revision_path(folder, image.id, revisions.head_revision(folder, image.id) + 1).write_bytes(b"{}")

    def lose(self, image: Image) -> None:
        folder = self.paths.label_shard(image.id)
        for path in folder.glob(f"{image.id}*"):
            path.unlink()


class ClassLife(Life):
    """The same in a project of classes."""

    def draw(self, image: Image) -> None:
        classify(self.paths, image, self.field())

    def find(self, image: Image) -> None:
        classify(self.paths, image, self.field(), round(self.random.random(), 1))

    def look(self, image: Image) -> None:
        with suppress(StoreError):  # damaged
            base = labels.head_rev(self.paths, image.id)
            labels.save_class(self.paths, self.project, image.id, base, self.field(), "bob")
