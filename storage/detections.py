"""Detections: what a model found, and the pure rule that turns it into boxes to apply."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from storage.core import Record, read_lines
from storage.plans import Rule

MIN_SCORE = 0.05  # weaker ones are never worth a person's look and would fill the file


class Detection(Record):
    """One box found; ``xyxy`` in pixels of the original after its EXIF orientation, score from 0 to 1."""

    field: str
    xyxy: tuple[float, float, float, float]
    score: float


class ImageDetections(Record):
    """One line of ``detections.jsonl``: all detections on one image, highest score first."""

    image: str
    detections: tuple[Detection, ...]


def read_detections(path: Path) -> Iterator[ImageDetections]:
    """The detections of an attempt, an image at a time; a damaged line loses its own image only."""
    for line in read_lines(path)[0]:
        try:
            yield ImageDetections.model_validate_json(line)
        except ValidationError:
            # Left by a full disk or a bad sector; the labels of all other images are worth having.
            continue


def select(found: ImageDetections, rule: Rule) -> tuple[Detection, ...]:
    """Detections at or above their field's threshold, the best ones up to its limit; unknown fields give none."""
    kept: dict[str, list[Detection]] = {}
    # Sorted again, as the limit takes the best only if they come first, and a file may have been made elsewhere.
    for detection in sorted(found.detections, key=lambda detection: -detection.score):
        chosen = kept.setdefault(detection.field, [])
        limit = rule.limits.get(detection.field)
        # 2.0 is above every score: of a field without a threshold nothing is applied unasked.
        if detection.score >= rule.thresholds.get(detection.field, 2.0) and (limit is None or len(chosen) < limit):
            chosen.append(detection)
    return tuple(detection for chosen in kept.values() for detection in chosen)


def counts(found: Mapping[str, ImageDetections], rule: Rule) -> dict[str, int]:
    """Boxes by field id that applying with ``rule`` would create, before images touched meanwhile are left out."""
    total = dict.fromkeys(rule.thresholds, 0)
    for detections in found.values():
        for detection in select(detections, rule):
            total[detection.field] += 1
    return total
