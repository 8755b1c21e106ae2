"""From probabilities of spans to a page's fields: the best span of each, and further ones where a field repeats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.text.prepared import PreparedPage
from worker.text.targets import RIGHT_IOU, iou, moved

_LEAST_CHANCE = 0.02
_MOST_SPANS = 60  # of one field on one page: rows of a long table


@dataclass(frozen=True)
class Found:
    """One span chosen for a field: `xyxy` (4,) in pixels of the upright page, and its probability with all that overlap it."""

    class_id: int
    xyxy: NDArray[np.float32]
    chance: float
    span: int


def choose(page: PreparedPage, chances: NDArray[np.float32], offsets: NDArray[np.float32], textual: NDArray[np.float32]) -> list[Found]:
    """The spans of each field by `chances` (spans + 1, classes), best first; none of a field that does not stand in words."""
    found = []
    for label in np.flatnonzero(textual > 0) if len(page.spans) else ():
        boxes = moved(page.spans, offsets[label])
        left = chances[:-1, label].copy()
        for _ in range(_MOST_SPANS):
            best = int(left.argmax())
            overlaps = iou(boxes[best], boxes)
            # What overlaps it says the same in other words, so it counts for it.
            chance = float(left[overlaps > RIGHT_IOU].sum())
            if chance < _LEAST_CHANCE:
                break
            found.append(Found(int(label), boxes[best], min(chance, 1.0), best))
            left[overlaps > 0.1] = 0
    return found
