"""Folders as classes: a folder of images for each class, taken in and written out.

What cannot be used is said file by file and the rest goes in or out. Both may be repeated after a cut: images are known
by their content, labels that are there stay, and no file is ever written over.
"""

import os
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storage import labels
from storage.attempts import Message
from storage.coco import take_file
from storage.core import Conflict, InvalidValue, ProjectPaths, Refused, Store, create_once, make_folder, read_file, unrecorded
from storage.exports import Origins, check_outside, labelled, not_written, record_export
from storage.imports import add_to_scheme, check_share, record_import, sample_size, say, scheme_name
from storage.index import Index, Row
from storage.projects import Project

Progress = Callable[[int, int], None]

_NAME_BYTES = 200  # of an exported file's name, most file systems taking 255: room for what tells it from another
# Devices on Windows, whatever the extension; a share may be read there.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Imported:
    """What an import added: new images, images newly labelled, and of how many classes; ``problems`` says what was left out."""

    added: int
    labelled: int
    classes: int
    problems: tuple[Message, ...]


@dataclass(frozen=True)
class Exported:
    """What an export wrote: how many images in how many folders; ``problems`` says what was left out."""

    images: int
    folders: int
    problems: tuple[Message, ...]


def check_takes_classes(project: Project) -> None:
    """Refused for a project whose images have no classes."""
    if project.task != "classes":
        raise Refused("Project {project!r} is about fields; folders hold classes. Choose a project of classes", project=project.name)


# Import


