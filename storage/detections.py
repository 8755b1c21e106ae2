"""Detections: what a model found, and the pure rule that turns it into boxes to apply."""

import math
from array import array
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from storage.core import Record, read_lines
from storage.turns import Turn

# For its name alone; importing it at run time would only lengthen the chain of imports.
if TYPE_CHECKING:
    from storage.plans import Rule

MIN_SCORE = 0.05  # weaker ones are never worth a person's look and would fill the file
_NEVER = 2.0  # above every score: of a field without a threshold nothing is applied unasked
_NOWHERE = (math.nan,) * 4  # in arrays, the place of a class


class Detection(Record):
    """One box found; ``xyxy`` in pixels of the original after its EXIF orientation, score from 0 to 1.

    In a project of classes it is the likeliest class of the whole image, and ``xyxy`` None.
    """

    field: str
    xyxy: tuple[float, float, float, float] | None = None
    score: float
    # What is written in the box, and how sure the reader is of it, 0 to 1.
    text: str | None = None
    read: float | None = None


class ImageDetections(Record):
    """One line of ``detections.jsonl``: all detections on one image, highest score first."""

    image: str
    detections: tuple[Detection, ...]
    # Degrees clockwise by which the page stands upright, as found; None where people had said it, or nothing told.
    turn: Turn | None = None


def read_detections(path: Path) -> Iterator[ImageDetections]:
    """The detections of an attempt, an image at a time; a damaged line loses its own image only."""
    for line in read_lines(path)[0]:
        try:
            yield ImageDetections.model_validate_json(line)
        except ValidationError:
            # Left by a full disk or a bad sector; the labels of all other images are worth having.
            continue


def strongest(found: ImageDetections, limits: Mapping[str, int | None]) -> dict[str, list[Detection]]:
    """The best detections of each field id up to its limit, best first: all that any threshold can choose from."""
    kept: dict[str, list[Detection]] = {}
    # Sorted again, as the limit takes the best only if they come first, and a file may have been made elsewhere.
    for detection in sorted(found.detections, key=lambda detection: -detection.score):
        best, limit = kept.setdefault(detection.field, []), limits.get(detection.field)
        if limit is None or len(best) < limit:
            best.append(detection)
    return kept


def select(found: ImageDetections, rule: "Rule") -> tuple[Detection, ...]:
    """Detections at or above their field's threshold, the best ones up to its limit; unknown fields give none."""
    kept = strongest(found, rule.limits)
    return tuple(detection for field, best in kept.items() for detection in best if detection.score >= rule.thresholds.get(field, _NEVER))


class DetectionTable:
    """The strongest detections of an attempt in arrays, 44 bytes each; reading takes some 0.1 ms an image."""

    def __init__(self, found: Iterable[ImageDetections], fields: Iterable[str], limits: Mapping[str, int | None]) -> None:
        self.fields = tuple(fields)
        # Places of the images, in the order of the file.
        self.images: dict[str, int] = {}
        # By how much those are to be turned of which that was found.
        self.turns: dict[str, Turn] = {}
        columns = {field: column for column, field in enumerate(self.fields)}
        # As arrays at once: a hundred thousand images' detections as records would take half a gigabyte.
        places, scores, xyxy = array("q"), array("d"), array("f")
        for row, item in enumerate(found):
            self.images[item.image] = row
            if item.turn is not None:
                self.turns[item.image] = item.turn
            for field, best in strongest(item, limits).items():
                for detection in best if field in columns else ():
                    places.extend((row, columns[field]))
                    scores.append(detection.score)
                    xyxy.extend(detection.xyxy or _NOWHERE)
        self.rows, self.columns = np.array(places, dtype=np.int64).reshape(-1, 2).T
        self.scores: NDArray[np.float64] = np.array(scores, dtype=np.float64)
        self.xyxy: NDArray[np.float32] = np.array(xyxy, dtype=np.float32).reshape(-1, 4)

    def on(self, image: str) -> list[Detection]:
        """Those on one image."""
        row = self.images[image]
        first, end = np.searchsorted(self.rows, (row, row + 1))
        return [self._detection(place) for place in range(first, end)]

    def _detection(self, place: int) -> Detection:
        xyxy = None if np.isnan(self.xyxy[place, 0]) else tuple(self.xyxy[place].tolist())
        return Detection(field=self.fields[self.columns[place]], xyxy=xyxy, score=self.scores[place])


