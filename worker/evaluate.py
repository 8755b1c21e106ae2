"""How good a detector is on held-out labels, and from which score on to trust each field."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.ops import box_iou

from worker.models import SCORE_FLOOR

if TYPE_CHECKING:
    from worker.data import Example
    from worker.detect import Detections

_RIGHT_IOU = 0.5  # where PASCAL VOC calls a box found
_PRIOR_BOXES = 10  # held-out boxes that all fields together weigh as much as
_LEAST_TRUSTED = 0.1  # a probability below this is no help: nine boxes to take away for one that need not be drawn
_MOST_TRUSTED = 0.5  # a threshold above this is chance: well-trained scores of right boxes begin at about 0.5


@dataclass(frozen=True)
class FieldScore:
    """How well one field, or class, is found; None where the test images hold none of it, or it was not asked for.

    Average precision over IoU 0.5…0.95 and at 0.5, which a class has none of; precision, recall and F1 of what is chosen.
    """

    ap: float | None = None
    ap_50: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    # The share of right boxes in which the very text of the label was read; of those whose labels have one.
    value_right: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """Mean AP over the fields seen, at IoU 0.5 and over 0.5…0.95, or the share of images whose class is right;
    `per_field` follows the list of fields or classes."""

    map_50: float | None
    map_50_95: float | None
    per_field: tuple[FieldScore, ...]
    accuracy: float | None = None

    @property
    def quality(self) -> float:
        """What the best weights are chosen by."""
        return (self.map_50_95 if self.accuracy is None else self.accuracy) or 0.0


@dataclass(frozen=True)
class Judgement:
    """What of one image is right, by field or class index: an entry for each box right (at IoU 0.5), missing and wrong.

    An image of another class than was found has its own class missing and the other wrong. `values` has an entry for
    each right box whose text the label says: the field, and whether the model reads the same in it.
    """

    right: list[int]
    missing: list[int]
    wrong: list[int]
    values: list[tuple[int, bool]] = field(default_factory=list)


def with_counts(scores: Sequence[FieldScore], judgements: Sequence[Judgement]) -> tuple[FieldScore, ...]:
    """`scores` of all fields or classes, in their order, with what follows from these judgements filled in."""
    counts = [np.bincount(list(kind), minlength=len(scores)).tolist() for kind in _columns(judgements)]
    return tuple(replace(score, **_ratios(*each)) for score, *each in zip(scores, *counts, strict=True))


def _columns(judgements: Sequence[Judgement]) -> Iterator[Iterator[int]]:
    """Field indices of what is right, missing and wrong, of values that are right, and of all that were compared."""
    yield chain.from_iterable(each.right for each in judgements)
    yield chain.from_iterable(each.missing for each in judgements)
    yield chain.from_iterable(each.wrong for each in judgements)
    yield (label for each in judgements for label, is_same in each.values if is_same)
    yield (label for each in judgements for label, _ in each.values)


def _ratios(right: int, missing: int, wrong: int, same: int, compared: int) -> dict[str, float | None]:
    return {
        # Of nothing found no share is right, and of nothing to find none was found: no figure at all, rather than 0 or 1.
        "precision": right / (right + wrong) if right + wrong else None,
        "recall": right / (right + missing) if right + missing else None,
        # Of what is on no test image F1 says nothing, however much was found.
        "f1": 2 * right / (2 * right + wrong + missing) if right + missing else None,
        "value_right": same / compared if compared else None,
    }


def score(detections: Sequence["Detections"], examples: Sequence["Example"], num_classes: int) -> Evaluation:
    """AP of `detections` against the labels of `examples`; an image without detections counts as found empty."""
    found = {item.image: item for item in detections}
    predictions = [_prediction(found.get(example.image)) for example in examples]
    truth = [{"boxes": torch.from_numpy(e.xyxy), "labels": torch.from_numpy(e.class_id)} for e in examples]
    every = _average_precision(predictions, truth, None)
    half = _average_precision(predictions, truth, [_RIGHT_IOU])
    fields = tuple(FieldScore(every.get(label), half.get(label)) for label in range(num_classes))
    return Evaluation(_mean(half.values()), _mean(every.values()), fields)


def thresholds(detections: Sequence["Detections"], examples: Sequence["Example"], most: Sequence[int]) -> list[float]:
    """The score from which each field's boxes are worth applying, learned from held-out labels; `most` is `limits`.

    Per field the threshold of best F2, drawn towards that of all fields together, as a handful of held-out images
    says little about one field:  t = (n · t_field + 10 · t_all) / (n + 10), n = boxes of the field held out.
    """
    judged = [_judge(detections, examples, label, limit) for label, limit in enumerate(most)]
    pooled = _best_threshold(np.concatenate([table for table, _ in judged]), sum(count for _, count in judged))
    return [(count * _best_threshold(table, count) + _PRIOR_BOXES * pooled) / (count + _PRIOR_BOXES) for table, count in judged]


def expected_thresholds(detections: Sequence["Detections"], examples: Sequence["Example"], most: Sequence[int]) -> list[float]:
    """The score from which on boxes are worth applying, one for all fields, where scores are probabilities; `most` is `limits`.

    The expected F2 is best where every box is kept whose probability is over a fifth of it (after Lipton et al., 2014,
    "Optimal thresholding of classifiers to maximize F1 measure"). Scores of a few pages say that more steadily than which
    of them were right.
    """
    judged = [_judge(detections, examples, label, limit) for label, limit in enumerate(most)]
    scores = -np.sort(-np.concatenate([table[:, 0] for table, _ in judged]))
    if not len(scores):
        return [_MOST_TRUSTED] * len(most)
    f2 = 5 * np.cumsum(scores) / (np.arange(1, len(scores) + 1) + 4 * sum(count for _, count in judged))
    return [float(np.clip(f2.max() / 5, _LEAST_TRUSTED, _MOST_TRUSTED))] * len(most)


def judge(found: "Detections", example: "Example", least: Sequence[float], most: Sequence[int]) -> Judgement:
    """What the boxes that would be applied get right on one image: per field from `least` score up, at most `most`."""
    result = Judgement([], [], [])
    for label, (threshold, limit) in enumerate(zip(least, most, strict=True)):
        places = np.flatnonzero(example.class_id == label)
        matched = _match(found, torch.from_numpy(example.xyxy[places]), label, limit)
        # Matched best first, so the boxes below the threshold took nothing from those above it.
        hits = [(box, true) for box, true in matched if float(found.score[box]) >= threshold]
        pairs = [(box, int(places[true])) for box, true in hits if true is not None]
        result.right.extend([label] * len(pairs))
        result.missing.extend([label] * (len(places) - len(pairs)))
        result.wrong.extend([label] * (len(hits) - len(pairs)))
        result.values.extend((label, is_same) for is_same in _compare_values(found.texts, example.texts, pairs))
    return result


def _compare_values(read: Sequence[str | None], true: Sequence[str | None], pairs: Iterable[tuple[int, int]]) -> Iterator[bool]:
    """Whether each box has the text that its label has; of a model that reads nothing, and of labels without a text, nothing."""
    for box, label in pairs if read and true else ():
        text = true[label]
        if text is not None:
            yield same_text(read[box] or "", text)


def same_text(one: str, other: str) -> bool:
    """Whether two texts say the same: spaces and case do not count."""
    first, second = ("".join(unicodedata.normalize("NFC", text).split()).casefold() for text in (one, other))
    return first == second


def _best_threshold(table: NDArray[np.float64], truth: int) -> float:
    """Middle between the lowest score worth keeping (best F2) and the next one below it; `table` (n, 2): score, right."""
    table = table[np.argsort(-table[:, 0])]
    if not truth or not table[:, 1].any():
        return _MOST_TRUSTED
    # F2 = 5 · right / (kept + 4 · truth), for each cut of the sorted list at once. Recall weighs more: a missed box has
    # to be drawn, and on the document that lacks it a wrong one is seen at a glance and moved, which is no more work.
    f2 = 5 * np.cumsum(table[:, 1]) / (np.arange(1, len(table) + 1) + 4 * truth)
    # Of equal cuts the lowest: a box too many goes with one key, a missed one has to be drawn.
    last = int(np.flatnonzero(f2 == f2.max())[-1])
    below = table[last + 1, 0] if last + 1 < len(table) else SCORE_FLOOR
    return float(min(_MOST_TRUSTED, (table[last, 0] + below) / 2))


def _judge(detections: Sequence["Detections"], examples: Sequence["Example"], label: int, limit: int) -> tuple[NDArray[np.float64], int]:
    """Score and rightness (n, 2) of one field's best `limit` boxes per image, and how many boxes there are to find."""
    found = {item.image: item for item in detections}
    rows: list[tuple[float, bool]] = []
    count = 0
    for example in examples:
        truth = torch.from_numpy(example.xyxy[example.class_id == label])
        count += len(truth)
        if example.image in found:
            boxes = found[example.image]
            rows += [(float(boxes.score[box]), true is not None) for box, true in _match(boxes, truth, label, limit)]
    return np.array(rows, dtype=np.float64).reshape(-1, 2), count


