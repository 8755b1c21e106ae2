"""Find the fields on many images, or their classes: pages are read ahead while the model works on those before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from storage.attempts import message_of
from storage.core import BadImage
from worker.data import Example, read_ahead, read_page
from worker.models import SCORE_FLOOR, ClassReader, FieldReader, PageModel
from worker.models.precision import precision, prepare
from worker.text.candidates import Candidate
from worker.text.choosing import NOTHING_SEEN, Seen
from worker.text.page_words import page_words
from worker.text.prepared import PreparedPage, prepare_page

GROUP = 4
"""Images the model looks at together."""


@dataclass(frozen=True)
class Detections:
    """What was found on one image: `xyxy` (n, 4) float32 pixels of the original, `class_id` (n,), `score` (n,),
    best first. Of classes `xyxy` is (0, 4), and `class_id` all of them. `texts` and `read` say what is written in each
    box and how sure the reader is of it; both are empty where the model reads nothing."""

    image: str
    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    score: NDArray[np.float32]
    texts: tuple[str | None, ...] = ()
    read: tuple[float | None, ...] = ()


def detect(
    model: PageModel,
    examples: Sequence[Example],
    device: torch.device,
    loaders: int,
    notice: Callable[..., None],
) -> Iterator[Detections]:
    """Detections of each image, in the order given; one that cannot be read is noticed and left out."""
    if isinstance(model, FieldReader):
        for example, candidates in find_candidates(model, examples, device, loaders, notice):
            yield _detections(model, example, candidates)
        return
    prepare(model, device).eval()
    for group, images in read_groups(model.canvas, examples, loaders, notice):
        yield from _find(model, group, images, device)


def find_candidates(
    model: FieldReader, examples: Sequence[Example], device: torch.device, loaders: int, notice: Callable[..., None]
) -> Iterator[tuple[Example, list[Candidate]]]:
    """Every box of each page that may be a field; pages that the model learned from are judged by weights that did not."""
    prepare(model, device).eval()
    groups = [examples[first : first + GROUP] for first in range(0, len(examples), GROUP)]
    for pages in read_ahead(partial(_read_words, model), groups, loaders):
        good = [page for page in pages if not isinstance(page.picture, BadImage)]
        for page in pages:
            _notice_bad(page.example, page.picture, notice)
        looked = _look(model, good, device) if model.sees and good else [NOTHING_SEEN] * len(good)
        for page, seen in zip(good, looked, strict=True):
            yield page.example, model.candidates(page.example, page.words, page.copy, seen)


@dataclass(frozen=True)
class _Page:
    """A page with its words, the copy of the weights that may judge it, and its picture where the model sees."""

    example: Example
    words: PreparedPage
    copy: int
    picture: NDArray[np.uint8] | BadImage | None


def _read_words(model: FieldReader, examples: Sequence[Example]) -> list[_Page]:
    pictures = [picture for _, picture in _read(model.canvas, examples)] if model.sees else [None] * len(examples)
    return [
        _Page(example, *(model.known_page(example.image) or (prepare_page(example), 0)), picture)
        for example, picture in zip(examples, pictures, strict=True)
    ]


def _look(model: FieldReader, pages: Sequence[_Page], device: torch.device) -> list[Seen]:
    images = torch.from_numpy(np.stack([page.picture for page in pages if isinstance(page.picture, np.ndarray)])).permute(0, 3, 1, 2)
    with torch.inference_mode(), precision(device):
        found = model(images.to(device))
    scales = [page.example.letterbox(model.canvas).scale for page in pages]
    return [
        Seen(result["boxes"].float().cpu().numpy() / scale, result["labels"].cpu().numpy(), result["scores"].float().cpu().numpy())
        for result, scale in zip(found, scales, strict=True)
    ]


def _detections(model: FieldReader, example: Example, candidates: Sequence[Candidate]) -> Detections:
    scored = sorted(((model.score(each), each) for each in candidates), key=lambda pair: -pair[0])
    kept = [(score, each) for score, each in scored if score >= SCORE_FLOOR]
    return Detections(
        example.image,
        np.array([each.xyxy for _, each in kept], dtype=np.float32).reshape(-1, 4),
        np.array([each.class_id for _, each in kept], dtype=np.int64),
        np.array([score for score, _ in kept], dtype=np.float32),
        tuple(each.text for _, each in kept),
        tuple(each.read for _, each in kept),
    )


def read_groups(
    canvas: tuple[int, int], examples: Sequence[Example], loaders: int, notice: Callable[..., None]
) -> Iterator[tuple[list[Example], Tensor]]:
    """A few images at a time with their pages, uint8 (b, 3, height, width); one that cannot be read is noticed and left out."""
    groups = [examples[first : first + GROUP] for first in range(0, len(examples), GROUP)]
    for pages in read_ahead(partial(_read, canvas), groups, loaders):
        for example, page in pages:
            _notice_bad(example, page, notice)
        good = [(example, page) for example, page in pages if not isinstance(page, BadImage)]
        if good:
            # Bytes as far as the device: a quarter of what floats would be to stack and to send.
            yield [example for example, _ in good], torch.from_numpy(np.stack([page for _, page in good])).permute(0, 3, 1, 2)


def _notice_bad(example: Example, page: NDArray[np.uint8] | BadImage | None, notice: Callable[..., None]) -> None:
    # Said after the reading and not in it: reports come from one thread alone.
    if isinstance(page, BadImage):
        notice("Image {image} skipped: {reason}", image=example.image, reason=message_of(page))


def _read(canvas: tuple[int, int], examples: Sequence[Example]) -> list[tuple[Example, NDArray[np.uint8] | BadImage]]:
    pages: list[tuple[Example, NDArray[np.uint8] | BadImage]] = []
    for example in examples:
        try:
            pages.append((example, read_page(example, canvas)))
        except BadImage as error:
            # A value, as raised in a loader it would end the reading of all pages after it.
            pages.append((example, error))
    return pages


def _find(model: PageModel, group: Sequence[Example], images: Tensor, device: torch.device) -> Iterator[Detections]:
    with torch.inference_mode(), precision(device):
        known = {"words": [page_words(example.words()) for example in group]} if isinstance(model, ClassReader) else {}
        found = model(images.to(device), **known)
    for example, result in zip(group, found, strict=True):
        boxes = example.letterbox(model.canvas).to_image(result["boxes"].cpu().numpy())
        yield Detections(example.image, boxes, result["labels"].cpu().numpy(), result["scores"].cpu().numpy())
