"""A project's images as examples, read from their labels and records."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from storage import images
from storage.attempts import message_of
from storage.core import ProjectPaths, StoreError, load, revision_path
from storage.labels import Label
from storage.projects import Field
from storage.snapshots import Snapshot
from storage.words.words import Reader
from storage.words.words import find as find_words
from worker.data import Example


@dataclass(frozen=True)
class Data:
    """What one run works on: labelled examples by split, and the unlabelled ones to look at."""

    train: list[Example]
    test: list[Example]
    unlabelled: list[Example]

    @property
    def labelled(self) -> list[Example]:
        """Those of both splits."""
        return list({example.image: example for example in (*self.train, *self.test)}.values())

    def changed(self, change: Callable[[list[Example]], list[Example]]) -> "Data":
        """The same with each part as `change` makes it."""
        return Data(change(self.train), change(self.test), change(self.unlabelled))


def read_data(
    paths: ProjectPaths, snapshot: Snapshot, with_unlabelled: bool, notice: Callable[..., None], reader: Reader | None = None
) -> Data:
    """The snapshot's images, with the words that `reader` has read; those that cannot be loaded are noticed and left out."""
    data = Data([], [], [])
    for item in snapshot.labelled:
        # The snapshot's revision and not the newest: a resumed attempt goes on with the labels it began with.
        read = partial(labelled_example, paths, item.image, item.rev, snapshot.fields, reader)
        (data.train if item.split == "train" else data.test).extend(_read(item.image, read, notice))
    for image in snapshot.unlabelled if with_unlabelled else ():
        data.unlabelled.extend(_read(image.image, partial(_example, paths, image.image, [], [], reader), notice))
    return data


def labelled_example(paths: ProjectPaths, image: str, rev: int, fields: tuple[Field, ...], reader: Reader | None = None) -> Example | None:
    """An image as its label of revision `rev` says, by index into `fields`; None if its class is not among them."""
    label = load(Label, revision_path(paths.label_shard(image), image, rev))
    index = {field.id: position for position, field in enumerate(fields)}
    if label.boxes is None:
        return _example(paths, image, [], [index[label.class_id]], reader) if label.class_id in index else None
    # A field deleted from the scheme leaves its boxes behind in older labels.
    boxes = [box for box in label.boxes if box.field in index]
    example = _example(paths, image, [box.xyxy for box in boxes], [index[box.field] for box in boxes], reader)
    return replace(example, texts=tuple(box.text for box in boxes))


def _example(
    paths: ProjectPaths, image: str, xyxy: list[tuple[float, float, float, float]], class_id: list[int], reader: Reader | None
) -> Example:
    record = images.get(paths, image)
    example = Example(
        image=image,
        path=paths.original(image),
        width=record.width,
        height=record.height,
        xyxy=np.array(xyxy, dtype=np.float32).reshape(-1, 4),
        class_id=np.array(class_id, dtype=np.int64),
        turn=record.turn,
        turn_said=record.said_turn is not None,
    )
    return example if reader is None else replace(example, words=partial(find_words, paths, image, record.said_turn, reader))


def _read(image: str, read: Callable[[], Example | None], notice: Callable[..., None]) -> list[Example]:
    try:
        example = read()
    except StoreError as error:
        notice("Image {image} skipped: {reason}", image=image, reason=message_of(error))
        return []
    return [] if example is None else [example]
