"""From probabilities of spans to a page's fields: the best span of each, and further ones where a field repeats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.text.prepared import PreparedPage
from worker.text.targets import RIGHT_IOU, iou, moved

_LEAST_CHANCE = 0.02
_SEEN = 16.0  # what the overlap (IoU) of a span with a box that is seen for sure counts beside the logarithm of its chance
_MOST_SPANS = 60  # of one field on one page: rows of a long table


@dataclass(frozen=True)
class Seen:
    """What the detector found on one page: `xyxy` (n, 4) in pixels of the upright page, `class_id` (n,), `score` (n,)."""

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    score: NDArray[np.float32]


NOTHING_SEEN = Seen(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True)
class Found:
    """One span chosen for a field: `xyxy` (4,) in pixels of the upright page, and its probability with all that overlap it."""

    class_id: int
    xyxy: NDArray[np.float32]
    chance: float
    span: int


def choose(
    page: PreparedPage, chances: NDArray[np.float32], offsets: NDArray[np.float32], textual: NDArray[np.float32], seen: Seen
) -> list[Found]:
    """The spans of each field by `chances` (spans + 1, classes), best first; none of a field that does not stand in words.

    Of spans that nearly cover each other, a date with and without the word before it, the box that is `seen` tells which.
    """
    found = []
    for label in np.flatnonzero(textual > 0) if len(page.spans) else ():
        boxes = moved(page.spans, offsets[label])
        left, near = chances[:-1, label].copy(), _near(boxes, seen, int(label))
        for _ in range(_MOST_SPANS):
            best = int(left.argmax())
            overlaps = iou(boxes[best], boxes)
            same = overlaps > RIGHT_IOU
            # What overlaps it says the same in other words, so it counts for it.
            chance = float(left[same].sum())
            if chance < _LEAST_CHANCE:
                break
            chosen = int(np.where(same, left * near, -1).argmax())
            found.append(Found(int(label), boxes[chosen], min(chance, 1.0), chosen))
            left[(overlaps > 0.1) | (iou(boxes[chosen], boxes) > 0.1)] = 0
    return found


def _near(boxes: NDArray[np.float32], seen: Seen, label: int) -> NDArray[np.float32]:
    """Say how much likelier (n,) each of a field's boxes (n, 4) is by the box seen that it overlaps most, the surer the more."""
    ours = seen.class_id == label
    overlaps = [score**2 * iou(box, boxes) for box, score in zip(seen.xyxy[ours], seen.score[ours], strict=True)]
    return np.exp(_SEEN * np.max(overlaps, axis=0, initial=0))
