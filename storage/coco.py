"""COCO JSON, the common tongue of labelling tools, taken in: a folder of images with ``annotations.json``.

What cannot be used is said one by one and the rest goes in. An import that was cut off is finished by starting it
again: images are known by their content, and labels that are there stay.
"""

import hashlib
import json
import os
import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Limits

from storage import images, labels, pictures, uploads
from storage.attempts import Message
from storage.core import BadImage, Conflict, Damaged, InvalidValue, NotFound, ProjectPaths, Refused, Store, explain, unrecorded
from storage.images import Image
from storage.imports import add_to_scheme, check_share, record_import, sample_size, say, scheme_name
from storage.labels import MAX_TEXT, XYXY, Box
from storage.projects import Project

_SAME_ASPECT = 0.01  # a resized copy keeps width to height but for rounding
_NOISE = 0.01  # pixels: x + w of decimal fractions may pass the edge by less
_FILE = "annotations.json"

Key = int | str  # the format says int; some tools write text


class _Entry(BaseModel):
    """One entry of a COCO list; what we do not use (segmentation, licence, …) is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _Category(_Entry):
    id: Key
    name: str


class _Listed(_Entry):
    id: Key
    file_name: Annotated[str, Limits(min_length=1)]
    width: Annotated[float, Limits(gt=0)] | None = None
    height: Annotated[float, Limits(gt=0)] | None = None


class _Annotation(_Entry):
    image_id: Key
    category_id: Key
    bbox: tuple[float, float, float, float]
    attributes: Any = None


class _Attributes(_Entry):
    """What tools note of a box beside its place; of ours, what is written in it."""

    text: Annotated[str, Limits(max_length=MAX_TEXT)] | None = None


E = TypeVar("E", bound=_Entry)


@dataclass(frozen=True)
class _Document:
    """``annotations.json``: usable entries, annotations by the image they are about."""

    categories: list[_Category]
    images: list[_Listed]
    annotations: dict[Key, list[_Annotation]]


@dataclass(frozen=True)
class Imported:
    """What an import added: new images, images newly labelled, their boxes; ``problems`` says what was left out."""

    added: int
    labelled: int
    boxes: int
    problems: tuple[Message, ...]


def import_coco(
    store: Store,
    project: Project,
    folder: Path,
    author: str,
    label_share: float = 0.1,  # what a new project's gate asks for
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Add the images of ``folder``/images; a seeded sample of ``label_share`` of them gets its boxes as a person's labels.

    Only images with a usable box are sampled: COCO does not tell "no fields here" from "not labelled". ``on_progress``
    receives images done and all. InvalidValue, and nothing is imported, if ``annotations.json`` is not COCO.
    """
    check_takes_boxes(project)
    check_share(label_share)
    problems: list[Message] = []
    document = _read(folder / _FILE, problems)
    # The scheme before the images: a Conflict with somebody who edits it ends the import while nothing has gone in.
    fields = _add_fields(store, project.id, document.categories, problems)
    paths = store.project(project.id)
    added, taken = 0, []
    for done, listed in enumerate(document.images, start=1):
        image, is_new = take_file(paths, (folder / "images").resolve(), listed.file_name, author, problems)
        added += is_new
        taken += [(listed, image)] if image else []
        if on_progress:
            on_progress(done, len(document.images))
    boxes = {
        image.id: _boxes(listed, image, document.annotations.get(listed.id, []), fields, problems)
        for listed, image in _once(taken, problems)
    }
    # Labelled last and drawn from all images, so that an import started again after a cut draws the same sample.
    candidates = [image for image, found in boxes.items() if found]
    sample = random.Random(seed).sample(candidates, min(len(candidates), sample_size(label_share, len(boxes))))
    saved = [boxes[image] for image in sample if _label(paths, image, boxes[image], author)]
    record_import(store, project, "coco", added, len(saved))
    return Imported(added, len(saved), sum(map(len, saved)), tuple(problems))


def check_takes_boxes(project: Project) -> None:
    """Refused for a project that sorts images into classes: COCO's boxes have no place there."""
    if project.task != "fields":
        raise Refused(
            "Project {project!r} is about classes of whole images; COCO files hold boxes. Choose a project with fields",
            project=project.name,
        )


# Reading annotations.json


