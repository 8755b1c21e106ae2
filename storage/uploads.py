"""Taking an image into a project: checked first, then its bytes are kept, then the record that makes it visible."""

from pathlib import Path

from storage import pictures
from storage.core import BadImage, ProjectPaths, create_once, create_revision, load_head, make_folder, now, read_file, replace_file, sha256
from storage.images import Image

NAME_BYTES = 255  # the longest file name most file systems take


def add(project: ProjectPaths, name: str, data: bytes, author: str) -> Image:
    """Keep an uploaded image; BadImage, naming it, if it cannot be read or the project has it already.

    The original is written before the record that makes it visible, so a cut leaves at most unused bytes.
    """
    # Decoded in full first: a file that fails only in training would fail hours later, on another machine.
    picture = pictures.inspect(name, data)
    identifier = sha256(data)
    # A deleted image comes back as its next revision; starting again at 1 would be a Conflict.
    rev, known = load_head(Image, project.image_shard(identifier), identifier)
    if known and not known.deleted:
        raise BadImage("Image {name!r} is in the project already, as {known!r}; it was not added twice", name=name, known=known.name)
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
        author=author,
        at=now(),
    )
    create_revision(project.image_shard(identifier), identifier, rev, image)
    return image


def _keep(path: Path, data: bytes) -> None:
    """Write an original; one left damaged by somebody else, which its name does not vouch for, is put right."""
    # create_once takes equal bytes for its own, which is right here: whoever wrote them, they are the original.
    if not create_once(path, data) and read_file(path) != data:
        replace_file(path, data)


def _shortened(name: str) -> str:
    # A name that is not UTF-8 arrives with lone surrogates, which no file of ours could hold.
    # The end is kept, where the extension and a scanner's running number are.
    return name.encode(errors="replace")[-NAME_BYTES:].decode(errors="ignore")
