"""A page made ready for the span model: all that no weight changes, computed once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worker.data import Example
from worker.text.page import TextPage, make_page
from worker.text.spans import Spans, make_spans
from worker.text.word_features import word_features


@dataclass(frozen=True)
class PreparedPage:
    """The words of a page and its candidates; word i has the `features[starts[i] : starts[i + 1]]`, buckets of hashes."""

    page: TextPage
    features: NDArray[np.int32]
    starts: NDArray[np.int64]
    spans: Spans

    def with_vocabulary(self, vocabulary: NDArray[np.int64]) -> "PreparedPage":
        """The page with each feature as its place in a rising `vocabulary`; features that are not in it left out."""
        place = np.searchsorted(vocabulary, self.features)
        known = vocabulary[np.minimum(place, len(vocabulary) - 1)] == self.features
        kept = np.concatenate([[0], np.cumsum(known)])
        return PreparedPage(self.page, place[known].astype(np.int32), kept[self.starts], self.spans)


def prepare_page(example: Example) -> PreparedPage:
    """The page as it was read, seen as the example is turned; one that was not read has no words."""
    page = make_page(example.words(), example.width, example.height, example.turn)
    rows = word_features(page)
    features = np.concatenate(rows).astype(np.int32) if rows else np.zeros(0, np.int32)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return PreparedPage(page, features, starts, make_spans(page))
