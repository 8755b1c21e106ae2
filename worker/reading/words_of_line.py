"""Cuts what was read of a line into words as people would, each with its place in the line."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from worker.reading.ppocr import Character

# The reader leaves `Date:01/02/2018` and `TOTAL(RM)` whole, of which people label the part behind.
_DATE = re.compile(r"(?<!\d)\d{1,4}([-/.])\d{1,2}\1\d{2,4}(?!\d)")
_JOINT = re.compile(r"(?<=[^\W\d][:#=])(?=\d)|(?<=\))(?=\w)|(?<=\w)(?=\()|(?<=[a-z])(?=[£$€])")
_LEADING = re.compile(r"^[:#=](?=.{3})")
_FULL_STOPS = str.maketrans("。、", ".,")
_WIDE_GAP = 1.0  # of the line's height between two characters' middles: they stand apart, blank or not


@dataclass(frozen=True)
class Piece:
    """A word from ``left`` to ``right``, in shares of its line's length."""

    text: str
    left: float
    right: float
    confidence: float


def cut(characters: Sequence[Character], aspect: float) -> list[Piece]:
    """The words of a line that is ``aspect`` times as long as high."""
    runs = [part for run in _runs(characters, _WIDE_GAP / aspect) for part in _parts(run)]
    half = _pitch(characters, runs) / 2
    edges = [[max(0.0, run[0].at - half), min(1.0, run[-1].at + half)] for run in runs]
    for before, after in pairwise(edges):
        if before[1] > after[0]:
            before[1] = after[0] = (before[1] + after[0]) / 2
    return [
        Piece(_text(run), left, max(right, left + 1e-3), min(character.confidence for character in run))
        for run, (left, right) in zip(runs, edges, strict=True)
    ]


def _text(run: Sequence[Character]) -> str:
    # Latin letters and digits among wide characters come out wide themselves.
    text = "".join(character.text for character in run)
    return "".join(unicodedata.normalize("NFKC", c) if "！" <= c <= "～" else c for c in text).translate(_FULL_STOPS)


def _runs(characters: Sequence[Character], wide: float) -> list[list[Character]]:
    runs: list[list[Character]] = [[]]
    last = 0.0
    for character in characters:
        if character.text.isspace() or (runs[-1] and character.at - last > wide):
            runs.append([])
        if not character.text.isspace():
            runs[-1].append(character)
            last = character.at
    return [run for run in runs if run]


def _parts(run: list[Character]) -> list[list[Character]]:
    text = _text(run)
    # A character may be written as several.
    if len(text) != len(run):
        return [run]
    if date := _DATE.search(text):
        cuts = set(date.span())
    else:
        cuts = {match.end() for pattern in (_JOINT, _LEADING) for match in pattern.finditer(text)}
    ends = sorted(cuts | {0, len(run)})
    return [run[start:end] for start, end in pairwise(ends)]


def _pitch(characters: Sequence[Character], runs: Sequence[Sequence[Character]]) -> float:
    """From one character to the next, in shares of the line's length."""
    steps = [after.at - before.at for run in runs for before, after in pairwise(run)]
    return float(np.median(steps)) if steps else 1 / max(1, len(characters))
