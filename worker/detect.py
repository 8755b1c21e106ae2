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
from worker.models import PageModel
from worker.models.precision import precision, prepare

GROUP = 4
"""Images the model looks at together."""


@dataclass(frozen=True)
class Detections:
    """What was found on one image: `xyxy` (n, 4) float32 pixels of the original, `class_id` (n,), `score` (n,),
    best first. Of classes `xyxy` is (0, 4), and `class_id` all of them."""

    image: str
    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    score: NDArray[np.float32]


def detect(
    model: PageModel,
    examples: Sequence[Example],
    device: torch.device,
    loaders: int,
    notice: Callable[..., None],
) -> Iterator[Detections]:
    """Detections of each image, in the order given; one that cannot be read is noticed and left out."""
    prepare(model, device).eval()
    for group, images in read_groups(model.canvas, examples, loaders, notice):
        yield from _find(model, group, images, device)


def read_groups(
    canvas: tuple[int, int], examples: Sequence[Example], loaders: int, notice: Callable[..., None]
) -> Iterator[tuple[list[Example], Tensor]]:
    """A few images at a time with their pages, uint8 (b, 3, height, width); one that cannot be read is noticed and left out."""
    groups = [examples[first : first + GROUP] for first in range(0, len(examples), GROUP)]
    for pages in read_ahead(partial(_read, canvas), groups, loaders):
        for example, page in pages:
            if isinstance(page, BadImage):
                # Said here and not where it was read: reports come from one thread alone.
                notice("Image {image} skipped: {reason}", image=example.image, reason=message_of(page))
        good = [(example, page) for example, page in pages if not isinstance(page, BadImage)]
        if good:
            # Bytes as far as the device: a quarter of what floats would be to stack and to send.
            yield [example for example, _ in good], torch.from_numpy(np.stack([page for _, page in good])).permute(0, 3, 1, 2)


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
        found = model(images.to(device))
    for example, result in zip(group, found, strict=True):
        boxes = example.letterbox(model.canvas).to_image(result["boxes"].cpu().numpy())
        yield Detections(example.image, boxes, result["labels"].cpu().numpy(), result["scores"].cpu().numpy())
