"""Sliders for the least score of each field, with counts that follow while one drags; Streamlit's tell of a move when it is over.

What each position lets through comes along once, so the browser counts by itself and exactly as the store does.
"""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from pages.parts.i18n import _, language
from storage.detections import MIN_SCORE, ApplyCounts
from storage.projects import Field, Task

FIRST, LAST = round(100 * MIN_SCORE), 100  # positions of a slider, in hundredths

_FOLDER = Path(__file__).resolve().parent
_sliders = st.components.v2.component(
    "fieldmark.thresholds",
    html='<div class="thresholds"></div>\n',
    css=(_FOLDER / "thresholds.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "thresholds.js").read_text(encoding="utf-8"),
)


def start_position(threshold: float) -> int:
    """Where the slider of a field stands at first: the position nearest to the model's own threshold."""
    return round(100 * min(1.0, max(MIN_SCORE, threshold)))


def scale(threshold: float) -> list[float]:
    """The threshold that each position stands for; the starting one for the model's own, which has more digits."""
    start = start_position(threshold)
    return [threshold if position == start else position / 100 for position in range(FIRST, LAST + 1)]


def threshold_sliders(
    fields: Sequence[Field],
    learned: dict[str, float],
    moved: dict[str, float],
    counts: ApplyCounts,
    free: int,
    *,
    key: str,
    on_moved: Callable[[dict[str, float]], None],
    task: Task,
    calibrated: bool,
) -> None:
    """Draw a slider for each field, or class; ``on_moved`` gets the thresholds that are not the ``learned`` ones, by field id.

    ``free`` is the number of images that could receive labels. Where scores are ``calibrated`` it says how many boxes are right.
    """
    scales = {field.id: scale(learned[field.id]) for field in fields}
    boxes, levels = counts.by_position(scales)
    right = counts.expected_right(scales) if calibrated else {}

    def changed() -> None:
        positions: dict[str, int] = st.session_state[key].get("positions") or {}
        on_moved({field: position / 100 for field, position in positions.items() if field in scales})

    rows = [
        {
            "id": field.id,
            "name": field.name,
            "colour": field.colour,
            "start": start_position(learned[field.id]),
            "position": start_position(moved.get(field.id, learned[field.id])),
            "boxes": boxes[field.id],
            "right": right.get(field.id),
        }
        for field in fields
    ]
    packed = base64.b64encode(np.ascontiguousarray(levels).tobytes()).decode()
    data = {"fields": rows, "first": FIRST, "levels": packed, "free": free, "language": language(), "texts": _texts(task, calibrated)}
    _sliders(key=key, data=data, on_positions_change=changed)


def _texts(task: Task, calibrated: bool) -> dict[str, str]:
    texts = {
        "score": _("Least score"),
        "reset": _("Reset to the model's own"),
        "images": _("Images that receive labels"),
        "of": _("{done} of {total}"),
    }
    if calibrated:
        texts["right"] = _("Expected to be right")
        texts["why"] = _("The mean score of these boxes: what share of such boxes was right on labelled pages that were not learned from.")
    if task == "fields":
        return {**texts, "boxes": _("Boxes"), "all": _("Boxes in all"), "empty": _("Images that stay empty")}
    # An image has one class at most, so a sum over classes would be the images that receive labels once more.
    return {**texts, "boxes": _("Images"), "empty": _("Images that stay unlabelled")}
