"""The page classifier: text backbone, what it sees in each eighth of the page, and one linear layer over all of that."""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.models.backbone import CHANNELS, TextBackbone

_GRID = (2, 4)  # rows and columns; a finer one knows the training pages by their layout
_STRIDE = 32
_GAIN = 4.0  # of the standardised features: with it the head learns in two hundred iterations what takes it two thousand
_FARTHEST = 5.0  # deviations from the mean that a feature may lie: a scan's black margin is no evidence
_MEMORY = 0.01  # least weight of a page in the statistics: a model that is gone on from must come to know other pages


class PageClassifier(nn.Module):
    """Pages on one canvas → which of `num_classes` classes each is of.

    `images`: uint8 or float pixels (b, 3, height, width) on `canvas` = (height, width).
    Training (targets with `labels` (1,) given): a dict of losses, each a scalar. Otherwise: one dict per image with every
    class in `labels` (num_classes,) and its probability in `scores`, best first; `boxes` (0, 4), as a class has none.
    """

    # Of a canvas: print stays legible. Of forms in four classes, four labelled each, 92 % came out right with half of it,
    # 94 % with this, 93 % with twice as much.
    pixels: ClassVar[int] = 480 * 1024
    sees: ClassVar[bool] = True  # looks at pictures
    outputs: ClassVar[dict[str, int]] = {"head.weight": 0, "head.bias": 0}

    def __init__(self, num_classes: int, canvas: tuple[int, int]) -> None:
        super().__init__()
        if min(canvas) < _STRIDE or any(side % _STRIDE for side in canvas):
            raise ValueError(f"canvas {canvas} cannot be used; both sides must be multiples of {_STRIDE}")
        self.num_classes = num_classes
        self.canvas = canvas
        self.backbone = TextBackbone()
        width = CHANNELS[-1] * _GRID[0] * _GRID[1]
        self.standard = _Standard(width)
        self.head = nn.Linear(width, num_classes)
        # Every class is as likely as any other before something was learned.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """What learns: the new layer, and nothing of what is pretrained.

        A class says one word about a page, and of a dozen pages the backbone learns those by heart: of the same forms
        87 % came out right where it learned, too, against 92 %.
        """
        self.backbone.requires_grad_(False)
        return list(self.head.parameters()), []

    def forward(self, images: Tensor, targets: list[dict[str, Tensor]] | None = None) -> Any:
        """Losses where targets are given, else classes; shapes as the class says."""
        logits = self.predict(images)
        if targets is not None:
            return {"class": F.cross_entropy(logits, torch.cat([target["labels"] for target in targets]))}
        return self.sort(logits)

    @staticmethod
    def sort(logits: Tensor) -> list[dict[str, Tensor]]:
        """Give every class of each page from logits (b, num_classes), best first."""
        scores, labels = logits.softmax(dim=1).sort(dim=1, descending=True)
        boxes = logits.new_zeros(0, 4)
        return [{"boxes": boxes, "labels": label, "scores": score} for label, score in zip(labels, scores, strict=True)]

    @torch.no_grad()
    def acquaint(self, images: Tensor) -> None:
        """Take pages (b, 3, height, width), labelled or not, into account for what pages have in common."""
        for page in self._see(images):
            self.standard.follow(page)

    def predict(self, images: Tensor) -> Tensor:
        """Logits (b, num_classes), float32."""
        seen = self._see(images)
        # bfloat16 has three digits, and pages of two classes may differ in the third.
        with torch.autocast(images.device.type, enabled=False):
            logits: Tensor = self.head(self.standard(seen) * _GAIN)
        return logits

    def _see(self, images: Tensor) -> Tensor:
        """Features (b, width), float32."""
        coarsest = self.backbone(images.float())[-1]
        return F.adaptive_avg_pool2d(coarsest, _GRID).flatten(1).float()


class _Standard(nn.Module):
    """Each feature with mean 0 and variance 1 over the pages that the model was acquainted with.

    Batch norm would take the statistics of each batch, which mean nothing at two images; without any, the head sees mostly
    what all pages have in common, and hardly learns. Those of a dozen labelled pages are of that dozen: where the pages to
    be sorted count as well, 93 % come out right instead of 91 %.
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
        """Features (b, width) → the same, standardised."""
        deviation = self.variance.sqrt()
        # A feature that is the same on all pages must not blow up on the first that differs.
        least = 1e-6 + 1e-3 * deviation.mean()
        return ((features - self.mean) / (deviation + least)).clamp(-_FARTHEST, _FARTHEST)

    def follow(self, page: Tensor) -> None:
        """Take the features (width,) of one more page into account."""
        self.pages += 1
        # The plain average at first, and then one that forgets.
        weight = torch.clamp(1 / self.pages, min=_MEMORY)
        off = page - self.mean
        self.mean += weight * off
        self.variance.copy_((1 - weight) * (self.variance + weight * off * off))
