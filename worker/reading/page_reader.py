"""Reads one page: upright, straightened, its words cut as people would."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from storage.turns import Turn, unturn_box
from storage.words.missing import ENGLISH
from worker.reading.ink import fit
from worker.reading.languages import languages
from worker.reading.merge import merge
from worker.reading.ppocr import Character, LineDetector, LineRecogniser, Rgb
from worker.reading.tesseract import Tesseract
from worker.reading.upright import LONG, Corners, find_turn, sides
from worker.reading.word import XYXY, Word
from worker.reading.words_of_line import cut

_LEAST_CONFIDENCE = 0.3  # of a line: below, PP-OCRv6 reads letters into lines, dots and pictures
_LEAST_SKEW, _MOST_SKEW = 0.4, 8.0  # degrees that are straightened
_LEVEL_LINE = 4  # times as long as high: such a line has a slope to be measured
_LOOK = 8


@dataclass(frozen=True)
class ReadPage:
    """What was read on a page; the fields are those of `storage.words.words.Words`."""

    turn: Turn
    turn_certainty: float | None
    skew: float
    texts: tuple[str, ...]
    boxes: tuple[XYXY, ...]
    confidences: tuple[float, ...]
    lines: tuple[int, ...]
    look: tuple[int, ...]


class PageReader:
    """Reads pages in these languages (Tesseract's names); those that this machine lacks are left out."""

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self._detector = LineDetector()
        self._recogniser = LineRecogniser()
        there = languages()
        names = tuple(name for name in wanted if name in there)
        # English and its kin PP-OCRv6 reads better by itself.
        self._tesseract = Tesseract(names) if set(names) - {ENGLISH} else None

    def read(self, rgb: Rgb, turn: Turn | None) -> ReadPage:
        """The words of the page (h, w, 3), which stands upright turned by ``turn``; None: find out."""
        corners = self._detector.find(rgb) if not turn else None
        certainty = None
        if turn is None:
            assert corners is not None
            found = find_turn(corners, lambda chosen: self._recognise(rgb, chosen))
            turn, certainty = found.turn, found.certainty
        page = np.ascontiguousarray(np.rot90(rgb, -(turn // 90)))
        if turn or corners is None:
            corners = self._detector.find(page)
        skew = _skew(corners)
        straight = _Straight(skew, page.shape[1], page.shape[0])
        lines = self._read_lines(page, corners, straight)
        words = [(word, number) for number, line in enumerate(lines) for word in line]
        height, width = rgb.shape[:2]
        return ReadPage(
            turn=turn,
            turn_certainty=certainty,
            skew=round(skew, 2),
            texts=tuple(word.text for word, _ in words),
            boxes=tuple(_rounded(unturn_box(straight.back(word.box), width, height, turn)) for word, _ in words),
            confidences=tuple(round(word.confidence, 3) for word, _ in words),
            lines=tuple(number for _, number in words),
            look=_look(page),
        )

    def _recognise(self, page: Rgb, corners: Sequence[Corners]) -> list[list[Character]]:
        return self._recogniser.read([_cut_out(page, line) for line in corners])

    def _read_lines(self, page: Rgb, corners: Corners, straight: "_Straight") -> list[list[Word]]:
        """The words of each line in reading order, on the straightened page."""
        chosen, characters = self._read_best(page, list(corners))
        lines, bounds = [], []
        for line, read in zip(chosen, characters, strict=True):
            place = straight.forth(line)
            bounds.append(_bounds(place))
            lines.append(_words(_cut_out(page, line), place, read) if _worth(read) >= _LEAST_CONFIDENCE else [])
        if self._tesseract is not None:
            lines = merge(lines, self._tesseract.read(straight.page(page)), bounds)
        return _in_reading_order([line for line in lines if line])

    def _read_best(self, page: Rgb, corners: list[Corners]) -> tuple[list[Corners], list[list[Character]]]:
        """The lines with their characters; those that stand on end are read upwards and downwards too, as a narrow letter is no line."""
        characters = self._recognise(page, corners)
        standing = [index for index, line in enumerate(corners) if _stands(line)]
        for quarters in (1, 3):
            ways = [np.roll(corners[index], quarters, axis=0) for index in standing]
            for index, way, read in zip(standing, ways, self._recognise(page, ways), strict=True):
                if _worth(read) > _worth(characters[index]):
                    corners[index], characters[index] = way, read
        return corners, characters


class _Straight:
    """The page turned back by its small skew, and the way there and back."""

    def __init__(self, skew: float, width: int, height: int) -> None:
        self._size = width, height
        self._skewed = _LEAST_SKEW <= abs(skew) <= _MOST_SKEW
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew if self._skewed else 0.0, 1.0)
        if self._skewed:
            # Corners must not fall off the page.
            ends = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ matrix[:, :2].T + matrix[:, 2]
            matrix[:, 2] -= ends.min(0)
            self._size = math.ceil(np.ptp(ends[:, 0])), math.ceil(np.ptp(ends[:, 1]))
        self._matrix, self._inverse = matrix, cv2.invertAffineTransform(matrix)

    def page(self, page: Rgb) -> Rgb:
        if not self._skewed:
            return page
        return cv2.warpAffine(page, self._matrix, self._size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)

    def forth(self, corners: Corners) -> Corners:
        return (corners @ self._matrix[:, :2].T + self._matrix[:, 2]).astype(np.float32)

    def back(self, box: XYXY) -> XYXY:
        left, top, right, bottom = box
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        return _bounds(corners @ self._inverse[:, :2].T + self._inverse[:, 2])


def _cut_out(page: Rgb, corners: Corners) -> Rgb:
    """The line as a picture, from the first of its corners to the second."""
    width, height = (max(1, round(float(side[0]))) for side in sides(corners[None]))
    there = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), there)
    return cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def _words(line: Rgb, corners: Corners, characters: Sequence[Character]) -> list[Word]:
    """The words of a line that looks like ``line`` and has its ``corners`` (4, 2) on the straightened page."""
    pieces = cut(characters, line.shape[1] / line.shape[0])
    return [Word(piece.text, _place(corners, part), piece.confidence) for piece, part in zip(pieces, fit(line, pieces), strict=True)]


def _place(corners: Corners, part: tuple[float, float, float, float]) -> XYXY:
    """The box around a part of a line, given in shares of its length and height."""
    left, top, right, bottom = part
    above, below = (start + np.outer((left, right), end - start) for start, end in (corners[:2], corners[:1:-1]))
    return _bounds(np.concatenate([above + (below - above) * down for down in (top, bottom)]))


def _skew(corners: Corners) -> float:
    """Degrees clockwise that the page's lines slope: the median of the long ones, by their length."""
    width, height = sides(corners)
    level = width > _LEVEL_LINE * height
    if not level.any():
        return 0.0
    along = (corners[level, 1] - corners[level, 0]) + (corners[level, 2] - corners[level, 3])
    slopes = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    order = np.argsort(slopes, kind="stable")
    total = np.cumsum(width[level][order])
    return float(slopes[order][np.searchsorted(total, total[-1] / 2)])


def _in_reading_order(lines: list[list[Word]]) -> list[list[Word]]:
    """Rows from top to bottom, the lines of a row from left to right."""
    bounds = [_bounds(np.array([word.box for word in line]).reshape(-1, 2)) for line in lines]
    rows: list[list[int]] = []
    for index in sorted(range(len(lines)), key=lambda index: bounds[index][1] + bounds[index][3]):
        for row in rows[-3:]:
            if all(_beside(bounds[index], bounds[other]) for other in row):
                row.append(index)
                break
        else:
            rows.append([index])
    return [lines[index] for row in rows for index in sorted(row, key=lambda index: bounds[index][0])]


def _beside(one: XYXY, other: XYXY) -> bool:
    """Whether two lines stand in one row: of the lower one, half is beside the other."""
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared > 0.5 * min(one[3] - one[1], other[3] - other[1])


def _look(page: Rgb) -> tuple[int, ...]:
    grey = cv2.resize(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), (_LOOK, _LOOK), interpolation=cv2.INTER_AREA)
    return tuple(int(level) for level in grey.flat)


def _stands(corners: Corners) -> bool:
    width, height = sides(corners[None])
    return bool(height[0] > LONG * width[0])


def _worth(characters: Sequence[Character]) -> float:
    return float(np.mean([character.confidence for character in characters])) if characters else 0.0


def _bounds(points: NDArray[np.floating]) -> XYXY:
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return float(left), float(top), float(right), float(bottom)


def _rounded(box: XYXY) -> XYXY:
    left, top, right, bottom = (round(edge, 1) for edge in box)
    return left, top, right, bottom
