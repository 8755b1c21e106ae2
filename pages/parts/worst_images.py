"""What a run's best weights make of the test images, and those on which they make most errors, beside their labels."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.data import get_store
from pages.parts.guard import page_link, says_why_not
from pages.parts.i18n import _, ngettext, number
from pages.parts.page_picture import Mark, mark_text, page_picture
from pages.parts.text import plain
from storage import evaluations, images, labels, processes
from storage.core import Store, StoreError, load, revision_path
from storage.detections import Detection, ImageDetections, select
from storage.evaluations import Evaluation, JudgedImage
from storage.images import Image
from storage.labels import Label
from storage.projects import Field, Project
from storage.turns import turned_size

SHOWN = 5
_ABOUT_WIDE, _TALLEST = 280, 260  # pixels, on a wide window


@dataclass(frozen=True)
class WorstImage:
    """A test image with errors: the label it was judged by, what would be applied to it, and whether its label is newer now."""

    judged: JudgedImage
    image: Image
    label: Label
    found: tuple[Detection, ...]
    relabelled: bool


@dataclass(frozen=True)
class Judged:
    """What the best weights of a run make of the test images, and the worst of these."""

    evaluation: Evaluation
    worst: tuple[WorstImage, ...]


def render_worst(judged: Judged | None, project: Project) -> None:
    """The worst five side by side, each with what is wrong and a link to its label."""
    st.subheader(_("Worst test images"))
    if judged is None:
        st.caption(_("Known once training is complete: the best weights then look at every test image."))
        return
    if not judged.worst:
        count = len(judged.evaluation.images)
        st.caption(ngettext("No error on the {count} test image", "No error on the {count} test images", count) + ".")
        return
    if says_why_not(("images", "view"), ("labels", "view")):
        return
    st.caption(_advice(project))
    fields = {field.id: field for field in project.fields}
    room = _room([shown.image for shown in judged.worst])
    for column, shown in zip(st.columns(SHOWN), judged.worst, strict=False):
        with column:
            page_picture(project.id, shown.image, list(_marks(fields, shown)), room=room, key=f"worst_{shown.image.id}")
            _render_words(project, fields, shown)


# Of the state, too: the last look at a run comes when it ends, and must not show what was known before that.
@st.cache_resource(ttl=15, max_entries=200, show_spinner=False)
def load_judged(root: str, process: str, state: str) -> Judged | None:  # noqa: ARG001
    """What a process makes of its test images, at most 15 s old; None before the first evaluation of its best weights."""
    store = get_store()
    found = processes.get(store, process)
    evaluation = evaluations.newest(found.attempts)
    if evaluation is None:
        return None
    return Judged(evaluation, tuple(_worst_images(store, found.spec.project, evaluation)))


def _worst_images(store: Store, project: str, evaluation: Evaluation) -> Iterator[WorstImage]:
    paths = store.project(project)
    # All that are wrong, sorted again: of a model of classes many are equally wrong, and what it is surest of tells most.
    wrong = evaluations.worst(evaluation, len(evaluation.images))
    for judged in sorted(wrong, key=lambda image: (-image.errors, -_surest_class(image)))[:SHOWN]:
        try:
            image = images.get(paths, judged.image)
            label = load(Label, revision_path(paths.label_shard(judged.image), judged.image, judged.rev))
        except StoreError:
            continue  # deleted since, or damaged, which the Data page tells
        found = select(ImageDetections(image=judged.image, detections=judged.detections), evaluation.rule)
        relabelled = labels.head_rev(paths, judged.image) != judged.rev
        yield WorstImage(judged, image, label, found, relabelled)


def _surest_class(image: JudgedImage) -> float:
    """The score of the class found on the image; 0 for boxes, of which there are many."""
    return max((detection.score for detection in image.detections if detection.xyxy is None), default=0.0)


def _room(pages: Sequence[Image]) -> int:
    """Pixels of height for pictures side by side, a fifth of the page wide: a row of wide pages needs less than one of tall ones."""
    sizes = [turned_size(page.width, page.height, page.turn) for page in pages]
    return int(min(_TALLEST, _ABOUT_WIDE * max(height / width for width, height in sizes)))


def _advice(project: Project) -> str:
    if project.task == "classes":
        return _("Look at these first: a wrong label costs more than anything else.")
    return _("Look at these first: a wrong label costs more than anything else. Solid: as labelled; dashed: as found.")


def _render_words(project: Project, fields: dict[str, Field], shown: WorstImage) -> None:
    st.caption("  \n".join(_lines(project, fields, shown)))
    page_link(
        "labelling.py",
        label=_("Is the label right?"),
        icon=":material/select:",
        query_params={"project": project.id, "image": shown.image.id},
    )


def _lines(project: Project, fields: dict[str, Field], shown: WorstImage) -> Iterator[str]:
    yield f"**{plain(shown.image.name)}**"
    yield from _class_lines(fields, shown) if project.task == "classes" else _box_lines(fields, shown)
    if shown.relabelled:
        yield _("Its label was changed since.")


def _class_lines(fields: dict[str, Field], shown: WorstImage) -> Iterator[str]:
    yield _("True class: {class_name}").format(class_name=_named(shown.judged.missing, fields) or "–")
    likeliest = shown.judged.detections[0] if shown.judged.detections else None
    if likeliest is None:
        yield _("Nothing was found.")
        return
    words = _("Found: {class_name}, {score}") if shown.found else _("Below its threshold: {class_name}, {score}")
    yield words.format(class_name=_named([likeliest.field], fields), score=number(likeliest.score, 2))


def _box_lines(fields: dict[str, Field], shown: WorstImage) -> Iterator[str]:
    if not shown.found:
        yield _("Nothing was found.")
    elif shown.judged.missing:
        yield _("Missing: {fields}").format(fields=_named(shown.judged.missing, fields))
    if shown.judged.wrong:
        yield _("Wrong: {fields}").format(fields=_named(shown.judged.wrong, fields))


def _marks(fields: dict[str, Field], shown: WorstImage) -> Iterator[Mark]:
    # Boxes of a field that was deleted since have neither name nor colour any more; a class has no box.
    for box in shown.label.boxes or ():
        if field := fields.get(box.field):
            yield Mark(box.xyxy, field.colour, mark_text(field.name, box.text), found=False)
    for detection in shown.found:
        if detection.xyxy and (field := fields.get(detection.field)):
            yield Mark(detection.xyxy, field.colour, mark_text(f"{field.name} {number(detection.score, 2)}", detection.text), found=True)


def _named(ids: Sequence[str], fields: dict[str, Field]) -> str:
    """Names of fields, with how often where it is more than once."""
    counted = Counter(fields[field].name for field in ids if field in fields)
    return ", ".join(plain(name) + (f" × {count}" if count > 1 else "") for name, count in counted.items())
