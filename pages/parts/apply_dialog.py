"""The dialog before labels are applied: a threshold for each field or class, what it means in numbers, and pictures of it."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.parts.apply_counts import ApplyData, load_apply_data
from pages.parts.data import get_index
from pages.parts.guard import says_why_not
from pages.parts.i18n import _, ngettext, number
from pages.parts.page_picture import Mark, page_picture
from pages.parts.text import plain
from pages.parts.thresholds import threshold_sliders
from storage import actions, images
from storage.core import Store, StoreError
from storage.detections import Detection
from storage.images import Image
from storage.plans import Rule
from storage.processes import Process
from storage.projects import Field, Project

SHOWN, ROOM = 6, 300  # pictures at a time, and their greatest height in pixels
_MOST_NAMES = 20  # of images left out, before the rest is only counted
_MOVED = "apply_thresholds"  # in the session: the thresholds that were moved, by field id
_PLACE = "apply_place"  # in the session: how many pictures come before those shown
_UPRIGHT = "apply_upright"  # in the session: whether pages that lie sideways or upside down are turned
_FAINT = "66"  # 40 % opaque, behind a colour


def forget_thresholds() -> None:
    """Have the next dialog begin with the model's own thresholds."""
    for key in (_MOVED, _PLACE, _UPRIGHT):
        st.session_state.pop(key, None)


def render_apply_dialog(store: Store, process: Process, confirm: Callable[[str, dict[str, float] | None, bool], None]) -> None:
    """Draw it; ``confirm`` draws its button with this text for the thresholds that were moved, by field id.

    They are None where nothing would be applied. It is also told whether pages that lie sideways or upside down are
    turned. StoreError if the process cannot be applied at all.
    """
    project, rule = actions.project_of(store, process), actions.rule_for(store, process, None)
    with st.spinner(_("Reading what was found …")):
        data = load_apply_data(store, process, project, rule)
    # Fields, or classes, that the project has and the model knows.
    fields = [field for field in project.fields if field.id in rule.thresholds]
    left, right = st.columns([2, 3], gap="large")
    with left:
        moved = _render_thresholds(process, project, fields, rule, data)
        thresholds = {**rule.thresholds, **moved}
        _render_left_out(store, project, data)
        receiving = data.counts.images(thresholds)
        upright = _render_turned(data, receiving)
        label = ngettext("Apply to {count} image", "Apply to {count} images", len(receiving))
        confirm(label, moved if receiving else None, upright)
        st.caption(_("This can be rolled back."))
    with right:
        _render_pictures(store, project, fields, data, thresholds)


def _render_thresholds(process: Process, project: Project, fields: Sequence[Field], rule: Rule, data: ApplyData) -> dict[str, float]:
    """A slider for each field, or class; returns the thresholds that a person moved."""
    # Ours, not the component's own state, which is gone when it was not drawn for a run.
    moved: dict[str, float] = st.session_state.setdefault(_MOVED, {})
    threshold_sliders(
        fields,
        rule.thresholds,
        moved,
        data.counts,
        len(data.candidates.free),
        key=f"thresholds_{process.id}",
        on_moved=lambda thresholds: st.session_state.update({_MOVED: thresholds}),
        task=project.task,
        calibrated=rule.calibrated,
    )
    return moved


def _render_left_out(store: Store, project: Project, data: ApplyData) -> None:
    """Images that receive nothing, whatever the thresholds, with the names of the first ones."""
    found = data.candidates
    if found.skipped:
        words = ngettext(
            "{count} image is left out: it was labelled, changed or deleted meanwhile",
            "{count} images are left out: they were labelled, changed or deleted meanwhile",
            len(found.skipped),
        )
        _render_names(store, project, words, found.skipped)
    if found.added:
        words = ngettext(
            "{count} image is left out: it was added after the run began",
            "{count} images are left out: they were added after the run began",
            len(found.added),
        )
        _render_names(store, project, words, found.added)


def _render_turned(data: ApplyData, receiving: Sequence[str]) -> bool:
    """How many of the pages that receive a label would be turned with it; returns whether they are to be."""
    turned = len(data.candidates.turns(data.table.turns, receiving))
    if not turned:
        return True
    # Short, or it is cut off.
    label = ngettext("Show {count} page upright", "Show {count} pages upright", turned)
    about = _("They lie sideways or upside down. You can turn pages yourself at any time, under Data.")
    return st.toggle(label, value=True, key=_UPRIGHT, help=about)


