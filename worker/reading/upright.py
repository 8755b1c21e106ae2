"""Which way up a page is, by its lines of text: the right way is the one in which they can be read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.turns import Turn
from worker.reading.ppocr import Character

_LINES = 6  # that are read at once, the largest first
_MOST_LINES = 18
LONG = 1.5
"""Times as long as high from which on it shows whether a line lies or stands."""
_LONGEST = 12  # the same; of a longer line the length counts for no more
_SURE = 0.9  # confidence of a character that speaks for the way that it was read in
_MANY, _MOST_OF = 40, 0.75  # sure characters and their share, at which lines need not be read upside down: there it is a quarter
_CLEAR = 0.7  # certainty at which no more lines are read
_PRIOR = 10  # characters that speak for neither way

Corners = NDArray[np.float32]


@dataclass(frozen=True)
class Upright:
    """By how much a page must be turned clockwise, and how sure that is: from 0.5 on it is to be trusted."""

    turn: Turn
    certainty: float


def find_turn(corners: Corners, read: Callable[[Sequence[Corners]], list[list[Character]]]) -> Upright:
    """The turn of a page with lines at ``corners`` (n, 4, 2), of which ``read`` reads some."""
    lengths, heights = sides(corners)
    lying, standing = lengths[lengths > LONG * heights].sum(), heights[heights > LONG * lengths].sum()
    ways: tuple[Turn, Turn] = (0, 180) if lying >= standing else (90, 270)
    long, short = np.maximum(lengths, heights), np.minimum(lengths, heights)
    chosen = np.argsort(-np.minimum(long, _LONGEST * short) * short, kind="stable")[:_MOST_LINES]
    # Of lines both lying and standing, as in drawings, those of the other kind speak against these.
    agreement = abs(float(lying - standing)) / max(1.0, float(lying + standing))
    counts = dict.fromkeys(ways, 0)
    upright = Upright(ways[0], 0.0)
    for start in range(0, len(chosen), _LINES):
        for way in ways:
            sure, of = _count(read([from_corner(corners[index], way) for index in chosen[start : start + _LINES]]))
            counts[way] += sure
            if way == ways[0] and sure >= max(_MANY, _MOST_OF * of):
                return Upright(way, agreement)
        upright = _judge(counts, agreement)
        if upright.certainty >= _CLEAR:
            break
    return upright


def _count(lines: list[list[Character]]) -> tuple[int, int]:
    """(sure characters, all characters)."""
    characters = [character for line in lines for character in line]
    return sum(character.confidence >= _SURE for character in characters), len(characters)


def _judge(counts: dict[Turn, int], agreement: float) -> Upright:
    best = max(counts, key=lambda way: counts[way])
    total = sum(counts.values())
    return Upright(best, agreement * (2 * counts[best] - total) / (total + _PRIOR))


def from_corner(corners: Corners, turn: Turn) -> Corners:
    """The corners of a line of a page that must be turned by ``turn``, from the one where its text begins."""
    return np.roll(corners, turn // 90, axis=0)


def sides(corners: Corners) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(lengths, heights) of lines (n, 4, 2): from the first corner to the second, and to the last."""
    return np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1), np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
