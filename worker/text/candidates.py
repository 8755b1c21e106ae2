"""What the words and the pixels of one page say of its fields, brought together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.turns import unturn_box
from worker.data import Example
from worker.text.choosing import Found, Seen
from worker.text.page import TextPage
from worker.text.targets import iou

_SUREST = 4.0  # log-odds that either model may give
# IoU of a span and a box that is seen: from where on both speak of the same, and where the span is as good as the box.
# A label need not follow its words (a cheque's number with the sign before it), so little is asked.
_SAME, _ALIKE = 0.15, 0.7


@dataclass(frozen=True)
class Candidate:
    """A box that may be a field: `xyxy` in pixels of the original, and what is written there.

    `by_words` and `by_looks` are the log-odds of the span model and of the detector, None of one that did not find it.
    """

    class_id: int
    xyxy: tuple[float, float, float, float]
    by_words: float | None
    by_looks: float | None
    text: str | None
    read: float | None


def bring_together(
    example: Example, page: TextPage, spans: list[tuple[Found, NDArray[np.int64]]], seen: Seen, fit: NDArray[np.float32]
) -> list[Candidate]:
    """Every span that was chosen, with its words, and every box that was seen; those of a field that overlap are one.

    `fit` (classes,) is how well the labels follow the words, 0 to 1: at most so much of the box is the words', and the less
    the farther they are from what was seen; the rest is as seen.
    """
    made, taken = [], np.zeros(len(seen.class_id), dtype=bool)
    for found, words in spans:
        xyxy, by_looks = found.xyxy, None
        if len(taken):
            overlaps = iou(found.xyxy, seen.xyxy)
            same = (overlaps >= _SAME) & (seen.class_id == found.class_id) & ~taken
            if same.any():
                best = int(np.where(same, seen.score, -1).argmax())
                taken |= same
                share = fit[found.class_id] * np.clip((overlaps[best] - _SAME) / (_ALIKE - _SAME), 0, 1)
                xyxy, by_looks = share * found.xyxy + (1 - share) * seen.xyxy[best], _log_odds(float(seen.score[best]))
        made.append(_candidate(example, page, found.class_id, xyxy, _log_odds(found.chance), by_looks, words))
    for number in np.flatnonzero(~taken):
        words = page.inside(seen.xyxy[number])
        made.append(
            _candidate(example, page, int(seen.class_id[number]), seen.xyxy[number], None, _log_odds(float(seen.score[number])), words)
        )
    return made


def _candidate(
    example: Example,
    page: TextPage,
    label: int,
    xyxy: NDArray[np.float32],
    words: float | None,
    looks: float | None,
    inside: NDArray[np.int64],
) -> Candidate:
    left, top, right, bottom = np.clip(xyxy, 0, np.array(page.size * 2, dtype=np.float32)).tolist()
    box = unturn_box((left, top, right, bottom), example.width, example.height, example.turn)
    text = page.text(inside.tolist()) if len(inside) else None
    return Candidate(label, box, words, looks, text, round(float(page.confidence[inside].min()), 3) if len(inside) else None)


def _log_odds(chance: float) -> float:
    return float(np.clip(np.log(chance + 1e-6) - np.log(1 - chance + 1e-6), -_SUREST, _SUREST))
