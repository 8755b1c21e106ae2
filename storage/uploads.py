"""Taking an image into a project: checked first, then its bytes are kept, then the record that makes it visible."""

from pathlib import Path

from storage import pictures
from storage.core import (
    BadImage,
    Conflict,
    ProjectPaths,
    create_once,
    create_revision,
    load_head,
    make_folder,
    now,
    read_file,
    record,
    replace_file,
    sha256,
)
from storage.images import Image

NAME_BYTES = 255  # the longest file name most file systems take


def add(project: ProjectPaths, name: str, data: bytes, author: str) -> Image:
    """Keep an uploaded image; BadImage, naming it, if it cannot be read or the project has it already.

    The original is written before the record that makes it visible, so a cut leaves at most unused bytes. A deleted
    image of the same bytes comes back, with its labels, split and turn, as a revision above 1.
    """
    # Decoded in full first: a file that fails only in training would fail hours later, on another machine.
    picture = pictures.inspect(name, data)
    identifier = sha256(data)
    rev, known = load_head(Image, project.image_shard(identifier), identifier)
    if known and not known.deleted:
        raise _there_already(name, known.name)
    make_folder(project.image_shard(identifier))
    if picture.browser_copy is not None:
        # One that is there was made from the same bytes, so it shows the same picture.
        create_once(project.browser_copy(identifier), picture.browser_copy)
    _keep(project.original(identifier), data)
    image = Image(
        id=identifier,
        rev=rev + 1,
        name=_shortened(name),
        width=picture.width,
        height=picture.height,
        bytes=len(data),
        split=known.split if known else None,
        turn=known.turn if known else 0,
        turn_set=known.turn_set if known else False,
        turned_by=known.turned_by if known else None,
        author=author,
        at=now(),
    )
    try:
        create_revision(project.image_shard(identifier), identifier, rev, image)
    except Conflict as error:  # the same file dropped twice at once
        raise _there_already(name, name) from error
    record(project.store, "image.add", "image", identifier, image.name, project=project.id, restored=bool(known) or None)
    return image


def too_large(name: str) -> BadImage:
    """The refusal of a file of more than ``pictures.MAX_BYTES``, for whoever need not read it to know."""
    return BadImage("Image {name!r} has more than {most} million bytes. Save it smaller", name=name, most=pictures.MAX_BYTES // 1_000_000)


def _there_already(name: str, known: str) -> BadImage:
    return BadImage("Image {name!r} is in the project already, as {known!r}; it was not added twice", name=name, known=known)


def _keep(path: Path, data: bytes) -> None:
    """Write an original; one left damaged by somebody else, which its name does not vouch for, is put right."""
    # create_once takes equal bytes for its own, which is right here: whoever wrote them, they are the original.
    if not create_once(path, data) and read_file(path) != data:
        replace_file(path, data)


def _shortened(name: str) -> str:
    # A name that is not UTF-8 arrives with lone surrogates, which no file of ours could hold.
    # The end is kept, where the extension and a scanner's running number are.
    return name.encode(errors="replace")[-NAME_BYTES:].decode(errors="ignore")
