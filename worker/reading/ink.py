"""Where the ink of a line's words is: the recogniser tells a character's place to half a character only."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.reading.ppocr import Rgb
from worker.reading.words_of_line import Piece

_MIDDLE = (0.2, 0.85)  # of a line's height: beyond, it may be the ink of the lines above and below
_SPECKS = 0.02  # of a row's pixels
_FAR = 0.5  # of the line's height, from the recogniser's place
_MARGIN = 0.06  # of the line's height that people leave around the ink

Part = tuple[float, float, float, float]
"""Left, top, right, bottom in shares of a line's length and height."""


def fit(line: Rgb, pieces: Sequence[Piece]) -> list[Part]:
    """The part of the line that each of its words takes; where there is no ink, as the recogniser told."""
    if not pieces:
        return []
    ink = _ink(line)
    middles = [(before.right + after.left) / 2 for before, after in pairwise(pieces)]
    # No farther than that: beside it there may be ink of which the recogniser knew nothing.
    far = _FAR * line.shape[0] / line.shape[1]
    edges = pairwise([0.0, *middles, 1.0])
    return [
        _fit(ink, piece, max(start, piece.left - far), min(end, piece.right + far))
        for piece, (start, end) in zip(pieces, edges, strict=True)
    ]


def _ink(line: Rgb) -> NDArray[np.bool_]:
    grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = grey <= level
    # White on black, too.
    return ink if ink.mean() <= 0.5 else ~ink


def _fit(ink: NDArray[np.bool_], piece: Piece, start: float, end: float) -> Part:
    height, width = ink.shape
    first = min(int(start * width), width - 1)
    part = ink[:, first : max(first + 1, round(end * width))]
    columns = np.flatnonzero(part[int(_MIDDLE[0] * height) : max(1, int(_MIDDLE[1] * height))].any(0))
    rows = np.flatnonzero(part.mean(1) > _SPECKS)
    if not len(columns) or not len(rows):
        return piece.left, 0.0, piece.right, 1.0
    margin = _MARGIN * height
    across, down = margin / width, margin / height
    left, right = (first + columns[0]) / width - across, (first + columns[-1] + 1) / width + across
    return max(0.0, left), max(0.0, rows[0] / height - down), min(1.0, right), min(1.0, (rows[-1] + 1) / height + down)
