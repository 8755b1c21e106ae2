"""Images of a project: the original bytes, kept under their SHA-256, and revisions of what is known about them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime

from storage.core import NotFound, ProjectPaths, Record, create_revision, load, load_head, now, record, revision_path
from storage.turns import Turn

Split = Literal["train", "test"]


class Image(Record):
    """What is known about an image; size in pixels after EXIF orientation, which is what labels refer to."""

    id: str
    # Repeats the file's name: a record copied to a wrong place gives itself away.
    rev: int
    name: str
    width: int
    height: int
    bytes: int
    split: Split | None = None
    # Degrees clockwise, how the page is shown and trained on. Size and labels stay those of the unturned page, so
    # that turning changes no label.
    turn: Turn = 0
    # Whether a person said how it is turned, be it by 0; no program's opinion stands above that.
    turn_set: bool = False
    # The apply that turned it by what its run had found.
    turned_by: str | None = None
    # The bytes and labels of a deleted image stay, so adding the same file again brings both back.
    deleted: bool = False
    author: str
    at: AwareDatetime
    # When it was added, which ``at`` says of the first revision only.
    added: AwareDatetime | None = None

    @property
    def added_at(self) -> datetime:
        """When the image was added to the project."""
        return self.added or self.at

    @property
    def said_turn(self) -> Turn | None:
        """The turn as a person said it, None if nobody did."""
        # Before there was ``turn_set``, only people turned pages.
        return self.turn if self.turn_set or (self.turn and not self.turned_by) else None


def find(project: ProjectPaths, image: str) -> Image:
    """The newest revision of an image's record, deleted or not; NotFound if there is none."""
    _, record = load_head(Image, project.image_shard(image), image)
    if record is None:
        raise _not_there(image)
    return record


def get(project: ProjectPaths, image: str) -> Image:
    """The newest revision of an image's record; NotFound if there is none or it was deleted."""
    record = find(project, image)
    if record.deleted:
        raise _not_there(image)
    return record


def change(
    project: ProjectPaths,
    image: Image,
    author: str,
    *,
    split: Split | Literal["none"] | None = None,
    turn: Turn | None = None,
    deleted: bool | None = None,
) -> Image:
    """Write the next revision with what a person gives changed, None leaves it; Conflict if somebody was faster.

    The split "none" takes the image out of both: the next run decides anew.
    """
    changes = {"split": split, "turn": turn, "deleted": deleted}
    given = {key: None if value == "none" else value for key, value in changes.items() if value is not None}
    if turn is not None:
        given |= {"turn_set": True, "turned_by": None}
    changed = _revise(project, image, author, given)
    operation = next(name for name, value in changes.items() if value is not None)
    operation = "restore" if deleted is False else "delete" if deleted else operation
    record(project.store, f"image.{operation}", "image", image.id, image.name, project=project.id, split=split, turn=turn)
    return changed


def turn_as_found(project: ProjectPaths, image: Image, turn: Turn, apply: str | None, author: str) -> Image:
    """Turn an image of which no person said how it is turned; ``apply`` is the one that does, None if none does any more.

    Conflict if somebody was faster.
    """
    changed = _revise(project, image, author, {"turn": turn, "turned_by": apply})
    record(project.store, "image.turn", "image", image.id, image.name, project=project.id, turn=turn)
    return changed


def turned_before(project: ProjectPaths, image: Image) -> Image:
    """The newest revision from before the apply that turned the image; NotFound if that is lost."""
    before = image
    while before.turned_by == image.turned_by:
        before = load(Image, revision_path(project.image_shard(image.id), image.id, before.rev - 1))
    return before


def _revise(project: ProjectPaths, image: Image, author: str, changes: dict[str, Any]) -> Image:
    """Create the revision after ``image``, which differs from it in ``changes``; Conflict if it exists."""
    changed = image.model_copy(update={**changes, "rev": image.rev + 1, "author": author, "at": now(), "added": image.added_at})
    create_revision(project.image_shard(image.id), image.id, image.rev, changed)
    return changed


def _not_there(image: str) -> NotFound:
    return NotFound("Image {image!r} is not in the project", image=image)
