"""Which words a page has, as numbers of hash buckets: what it is about, wherever they stand."""

import re
import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.words.words import Words
from worker.text.word_features import BUCKETS

_WORD = re.compile(r"\w\w+")


@dataclass(frozen=True)
class PageWords:
    """The `buckets` (n,) of a page's different words, rising, and how often each is there, `counts` (n,)."""

    buckets: NDArray[np.int64]
    counts: NDArray[np.float32]


def page_words(words: Words | None) -> PageWords:
    """Count the words of a page as it was read; one that was not read has none."""
    said = _WORD.findall(" ".join(words.texts).lower()) if words else []
    found = sorted(Counter(zlib.crc32(word.encode()) % BUCKETS for word in said).items())
    return PageWords(np.array([bucket for bucket, _ in found], dtype=np.int64), np.array([count for _, count in found], dtype=np.float32))
