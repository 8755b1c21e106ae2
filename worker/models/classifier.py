"""The page classifier: text backbone, what it sees in each quarter of the page, and one linear layer over all of that."""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.models.backbone import CHANNELS, TextBackbone

_GRID = (2, 2)
_LEVELS = 2
_SCALE = 1.0
_DROP = 0.0
_STRIDE = 32
_MEMORY = 0.02
_FARTHEST = 5.0


class PageClassifier(nn.Module):
    """Pages on one canvas → which of `num_classes` classes each is of.

    `images`: uint8 or float pixels (b, 3, height, width) on `canvas` = (height, width).
    Training (targets with `labels` (1,) given): a dict of losses, each a scalar. Otherwise: one dict per image with every
    class in `labels` (num_classes,) and its probability in `scores`, best first; `boxes` (0, 4), as a class has none.
    """

    pixels: ClassVar[int] = 576 * 448
    outputs: ClassVar[tuple[str, ...]] = ("head.weight", "head.bias")

    def __init__(self, num_classes: int, canvas: tuple[int, int]) -> None:
        super().__init__()
        if min(canvas) < _STRIDE or any(side % _STRIDE for side in canvas):
            raise ValueError(f"canvas {canvas} cannot be used; both sides must be multiples of {_STRIDE}")
        self.num_classes = num_classes
        self.canvas = canvas
        self.backbone = TextBackbone()
        width = sum(CHANNELS[_LEVELS:]) * _GRID[0] * _GRID[1]
        self.standard = _Standard(width)
        self.head = nn.Linear(width, num_classes)
        # Every class is as likely as any other before something was learned.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """What learns: the new layers, and the pretrained ones. The stem stays as it is, as in the detector."""
        self.backbone.stem.requires_grad_(False)
        return list(self.head.parameters()), list(self.backbone.stages.parameters())

    def forward(self, images: Tensor, targets: list[dict[str, Tensor]] | None = None) -> Any:
        """Losses where targets are given, else classes; shapes as the class says."""
        logits = self.predict(images)
        if targets is not None:
            return {"class": F.cross_entropy(logits, torch.cat([target["labels"] for target in targets]))}
        scores, labels = logits.softmax(dim=1).sort(dim=1, descending=True)
        boxes = logits.new_zeros(0, 4)
        return [{"boxes": boxes, "labels": label, "scores": score} for label, score in zip(labels, scores, strict=True)]

    def predict(self, images: Tensor) -> Tensor:
        """Logits (b, num_classes), float32."""
        maps = self.backbone(images.float())[_LEVELS:]
        seen = torch.cat([F.adaptive_avg_pool2d(features, _GRID).flatten(1) for features in maps], dim=1)
        # bfloat16 has three digits, and pages of two classes may differ in the third.
        with torch.autocast(images.device.type, enabled=False):
            return self.head(F.dropout(self.standard(seen.float()) * _SCALE, _DROP, self.training))


class _Standard(nn.Module):
    """Each feature with mean 0 and variance 1 over the pages trained on, as far as a running average of them goes.

    Batch norm would take the statistics of each batch, which mean nothing at two images; without any, a head sees mostly
    what all pages have in common, and takes thousands of iterations to tell them apart.
    """

    mean: Tensor
    variance: Tensor
    pages: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.zeros(width))
        self.register_buffer("pages", torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """Features (b, width) → the same, standardised and kept within five deviations."""
        if self.training:
            for page in features.detach():
                self._follow(page)
        deviation = self.variance.sqrt()
        # A feature that is the same on all pages must not blow up on the first that differs.
        least = 1e-6 + 1e-3 * deviation.mean()
        return ((features - self.mean) / (deviation + least)).clamp(-_FARTHEST, _FARTHEST)

    def _follow(self, page: Tensor) -> None:
        self.pages += 1
        weight = torch.clamp(1 / self.pages, min=_MEMORY)
        off = page - self.mean
        self.mean += weight * off
        self.variance.copy_((1 - weight) * (self.variance + weight * off * off))