def import_folders(
    store: Store,
    project: Project,
    folder: Path,
    author: str,
    label_share: float = 0.1,  # what a new project's gate asks for
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Imported:
    """Add every image below ``folder``, whose folders are the classes; a seeded sample of each class is labelled by a person.

    The sample is ``label_share`` of the class and one image at least, none for 0. Folders are matched to classes in any
    case, and those that are missing are added to the scheme. ``on_progress`` receives files done and all. InvalidValue,
    and nothing is imported, if ``folder`` cannot be read.
    """
    check_takes_classes(project)
    check_share(label_share)
    problems: list[Message] = []
    files = _files(folder, problems)
    # The scheme before the images: a Conflict with somebody who edits it ends the import while nothing has gone in.
    classes = _add_classes(store, project.id, list(dict.fromkeys(file.parts[0] for file in files)), problems)
    added, taken = _take(store.project(project.id), folder.resolve(), files, author, problems, on_progress)
    by_class: dict[str, list[str]] = defaultdict(list)
    for image, file in taken.items():
        by_class[classes[file.parts[0]]].append(image)
    # Labelled last and drawn from all images, so that an import started again after a cut draws the same sample.
    sample = [(image, class_id) for class_id, found in by_class.items() for image in _sample(found, label_share, seed)]
    saved = sum(_label(store.project(project.id), image, class_id, author) for image, class_id in sample)
    record_import(store, project, "folders", added, saved)
    return Imported(added, saved, len(by_class), tuple(problems))


def _files(folder: Path, problems: list[Message]) -> list[Path]:
    """The files in folders of classes, by their paths in ``folder``; hidden ones, and those in no folder, are said."""
    found = []
    for path in _walk(folder, problems):
        if any(part.startswith(".") for part in path.parts):
            say(problems, "{name!r} is hidden; it was left out", name=str(path))
        elif len(path.parts) == 1:
            say(problems, "{name!r} lies in no folder of a class; it was left out", name=str(path))
        else:
            found.append(path)
    return found


def _walk(folder: Path, problems: list[Message]) -> list[Path]:
    found = []

    def fail(error: OSError) -> None:
        if error.filename == str(folder):
            raise InvalidValue(
                "{path} cannot be read: {reason}. Name the folder that holds a folder for each class",
                path=str(folder),
                reason=error.strerror,
            ) from error
        say(problems, "Folder {name!r} cannot be read: {reason}; it was left out", name=str(error.filename), reason=error.strerror)

    for at, folders, names in os.walk(folder, onerror=fail):
        # Not gone into: taken for files, they are left out by name.
        closed = [name for name in folders if name.startswith(".") or os.path.islink(os.path.join(at, name))]
        folders[:] = set(folders) - set(closed)
        found += [Path(at, name).relative_to(folder) for name in (*names, *closed)]
    # By path, so that on each host the same ones are drawn to be labelled, and of two of the same content the same stays.
    return sorted(found)


def _add_classes(store: Store, project: str, folders: list[str], problems: list[Message]) -> dict[str, str]:
    """Class ids by folder."""
    names = {folder: _class_name(folder, problems) for folder in folders}
    ids = add_to_scheme(store, project, names.values())
    return {folder: ids[name.casefold()] for folder, name in names.items()}


def _class_name(folder: str, problems: list[Message]) -> str:
    found = scheme_name("Class", folder)
    if found != unicodedata.normalize("NFC", folder):
        say(problems, "Folder {name!r} became class {found!r}: class names are letters, digits, '-', '_' and '.'", name=folder, found=found)
    return found


def _take(
    paths: ProjectPaths, folder: Path, files: list[Path], author: str, problems: list[Message], on_progress: Progress | None
) -> tuple[int, dict[str, Path]]:
    """How many images are new, and the file of each, the first where several have one content."""
    added, taken = 0, dict[str, Path]()
    for done, file in enumerate(files, start=1):
        image, is_new = take_file(paths, folder, str(file), author, problems, name=file.name)
        added += is_new
        if image and taken.setdefault(image.id, file) != file:
            say(
                problems,
                "Image {name!r} has the same content as {first!r}; it was taken once, with the class of the first",
                name=str(file),
                first=str(taken[image.id]),
            )
        if on_progress:
            on_progress(done, len(files))
    return added, taken


def _sample(images: list[str], share: float, seed: int) -> list[str]:
    # Anew for each class: which of its images are drawn must not hang on the other classes.
    return random.Random(seed).sample(images, max(sample_size(share, len(images)), 1 if share else 0))


def _label(paths: ProjectPaths, image: str, class_id: str, author: str) -> bool:
    """Save the image's first label; False if it has one, from an import that was cut off or from a person."""
    try:
        with unrecorded():
            labels.save(paths, image, 0, None, author, class_id=class_id)  # base 0: whatever is there stays
        return True
    except Conflict:
        return False


# Export


def export_folders(store: Store, project: Project, target: Path, origin: Origins, on_progress: Progress | None = None) -> Exported:
    """Copy the originals of images labelled by one origin, or all, to a folder of ``target`` for each class.

    An image whose name is taken there by another gets the beginning of its id added; images without a label, or of a
    class that left the scheme, are left out. Refused if ``target`` cannot be written or lies in the store.
    """
    check_takes_classes(project)
    folders = _folder_names(project)
    for name in folders.values():  # each, as a person may have put a link there
        check_outside(store, target / name)
    problems: list[Message] = []
    wanted = [
        (row, target / folders[label.class_id])
        for row, label in labelled(store, Index(store), project.id, problems)
        if label.class_id in folders and origin in ("all", label.origin)
    ]
    written = list[Path]()
    for done, (row, folder) in enumerate(wanted, start=1):
        if _copy(store.project(project.id), row, folder, problems):
            written.append(folder)
        if on_progress:
            on_progress(done, len(wanted))
    record_export(store, project, "folders", origin, len(written))
    return Exported(len(written), len(set(written)), tuple(problems))


def _folder_names(project: Project) -> dict[str, str]:
    """A folder's name for each class id."""
    found: dict[str, str] = {}
    for field in project.fields:
        name = _safe_name(field.name)
        while name in found.values():
            name += "_"
        found[field.id] = name
    return found


def _copy(paths: ProjectPaths, row: Row, folder: Path, problems: list[Message]) -> bool:
    try:
        data = read_file(paths.original(row.image))
    except OSError as error:
        say(problems, "Image {name!r} cannot be read: {reason}; it was left out", name=row.name, reason=error.strerror)
        return False
    try:
        make_folder(folder)
        written = any(create_once(folder / name, data) for name in _file_names(row))
    except OSError as error:
        raise not_written(folder, error) from error
    if not written:
        say(problems, "Image {name!r} was left out: {folder} has other files of its name", name=row.name, folder=str(folder))
    return written


def _file_names(row: Row) -> tuple[str, str]:
    """What the copy may be called: as the image, else with the beginning of its id."""
    name = _safe_name(row.name)
    stem, dot, extension = name.rpartition(".")
    return name, f"{stem or name}-{row.image[:16]}{dot}{extension if dot else ''}"


def _safe_name(name: str) -> str:
    """A person's text as a name that stays in its folder, on every system."""
    # Marks that turn or hide text (category C) go with the control characters.
    plain = "".join("_" if character in '<>:"/\\|?*' or unicodedata.category(character)[0] == "C" else character for character in name)
    # The end is kept, where the extension is.
    plain = plain.encode()[-_NAME_BYTES:].decode(errors="ignore").lstrip("-. ").rstrip(". ")
    return f"_{plain}" if _DEVICE.fullmatch(plain) or not plain else plain
