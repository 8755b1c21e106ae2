"""Labels: what is on an image and who says so, as compare-and-swap revisions that are never changed or removed.

A save names the revision it started from. Nothing a person labelled is overwritten: a stale save is refused and
both versions stay in the history.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from pydantic import AwareDatetime, model_validator

from storage.core import (
    Conflict,
    InvalidValue,
    ProjectPaths,
    Record,
    Refused,
    create_revision,
    head_revision,
    load,
    load_head,
    now,
    record,
    revision_path,
)
from storage.words import values

# Only named here; importing them would lengthen the chains of imports.
if TYPE_CHECKING:
    from storage.images import Image
    from storage.projects import Project
    from storage.words.words import Words

Origin = Literal["person", "auto"]
LabelState = Literal["unlabelled", "labelled", "auto", "reviewed", "corrected"]
XYXY = tuple[float, float, float, float]
Region = tuple[str, XYXY] | tuple[str, XYXY, str | None]
"""What a person leaves of a box: its field, its place and, as far as they say so, the text they typed for it.

A text of None means that nobody typed one; the empty text, that nothing is written there.
"""

MAX_TEXT = 2000  # characters of a box's text: more than a page of a contract has in one field


class Box(Record):
    """A field on an image; ``xyxy`` in pixels of the original after its EXIF orientation, right and bottom exclusive."""

    field: str
    xyxy: XYXY
    origin: Origin = "person"
    process: str | None = None
    model: str | None = None
    # The model's certainty, 0 to 1; a person gives none.
    score: float | None = None
    # What is written in it. ``read`` is the reader's certainty, 0 to 1; a text without it is a person's, and no program changes it.
    text: str | None = None
    read: float | None = None

    @model_validator(mode="after")
    def _has_area(self) -> "Box":
        # The image's own edges are not known here; whoever makes a box clips it to them.
        left, top, right, bottom = self.xyxy
        if not all(map(math.isfinite, self.xyxy)) or right <= left or bottom <= top or left < 0 or top < 0:
            raise ValueError(f"xyxy must be left < right and top < bottom, from 0 up, not {self.xyxy}")
        return self


class Label(Record):
    """One revision of an image's label; boxes None and no class means unlabelled, no boxes at all "no fields here"."""

    image: str
    rev: int
    # None and the empty tuple differ: only the second says that somebody looked.
    boxes: tuple[Box, ...] | None = None
    # In a project of classes: its class in the project's scheme, with the model's certainty, process and id where one chose it.
    class_id: str | None = None
    score: float | None = None
    process: str | None = None
    model: str | None = None
    # Whose word the revision is. A person who corrects an automatic label makes it theirs, whatever its boxes' origins.
    origin: Origin = "person"
    author: str
    at: AwareDatetime
    reviewed_by: str | None = None
    # The process whose label a person changed into this one; empty if that label named none.
    corrects: str | None = None
    # The apply that wrote this, or the one it takes back. Roll back and a repeated apply go by these alone.
    apply: str | None = None
    undoes: str | None = None

    @property
    def is_labelled(self) -> bool:
        """Whether this revision says anything about the image, be it that no field is on it."""
        return self.boxes is not None or self.class_id is not None

    @property
    def is_confirmed(self) -> bool:
        """Whether a person made or reviewed it: only such labels count for the gate and enter a test split."""
        return self.is_labelled and (self.origin == "person" or self.reviewed_by is not None)

    @property
    def state(self) -> LabelState:
        """What became of the image so far, as filters and counters name it."""
        if not self.is_labelled:
            return "unlabelled"
        if self.origin == "person":
            return "labelled" if self.corrects is None else "corrected"
        return "auto" if self.reviewed_by is None else "reviewed"


def head(project: ProjectPaths, image: str) -> Label | None:
    """The newest label revision of an image, None if it was never labelled; Damaged if its file is."""
    return load_head(Label, project.label_shard(image), image)[1]


def head_rev(project: ProjectPaths, image: str) -> int:
    """The newest revision's number, 0 if there is none; reads no file."""
    # One shard's listing, 0.2 ms in a project of 100,000 images: fresh, which the index may not be.
    return head_revision(project.label_shard(image), image)


def history(project: ProjectPaths, image: str) -> list[Label]:
    """Every revision of an image's label, oldest first."""
    shard = project.label_shard(image)
    return [load(Label, revision_path(shard, image, rev)) for rev in range(1, head_revision(shard, image) + 1)]


