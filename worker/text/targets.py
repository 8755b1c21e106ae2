"""What the labels say of words and spans: what the span model is to learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.text.page import TextPage
from worker.text.prepared import PreparedPage
from worker.text.spans import PLACE, Spans

RIGHT_IOU = 0.5
_MOST_OFFSET = 0.4  # heights of a line: farther off the labels do not follow the words
_LEAST_OFFSETS = 3  # boxes, before their median means something
_COVERED = 0.9  # of a field's boxes that some words fit: of fewer they do not tell all
# One label drawn wider or narrower than its words (IoU) says nothing against words, where so many others fit them.
_TOUCHED, _LEAST_FITTED = 0.3, 3
_SHARPNESS = 12.0  # of the target over spans: one of .1 less IoU counts a third
_NEAR_BEST = 0.12  # IoU below the best span's that is still right
_LEAST_SPREAD = 0.15  # of where a field stands, so that a dozen alike pages do not forbid all others


@dataclass(frozen=True)
class Boxes:
    """The labelled boxes of one page: `xyxy` (n, 4) in pixels of the upright page, `class_id` (n,)."""

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]


def iou(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Overlap of one box (4,) with many (n, 4) → (n,)."""
    sides = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    shared = sides.prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return shared / (np.prod(box[2:] - box[:2]) + areas - shared + 1e-9)


def word_classes(page: TextPage, boxes: Boxes) -> NDArray[np.int64]:
    """The class of each word (n,): 0 for none, else one more than that of the box that holds over half of it."""
    found = np.zeros(len(page), dtype=np.int64)
    areas = (page.xyxy[:, 2:] - page.xyxy[:, :2]).prod(axis=1)
    for box, label in zip(boxes.xyxy, boxes.class_id, strict=True):
        sides = np.clip(np.minimum(page.xyxy[:, 2:], box[2:]) - np.maximum(page.xyxy[:, :2], box[:2]), 0, None)
        found[sides.prod(axis=1) > 0.5 * areas] = label + 1
    return found


def moved(spans: Spans, offset: NDArray[np.float32]) -> NDArray[np.float32]:
    """The spans' boxes (n, 4) with their sides moved by `offset` (4,), in heights of a line."""
    heights = (spans.xyxy[:, 3] - spans.xyxy[:, 1]) / spans.rows
    return spans.xyxy + offset * heights[:, None]


def learn_offsets(pages: Sequence[PreparedPage], boxes: Sequence[Boxes], classes: int) -> NDArray[np.float32]:
    """(classes, 4) how people draw boxes beside the words': the median distance of each side, in heights of a line."""
    offsets: list[list[NDArray[np.float32]]] = [[] for _ in range(classes)]
    for page, labelled in zip(pages, boxes, strict=True):
        for box, label in zip(labelled.xyxy, labelled.class_id, strict=True):
            best, overlap = best_span(page.spans, box)
            if overlap > RIGHT_IOU - 0.1:
                span = page.spans.xyxy[best]
                offsets[label].append((box - span) / ((span[3] - span[1]) / page.spans.rows[best]))
    known = [np.median(each, axis=0) if len(each) >= _LEAST_OFFSETS else np.zeros(4) for each in offsets]
    return np.clip(np.array(known, dtype=np.float32).reshape(-1, 4), -_MOST_OFFSET, _MOST_OFFSET)


def best_span(spans: Spans, box: NDArray[np.float32]) -> tuple[int, float]:
    """The span that a box fits best, and their overlap; overlap 0 on a page without any."""
    if not len(spans):
        return 0, 0.0
    overlaps = iou(box, spans.xyxy)
    best = int(overlaps.argmax())
    return best, float(overlaps[best])


def best_overlaps(pages: Sequence[PreparedPage], boxes: Sequence[Boxes], offsets: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """How well (IoU) the best span of words fits each labelled box, class by class."""
    found: list[list[float]] = [[] for _ in offsets]
    for page, labelled in zip(pages, boxes, strict=True):
        for box, label in zip(labelled.xyxy, labelled.class_id, strict=True):
            found[label].append(float(iou(box, moved(page.spans, offsets[label])).max(initial=0)))
    return [np.array(each) for each in found]


def stands_in_words(overlaps: NDArray[np.float64]) -> bool:
    """Say whether words alone find a field whose labels they fit like this (n,): nine in ten, or all but one that they touch.

    Also of a field that nobody labelled, of which there is nothing to see either.
    """
    fit = int((overlaps >= RIGHT_IOU).sum())
    has_near_miss = fit >= _LEAST_FITTED and bool(((overlaps >= _TOUCHED) & (overlaps < RIGHT_IOU)).any())
    return fit + has_near_miss >= _COVERED * len(overlaps)


def span_targets(page: PreparedPage, boxes: Boxes, offsets: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the softmax over a page's spans and "none of them" is to be → targets (spans + 1, classes), known (classes,).

    Of each box the spans near its best one, weighed by their overlap; of a class without a box here, "none". A class whose
    boxes no span fits is not known, as nothing can be said of its words.
    """
    classes, count = len(offsets), len(page.spans)
    targets = np.zeros((count + 1, classes), dtype=np.float32)
    for label in range(classes):
        own = boxes.xyxy[boxes.class_id == label]
        if not len(own):
            targets[count, label] = 1
            continue
        candidates = moved(page.spans, offsets[label])
        for box in own if count else ():
            overlaps = iou(box, candidates)
            best = overlaps.max()
            if best >= RIGHT_IOU:
                weight = np.where(overlaps >= max(RIGHT_IOU, best - _NEAR_BEST), np.exp((overlaps - best) * _SHARPNESS), 0)
                targets[:count, label] += weight / weight.sum()
    total = targets.sum(axis=0)
    return targets / np.maximum(total, 1e-9), (total > 0).astype(np.float32)


def usual_places(pages: Sequence[PreparedPage], boxes: Sequence[Boxes], classes: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where and how large each class's spans are: median and spread of their first `PLACE` features, (classes, PLACE) each."""
    found: list[list[NDArray[np.float32]]] = [[] for _ in range(classes)]
    for page, labelled in zip(pages, boxes, strict=True):
        for box, label in zip(labelled.xyxy, labelled.class_id, strict=True):
            best, overlap = best_span(page.spans, box)
            if overlap >= RIGHT_IOU:
                found[label].append(page.spans.features[best, :PLACE])
    tables = [np.array(each) if each else np.zeros((1, PLACE)) for each in found]
    middle = np.array([np.median(table, axis=0) for table in tables], dtype=np.float32)
    spread = np.array([table.std(axis=0) + _LEAST_SPREAD for table in tables], dtype=np.float32)
    return middle, spread
