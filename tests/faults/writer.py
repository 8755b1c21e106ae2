"""A person who labels the same few images as others, notes each save the store acknowledged, and may be killed at any moment.

``python -m tests.faults.writer STORE PROJECT JOURNAL SEED HOW IMAGE…``; HOW is "store", or one of two naive ways to save.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from storage import labels
from storage.core import files, revisions
from storage.core.errors import Conflict
from storage.core.paths import ProjectPaths, Store
from storage.core.records import encode, now
from storage.labels import Box, Label

Save = Callable[[ProjectPaths, str, int, tuple[Box, ...], str], object]
PAUSE_S = 0.005


def save_in_place(project: ProjectPaths, image: str, base: int, boxes: tuple[Box, ...], author: str) -> None:
    """What a store without care does: open the file and write."""
    _path(project, image, base).write_bytes(_label(image, base, boxes, author))


def save_by_replacing(project: ProjectPaths, image: str, base: int, boxes: tuple[Box, ...], author: str) -> None:
    """Whole files, yet whoever comes second overwrites the first."""
    files.replace_file(_path(project, image, base), _label(image, base, boxes, author))


WAYS: dict[str, Save] = {"store": labels.save, "in place": save_in_place, "by replacing": save_by_replacing}


def main(root: str, project: str, journal: str, seed: str, how: str, *chosen: str) -> None:
    """Label images until killed."""
    rnd, paths = random.Random(seed), Store(Path(root)).project(project)
    notes = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        image, width = rnd.choice(chosen), round(rnd.uniform(2, 100), 6)
        base = labels.head_rev(paths, image)
        try:
            WAYS[how](paths, image, base, (Box(field="f", xyxy=(0, 0, width, 9)),), Path(journal).stem)
        except Conflict:
            continue
        os.write(notes, f"{image} {base + 1} {width}\n".encode())  # the tick that the person sees
        time.sleep(PAUSE_S)


def _path(project: ProjectPaths, image: str, base: int) -> Path:
    files.make_folder(project.label_shard(image))
    return revisions.revision_path(project.label_shard(image), image, base + 1)


def _label(image: str, base: int, boxes: tuple[Box, ...], author: str) -> bytes:
    return encode(Label(image=image, rev=base + 1, boxes=boxes, author=author, at=now()))


if __name__ == "__main__":
    main(*sys.argv[1:])
