"""Labelled images as training sees them: one fixed canvas, cached pages, and batches that depend on nothing but a seed.

Threads read ahead instead of processes: decoding, resizing and warping release the interpreter lock, threads share the
page cache, and there is no second import of torch to wait for before the first iteration.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from storage.attempts import Message, message_of
from storage.core import BadImage, Refused
from storage.pictures import read_rgb
from storage.turns import XYXY, Turn, turn_box, turned_size, unturn_box
from storage.words.words import Words
from worker.augment import augment

MULTIPLE = 32  # the coarsest stride of the backbone
_LARGEST_GAIN = 1.0  # along a side; enlarging a scan adds time and no information
_CACHE_BYTES = 1 << 30  # some 600 pages of the largest canvas
_PADDING = 114  # the usual grey of a letterbox (YOLOv5)

K = TypeVar("K")
V = TypeVar("V")


def _no_words() -> None:
    return None


@dataclass(frozen=True)
class Example:
    """One image and, where labelled, its boxes: `xyxy` (n, 4) in pixels of the original after EXIF orientation,
    `class_id` (n,) index into the project's list of fields. Where the whole image is of a class, `xyxy` is (0, 4) and
    `class_id` (1,). `turn` is how many degrees clockwise the model sees it turned, `turn_said` whether people said so.
    `texts` says what is written in each box, None where nobody knows; `words` gives what was read on the page, None where
    it was not."""

    image: str
    path: Path
    width: int
    height: int
    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    turn: Turn = 0
    texts: tuple[str | None, ...] = ()
    # Read when it is needed: those of all pages of a run would fill the memory.
    words: Callable[[], Words | None] = _no_words
    # By a person; no program's opinion stands above that.
    turn_said: bool = True

    @property
    def seen_size(self) -> tuple[int, int]:
        """(width, height) as the model sees the page."""
        return turned_size(self.width, self.height, self.turn)

    def letterbox(self, canvas: tuple[int, int]) -> "Letterbox":
        """Its map to and from the canvas."""
        return Letterbox(self.width, self.height, canvas, self.turn)


def limits(examples: Sequence[Example], num_classes: int) -> list[int]:
    """Most boxes of each field seen on one labelled image; at least 1."""
    most = np.ones(num_classes, dtype=np.int64)
    for example in examples:
        most = np.maximum(most, np.bincount(example.class_id, minlength=num_classes))
    return [int(count) for count in most]


class NoExamples(Refused):
    """Not one image could be read, so there is nothing to train on."""


def choose_canvas(sizes: Sequence[tuple[int, int]], pixels: int) -> tuple[int, int]:
    """(height, width) in multiples of 32 that keeps images of these (width, height) largest, within so many pixels."""
    width, height = np.array(sizes, dtype=np.float64).T
    # One canvas a run: on a CPU oneDNN compiles its kernels for each new shape, which made an iteration take 13 to 18 s.
    budget = min(pixels, float(np.median(width * height)) * _LARGEST_GAIN**2)
    best, best_scale = (MULTIPLE, MULTIPLE), -np.inf
    for across in range(MULTIPLE, int(budget / MULTIPLE) + 1, MULTIPLE):
        down = max(MULTIPLE, int(budget / across / MULTIPLE) * MULTIPLE)
        # A geometric mean: one page at half its scale weighs as much as another at twice its own.
        scale = np.log(np.minimum(across / width, down / height)).mean()
        # Of equals the first, whatever a CPU makes of the last bit: a resumed run must find the same canvas.
        if scale > best_scale + 1e-6:
            best, best_scale = (down, across), scale
    return best


@dataclass(frozen=True)
class Letterbox:
    """The map between an image of (width, height) and a canvas of (height, width): turned, scaled to fit, at the top left."""

    width: int
    height: int
    canvas: tuple[int, int]
    turn: Turn = 0

    @property
    def scale(self) -> float:
        """Pixels of the canvas per pixel of the image."""
        width, height = turned_size(self.width, self.height, self.turn)
        return min(self.canvas[0] / height, self.canvas[1] / width)

    def picture(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels of the image, of any size read, on the canvas."""
        # At least a pixel: a till roll can be hundreds of times as long as it is wide.
        across, down = max(1, round(self.width * self.scale)), max(1, round(self.height * self.scale))
        # Linear interpolation skips pixels when it shrinks, and thin strokes with them.
        shrink = cv2.INTER_AREA if across < rgb.shape[1] else cv2.INTER_LINEAR
        page = np.full((*self.canvas, 3), _PADDING, dtype=np.uint8)
        small = cv2.resize(rgb, (across, down), interpolation=shrink)
        # Turned when it is small, and as a view: the copy onto the canvas is made in any case.
        seen = np.rot90(small, -self.turn // 90)
        page[: seen.shape[0], : seen.shape[1]] = seen
        return page

    def to_canvas(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (n, 4): pixels of the image → pixels of the canvas."""
        seen = _each(xyxy, lambda box: turn_box(box, self.width, self.height, self.turn))
        return (seen * self.scale).astype(np.float32)

    def to_image(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (n, 4): pixels of the canvas → pixels of the image, clipped to it."""
        limit = np.array(turned_size(self.width, self.height, self.turn) * 2, dtype=np.float32)
        seen = np.clip(xyxy / self.scale, 0, limit)
        return _each(seen, lambda box: unturn_box(box, self.width, self.height, self.turn))


def _each(xyxy: NDArray[np.float32], change: Callable[[XYXY], XYXY]) -> NDArray[np.float32]:
    return np.array([change(box) for box in xyxy.tolist()], dtype=np.float32).reshape(-1, 4)


class Pages:
    """Images on the canvas, uint8 (height, width, 3), kept in memory up to a gigabyte."""

    def __init__(self, canvas: tuple[int, int]) -> None:
        self.canvas = canvas
        self._kept: dict[str, NDArray[np.uint8]] = {}
        self._room = _CACHE_BYTES // (canvas[0] * canvas[1] * 3)

    def read(self, example: Example) -> NDArray[np.uint8]:
        """The page of one image; BadImage if it cannot be read."""
        # No lock: two threads may read the same page at once, which costs less than every read waiting.
        page = self._kept.get(example.image)
        if page is None:
            page = read_page(example, self.canvas)
            # First come, first kept: every epoch visits every page, where the least recently used would always be
            # the one needed next.
            if len(self._kept) < self._room:
                self._kept[example.image] = page
        return page


def read_page(example: Example, canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """One image from disk on the canvas, uint8 (height, width, 3); BadImage if it cannot be read."""
    box = example.letterbox(canvas)
    # No more than the canvas shows: a JPEG decodes at a half, quarter or eighth of its size almost for nothing.
    wanted = (int(example.height * box.scale), int(example.width * box.scale))
    return box.picture(read_rgb(example.path, at_least=wanted))


@dataclass(frozen=True)
class Batch:
    """`images` uint8 (b, 3, height, width), channels last; `targets` one dict per image; `bad` what was skipped."""

    images: Tensor
    targets: list[dict[str, Tensor]]
    bad: list[tuple[str, Message]] = field(default_factory=list)


def batches(
    examples: Sequence[Example],
    canvas: tuple[int, int],
    augmentation: str,
    *,
    batch: int,
    seed: int,
    loaders: int,
    iterations: range,
    rank: int = 0,
    world_size: int = 1,
    pin: bool = False,
    pictures: bool = True,
) -> Generator[Batch, None, None]:
    """The batches of `iterations`, read ahead by `loaders` threads; without `pictures` each image is a single pixel.

    Batch k is the same whether the run started at 0 or at k: order and augmentation come from the seed and k alone. A target
    holds `boxes`, `labels` and `page`, the place of its page among the examples.
    """
    if not examples:
        raise NoExamples("No labelled image to train on; label some images or give the test split fewer")
    pages = Pages(canvas) if pictures else None

    def load(iteration: int) -> Batch:
        first = (iteration * world_size + rank) * batch
        bad: dict[str, Message] = {}
        items = [_item(examples, pages, augmentation, seed, first + slot, bad) for slot in range(batch)]
        # (b, h, w, 3) seen as (b, 3, h, w) is channels last as it stands, without a copy.
        images = torch.from_numpy(np.stack([page for page, _ in items])).permute(0, 3, 1, 2)
        if pin:
            images = images.pin_memory()
        return Batch(images, [target for _, target in items], sorted(bad.items(), key=lambda item: item[0]))

    yield from read_ahead(load, iterations, loaders)


def read_ahead(load: Callable[[K], V], keys: Sequence[K], loaders: int) -> Iterator[V]:
    """`load(key)` of each key in order, at most `loaders` + 1 of them under way or waiting."""
    with ThreadPoolExecutor(max(1, loaders), thread_name_prefix="loader") as pool:
        # Bounded: a disk faster than the model would fill the memory with batches.
        waiting = [pool.submit(load, key) for key in keys[: loaders + 1]]
        try:
            for position in range(len(keys)):
                ready = waiting.pop(0)
                yield ready.result()
                following = position + loaders + 1
                if following < len(keys):
                    waiting.append(pool.submit(load, keys[following]))
        finally:
            # A consumer that stops early waits for what is under way, not for what is queued.
            pool.shutdown(wait=False, cancel_futures=True)


def _item(
    examples: Sequence[Example], pages: Pages | None, augmentation: str, seed: int, position: int, bad: dict[str, Message]
) -> tuple[NDArray[np.uint8], dict[str, Tensor]]:
    """The example drawn at `position` of the endless shuffled sequence, or the next one that can be read."""
    epoch, place = divmod(position, len(examples))
    # Drawn again for each item: under a millisecond, and no state that a resumed run would have to restore.
    order = np.random.default_rng((seed, epoch)).permutation(len(examples))
    for chosen in np.roll(order, -place):
        example = examples[chosen]
        if pages is None:
            return np.zeros((1, 1, 3), dtype=np.uint8), _target(example.xyxy, example.class_id, int(chosen))
        try:
            page = pages.read(example)
        except BadImage as error:
            bad[example.image] = message_of(error)
            continue
        xyxy = example.letterbox(pages.canvas).to_canvas(example.xyxy)
        # Of the epoch too, so that a page is varied differently each time it comes round.
        chance = int(np.random.default_rng((seed, epoch, place)).integers(2**31))
        page, xyxy, kept = augment(augmentation, page, xyxy, example.class_id[: len(xyxy)], chance)
        # The class of a whole image has no box that could be pushed off the page.
        class_id = kept if len(example.xyxy) else example.class_id
        return page, _target(xyxy, class_id, int(chosen))
    first = next(iter(bad.values()))
    raise NoExamples("None of the {count} labelled images can be read; the first: {reason}", count=len(examples), reason=first)


def _target(xyxy: NDArray[np.float32], class_id: NDArray[np.int64], chosen: int) -> dict[str, Tensor]:
    return {"boxes": torch.from_numpy(xyxy), "labels": torch.from_numpy(class_id), "page": torch.tensor(chosen)}