def _render_names(store: Store, project: Project, words: str, left_out: Sequence[str]) -> None:
    with st.expander(words, icon=":material/info:"):
        rows = get_index(str(store.root)).rows(project.id, left_out[:_MOST_NAMES])
        st.caption(", ".join(plain(row.name) for row in rows) + (" …" if len(left_out) > _MOST_NAMES else ""))


def _render_pictures(store: Store, project: Project, fields: Sequence[Field], data: ApplyData, thresholds: Mapping[str, float]) -> None:
    """Some images with what is applied, and faintly what is not; by turns least certain and any others."""
    order = data.to_look_at
    if not order:
        st.info(_("There is no image left that labels could be applied to."))
        return
    if says_why_not(("images", "view")):
        return
    place = st.session_state.get(_PLACE, 0) % len(order)
    shown = order[place : place + SHOWN]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            _("**What is applied**, the least certain images by turns with others"),
            help=_("Every other image is drawn by lot. Dashed boxes stay below the least score.")
            if project.task == "fields"
            else _("Every other image is drawn by lot. A class that is crossed out stays below the least score, its image unlabelled."),
        )
        st.button(
            _("Show others"),
            icon=":material/refresh:",
            type="tertiary",
            disabled=len(order) <= SHOWN,
            on_click=_show_others,
            args=(place + SHOWN,),
        )
    # A row at a time, or long file names would put the pictures below them out of line.
    for first in range(0, len(shown), 3):
        for column, image in zip(st.columns(3), shown[first : first + 3], strict=False):
            with column:
                _render_picture(store, project, fields, data, thresholds, image)


def _render_picture(
    store: Store, project: Project, fields: Sequence[Field], data: ApplyData, thresholds: Mapping[str, float], image: str
) -> None:
    known = {field.id: field for field in fields}
    try:
        record = images.get(store.project(project.id), image)
    except StoreError:
        return  # deleted since the counts were made; the next move counts again
    if st.session_state.get(_UPRIGHT, True):
        # As it will be shown.
        record = record.model_copy(update={"turn": data.candidates.turns(data.table.turns, [image]).get(image, record.turn)})
    found = [detection for detection in data.table.on(image) if detection.field in known]
    if project.task == "classes":
        _render_class(project, record, known, found, thresholds)
    else:
        _render_boxes(project, record, known, found, thresholds)


def _render_boxes(
    project: Project, record: Image, known: Mapping[str, Field], found: Sequence[Detection], thresholds: Mapping[str, float]
) -> None:
    kept = [detection.score >= thresholds[detection.field] for detection in found]
    marks = [
        Mark(
            detection.xyxy,
            known[detection.field].colour + ("" if is_kept else _FAINT),
            f"{known[detection.field].name} {number(detection.score, 2)}",
            found=not is_kept,
        )
        for detection, is_kept in zip(found, kept, strict=True)
        if detection.xyxy  # which only classes lack
    ]
    page_picture(project.id, record, marks, room=ROOM, key=f"apply_{record.id}", legend=(_("is applied"), _("below the least score")))
    st.caption(f"{plain(record.name)} · " + _("{done} of {total}").format(done=sum(kept), total=len(kept)))


def _render_class(
    project: Project, record: Image, known: Mapping[str, Field], found: Sequence[Detection], thresholds: Mapping[str, float]
) -> None:
    """The image with the class found on it, in the class's colour if it is applied, else crossed out."""
    page_picture(project.id, record, (), room=ROOM, key=f"apply_{record.id}")
    with st.container(gap="xxsmall"):
        for detection in found:
            words = f"{plain(known[detection.field].name)} {number(detection.score, 2)}"
            # The swatch alone is coloured, as that of the slider: a class's colour may be too light for words.
            swatch = f':color[■]{{foreground="{known[detection.field].colour}"}}'
            st.markdown(f"{swatch} **{words}**" if detection.score >= thresholds[detection.field] else f":gray[~~{words}~~]")
        if not found:
            st.markdown(f":gray[{_('no class')}]")
        st.caption(plain(record.name))


def _show_others(place: int) -> None:
    st.session_state[_PLACE] = place
