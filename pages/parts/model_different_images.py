"""The test images of which two models make something else, side by side."""

from collections import Counter
from collections.abc import Iterator, Sequence

import streamlit as st

from pages.parts.guard import page_link, says_why_not
from pages.parts.i18n import _, ngettext, number
from pages.parts.model_differences import FIRST, SECOND, Difference
from pages.parts.page_picture import Mark, mark_text, page_picture
from pages.parts.text import plain
from storage import images
from storage.core import Store, StoreError, load, revision_path
from storage.detections import Detection, ImageDetections, select
from storage.evaluations import JudgedImage
from storage.images import Image
from storage.labels import Label
from storage.plans import Rule
from storage.projects import Field, Project

PAGE_KEY = "differing"  # of the session and of the address: the page of images that is open
_SHOWN = 6  # images a page, two or three in a row
_ROOM = 320  # pixels of height


def render_different_images(store: Store, project: Project, found: Sequence[Difference], first: Rule, second: Rule) -> None:
    """One page of the images, each as the first model sees it and as the second does; the rules say what would be applied."""
    st.subheader(_("Where they differ"), anchor=False)
    if not found:
        st.caption(_("Both models get the same right on every test image."))
        return
    if says_why_not(("images", "view"), ("labels", "view")):
        return
    better, worse = sum(pair.gain > 0 for pair in found), sum(pair.gain < 0 for pair in found)
    counts = ngettext("{count} image", "{count} images", len(found))
    words = _("{images}: on {better} of them {second} makes fewer errors, on {worse} {first} does.")
    summary = words.format(images=counts, better=number(better), worse=number(worse), first=FIRST, second=SECOND)
    st.caption(summary + ("" if project.task == "classes" else " " + _("Solid: as labelled; dashed: as found.")))
    pages = -(-len(found) // _SHOWN)
    st.session_state[PAGE_KEY] = min(st.session_state.get(PAGE_KEY, 1), pages)
    begin = (st.session_state[PAGE_KEY] - 1) * _SHOWN
    shown = found[begin : begin + _SHOWN]
    # A class has no boxes, so one picture is enough for both.
    beside = 3 if project.task == "classes" else 2
    # A row at a time, or words of several lines would put the pictures below them out of line.
    for row in range(0, len(shown), beside):
        for column, pair in zip(st.columns(beside), shown[row : row + beside], strict=False):
            with column:
                _render_pair(store, project, pair, (first, second))
    if pages > 1:
        st.pagination(pages, key=PAGE_KEY, bind="query-params")


def _render_pair(store: Store, project: Project, pair: Difference, rules: tuple[Rule, Rule]) -> None:
    paths = store.project(project.id)
    try:
        image = images.get(paths, pair.first.image)
        label = load(Label, revision_path(paths.label_shard(image.id), image.id, pair.first.rev))
    except StoreError:
        return  # deleted since, or damaged, which the Data page tells
    fields = {field.id: field for field in project.fields}
    judged = list(zip((FIRST, SECOND), (pair.first, pair.second), rules, strict=True))
    with st.container(border=True):
        _render_head(project, image, pair)
        if project.task == "classes":
            page_picture(project.id, image, [], room=_ROOM, key=f"differing_{image.id}")
            st.caption("  \n".join(f"{sign} " + _class_words(fields, each, _chosen(each, rule)) for sign, each, rule in judged))
            return
        for column, (sign, each, rule) in zip(st.columns(2), judged, strict=True):
            with column:
                marks = list(_marks(fields, label, _chosen(each, rule)))
                page_picture(project.id, image, marks, room=_ROOM, key=f"differing_{sign}_{image.id}")
                st.caption(f"{sign} " + _box_words(fields, each))


def _chosen(judged: JudgedImage, rule: Rule) -> tuple[Detection, ...]:
    """What would be applied to the image."""
    return select(ImageDetections(image=judged.image, detections=judged.detections), rule)


def _render_head(project: Project, image: Image, pair: Difference) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        better = {1: f" · {SECOND} ✓", -1: f" · {FIRST} ✓", 0: ""}[(pair.gain > 0) - (pair.gain < 0)]
        st.markdown(f"**{plain(image.name)}**{better}", width="content")
        link = {"project": project.id, "image": image.id}
        page_link("labelling.py", label=_("Is the label right?"), icon=":material/select:", query_params=link)


def _class_words(fields: dict[str, Field], judged: JudgedImage, chosen: Sequence[Detection]) -> str:
    """Which class the model gives the image, and which one it is of."""
    found = _named([detection.field for detection in chosen], fields) or _("below its threshold")
    if not judged.errors:
        return _("{found}: right").format(found=found)
    return _("{found} in place of {true}").format(found=found, true=_named(judged.missing, fields))


def _box_words(fields: dict[str, Field], judged: JudgedImage) -> str:
    """Which boxes the model gets wrong on the image."""
    parts = []
    if judged.missing:
        parts.append(_("Missing: {fields}").format(fields=_named(judged.missing, fields)))
    if judged.wrong:
        parts.append(_("Wrong: {fields}").format(fields=_named(judged.wrong, fields)))
    return " · ".join(parts) or _("all right")


def _marks(fields: dict[str, Field], label: Label, chosen: Sequence[Detection]) -> Iterator[Mark]:
    # Boxes of a field that was deleted since have neither name nor colour any more; a class has no box.
    for box in label.boxes or ():
        if field := fields.get(box.field):
            yield Mark(box.xyxy, field.colour, mark_text(field.name, box.text), found=False)
    for detection in chosen:
        if detection.xyxy and (field := fields.get(detection.field)):
            yield Mark(detection.xyxy, field.colour, mark_text(f"{field.name} {number(detection.score, 2)}", detection.text), found=True)


def _named(ids: Sequence[str], fields: dict[str, Field]) -> str:
    """Names of fields, with how often where it is more than once."""
    counted = Counter(fields[field].name for field in ids if field in fields)
    return ", ".join(plain(name) + (f" × {count}" if count > 1 else "") for name, count in counted.items())
