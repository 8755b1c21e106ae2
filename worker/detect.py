"""Find the fields on many images, or their classes: pages are read ahead while the model works on those before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

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
    groups = [examples[first : first + GROUP] for first in range(0, len(examples), GROUP)]
    for pages in read_ahead(partial(_read, model.canvas), groups, loaders):
        for example, page in pages:
            if isinstance(page, BadImage):
                # Said here and not where it was read: reports come from one thread alone.
                notice("Image {image} skipped: {reason}", image=example.image, reason=message_of(page))
        good = [(example, page) for example, page in pages if not isinstance(page, BadImage)]
        if good:
            yield from _find(model, good, device)


def _read(canvas: tuple[int, int], examples: Sequence[Example]) -> list[tuple[Example, NDArray[np.uint8] | BadImage]]:
    pages: list[tuple[Example, NDArray[np.uint8] | BadImage]] = []
    for example in examples:
        try:
            pages.append((example, read_page(example, canvas)))
        except BadImage as error:
            # A value, as raised in a loader it would end the reading of all pages after it.
            pages.append((example, error))
    return pages


def _find(model: PageModel, pages: list[tuple[Example, NDArray[np.uint8]]], device: torch.device) -> Iterator[Detections]:
    # Bytes as far as the device: a quarter of what floats would be to stack and to send.
    images = torch.from_numpy(np.stack([page for _, page in pages])).permute(0, 3, 1, 2)
    with torch.inference_mode(), precision(device):
        found = model(images.to(device))
    for (example, _), result in zip(pages, found, strict=True):
        boxes = example.letterbox(model.canvas).to_image(result["boxes"].cpu().numpy())
        yield Detections(example.image, boxes, result["labels"].cpu().numpy(), result["scores"].cpu().numpy())