def _match(found: "Detections", truth: torch.Tensor, label: int, limit: int) -> list[tuple[int, int | None]]:
    """Places of the field's detections, best first, with the labelled box that each covers best, if none took it before."""
    # Boxes beyond the limit are never applied, so they must not push a threshold up.
    chosen = np.flatnonzero(found.class_id == label)[:limit]
    overlap = box_iou(torch.from_numpy(found.xyxy[chosen]), truth).numpy()
    pairs: list[tuple[int, int | None]] = []
    for row, box in enumerate(chosen.tolist()):
        best = int(overlap[row].argmax()) if len(truth) else None
        if best is not None and overlap[row, best] >= _RIGHT_IOU:
            overlap[:, best] = 0
        else:
            best = None
        pairs.append((box, best))
    return pairs


def _average_precision(
    predictions: list[dict[str, torch.Tensor]], truth: list[dict[str, torch.Tensor]], ious: list[float] | None
) -> dict[int, float]:
    """Field index → AP, for the fields the truth holds."""
    # Importing this takes longer than the first iteration, which must not wait for it.
    from torchmetrics.detection import MeanAveragePrecision

    present = {int(label) for target in truth for label in target["labels"]}
    if not present:
        return {}
    metric = MeanAveragePrecision(iou_thresholds=ious, class_metrics=True, backend="faster_coco_eval")
    # A page has up to 300 candidates by design, and this would warn of more than 100 each time.
    metric.warn_on_many_detections = False
    metric.update(predictions, truth)
    result = metric.compute()
    pairs = zip(result["classes"].reshape(-1).tolist(), result["map_per_class"].reshape(-1).tolist(), strict=True)
    # A field that only the predictions hold comes as -1, which a mean must not take in.
    return {int(label): value for label, value in pairs if int(label) in present}


def _mean(values: Iterable[float]) -> float:
    # No label in the test images makes 0, not NaN, for which JSON has no word.
    return float(np.mean(list(values) or [0.0]))


def _prediction(found: "Detections | None") -> dict[str, torch.Tensor]:
    if found is None:
        return {"boxes": torch.zeros(0, 4), "scores": torch.zeros(0), "labels": torch.zeros(0, dtype=torch.int64)}
    return {
        "boxes": torch.from_numpy(found.xyxy),
        "scores": torch.from_numpy(found.score),
        "labels": torch.from_numpy(found.class_id),
    }
