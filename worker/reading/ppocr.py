"""PP-OCRv6 (small) out of the `rapidocr` wheel: where text stands on a page, and what it says.

Only the wheel's two networks are used, as its code logs, and downloads what it misses. Sizes and thresholds are those
that the networks were published with.
"""

import math
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from worker.reading.word import ROUBLES

Rgb = NDArray[np.uint8]
"""Pixels (h, w, 3)."""

_SHORT_SIDE, _LONG_SIDE = 736, 2000  # pixels between which a page is brought to be looked at
_STRIDE = 32
_INK, _SURE = 0.3, 0.5  # of the detector: a pixel is text; a box of such pixels is a line
_GROWN = 1.6  # the network learned boxes shrunk by this: area × 1.6 / perimeter is added on each side
_LEAST_PX = 3
_MOST_LINES = 3000
_HEIGHT = 48  # pixels of a line as the recogniser wants it
_COLUMN = 8  # pixels of that for which it says one character
_LEAST_WIDTH, _MOST_WIDTH = 64, 3200
_SOMETHING = 0.2  # of the chances that there is any character: so much, and something is there
_BATCH_PX = 2400  # pixels in width that are read at once: more only costs memory


@dataclass(frozen=True)
class Character:
    """One character of a line; ``at`` is its middle, from 0 at the left end of the line to 1 at its right."""

    text: str
    at: float
    confidence: float


def _session(name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A process reads one page at a time, and each core has a process.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Pages differ in size: an arena would keep the largest of each.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    path = files("rapidocr") / "models" / f"PP-OCRv6_{name}_small.onnx"
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


class LineDetector:
    """Finds lines of text."""

    def __init__(self) -> None:
        self._session = _session("det")

    def find(self, rgb: Rgb) -> NDArray[np.float32]:
        """Corners (n, 4, 2) of the lines in pixels: top left, top right, bottom right, bottom left as the page lies."""
        height, width = rgb.shape[:2]
        scale = min(max(1.0, _SHORT_SIDE / min(height, width)), _LONG_SIDE / max(height, width))
        size = tuple(max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (width, height))
        page = cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR if scale >= 1 else cv2.INTER_AREA)
        # The networks learned from BGR.
        pixels = page[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
        (heat,) = self._session.run(None, {"x": pixels})
        corners = _corners(heat[0, 0])
        corners *= np.array([width / size[0], height / size[1]], np.float32)
        return corners.clip(0, np.array([width, height], np.float32))


def _corners(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    ink = cv2.dilate((heat > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours[:_MOST_LINES]:
        (x, y), (a, b), angle = cv2.minAreaRect(contour)
        if min(a, b) < _LEAST_PX or _mean_inside(heat, cv2.boxPoints(((x, y), (a, b), angle))) < _SURE:
            continue
        grown = 2 * a * b * _GROWN / (2 * (a + b))
        found.append(_ordered(cv2.boxPoints(((x, y), (a + grown, b + grown), angle))))
    return np.array(found, np.float32).reshape(-1, 4, 2)


def _mean_inside(heat: NDArray[np.float32], corners: NDArray[Any]) -> float:
    left, top = np.floor(corners.min(0)).astype(int).clip(0)
    right, bottom = np.ceil(corners.max(0)).astype(int) + 1
    part = heat[top:bottom, left:right]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def _ordered(corners: NDArray[Any]) -> NDArray[np.float32]:
    """The corners from the top left one on, clockwise, whatever way the rectangle lies."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left])


class LineRecogniser:
    """Reads lines."""

    def __init__(self) -> None:
        self._session = _session("rec")
        characters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *characters, " "]  # CTC's blank is the first

    def read(self, lines: list[Rgb]) -> list[list[Character]]:
        """The characters of each upright line, blanks between words included."""
        widths = [min(_MOST_WIDTH, max(_LEAST_WIDTH, round(line.shape[1] * _HEIGHT / line.shape[0]))) for line in lines]
        read: list[list[Character]] = [[] for _ in lines]
        for batch in _batches(widths):
            wide = -(-max(widths[index] for index in batch) // _COLUMN) * _COLUMN
            pixels = np.zeros((len(batch), 3, _HEIGHT, wide), np.float32)
            for row, index in zip(pixels, batch, strict=True):
                line = cv2.resize(lines[index], (widths[index], _HEIGHT), interpolation=cv2.INTER_LINEAR)
                row[:, :, : widths[index]] = line[..., ::-1].transpose(2, 0, 1) / 127.5 - 1
            (chances,) = self._session.run(None, {"x": pixels})
            for row, index in zip(chances, batch, strict=True):
                read[index] = self._decode(row, widths[index] / wide)
        return read

    def _decode(self, chances: NDArray[np.float32], filled: float) -> list[Character]:
        best = chances.argmax(1)
        # CTC: a character that goes on is one, and the blank parts two equal ones.
        starts = np.flatnonzero((best != 0) & (np.diff(best, prepend=0) != 0))
        columns = len(best) * filled
        characters = []
        for start in starts:
            end = start + 1
            while end < len(best) and best[end] == best[start]:
                end += 1
            at = min(1.0, (start + end) / 2 / columns)
            characters.append(Character(self._characters[best[start]], at, float(chances[start:end, best[start]].max())))
        return characters + self._lost_sign(chances, characters, columns)

    def _lost_sign(self, chances: NDArray[np.float32], characters: list[Character], columns: float) -> list[Character]:
        """Find the sign of roubles after a sum: it looks like many things at once, so that "nothing" may be likelier than each of them."""
        if len(characters) < 2 or characters[-1].text != " " or not characters[-2].text.isdigit():
            return []
        first = round(characters[-1].at * columns)
        after = chances[first : math.ceil(columns)].copy()
        after[:, [0, -1]] = 0  # nothing, and the blank
        sums = after.sum(axis=1)
        column = int(sums.argmax())
        text = self._characters[after[column].argmax()]
        if sums[column] < _SOMETHING or text not in ROUBLES:
            return []
        return [Character(text, min(1.0, (first + column + 0.5) / columns), float(sums[column]))]


def _batches(widths: list[int]) -> list[list[int]]:
    """Indices of lines of about one width each, so that little is read of the padding."""
    batches: list[list[int]] = []
    for index in sorted(range(len(widths)), key=lambda index: widths[index]):
        if not batches or widths[index] * (len(batches[-1]) + 1) > _BATCH_PX or widths[index] > 1.25 * widths[batches[-1][0]]:
            batches.append([])
        batches[-1].append(index)
    return batches
