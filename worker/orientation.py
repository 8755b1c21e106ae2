"""Which way up pages are, by their looks: learned from turned copies of the labelled ones, for pages that people did not turn."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from storage.core import BadImage
from storage.pictures import read_rgb
from storage.turns import Turn
from worker.data import Example, read_ahead
from worker.models.orientation import SIDE, OrientationHead, pretrained_eyes, see
from worker.models.precision import precision, prepare

LEAST_CERTAINTY = 0.5
"""What is less certain is not acted on."""

_MOST_PAGES = 200  # to learn from; more change nothing and take time
# At least this certain are, 13 and 16 pages labelled, 86 % of receipts and 88 % of public forms, and of those 98.9 and 99.8 %
# are right; from 0.6 up 97.7 and 98.8 %. Of cheques, 18 labelled, all are, and all right.
_LEAST_PROBABILITY = 0.7
_GROUP = 4
_PADDING = 114
_TURNS: tuple[Turn, ...] = (0, 90, 180, 270)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FoundTurn:
    """Degrees clockwise by which a page as it is stored stands upright; certainty 0 to 1, 0 (of no turn) where nothing told."""

    turn: Turn = 0
    certainty: float = 0.0


def learn_turns(
    head: OrientationHead, examples: Sequence[Example], device: torch.device, loaders: int, seed: int, on_progress: Progress
) -> None:
    """Teach `head` from pages that stand upright by their `turn`; of many it sees 200. Without one that can be read it learns nothing."""
    chosen = random.Random(seed).sample(examples, min(len(examples), _MOST_PAGES))
    seen = [features for _, features in _look(chosen, device, loaders, on_progress)]
    if seen:
        head.learn(torch.cat(seen))


def find_turns(
    head: OrientationHead, examples: Sequence[Example], device: torch.device, loaders: int, on_progress: Progress
) -> dict[str, FoundTurn]:
    """How each page as it is stored must be turned, by image and whatever its `turn`; nothing told of those that cannot be read."""
    found = {example.image: FoundTurn() for example in examples}
    stored = [_as_stored(example) for example in examples]
    for group, features in _look(stored, device, loaders, on_progress):
        found |= dict(zip((example.image for example in group), predict(head, features), strict=True))
    return found


def predict(head: OrientationHead, features: Tensor) -> list[FoundTurn]:
    """The turn of each page whose features (n, 4, width) these are."""
    best, places = head.cpu()(features).max(dim=1)
    return [
        FoundTurn(_TURNS[place], certainty) if certainty >= _LEAST_PROBABILITY else FoundTurn()
        for place, certainty in zip(places.tolist(), best.tolist(), strict=True)
    ]


def decide(by_words: FoundTurn, by_looks: FoundTurn) -> FoundTurn:
    """The words' turn where they are sure, else the looks' where those are; no turn where neither is.

    In this order: words that can be read one way and not another are right even on a page unlike all labelled ones.
    """
    return next((found for found in (by_words, by_looks) if found.certainty >= LEAST_CERTAINTY), FoundTurn())


def _as_stored(example: Example) -> Example:
    return Example(example.image, example.path, example.width, example.height, example.xyxy, example.class_id)


def _look(examples: Sequence[Example], device: torch.device, loaders: int, on_progress: Progress) -> Iterator[tuple[list[Example], Tensor]]:
    """A few pages at a time with their features (n, 4, width); those that cannot be read are left out."""
    eyes = prepare(pretrained_eyes(), device)
    groups = [examples[first : first + _GROUP] for first in range(0, len(examples), _GROUP)]
    for first, pages in zip(range(0, len(examples), _GROUP), read_ahead(partial(_read, SIDE), groups, loaders), strict=True):
        if pages:
            images = torch.from_numpy(np.stack([page for _, page in pages])).permute(0, 3, 1, 2).to(device)
            with torch.inference_mode(), precision(device):
                features = see(eyes, images)
            # Cloned: what was made in inference mode cannot be learned from.
            yield [example for example, _ in pages], features.clone()
        on_progress(min(first + _GROUP, len(examples)), len(examples))


def _read(side: int, examples: Sequence[Example]) -> list[tuple[Example, NDArray[np.uint8]]]:
    pages = []
    for example in examples:
        try:
            pages.append((example, read_square(example, side)))
        except BadImage:
            continue  # said where it is missed: in training or detection
    return pages


def read_square(example: Example, side: int) -> NDArray[np.uint8]:
    """The page, turned by its `turn`, in the middle of a grey square (side, side, 3); BadImage if it cannot be read."""
    scale = side / max(example.width, example.height)
    # Even, as the side is: half a pixel off the middle, a page on its side would look otherwise than turned upright.
    across, down = (2 * max(1, round(length * scale / 2)) for length in (example.width, example.height))
    rgb = read_rgb(example.path, at_least=(down, across))
    shrink = cv2.INTER_AREA if across < rgb.shape[1] else cv2.INTER_LINEAR
    small = np.rot90(cv2.resize(rgb, (across, down), interpolation=shrink), -example.turn // 90)
    square = np.full((side, side, 3), _PADDING, dtype=np.uint8)
    # In the middle: at a corner, the margin would tell by which turn the page is stored.
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square