class ApplyCounts:
    """What thresholds choose on those images that are ``free``; answers in a millisecond at 10,000 images.

    For classes a box is an image that gets the class.
    """

    def __init__(self, table: DetectionTable, free: Container[str]) -> None:
        self._images = [image for image in table.images if image in free]
        is_free = np.array([image in free for image in table.images], dtype=bool)
        kept = is_free[table.rows]
        # Numbered anew, as the images that are not free are gone.
        self._rows = (np.cumsum(is_free) - 1)[table.rows[kept]]
        self._columns, self._scores, self._fields = table.columns[kept], table.scores[kept], table.fields
        self._sorted = [np.sort(self._scores[self._columns == column]) for column in range(len(self._fields))]
        # The highest score of each field on each image; below every threshold where there is none.
        self._best = np.full((len(self._images), len(self._fields)), -1.0)
        np.maximum.at(self._best, (self._rows, self._columns), self._scores)

    def boxes(self, thresholds: Mapping[str, float]) -> dict[str, int]:
        """Boxes by field id."""
        pairs = zip(self._fields, self._sorted, self._limits(thresholds), strict=True)
        return {field: len(scores) - int(np.searchsorted(scores, least)) for field, scores, least in pairs}

    def images(self, thresholds: Mapping[str, float]) -> list[str]:
        """The images that receive at least one box."""
        chosen = (self._best >= self._limits(thresholds)).any(axis=1)
        return [self._images[row] for row in np.flatnonzero(chosen)]

    def by_position(self, scales: Mapping[str, Sequence[float]]) -> tuple[dict[str, list[int]], NDArray[np.uint8]]:
        """Counts for sliders whose positions stand for these rising thresholds, at most 255 to a field id.

        Returns the boxes at each position by field id, and levels (images, fields), fields as in ``scales``: a field
        gives an image a box at a position if its level there is above the position's place.
        """
        columns = [self._fields.index(field) for field in scales]
        boxes = {
            field: (len(self._sorted[column]) - np.searchsorted(self._sorted[column], scale)).tolist()
            for column, (field, scale) in zip(columns, scales.items(), strict=True)
        }
        levels = np.zeros((len(self._images), len(columns)), dtype=np.uint8)
        for place, (column, scale) in enumerate(zip(columns, scales.values(), strict=True)):
            levels[:, place] = np.searchsorted(scale, self._best[:, column], side="right")
        return boxes, levels

    def expected_right(self, scales: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
        """Add up the scores, where they are chances, of the boxes at each position, by field id: so many are probably right."""
        found = {}
        for field, scale in scales.items():
            scores = self._sorted[self._fields.index(field)]
            sums = np.append(np.cumsum(scores[::-1])[::-1], 0.0)  # of each score and those above it
            found[field] = sums[np.searchsorted(scores, scale)].round(2).tolist()
        return found

    def to_look_at(self, thresholds: Mapping[str, float]) -> list[str]:
        """Every image, by turns one of the least certain, with a score close to its threshold, and any other."""
        distance = np.full(len(self._images), np.inf)
        np.minimum.at(distance, self._rows, np.abs(self._scores - self._limits(thresholds)[self._columns]))
        uncertain = [self._images[row] for row in np.argsort(distance, kind="stable")]
        # Ids are hashes: in their order, images come as if drawn by lot.
        return list(dict.fromkeys(chain.from_iterable(zip(uncertain, sorted(uncertain), strict=True))))

    def _limits(self, thresholds: Mapping[str, float]) -> NDArray[np.float64]:
        return np.array([thresholds.get(field, _NEVER) for field in self._fields], dtype=np.float64)
