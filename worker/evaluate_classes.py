"""How well images are told apart by class on held-out labels, and from which score on to trust each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from worker.evaluate import Evaluation, FieldScore, Judgement, with_counts

if TYPE_CHECKING:
    from worker.data import Example
    from worker.detect import Detections

_PRIOR_SHARE = 0.2  # of the way from chance to certainty: where a class is applied from, before anything is held out
_PRIOR_IMAGES = 10  # held-out images that the prior weighs as much as


def score(detections: Sequence["Detections"], examples: Sequence["Example"], num_classes: int) -> Evaluation:
    """The share of `examples` whose likeliest class is right; an image without detections counts as wrong."""
    found = {item.image: item for item in detections}
    judgements = [judge(found.get(example.image), example, [0.0] * num_classes) for example in examples]
    right = sum(len(judgement.right) for judgement in judgements)
    per_class = with_counts([FieldScore()] * num_classes, judgements)
    return Evaluation(None, None, per_class, accuracy=right / max(1, len(examples)))


def thresholds(detections: Sequence["Detections"], examples: Sequence["Example"], num_classes: int) -> list[float]:
    """The probability from which each class is worth applying, learned from held-out labels.

    Drawn towards the prior, as a handful of images says little:  t = (n · t_class + 10 · t_prior) / (n + 10), n = images
    held out that the class was found on. The prior is low: a likeliest class is mostly right, and an image left
    unlabelled is as much work as one to correct.
    """
    truth = {example.image: int(example.class_id[0]) for example in examples}
    prior = _PRIOR_SHARE + (1 - _PRIOR_SHARE) / num_classes
    rows: list[list[tuple[float, bool]]] = [[] for _ in range(num_classes)]
    for found in detections:
        best = int(found.class_id[0])
        rows[best].append((float(found.score[0]), truth[found.image] == best))
    return [(len(table) * _best_threshold(table, prior) + _PRIOR_IMAGES * prior) / (len(table) + _PRIOR_IMAGES) for table in rows]


def _best_threshold(rows: list[tuple[float, bool]], prior: float) -> float:
    """Middle between the lowest score worth keeping and the next one below it, for rows of score and rightness."""
    if not rows:
        return prior
    table = np.array(sorted(rows, reverse=True), dtype=np.float64)
    # A wrong class costs what a right one spares. No cut but that above all rows gains nothing, and loses nothing.
    gain = np.concatenate([[0.0], np.cumsum(2 * table[:, 1] - 1)])
    kept = int(np.flatnonzero(gain == gain.max())[-1])
    edges = np.concatenate([[1.0], table[:, 0], [0.0]])
    # Without a wrong one below, nothing speaks for more than the prior.
    return float((edges[kept] + edges[kept + 1]) / 2) if kept < len(table) else min(prior, float(table[-1, 0]))


def judge(found: "Detections | None", example: "Example", least: Sequence[float]) -> Judgement:
    """Whether the class that would be applied to one image is right: the likeliest, if its score is at least its `least`."""
    truth = int(example.class_id[0])
    if found is None or not len(found.score) or found.score[0] < least[found.class_id[0]]:
        return Judgement([], [truth], [])
    best = int(found.class_id[0])
    return Judgement([truth], [], []) if best == truth else Judgement([], [truth], [best])
