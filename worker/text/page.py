"""The words of one page as they stand on it upright: in lines, and lines in rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from storage.turns import Turn, turn_box, turned_size
from storage.words.words import Words

MOST_WORDS = 4000
"""Words of one page that are looked at, the first in reading order; a page of print has some 500."""

_SAME_ROW = 0.5  # of the lower line's height that two lines of a row share


@dataclass(frozen=True)
class TextPage:
    """The words of a page of `size` (width, height): `xyxy` (n, 4) in pixels of the upright page, `confidence` (n,).

    `lines` holds each line's words from left to right, lines from top to bottom; `rows` the lines that stand beside each other.
    """

    size: tuple[int, int]
    texts: tuple[str, ...]
    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    lines: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def line_of(self) -> NDArray[np.int64]:
        """(n,) the line of each word."""
        return _owners(self.lines, len(self))

    @cached_property
    def line_xyxy(self) -> NDArray[np.float32]:
        """(lines, 4) what encloses each line."""
        return np.array([enclose(self.xyxy[list(line)]) for line in self.lines], dtype=np.float32).reshape(-1, 4)

    @cached_property
    def line_height(self) -> float:
        """The median height of a line, in pixels; 1 on a page without any."""
        return float(np.median(self.line_xyxy[:, 3] - self.line_xyxy[:, 1])) if len(self.lines) else 1.0

    @cached_property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """Each row's lines from left to right, rows from top to bottom."""
        return _rows(self.line_xyxy)

    @cached_property
    def row_of(self) -> NDArray[np.int64]:
        """(lines,) the row of each line."""
        return _owners(self.rows, len(self.lines))

    @cached_property
    def row_words(self) -> tuple[tuple[int, ...], ...]:
        """The words of each row from left to right."""
        return tuple(tuple(word for line in row for word in self.lines[line]) for row in self.rows)

    @cached_property
    def place_in_row(self) -> NDArray[np.int64]:
        """(n,) how many words stand to the left of each in its row."""
        place = np.zeros(len(self), dtype=np.int64)
        for words in self.row_words:
            place[list(words)] = np.arange(len(words))
        return place

    @cached_property
    def ink(self) -> NDArray[np.float32]:
        """(4,) what encloses all words; the whole page where there are none."""
        return enclose(self.xyxy) if len(self) else np.array([0, 0, *self.size], dtype=np.float32)

    def above(self, xyxy: NDArray[np.float32]) -> NDArray[np.int64]:
        """The nearest line over each box (m, 4) that shares some of its width, -1 for none → (m,)."""
        return self._nearest(xyxy, -1)

    def below(self, xyxy: NDArray[np.float32]) -> NDArray[np.int64]:
        """The nearest line under each box (m, 4) that shares some of its width, -1 for none → (m,)."""
        return self._nearest(xyxy, 1)

    def inside(self, xyxy: NDArray[np.float32]) -> NDArray[np.int64]:
        """The words whose middle lies in a box (4,), in reading order."""
        middle = (self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2
        within = np.all((middle >= xyxy[:2]) & (middle <= xyxy[2:]), axis=1)
        return np.array([word for line in self.lines for word in line if within[word]], dtype=np.int64)

    def text(self, words: Sequence[int]) -> str:
        """These words with spaces between them."""
        return " ".join(self.texts[word] for word in words)

    def _nearest(self, xyxy: NDArray[np.float32], direction: int) -> NDArray[np.int64]:
        if not len(self.lines):
            return np.full(len(xyxy), -1, dtype=np.int64)
        found = []
        # In pieces: of a page full of print the whole table would take gigabytes.
        for first in range(0, len(xyxy), 512):
            box, line = xyxy[first : first + 512, None], self.line_xyxy[None]
            shared = np.minimum(box[..., 2], line[..., 2]) > np.maximum(box[..., 0], line[..., 0])
            gap = box[..., 1] - line[..., 3] if direction < 0 else line[..., 1] - box[..., 3]
            beyond = (line[..., 1] + line[..., 3] - box[..., 1] - box[..., 3]) * direction > 0
            # Lines of a slanting or tightly set page overlap a little.
            gap = np.where(shared & beyond & (gap > -0.4 * self.line_height), gap, np.inf)
            best = gap.argmin(axis=1)
            found.append(np.where(np.isfinite(gap[np.arange(len(gap)), best]), best, -1))
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def make_page(words: Words | None, width: int, height: int, turn: Turn) -> TextPage:
    """The words of a page of `width` × `height` pixels, seen turned by `turn`; none where it was not read."""
    size = turned_size(width, height, turn)
    if words is None or not words.texts:
        return TextPage(size, (), np.zeros((0, 4), np.float32), np.zeros(0, np.float32), ())
    count = min(len(words.texts), MOST_WORDS)
    xyxy = np.array([turn_box(box, width, height, turn) for box in words.boxes[:count]], dtype=np.float32)
    lines: dict[int, list[int]] = {}
    for word, line in enumerate(words.lines[:count]):
        lines.setdefault(line, []).append(word)
    # Each from left to right, then all from top to bottom.
    ordered = [tuple(sorted(line, key=lambda word: float(xyxy[word, 0]))) for line in lines.values()]
    middles = {line: (float(xyxy[list(line)][:, [1, 3]].mean()), float(xyxy[line[0], 0])) for line in ordered}
    ordered.sort(key=lambda line: middles[line])
    return TextPage(size, words.texts[:count], xyxy, np.array(words.confidences[:count], dtype=np.float32), tuple(ordered))


def enclose(xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """The box (4,) around boxes (n, 4), n > 0."""
    return np.concatenate([xyxy[:, :2].min(axis=0), xyxy[:, 2:].max(axis=0)])


def _owners(groups: Sequence[Sequence[int]], count: int) -> NDArray[np.int64]:
    owner = np.zeros(count, dtype=np.int64)
    for number, group in enumerate(groups):
        owner[list(group)] = number
    return owner


def _rows(lines: NDArray[np.float32]) -> tuple[tuple[int, ...], ...]:
    rows: list[list[int]] = []
    for number, line in enumerate(lines):
        # A line stands beside one of the last few rows, as lines come from top to bottom.
        beside = next((row for row in reversed(rows[-3:]) if _is_beside(line, lines[row])), None)
        if beside is None:
            rows.append([number])
        else:
            beside.append(number)
    return tuple(tuple(sorted(row, key=lambda line: float(lines[line, 0]))) for row in rows)


def _is_beside(line: NDArray[np.float32], row: NDArray[np.float32]) -> bool:
    last = row[-1]
    shared = min(line[3], last[3]) - max(line[1], last[1])
    apart = np.minimum(line[2], row[:, 2]) - np.maximum(line[0], row[:, 0]) < 5
    return bool(shared > _SAME_ROW * min(line[3] - line[1], last[3] - last[1]) and apart.all())


# Dates, times, amounts and the like, as printed in English and Russian.
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
_DATE = re.compile(
    r"(?<!\d)(\d{1,2}[-/.,]\d{1,2}[-/.,]\d{2,4}|(19|20)\d\d[-/.,]\d{1,2}[-/.,]\d{1,2}(?!\d)"
    rf"|\d{{1,2}}[-/ .]?({_MONTHS})[a-zа-я]*[-/ .,]*\d{{2,4}})|\b({_MONTHS})[a-zа-я]*[-/ .]*\d{{1,2}}[-/ .,]+\d{{2,4}}",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"^[^\d]{0,4}(\d{1,3}(?:[ ,.]?\d{3})*)[.,](\d{2})[^\d]{0,5}$")
_KINDS = {
    "date": _DATE,
    "time": re.compile(r"\d{1,2}:\d{2}"),
    "amount": _AMOUNT,
    "currency": re.compile(r"\$|€|£|₽|руб|(?<![^\W\d])(rm|usd|eur|р\.)(?![^\W\d])", re.IGNORECASE),
    "number": re.compile(r"^[\d\W]{5,}$"),
    "net": re.compile(r"@|www", re.IGNORECASE),
}


def kinds(text: str) -> list[str]:
    """What a text looks like: a date, a time, an amount, …; there may be several, or none."""
    return [kind for kind, pattern in _KINDS.items() if pattern.search(text)]


def amount(text: str) -> float | None:
    """The sum that a text says, None if it is no sum."""
    match = _AMOUNT.match(re.sub(r"[^\d.,]", "", text))
    return float(f"{re.sub('[.,]', '', match[1])}.{match[2]}") if match else None
