"""The spans of words that a field may be, and what describes each without any label."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.text.page import TextPage, amount, kinds
from worker.text.word_features import bare

_MOST_WORDS = 8  # of a span within a line
_MOST_LINES = 8  # of a span of whole lines
_LINE_GAP = 1.6  # heights of a line between lines that belong together
_ROW_GAP = 3.0  # heights of a line between parts of a row that belong together
_LINE_RATIO = 2.2  # of the heights of lines that belong together

PLACE = 10
"""How many of the first features say how a span is long, large and where it stands."""
FEATURES = 20
"""Of a span, without any label."""


@dataclass(frozen=True)
class Spans:
    """The candidates of one page: span i holds `words[starts[i] : starts[i] + lengths[i]]` in reading order.

    `xyxy` (n, 4) encloses them in pixels of the upright page; `features` (n, FEATURES); `rows` (n,) rows of print that it
    goes over; `beside` (n, 2) the word to its left and right, `around` (n, 2) the line above and below, -1 for none.
    """

    words: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    xyxy: NDArray[np.float32]
    features: NDArray[np.float32]
    rows: NDArray[np.float32]
    beside: NDArray[np.int64]
    around: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def of(self, span: int) -> NDArray[np.int64]:
        """The words of one span."""
        return self.words[self.starts[span] : self.starts[span] + self.lengths[span]]


def make_spans(page: TextPage) -> Spans:
    """All candidates of a page: runs of words in a line, joined parts of a row, and runs of whole lines."""
    found = list(dict.fromkeys([*_in_lines(page), *_in_rows(page), *_of_lines(page)]))
    lengths = np.array([len(span) for span in found], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if found else np.zeros(0, np.int64)
    words = np.array([word for span in found for word in span], dtype=np.int64)
    if not found:
        nothing = np.zeros((0, 2), np.int64)
        empty = np.zeros(0, np.float32)
        return Spans(words, starts, lengths, empty.reshape(0, 4), empty.reshape(0, FEATURES), empty, nothing, nothing)
    low = np.minimum.reduceat(page.xyxy[words, :2], starts)
    high = np.maximum.reduceat(page.xyxy[words, 2:], starts)
    xyxy = np.concatenate([low, high], axis=1)
    rows = page.row_of[page.line_of]
    row_counts = np.array([len({int(rows[word]) for word in span}) for span in found], dtype=np.float32)
    first, last = words[starts], words[starts + lengths - 1]
    beside = np.stack([_neighbour(page, first, -1), _neighbour(page, last, 1)], axis=1)
    lines_above, lines_below = page.above(page.line_xyxy), page.below(page.line_xyxy)
    around = np.stack([lines_above[page.line_of[first]], lines_below[page.line_of[last]]], axis=1)
    return Spans(words, starts, lengths, xyxy, _describe(page, found, xyxy, row_counts), row_counts, beside, around)


def _in_lines(page: TextPage) -> Iterator[tuple[int, ...]]:
    for line in page.lines:
        for start in range(len(line)):
            yield from (line[start:end] for end in range(start + 1, min(len(line), start + _MOST_WORDS) + 1))
        if len(line) > _MOST_WORDS:
            yield line


def _in_rows(page: TextPage) -> Iterator[tuple[int, ...]]:
    """Lines beside each other: what the reader cut into parts."""
    for row in page.rows:
        for start in range(len(row)):
            words = page.lines[row[start]]
            for before, line in zip(row[start:], row[start + 1 :], strict=False):
                if page.line_xyxy[line, 0] - page.line_xyxy[before, 2] > _ROW_GAP * page.line_height:
                    break
                words = (*words, *page.lines[line])
                yield words


def _of_lines(page: TextPage) -> Iterator[tuple[int, ...]]:
    """Runs of whole lines downwards."""
    below = page.below(page.line_xyxy)
    heights = page.line_xyxy[:, 3] - page.line_xyxy[:, 1]
    for start in range(len(page.lines)):
        words, current = page.lines[start], start
        for _ in range(_MOST_LINES - 1):
            following = int(below[current])
            if following < 0 or page.line_xyxy[following, 1] - page.line_xyxy[current, 3] > _LINE_GAP * page.line_height:
                break
            if max(heights[current], heights[following]) > _LINE_RATIO * min(heights[current], heights[following]):
                break
            words, current = (*words, *page.lines[following]), following
            yield words


def _neighbour(page: TextPage, words: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    found = np.full(len(words), -1, dtype=np.int64)
    rows, places = page.row_of[page.line_of[words]], page.place_in_row[words] + step
    for number, (row, place) in enumerate(zip(rows.tolist(), places.tolist(), strict=True)):
        if 0 <= place < len(page.row_words[row]):
            found[number] = page.row_words[row][place]
    return found


def _describe(page: TextPage, found: list[tuple[int, ...]], xyxy: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    (width, height), ink = page.size, page.ink
    across, down = ink[2] - ink[0] + 1, ink[3] - ink[1] + 1
    left, top, right, bottom = xyxy.T
    counts = np.array([len(span) for span in found])
    letters = np.array([len(page.text(span)) for span in found])
    place = [
        np.log(letters),
        np.log(counts),
        rows,
        (top + bottom) / 2 / height,
        (left + right) / 2 / width,
        (left - ink[0]) / across,
        (ink[2] - right) / across,
        (top - ink[1]) / down,
        np.log((bottom - top) / rows / page.line_height + 0.01),
        np.log((right - left) / across + 0.01),
    ]
    return np.concatenate([np.stack(place, axis=1), _contents(page, found, rows)], axis=1).astype(np.float32)


def _contents(page: TextPage, found: list[tuple[int, ...]], rows: NDArray[np.float32]) -> NDArray[np.float64]:
    amounts = [amount(text) for text in page.texts]
    largest = max((value for value in amounts if value is not None), default=None)
    same: dict[float, list[int]] = defaultdict(list)
    for word, value in enumerate(amounts):
        if value is not None:
            same[value].append(word)
    counts = Counter(bare(text) for text in page.texts)
    table = np.zeros((len(found), FEATURES - PLACE))
    for number, span in enumerate(found):
        text = page.text(span)
        kind = kinds(text) if len(span) <= _MOST_WORDS else []
        value = amounts[span[0]] if len(span) == 1 else amount(text) if len(span) == 2 else None
        alike = same.get(value, []) if value is not None else []
        place = alike.index(span[0]) if span[0] in alike else 0
        table[number] = (
            len(span) >= len(page.lines[page.line_of[span[0]]]) and page.lines[page.line_of[span[0]]][0] == span[0],
            rows[number] > 1,
            "date" in kind,
            "amount" in kind,
            "time" in kind,
            value is not None and value == largest,
            min(4, counts[bare(text)]) if len(span) == 1 else 1,
            page.confidence[list(span)].min(),
            place / max(1, len(alike) - 1),
            bool(alike) and span[0] == alike[-1],
        )
    return table
