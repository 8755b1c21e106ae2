"""Snapshots: the labels a run is trained on and the images it is to label, fixed when it starts."""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from storage import images
from storage.core import Conflict, NotFound, Record, Store, record, unrecorded
from storage.images import Image, Split
from storage.projects import Field, Project

if TYPE_CHECKING:
    from storage.index import Index, Row

_LEAST_OF_CLASS = 4  # a class's training images before one is held out: three cost it 2 % of all pages, and three held out say nothing
TEST_SHARE = 0.2  # of the labelled images; at least two once there are eight, so that AP means something


class LabelledImage(Record):
    """An image with the label revision it is trained or tested on."""

    image: str
    rev: int
    split: Split


class UnlabelledImage(Record):
    """An image without a label when the run started, and its label's head revision then (0: never labelled)."""

    image: str
    rev: int


class Snapshot(Record):
    """``snapshot.json``: resumed attempts work on the same one."""

    project: str
    fields: tuple[Field, ...]
    labelled: tuple[LabelledImage, ...]
    unlabelled: tuple[UnlabelledImage, ...]


def take(store: Store, project: Project, index: "Index", use_unreviewed: bool, author: str) -> Snapshot:
    """The project's labels as they are now; confirmed ones without a split are given one first.

    Labels nobody reviewed never become test images, and are trained on only if the template says so. Images of a class
    that left the scheme are left out.
    """
    assign_split(store, project, index, author)
    # After the splits are written: rows read before would still be without them.
    index.refresh(project.id, full=True)
    # Without a split are those confirmed in the moment since: never test images unasked, so they are trained on.
    confirmed = [
        LabelledImage(image=row.image, rev=row.label_rev, split=row.split or "train")
        for row in _of_scheme(project, index.images(project.id, "confirmed"))
    ]
    unreviewed = _of_scheme(project, index.images(project.id, "auto")) if use_unreviewed else []
    return Snapshot(
        project=project.id,
        fields=project.fields,
        labelled=(*confirmed, *(LabelledImage(image=row.image, rev=row.label_rev, split="train") for row in unreviewed)),
        unlabelled=tuple(UnlabelledImage(image=row.image, rev=row.label_rev) for row in index.images(project.id, "unlabelled")),
    )


def assign_split(store: Store, project: Project, index: "Index", author: str) -> None:
    """Give every confirmed image without a split one, so that about a fifth are test images.

    The order is that of a hash of the image's id: random to the eye, the same on every host, and an image
    keeps its split when more labels come. Of classes, each keeps four training images before one of it is a test image.
    """
    index.refresh(project.id, full=True)
    rows = _of_scheme(project, index.images(project.id, "confirmed"))
    test = sum(row.split == "test" for row in rows)
    open_rows = sorted((row for row in rows if row.split is None), key=lambda row: _shuffled(project.id, row.image))
    # Test images are never taken back: a model that is trained on them later could not be compared with earlier ones.
    wanted = max(0, _test_count(len(rows)) - test)
    paths = store.project(project.id)
    chosen = _choose_test(rows, open_rows, wanted)
    for row in open_rows:
        # Deleted meanwhile, or given its split by another machine's run that starts on the same labels.
        with suppress(NotFound, Conflict), unrecorded():
            image: Image = images.get(paths, row.image)
            images.change(paths, image, author, split="test" if row.image in chosen else "train")
    if open_rows:
        record(store, "project.split", "project", project.id, project.name, images=len(open_rows))


def _of_scheme(project: Project, rows: "Sequence[Row]") -> "list[Row]":
    """The rows without those of a class that nobody can name any more."""
    known = {None, *(field.id for field in project.fields)}
    return [row for row in rows if row.class_id in known]


def _choose_test(rows: "Sequence[Row]", open_rows: "Sequence[Row]", wanted: int) -> set[str]:
    """Up to ``wanted`` of the open rows' images; classes get their share of them, and keep four images for training."""
    # In a project of fields all images are of no class: they are taken in their order, and any one is enough to train on.
    total, test = Counter(row.class_id for row in rows), Counter(row.class_id for row in rows if row.split == "test")
    waiting: dict[str | None, deque[str]] = defaultdict(deque)
    for row in open_rows:
        waiting[row.class_id].append(row.image)
    chosen: set[str] = set()
    for _ in range(wanted):
        spare = [kind for kind, images in waiting.items() if images and total[kind] - test[kind] > (_LEAST_OF_CLASS if kind else 1)]
        if spare:
            # Seats are given out like this where parties are many and seats few (D'Hondt).
            next_kind = max(spare, key=lambda kind: total[kind] / (test[kind] + 1))
            chosen.add(waiting[next_kind].popleft())
            test[next_kind] += 1
    return chosen


def _test_count(labelled: int) -> int:
    if labelled < 2:
        return 0  # one labelled image is needed for training
    return max(2 if labelled >= 8 else 1, round(TEST_SHARE * labelled))


def _shuffled(project: str, image: str) -> str:
    # Not Python's own hash, which differs from one process to the next.
    return hashlib.sha256(f"{project}:{image}".encode()).hexdigest()
