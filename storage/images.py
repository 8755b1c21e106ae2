"""Images of a project: the original bytes, kept under their SHA-256, and revisions of what is known about them."""

from typing import Literal

from pydantic import AwareDatetime

from storage import files, pictures, revisions
from storage.errors import BadImage, NotFound
from storage.paths import ProjectPaths
from storage.records import Record, now

Split = Literal["train", "test"]
NAME_BYTES = 255  # the longest file name most file systems take


class Image(Record):
    """What is known about an image; size in pixels after EXIF orientation, which is what labels refer to."""

    id: str
    rev: int
    name: str
    width: int
    height: int
    bytes: int
    split: Split | None = None
    deleted: bool = False
    author: str
    at: AwareDatetime


def add(project: ProjectPaths, name: str, data: bytes, author: str) -> Image:
    """Keep an uploaded image; BadImage, naming it, if it cannot be read or the project has it already.

    The original is written before the record that makes it visible, so a cut leaves at most unused bytes.
    """
    picture = pictures.inspect(name, data)
    identifier = files.sha256(data)
    rev, known = revisions.load_head(Image, project.image_shard(identifier), identifier)
    if known and not known.deleted:
        raise BadImage("Image {name!r} is in the project already, as {known!r}; it was not added twice", name=name, known=known.name)
    files.make_folder(project.image_shard(identifier))
    if picture.browser_copy is not None:
        files.create_once(project.browser_copy(identifier), picture.browser_copy)
    files.create_once(project.original(identifier), data)
    image = Image(
        id=identifier,
        rev=rev + 1,
        name=_shortened(name),
        width=picture.width,
        height=picture.height,
        bytes=len(data),
        author=author,
        at=now(),
    )
    revisions.create(project.image_shard(identifier), identifier, rev, image)
    return image


def get(project: ProjectPaths, image: str) -> Image:
    """The newest revision of an image's record; NotFound if there is none or it was deleted."""
    _, record = revisions.load_head(Image, project.image_shard(image), image)
    if record is None or record.deleted:
        raise NotFound("Image {image!r} is not in the project", image=image)
    return record


def change(project: ProjectPaths, image: Image, author: str, *, split: Split | None = None, deleted: bool | None = None) -> Image:
    """Write the next revision with what is given changed; Conflict if somebody was faster."""
    changes = {"split": split, "deleted": deleted}
    given = {key: value for key, value in changes.items() if value is not None}
    changed = image.model_copy(update={**given, "rev": image.rev + 1, "author": author, "at": now()})
    revisions.create(project.image_shard(image.id), image.id, image.rev, changed)
    return changed


def _shortened(name: str) -> str:
    return name.encode()[-NAME_BYTES:].decode(errors="ignore")
