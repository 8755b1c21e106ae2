"""What describes a word: its letters, its neighbours and its place, as numbers of hash buckets."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from worker.text.page import TextPage, amount, kinds

BUCKETS = 1 << 17
"""Of the hashed features: enough that two of the hundred of a word seldom meet."""

_REPEATED = re.compile(r"(.)\1+")
_DIGIT = re.compile(r"\d")
_NO_LETTER = re.compile(r"\W")


def folded(text: str) -> str:
    """The text in small letters with every digit as 0."""
    return _DIGIT.sub("0", text.lower())


def bare(text: str) -> str:
    """The text in small letters without punctuation."""
    return _NO_LETTER.sub("", text.lower())


def shape(text: str) -> str:
    """The text with 9 for digits, A and a for letters."""
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)


def short_shape(text: str) -> str:
    """The shape with repeats as one."""
    return _REPEATED.sub(r"\1", shape(text))


def word_features(page: TextPage) -> list[NDArray[np.int64]]:
    """The hash buckets of each word's features, without repeats."""
    described = _Described(page)
    return [_hashed(described.word(word)) for word in range(len(page))]


def _hashed(features: Iterator[str]) -> NDArray[np.int64]:
    return np.unique([zlib.crc32(feature.encode()) % BUCKETS for feature in features])


def _grams(text: str, least: int = 2, most: int = 4) -> Iterator[str]:
    text = f"^{text}$"
    for length in range(least, most + 1):
        yield from (text[start : start + length] for start in range(len(text) - length + 1))


class _Described:
    """A page with what several words' features share, made once."""

    def __init__(self, page: TextPage) -> None:
        self.page = page
        self.folded = [folded(text) for text in page.texts]
        self.shapes = [short_shape(text) for text in page.texts]
        self.amounts = [amount(text) for text in page.texts]
        self.largest = max((value for value in self.amounts if value is not None), default=0.0)
        self.counts = Counter(bare(text) for text in page.texts)
        self.above, self.below = page.above(page.xyxy), page.below(page.xyxy)
        texts = [page.text(line) for line in page.lines]
        self.line_kinds = [kinds(text) for text in texts]
        self.line_shapes = [short_shape(text) for text in texts]

    def word(self, word: int) -> Iterator[str]:
        yield from self._itself(word)
        yield from self._beside(word)
        for side, line in (("a", int(self.above[word])), ("b", int(self.below[word]))):
            yield from self._line_over_or_under(side, line)
        yield from self._place(word)
        yield from self._line(word)
        yield from self._rows_around(word)

    def _itself(self, word: int) -> Iterator[str]:
        text, low = self.page.texts[word], self.folded[word]
        yield from ("w:" + gram for gram in _grams(low))
        yield from ("W:" + low, "s:" + self.shapes[word], "S:" + shape(text))
        yield from ("K:" + kind for kind in kinds(text))
        value = self.amounts[word]
        if value is not None:
            count = self.counts[bare(text)]
            yield from (f"max:{value == self.largest}", f"cnt:{min(count, 4)}", f"mc:{value == self.largest},{min(count, 3)}")

    def _beside(self, word: int) -> Iterator[str]:
        row = self.page.row_words[self.page.row_of[self.page.line_of[word]]]
        place = int(self.page.place_in_row[word])
        left, right = row[:place][::-1][:2], row[place + 1 : place + 2]
        for distance, other in enumerate(left):
            yield from (f"l{distance}:" + self.folded[other], f"lg{distance}:" + self.shapes[other])
        if left:
            yield from ("lg:" + gram for gram in _grams(self.folded[left[0]], 3, 4))
        yield from ("l:none",) if not left else ()
        for other in right:
            yield from ("r:" + self.folded[other], "rs:" + self.shapes[other])
        yield from ("r:none",) if not right else ()
        before = row[:place]
        yield from ("RL:" + self.folded[other] for other in before)
        yield "rlK:" + ",".join(kinds(self.page.text(before)))

    def _line_over_or_under(self, side: str, line: int) -> Iterator[str]:
        if line < 0:
            yield side + ":none"
            return
        for other in self.page.lines[line]:
            yield from (f"{side}:" + self.folded[other], f"{side}s:" + self.shapes[other])
        yield f"k{side}:" + (self.line_kinds[line] or ["-"])[0]

    def _place(self, word: int) -> Iterator[str]:
        (width, height), (left, top, right, bottom) = self.page.size, self.page.xyxy[word].tolist()
        x, y = (left + right) / 2 / width, (top + bottom) / 2 / height
        yield from (f"y:{int(y * 10)}", f"x:{int(x * 5)}", f"xy:{int(y * 8)},{int(x * 3)}")
        yield f"h:{min(5, int(2 * (bottom - top) / self.page.line_height))}"

    def _line(self, word: int) -> Iterator[str]:
        number = int(self.page.line_of[word])
        line = self.page.lines[number]
        yield from ("L:" + self.folded[other] for other in line)
        yield from ("Ls:" + self.line_shapes[number], "LK:" + ",".join(self.line_kinds[number]), f"nl:{min(6, len(line))}")
        yield from ("first",) if line[0] == word else ()
        yield from ("last",) if line[-1] == word else ()

    def _rows_around(self, word: int) -> Iterator[str]:
        number, count = int(self.page.row_of[self.page.line_of[word]]), len(self.page.rows)
        yield from (f"top:{min(number, 8)}", f"bot:{min(count - 1 - number, 8)}")
        for distance in (1, 2):
            for side, other in (("A", number - distance), ("B", number + distance)):
                if 0 <= other < count:
                    words = [word for word in self.page.row_words[other] if not self.page.texts[word].isdigit()]
                    yield from (f"{side}{distance}:" + self.folded[word] for word in words[:8])
