"""Which pages to label next: those that together are most like all the others, by what is written on them and by their looks.

Greedy facility location: each page chosen is the one that brings all pages closest to the chosen ones, those labelled
already among them. From 5 receipts chosen so a model finds 84 % of the fields, from 5 picked at random 78 %; from 13, 89 and
85 % (docs/benchmarks.md).
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from storage.core import ProjectPaths, Store, list_names
from storage.turns import Turn
from storage.words.words import Reader, Words, find_many

# Only named here; importing them would lengthen the chains of imports.
if TYPE_CHECKING:
    from storage.index import Counts, Index
    from storage.projects import Project

FEW = 6
"""So many labelled pages at least, whatever the share that the gate asks for: five to learn from and one to test on."""

MOST = 50
"""Suggested at once; nobody labels more before looking again."""

_SAMPLE = 1000  # pages compared with each other; of so many, further ones would say the same
_TERMS = 4096  # the commonest words and places tell pages apart; more cost time and change no choice
_EIGHTHS = 8
_BANDS = 8  # heights on the page told apart
_LOOKS = 0.1  # share of the looks in how alike two pages are, the rest is the words'; of receipts, 0.25 chose worse

_DIGIT = re.compile(r"\d")

Floats = npt.NDArray[np.float32]
Pages = tuple[tuple[str, Turn | None], ...]


def suggest(words: Mapping[str, Words], labelled: Collection[str], count: int) -> list[str]:
    """At most ``count`` pages to label next, the most telling first; those in ``labelled`` count as chosen before.

    The same pages give the same answer, whatever their order. Pages without words are told apart by their looks alone.
    """
    images = sorted(words)
    return _choose(images, _similarity([words[image] for image in images]), labelled, count)


def suggested(store: Store, index: "Index", project: "Project") -> tuple[str, ...]:
    """The pages of the project to label next: as many as its gate still asks for, at least until ``FEW`` are labelled.

    None while not half of the pages were read. Quick where little has changed, so that pages may ask on each run.
    """
    count = wanted(index.counts(project.id), project)
    if not count:
        return ()
    paths, reader = store.project(project.id), Reader(project.languages)
    labelled = index.sample(project.id, "confirmed", _SAMPLE)
    open_ = index.sample(project.id, "unlabelled", _SAMPLE)
    # Labelling a page moves it from one to the other: sorted together they stay as they were, and are not compared again.
    pages: Pages = tuple(sorted(labelled + open_))
    read = _read(paths, [image for image, _ in pages])
    if 2 * sum(image in read for image, _ in open_) < len(open_):
        return ()
    # Compared anew with each eighth that is read, not with each page.
    eighths = _EIGHTHS * sum(image in read for image, _ in pages) // len(pages)
    return _chosen(paths, reader, pages, eighths, frozenset(image for image, _ in labelled), count)


def wanted(counts: "Counts", project: "Project") -> int:
    """How many pages to suggest in a project with these images; 0 once enough are labelled."""
    return min(max(counts.missing(project.gate), FEW - counts.confirmed, 0), counts.unlabelled, MOST)


def _read(paths: ProjectPaths, images: Iterable[str]) -> set[str]:
    """Images beside which there are words, of any reader; opens no file."""
    return {name.split(".")[0] for shard in {paths.word_shard(image) for image in images} for name in list_names(shard)}


@lru_cache(maxsize=64)
def _chosen(paths: ProjectPaths, reader: Reader, pages: Pages, eighths: int, labelled: frozenset[str], count: int) -> tuple[str, ...]:
    images, alike = _compare(paths, reader, pages, eighths)
    return tuple(_choose(images, alike, labelled, count))


@lru_cache(maxsize=8)
def _compare(paths: ProjectPaths, reader: Reader, pages: Pages, _eighths: int) -> tuple[tuple[str, ...], Floats]:
    """Those of the pages that were read, and how alike they are; kept until others are asked for, or an eighth more was read."""
    found = find_many(paths, pages, reader)
    images = tuple(sorted(found))
    return images, _similarity([found[image] for image in images])


def _choose(images: Collection[str], alike: Floats, labelled: Collection[str], count: int) -> list[str]:
    known = set(labelled)
    closest = alike[[image in known for image in images]].max(axis=0, initial=0)  # of each page to one chosen
    names, free = list(images), [place for place, image in enumerate(images) if image not in known]
    chosen: list[int] = []
    while free and len(chosen) < count:
        # The first of equals, so that nothing depends on chance.
        best = free.pop(int(np.maximum(alike[free], closest).sum(axis=1).argmax()))
        chosen.append(best)
        closest = np.maximum(closest, alike[best])
    return [names[place] for place in chosen]


def _similarity(pages: list[Words]) -> Floats:
    """How alike the pages are, each to each, 0 to 1."""
    by_words, by_looks = _by_words(pages), _by_looks(pages)
    return (1 - _LOOKS) * by_words + _LOOKS * by_looks


def _by_words(pages: list[Words]) -> Floats:
    """Cosine of TF-IDF vectors."""
    terms = [_terms(page) for page in pages]
    spread = Counter(term for found in terms for term in found)
    # On one page only, a word says nothing of the others. Sorted, as equal counts have no order of their own.
    kept = sorted((term for term, count in spread.items() if count > 1), key=lambda term: (-spread[term], term))[:_TERMS]
    place = {term: number for number, term in enumerate(kept)}
    weights = [math.log((1 + len(pages)) / (1 + spread[term])) + 1 for term in kept]
    vectors: Floats = np.zeros((len(pages), len(kept)), np.float32)
    for vector, found in zip(vectors, terms, strict=True):
        for term, count in found.items():
            if term in place:
                vector[place[term]] = (1 + math.log(count)) * weights[place[term]]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors @ vectors.T


def _terms(page: Words) -> Counter[str]:
    """The page's words without case and with all digits alike, each alone and with its height on the page."""
    found: Counter[str] = Counter()
    heights = _heights(page)
    for text, height in zip(page.texts, heights, strict=True):
        word = _DIGIT.sub("0", text.casefold())
        found.update((word, f"{word}@{min(_BANDS - 1, int(_BANDS * height))}"))
    return found


def _heights(page: Words) -> list[float]:
    """Where each word begins on the upright page, from 0 at the topmost word to 1 at the foot of the lowest."""
    if not page.boxes:
        return []
    left, top, right, bottom = np.array(page.boxes).T
    begin, end = {0: (top, bottom), 90: (left, right), 180: (-bottom, -top), 270: (-right, -left)}[page.turn]
    first, last = begin.min(), end.max()
    return [float(height) for height in (begin - first) / max(1e-9, last - first)]


def _by_looks(pages: list[Words]) -> Floats:
    """How near the small pictures are to each other, by the distance usual among them."""
    size = max((len(page.look) for page in pages), default=0)
    looks = np.array([page.look if page.look else (255,) * size for page in pages], np.float32).reshape(len(pages), size)
    squares = (looks**2).sum(axis=1)
    apart = np.maximum(0, squares[:, None] + squares - 2 * looks @ looks.T)
    usual = np.median(apart) if apart.size else 0
    return np.exp(-apart / max(1.0, usual)).astype(np.float32)