def _read(path: Path, problems: list[Message]) -> _Document:
    """The document at ``path``; entries that cannot be read, or whose id or file was listed before, are left out."""
    content = _parse(path)
    listed = _unique(_entries(_Listed, content, "images", problems), "id", problems)
    annotations: dict[Key, list[_Annotation]] = defaultdict(list)
    known = {image.id for image in listed}
    for annotation in _entries(_Annotation, content, "annotations", problems):
        if annotation.image_id in known:
            annotations[annotation.image_id].append(annotation)
        else:
            say(problems, "A box of image id {image!r} was left out: no such image is listed", image=annotation.image_id)
    categories = _unique(_entries(_Category, content, "categories", problems), "id", problems)
    # File names last: boxes of a second listing go with it, and are not reported one by one as boxes of nothing.
    return _Document(categories, _unique(listed, "file_name", problems), annotations)


def _parse(path: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(path.read_bytes())  # NaN and Infinity pass here and are refused by the entries
    except OSError as error:
        raise InvalidValue(
            "{path} cannot be read: {reason}. Name the folder that holds it and images/", path=str(path), reason=error.strerror
        ) from error
    except (ValueError, RecursionError) as error:  # thousands of nested brackets
        raise InvalidValue("{path} is not JSON: {reason}. Export it again as COCO", path=str(path), reason=str(error)) from error
    for key in ("images", "annotations", "categories"):
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise InvalidValue("{path} is not COCO: it has no list {key!r}. Export it again as COCO", path=str(path), key=key)
    return content


def _entries(kind: type[E], content: dict[str, list[Any]], key: str, problems: list[Message]) -> Iterator[E]:
    for number, entry in enumerate(content[key], start=1):
        try:
            yield kind.model_validate(entry)
        except ValidationError as error:
            say(problems, "Entry {number} of {key} was left out: {reason}", number=number, key=key, reason=explain(error))


def _unique(entries: Iterator[E] | list[E], key: str, problems: list[Message]) -> list[E]:
    """The entries without those whose ``key`` came before; which of two is meant nobody can tell, so the first stands."""
    found: dict[Any, E] = {}
    for entry in entries:
        if found.setdefault(getattr(entry, key), entry) is not entry:
            say(problems, "{key} {value!r} is listed twice; the second was left out with its boxes", key=key, value=getattr(entry, key))
    return list(found.values())


# Fields


def _add_fields(store: Store, project: str, categories: list[_Category], problems: list[Message]) -> dict[Key, str]:
    """Field ids by category id; categories the project has no field for are added to its scheme."""
    names = {category.id: _field_name(category.name, problems) for category in categories}
    wanted: dict[str, str] = {}
    for name in names.values():
        if name.casefold() in wanted:
            say(problems, "Two categories became one field, {field!r}: case does not count in its name", field=name)
        wanted.setdefault(name.casefold(), name)
    ids = add_to_scheme(store, project, wanted.values())
    return {category: ids[name.casefold()] for category, name in names.items()}


def _field_name(name: str, problems: list[Message]) -> str:
    """A category's name as a field's."""
    found = scheme_name("Field", name)
    if found != unicodedata.normalize("NFC", name):
        say(problems, "Category {name!r} became field {field!r}: field names are letters, digits, '-', '_' and '.'", name=name, field=found)
    return found


# Images


def take_file(
    paths: ProjectPaths, folder: Path, file: str, author: str, problems: list[Message], *, name: str | None = None
) -> tuple[Image | None, bool]:
    """The file of ``folder`` as an image, called ``name``, and whether it is new; None if it cannot be used, which is said."""
    try:
        data = _read_file(folder, file)
        try:
            # By content first, so an import that is started again decodes no image twice.
            return images.get(paths, hashlib.sha256(data).hexdigest()), False
        except NotFound:
            with unrecorded():  # the import goes on record as one
                return uploads.add(paths, name or file, data, author), True
    except (BadImage, Conflict, Damaged) as error:  # Conflict: somebody uploads the same image at this moment
        # By its path, as in many folders files have the same names.
        say(problems, error.template, **{**error.values, "name": file})
        return None, False


def _read_file(folder: Path, name: str) -> bytes:
    """The bytes of a file; its name may be another's text and must not lead out of ``folder``, by a link neither."""
    path = folder / name
    # realpath() raises on NUL, but unlike resolve() not on a loop of links.
    if "\0" in name or os.path.realpath(path) != str(path) or folder not in path.parents:
        raise BadImage("Image {name!r} leads out of its folder or through a link; it was left out. Copy the file itself there", name=name)
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            raise BadImage("Image {name!r} is no file in {folder}/; it was left out", name=name, folder=folder.name)
        with path.open("rb") as file:
            return file.read(pictures.MAX_BYTES + 1)  # what is larger is refused unread
    except OSError as error:
        raise BadImage("Image {name!r} cannot be read: {reason}; it was left out", name=name, reason=error.strerror) from error


def _once(taken: list[tuple[_Listed, Image]], problems: list[Message]) -> Iterator[tuple[_Listed, Image]]:
    """The first listing of each content; an image is kept once, however many file names it has."""
    seen: dict[str, str] = {}
    for listed, image in taken:
        first = seen.setdefault(image.id, listed.file_name)
        if first == listed.file_name:
            yield listed, image
        else:
            say(
                problems,
                "Image {name!r} has the same content as {first!r}; it was taken once, with the boxes of the first",
                name=listed.file_name,
                first=first,
            )


# Boxes


def _boxes(
    listed: _Listed, image: Image, annotations: list[_Annotation], fields: dict[Key, str], problems: list[Message]
) -> tuple[Box, ...]:
    """The image's usable boxes in pixels of its file, clipped to it."""
    scale = _scale(listed, image, problems) if annotations else None
    if scale is None:
        return ()
    found = []
    for annotation in annotations:
        if annotation.category_id not in fields:
            say(
                problems,
                "A box on image {name!r} was left out: no category has id {category!r}",
                name=listed.file_name,
                category=annotation.category_id,
            )
            continue
        xyxy = _clip(listed.file_name, image, annotation, scale, problems)
        if xyxy:
            text = _text(listed.file_name, annotation, problems)
            found.append(Box(field=fields[annotation.category_id], xyxy=xyxy, text=text))
    return tuple(found)


def _text(name: str, annotation: _Annotation, problems: list[Message]) -> str | None:
    """What the file says is written in the box, in one line; it counts as a person's word, as the box does."""
    # Tools note what they like there; what is no text of ours loses nobody a box.
    attributes = annotation.attributes if isinstance(annotation.attributes, dict) else {}
    try:
        text = _Attributes.model_validate(attributes).text
    except ValidationError as error:
        bbox, reason = list(annotation.bbox), explain(error)
        say(problems, "The text of box {bbox} on image {name!r} was left out: {reason}", bbox=bbox, name=name, reason=reason)
        return None
    return None if text is None else " ".join(text.split())


def _scale(listed: _Listed, image: Image, problems: list[Message]) -> tuple[float, float] | None:
    """What to multiply x and y with; None where the sizes tell that the boxes belong to another picture.

    COCO boxes are pixels of the listed size. A file of the same shape is a larger or smaller copy; another shape (a page
    turned by its EXIF, a cut) leaves no way to know where the boxes lie.
    """
    if not listed.width or not listed.height:
        return 1.0, 1.0  # the format lets sizes out; boxes are then of the file
    x, y = image.width / listed.width, image.height / listed.height
    sizes = {"name": listed.file_name, "size": f"{image.width} × {image.height}", "listed": f"{listed.width:g} × {listed.height:g}"}
    if abs(x / y - 1) > _SAME_ASPECT:
        say(problems, "Image {name!r} has {size} pixels, listed as {listed}: its boxes belong to another shape and were left out", **sizes)
        return None
    if x != 1 or y != 1:
        say(problems, "Image {name!r} has {size} pixels, listed as {listed}: its boxes were scaled to the file", **sizes)
    return x, y


def _clip(name: str, image: Image, annotation: _Annotation, scale: tuple[float, float], problems: list[Message]) -> XYXY | None:
    x, y, width, height = annotation.bbox
    whole = (x * scale[0], y * scale[1], (x + width) * scale[0], (y + height) * scale[1])
    # A negative width or height ends here too, as right < left.
    left, top = max(whole[0], 0.0), max(whole[1], 0.0)
    right, bottom = min(whole[2], float(image.width)), min(whole[3], float(image.height))
    if right <= left or bottom <= top:
        say(problems, "Box {bbox} on image {name!r} was left out: it has no area on the image", bbox=list(annotation.bbox), name=name)
        return None
    if max(abs(a - b) for a, b in zip(whole, (left, top, right, bottom), strict=True)) > _NOISE:
        say(problems, "Box {bbox} on image {name!r} was clipped: it is partly outside", bbox=list(annotation.bbox), name=name)
    return left, top, right, bottom


def _label(paths: ProjectPaths, image: str, boxes: tuple[Box, ...], author: str) -> bool:
    """Save the image's first label; False if it has one, from an import that was cut off or from a person."""
    try:
        with unrecorded():
            labels.save(paths, image, 0, boxes, author)  # base 0: whatever is there stays
        return True
    except Conflict:
        return False
