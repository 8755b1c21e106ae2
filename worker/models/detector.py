"""The field detector: text backbone, feature pyramid, and one dense head that says at every place which field and where.

Anchor-free: each location of the strides 8, 16 and 32 predicts a score per field and the distances to the four edges
of its box, as in FCOS (Tian et al., 2019). Which locations learn a box is decided by the predictions themselves, as in
TOOD (Feng et al., 2021): FCOS's rule by size sends a line of text 300 px wide and 20 px high to a stride on which it
is thinner than one cell.
"""

import math
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import FeaturePyramidNetwork, batched_nms, box_iou

from worker.models.backbone import CHANNELS, TextBackbone
from worker.models.losses import detection_losses

STRIDES = (8, 16, 32)
SCORE_FLOOR = 0.05
"""Detections below this score are dropped; everything above is kept for thresholds to be chosen later."""

_WIDTH = 96  # channels of the pyramid and the head
_MOST_CANDIDATES = 300  # boxes that enter non-maximum suppression, per image
_NMS_IOU = 0.5
_SAME_IOU = 0.7  # boxes of a field that mean the same, and are one with it
_PRIOR = 0.01  # score every location starts with (focal-loss paper, Lin et al. 2017, §4.1)


class FieldDetector(nn.Module):
    """Pages on one canvas → boxes of `num_classes` fields.

    `images`: uint8 or float pixels (b, 3, height, width) on `canvas` = (height, width).
    Training (targets given): a dict of losses, each a scalar. Otherwise: one dict per image with `boxes` (n, 4) xyxy in
    canvas pixels, `labels` (n,) and `scores` (n,) from `SCORE_FLOOR` up, best first.
    """

    pixels: ClassVar[int] = 560 * 1024  # of a canvas: 0.75 to 1.1 s an iteration on two CPU cores
    sees: ClassVar[bool] = True  # looks at pictures
    # Weights that each field has of its own, and the side along which they lie.
    outputs: ClassVar[dict[str, int]] = {"head.score.weight": 0, "head.score.bias": 0}
    places: Tensor
    strides: Tensor

    def __init__(self, num_classes: int, canvas: tuple[int, int]) -> None:
        super().__init__()
        if min(canvas) < STRIDES[-1] or any(side % STRIDES[-1] for side in canvas):
            raise ValueError(f"canvas {canvas} cannot be used; both sides must be multiples of {STRIDES[-1]}")
        self.num_classes = num_classes
        self.canvas = canvas
        self.backbone = TextBackbone()
        self.pyramid = FeaturePyramidNetwork(list(CHANNELS[1:]), _WIDTH)
        self.head = _Head(_WIDTH, num_classes)
        self.refiner = _Refiner(_WIDTH)
        places, strides = _locations(canvas)
        # They follow from the canvas, so the weights need not hold them.
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """What learns: the new layers, and the pretrained ones. The stem stays as it is.

        It sees strokes, which look alike on all documents, and its backward pass at full resolution is dear.
        """
        self.backbone.stem.requires_grad_(False)
        new = [p for part in (self.pyramid, self.head, self.refiner) for p in part.parameters()]
        return new, list(self.backbone.stages.parameters())

    def forward(self, images: Tensor, targets: list[dict[str, Tensor]] | None = None) -> Any:
        """Losses where targets are given, else detections; shapes as the class says."""
        logits, boxes, finest = self.predict(images)
        if targets is not None:
            # Refined inside the loss, where it is known which: a dozen places a box instead of all ten thousand.
            return detection_losses(logits, boxes, self.places, targets, lambda page, box: self.refiner(finest[page], box))
        return [self._keep(*page) for page in zip(logits.sigmoid(), boxes, finest, strict=True)]

    def predict(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (b, n, num_classes) and boxes (b, n, 4), canvas pixels, of all n places, and the finest features; float32."""
        # Not stride 4, which has three times as many places as the other three together.
        maps = self.backbone(images.float())[1:]
        levels = list(self.pyramid({str(level): features for level, features in enumerate(maps)}).values())
        logits, distances = self.head(levels)
        # bfloat16 would hold a coordinate of 1000 px to 4 px only.
        return logits.float(), self._boxes(distances.float()), levels[0].float()

    def _boxes(self, distances: Tensor) -> Tensor:
        # Always positive, and in strides, so that one head serves all levels (as in FCOS, §3).
        reach = distances.exp() * self.strides[:, None]
        return torch.cat([self.places - reach[..., :2], self.places + reach[..., 2:]], dim=-1)

    def _keep(self, scores: Tensor, boxes: Tensor, finest: Tensor) -> dict[str, Tensor]:
        flat = scores.flatten()
        # First of all: refining and suppressing cost by the box.
        score, index = flat.topk(min(_MOST_CANDIDATES, flat.numel()))
        index = index[score >= SCORE_FLOOR]
        score = score[: len(index)]
        place, label = index // self.num_classes, index % self.num_classes
        height, width = self.canvas
        box = self.refiner(finest, boxes[place]).clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))
        # Within a field only: a date inside an address is no duplicate.
        kept = batched_nms(box, score, label, _NMS_IOU)
        return {"boxes": settle(box, score, label, kept), "labels": label[kept], "scores": score[kept]}


def settle(boxes: Tensor, scores: Tensor, labels: Tensor, kept: Tensor) -> Tensor:
    """Give the boxes at the places `kept` (k,), each as the mean of all boxes (n, 4) of its field that nearly cover it, by their scores.

    Where labels of one kind come in two sizes, the middle fits both (box voting: Gidaris and Komodakis, 2015, §5).
    """
    same = (labels[kept][:, None] == labels) & (box_iou(boxes[kept], boxes) >= _SAME_IOU)
    # Itself in any case: a box of no area overlaps nothing.
    same = same | (kept[:, None] == torch.arange(len(boxes), device=boxes.device))
    weight = same * scores
    # No product of matrices, which would be one of bfloat16.
    return (weight[..., None] * boxes).sum(dim=1) / weight.sum(dim=1, keepdim=True)


class _Refiner(nn.Module):
    """Looks again at what lies on and around the edges of a box, and moves them.

    The first guess is made at one place inside the box, and the end of a line of text may be far from there.
    """

    grid: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        # In box widths and heights from the centre: a line's ends are the hard part, so there it looks on both sides.
        across, down = torch.tensor([-0.6, -0.5, -0.4, 0.0, 0.4, 0.5, 0.6]), torch.tensor([-0.5, 0.0, 0.5])
        grid = torch.cartesian_prod(across, down)
        self.register_buffer("grid", grid, persistent=False)
        self.look = nn.Linear(width, 32)
        self.mix = nn.Linear(32 * len(grid) + 2, 128)
        self.move = nn.Linear(128, 4)
        # Begins by moving nothing: there is no edge to improve while the first guess is still wild.
        nn.init.zeros_(self.move.weight)
        nn.init.zeros_(self.move.bias)

    def forward(self, features: Tensor, boxes: Tensor) -> Tensor:
        """Features (c, h / 8, w / 8) of one page and boxes (n, 4) on it → better boxes; no gradient to the first guess."""
        boxes = boxes.detach()  # or it would learn to lean on being corrected
        centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).clamp(min=1.0)
        points = centre[:, None] + size[:, None] * self.grid
        extent = points.new_tensor([features.shape[2], features.shape[1]]) * STRIDES[0]
        # -1 to 1 from edge to edge; a cell's centre lies half a cell in, as in `_locations`.
        seen = F.grid_sample(features[None], (points / extent * 2 - 1)[None], align_corners=False)[0]
        # Edges move by fractions of a pixel, which bfloat16 would round away.
        with torch.autocast(features.device.type, enabled=False):
            looks = F.relu(self.look(seen.permute(1, 2, 0))).flatten(1)
            # 1 to 1000 px become -4 to 3, about the range of the other inputs.
            hidden = F.relu(self.mix(torch.cat([looks, size.log() - 4], dim=1)))
            moves = self.move(hidden)
        return boxes + moves * size.mean(dim=1, keepdim=True)


def _locations(canvas: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Centres (n, 2) as x, y in canvas pixels, and the stride of each (n,), finest level first."""
    places, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(*(torch.arange(side // stride) for side in canvas), indexing="ij")
        places.append((torch.stack([x, y], dim=-1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((len(places[-1]),), float(stride)))
    return torch.cat(places), torch.cat(strides)


class _Head(nn.Module):
    """Feature maps → logits (b, n, classes) and log distances left, top, right, bottom (b, n, 4) in strides."""

    def __init__(self, width: int, num_classes: int, depth: int = 2) -> None:
        super().__init__()
        self.score_tower = _tower(width, depth)
        self.box_tower = _tower(width, depth)
        self.place_code = nn.Conv2d(4, width, 1)
        self.score = nn.Conv2d(width, num_classes, 3, padding=1)
        self.box = nn.Conv2d(width, 4, 3, padding=1)
        _start(self.score, math.log(_PRIOR / (1 - _PRIOR)))
        _start(self.box, 1.0)  # e strides to each edge: boxes begin at 43, 87 and 174 px

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor]:
        logits, distances = [], []
        for level in levels:
            level = level + self.place_code(_place_code(level))
            logits.append(self.score(self.score_tower(level)).flatten(2).transpose(1, 2))
            distances.append(self.box(self.box_tower(level)).flatten(2).transpose(1, 2))
        return torch.cat(logits, dim=1), torch.cat(distances, dim=1)


def _start(layer: nn.Conv2d, bias: float) -> None:
    nn.init.normal_(layer.weight, std=0.01)
    assert layer.bias is not None
    nn.init.constant_(layer.bias, bias)


def _place_code(level: Tensor) -> Tensor:
    """Where on the page each cell lies: a form's fields are told apart by place as much as by looks."""
    height, width = level.shape[-2:]
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    code = torch.stack([x, y, x * x, y * y]).to(level)
    return code.expand(len(level), -1, -1, -1)


def _tower(width: int, depth: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(depth):
        # Groups of 8 channels; the statistics of batch norm mean little at two images.
        layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.GroupNorm(12, width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
