"""Holds what people noted down against what the store has: is every acknowledged label there, once, without gaps?"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from storage.core import files, revisions
from storage.core.errors import StoreError
from storage.core.paths import ProjectPaths
from storage.core.records import load
from storage.labels import Label


@dataclass(frozen=True)
class Ledger:
    """Saves acknowledged; of those lost, and acknowledged twice; images whose revisions have gaps."""

    acknowledged: int
    lost: int
    twice: int
    gaps: int


def audit(project: ProjectPaths, journals: Iterable[Path]) -> Ledger:
    """Compare each writer's journal with the project's labels; the last line may be torn, as its writer was killed."""
    notes = [(journal.stem, *line.decode().split()) for journal in journals for line in files.read_lines(journal)[0]]
    revs = [(image, int(rev)) for _, image, rev, _ in notes]
    lost = sum(not _is_there(project, author, image, int(rev), float(width)) for author, image, rev, width in notes)
    images = {image for image, _ in revs}
    return Ledger(len(notes), lost, len(revs) - len(set(revs)), sum(_has_gap(project, image) for image in images))


def _is_there(project: ProjectPaths, author: str, image: str, rev: int, width: float) -> bool:
    try:
        label = load(Label, revisions.revision_path(project.label_shard(image), image, rev))
    except StoreError:
        return False
    return label.author == author and label.boxes is not None and label.boxes[0].xyxy[2] == width


def _has_gap(project: ProjectPaths, image: str) -> bool:
    found = filter(None, map(revisions.parse_revision, files.list_names(project.label_shard(image))))
    revs = sorted(rev for stem, rev in found if stem == image)
    return revs != list(range(1, len(revs) + 1))