class Said(TypedDict, total=False):
    """What a revision says besides its boxes; each as in ``Label``."""

    class_id: str | None
    score: float | None
    process: str | None
    model: str | None
    origin: Origin
    reviewed_by: str | None
    corrects: str | None
    apply: str | None
    undoes: str | None


def save(project: ProjectPaths, image: str, base: int, boxes: tuple[Box, ...] | None, author: str, **said: Unpack[Said]) -> Label:
    """Create the revision after ``base`` and return it; Conflict if it exists: load the head and show both."""
    label = Label(image=image, rev=base + 1, boxes=boxes, author=author, at=now(), **said)
    # Pressed twice or run again by the page, the second save meets the first as a Conflict: nothing doubles.
    create_revision(project.label_shard(image), image, base, label)
    _journal(project, "label.save", label)
    return label


def save_after(project: ProjectPaths, head: Label, boxes: tuple[Box, ...] | None, author: str, **said: Unpack[Said]) -> Label:
    """Create the revision after ``head``, which differs from it in what is given only; Conflict if it exists."""
    label = head.model_copy(update={"rev": head.rev + 1, "boxes": boxes, "author": author, "at": now(), **said})
    create_revision(project.label_shard(head.image), head.image, head.rev, label)
    _journal(project, "label.accept" if "reviewed_by" in said else "label.save", label)
    return label


def save_by_person(
    project_paths: ProjectPaths,
    project: "Project",
    image: "Image",
    base: int,
    regions: Sequence[Region] | None,
    author: str,
    words: "Words | None" = None,
) -> Label:
    """Save what a person leaves on an image; None makes it unlabelled again. ``words`` are those of its page, if it was read.

    Regions that the base revision has keep their origin, score, process and model, also where their text was corrected;
    the others become the person's. Where nobody typed a text, it is that of the words. An automatic label left as it was
    counts as accepted, and any other as not saved again. Conflict if ``base`` is not the head; InvalidValue for an
    unknown field, too long a text, and for a box outside the image or under a pixel; Refused in a project of classes.
    """
    if project.task != "fields":
        raise Refused("Project {project!r} is about classes; its images take no boxes. Choose a class", project=project.name)
    head = _head_at(project_paths, image.id, base)
    boxes = None if regions is None else _Hand(project, image, head, words).boxes(regions)
    # None and the empty tuple differ, the order of boxes says nothing.
    if head and (boxes is None) == (head.boxes is None) and Counter(boxes) == Counter(head.boxes):
        return _left_alone(project_paths, head, author)
    # Also where nothing is left of it: who deletes a model's only box and draws another has corrected it.
    return save(project_paths, image.id, base, boxes, author, corrects=_corrected(head))


def save_class(project_paths: ProjectPaths, project: "Project", image: str, base: int, class_id: str | None, author: str) -> Label | None:
    """Save the class a person gives an image, None makes it unlabelled again; returns None if it never had a label.

    An automatic label of that very class counts as accepted, and any other of it as not saved again. Conflict if
    ``base`` is not the head; InvalidValue for an unknown class; Refused in a project of fields.
    """
    check_class(project, class_id)
    head = _head_at(project_paths, image, base)
    if (head.class_id if head else None) == class_id:
        return _left_alone(project_paths, head, author) if head else None
    return save(project_paths, image, base, None, author, class_id=class_id, corrects=_corrected(head))


def check_class(project: "Project", class_id: str | None) -> None:
    """Refused if the project's images have no classes; InvalidValue unless its scheme has this one, or it is None."""
    if project.task != "classes":
        raise Refused("Project {project!r} is about fields; its images have no class. Draw boxes", project=project.name)
    if class_id is not None and all(class_id != known.id for known in project.fields):
        raise InvalidValue("Project {project!r} has no class {class_id!r}. Load the page again", project=project.name, class_id=class_id)


def accept(project: ProjectPaths, image: str, base: int, author: str) -> Label:
    """Say that an automatic label is right as it is; Refused if there is none, Conflict if ``base`` is not the head."""
    head = _head_at(project, image, base)
    if head is None or not head.is_labelled or head.origin != "auto":
        raise Refused("Image {image!r} has no automatic label to accept. Open it and label it by hand", image=image)
    if head.reviewed_by is not None:
        return head
    # Without the apply it came from, or a roll back would take it for untouched and remove it.
    return save_after(project, head, head.boxes, author, reviewed_by=author, apply=None)


def _journal(project: ProjectPaths, operation: str, label: Label) -> None:
    boxes = None if label.boxes is None else len(label.boxes)
    record(project.store, operation, "label", label.image, project=project.id, rev=label.rev, state=label.state, boxes=boxes)


