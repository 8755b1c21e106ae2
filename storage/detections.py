"""Detections: what a model found, and the pure rule that turns it into boxes to apply."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from storage import files
from storage.labels import XYXY, Box
from storage.records import Record

MIN_SCORE = 0.05  # weaker ones are never worth a person's look and would fill the file


class Detection(Record):
    """One box found; ``xyxy`` in pixels of the original after its EXIF orientation, score from 0 to 1."""

    field: str
    xyxy: XYXY
    score: float


class ImageDetections(Record):
    """One line of ``detections.jsonl``: all detections on one image, highest score first."""

    image: str
    detections: tuple[Detection, ...]


class Rule(Record):
    """Which detections become boxes: by field id, the least score and the most boxes on one image (None: no limit)."""

    thresholds: dict[str, float]
    limits: dict[str, int | None] = {}


def read_detections(path: Path) -> Iterator[ImageDetections]:
    """The detections of an attempt, an image at a time; a damaged line loses its own image only."""
    for line in files.read_lines(path)[0]:
        try:
            yield ImageDetections.model_validate_json(line)
        except ValidationError:
            continue


def select(found: ImageDetections, rule: Rule) -> tuple[Detection, ...]:
    """Detections at or above their field's threshold, the best ones up to its limit; unknown fields give none."""
    kept: dict[str, list[Detection]] = {}
    for detection in sorted(found.detections, key=lambda detection: -detection.score):
        chosen = kept.setdefault(detection.field, [])
        limit = rule.limits.get(detection.field)
        if detection.score >= rule.thresholds.get(detection.field, 2.0) and (limit is None or len(chosen) < limit):
            chosen.append(detection)
    return tuple(detection for chosen in kept.values() for detection in chosen)


def to_boxes(detections: tuple[Detection, ...], process: str, model: str) -> tuple[Box, ...]:
    """Boxes of origin ``auto``, each with the process, model and score it comes from."""
    return tuple(
        Box(field=found.field, xyxy=found.xyxy, origin="auto", process=process, model=model, score=round(found.score, 4))
        for found in detections
    )


def counts(found: Mapping[str, ImageDetections], rule: Rule) -> dict[str, int]:
    """Boxes by field id that applying with ``rule`` would create, before images touched meanwhile are left out."""
    total = dict.fromkeys(rule.thresholds, 0)
    for detections in found.values():
        for detection in select(detections, rule):
            total[detection.field] += 1
    return total