def _left_alone(project: ProjectPaths, head: Label, author: str) -> Label:
    """The head of an image that a person left as it was: an automatic label was looked at by that."""
    return head if head.is_confirmed or not head.is_labelled else accept(project, head.image, head.rev, author)


def _head_at(project: ProjectPaths, image: str, base: int) -> Label | None:
    """The label whose revision is ``base``, None for 0; Conflict if that is not the newest."""
    rev, label = load_head(Label, project.label_shard(image), image)
    if rev != base:
        raise Conflict(
            "The label of image {image!r} was changed by somebody else meanwhile: you started from revision {base}, it is now {rev}. "
            "Load the newest revision and make the change again",
            image=image,
            base=base,
            rev=rev,
        )
    return label


def _corrected(head: Label | None) -> str | None:
    """The process whose label a person changes who saves something other than ``head``."""
    if head and head.state in ("auto", "reviewed"):
        return head.process or next((box.process for box in head.boxes or () if box.process), "")
    return head.corrects if head else None


class _Hand:
    """Boxes as a person leaves them, made from those of ``head``."""

    def __init__(self, project: "Project", image: "Image", head: Label | None, words: "Words | None") -> None:
        self.project, self.image, self.words = project, image, words
        boxes = (head.boxes if head else None) or ()
        self.known = {_place(box.field, box.xyxy): box for box in boxes}
        self.there = {_place("", box.xyxy): box for box in boxes}

    def boxes(self, regions: Sequence[Region]) -> tuple[Box, ...]:
        return tuple(self.box(*region) for region in regions)

    def box(self, field: str, xyxy: XYXY, *said: str | None) -> Box:
        # Passed unchecked: a person cannot be asked to mend a box of the model's that they did not touch.
        known = self.known.get(_place(field, xyxy))
        box = known or _box_by_person(self.project, self.image, field, xyxy)
        # Whoever gives a box another field leaves what is written in it.
        before = known or self.there.get(_place("", xyxy)) or box
        typed = said[0] if said else _typed(before)
        if typed is not None:
            return box.model_copy(update={"text": _checked(typed, self.image), "read": None})
        # Untouched, it stays without a text if it was: nothing needs writing anew when the page is read.
        if known and _typed(known) is None:
            return known
        return self.read(box, before)

    def read(self, box: Box, before: Box) -> Box:
        """The box with what was read in it, in place of what somebody may have typed."""
        if self.words is not None:
            text, read = values.text_in(self.words, box.xyxy) or (None, None)
        else:
            text, read = (before.text, before.read) if _typed(before) is None else (None, None)
        return box.model_copy(update={"text": text, "read": read})


def _typed(box: Box) -> str | None:
    """The text that a person typed for the box; None if nobody did."""
    return box.text if box.read is None else None


def _checked(text: str, image: "Image") -> str:
    """The text in one line, as what is read has no lines either."""
    if len(text) > MAX_TEXT:
        raise InvalidValue(
            "A text on image {image!r} has {count} characters, {most} at most. Shorten it", image=image.name, count=len(text), most=MAX_TEXT
        )
    return " ".join(text.split())


def _place(field: str, xyxy: XYXY) -> tuple[str, tuple[float, ...]]:
    # A box that was shown on a turned or zoomed page comes back with an error in its last digits.
    return field, tuple(round(side, 2) for side in xyxy)


def _box_by_person(project: "Project", image: "Image", field: str, xyxy: XYXY) -> Box:
    if all(field != known.id for known in project.fields):
        raise InvalidValue("Project {project!r} has no field {field!r}. Load the page again", project=project.name, field=field)
    left, top, right, bottom = xyxy
    # Half a pixel over the edge is a matter of rounding on a zoomed page. NaN is inside nothing.
    if not (left >= -0.5 and top >= -0.5 and right <= image.width + 0.5 and bottom <= image.height + 0.5):
        raise InvalidValue(
            "Box {xyxy} lies outside image {image!r} of {width} × {height} pixels. Draw it on the page",
            xyxy=xyxy,
            image=image.name,
            width=image.width,
            height=image.height,
        )
    clipped = max(0.0, left), max(0.0, top), min(float(image.width), right), min(float(image.height), bottom)
    if not (clipped[2] - clipped[0] >= 1 and clipped[3] - clipped[1] >= 1):
        raise InvalidValue("Box {xyxy} on image {image!r} is under a pixel wide or high. Draw it larger", xyxy=xyxy, image=image.name)
    return Box(field=field, xyxy=clipped)
