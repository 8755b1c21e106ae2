"""Which way up a page is, by its looks: a frozen text backbone, and one linear layer learned from turned copies of pages."""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.models.backbone import CHANNELS, TextBackbone, load_pretrained
from worker.models.minimum import minimise

SIDE = 320
"""Pixels of the square canvas that pages are looked at on."""

_STAGES = 3  # of the backbone: the last one costs a third of the time and tells no more
_GRID = 2  # of the page, along a side; a finer one knows the labelled pages by their layout
_WIDTH = CHANNELS[_STAGES - 1] * _GRID**2
_FARTHEST = 5.0  # deviations from the mean that a feature may lie
_PENALTY = 1e-3  # of squared weights: with less the probabilities of wrong answers come out too high
_ROUNDS = 100


class OrientationHead(nn.Module):
    """Features of a page in its four turns (n, 4, width) → for each turn, the probability that the page stands upright so.

    The same layer looks at each of the four, so that it must learn what is upright and cannot learn which turn is usual.
    Its buffers are all that a model keeps of it. The backbone is not among them: that of a detector goes on learning, and
    this one comes from the wheel whenever it is wanted. Before it has learned, it finds all turns alike.
    """

    mean: Tensor
    deviation: Tensor
    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(_WIDTH))
        self.register_buffer("deviation", torch.ones(_WIDTH))
        self.register_buffer("weight", torch.zeros(_WIDTH))

    def forward(self, features: Tensor) -> Tensor:
        """Probabilities (n, 4)."""
        return (self._standard(features) @ self.weight).softmax(dim=1)

    def learn(self, features: Tensor) -> None:
        """Learn from the features (n, 4, width) of pages whose first turn is upright; the same ones give the same weights."""
        self.mean.copy_(features.mean((0, 1)))
        deviation = features.std((0, 1))
        # A feature that is the same on all pages must not blow up on the first that differs.
        self.deviation.copy_(deviation + 1e-6 + 1e-3 * deviation.mean())
        standard, upright = self._standard(features), torch.zeros(len(features), dtype=torch.long)
        weight = torch.zeros(_WIDTH, requires_grad=True)
        minimise([weight], lambda: F.cross_entropy(standard @ weight, upright) + _PENALTY * weight.square().sum(), _ROUNDS)
        self.weight.copy_(weight.detach())

    def _standard(self, features: Tensor) -> Tensor:
        standard: Tensor = ((features - self.mean) / self.deviation).clamp(-_FARTHEST, _FARTHEST) / _WIDTH**0.5
        return standard


@cache
def pretrained_eyes() -> TextBackbone:
    """The first stages of the backbone as they come from the wheel; they never learn."""
    eyes = TextBackbone()
    load_pretrained(eyes)
    eyes.stages = eyes.stages[:_STAGES]
    return eyes.eval().requires_grad_(False)


def see(eyes: TextBackbone, pages: Tensor) -> Tensor:
    """Features (n, 4, width), float32 on the CPU, of square pages (n, 3, side, side) turned by 0, 90, 180, 270 clockwise."""
    # Turned on the device: one picture is decoded and sent for all four.
    turns = torch.stack([torch.rot90(pages, -quarters, (2, 3)) for quarters in range(4)], dim=1)
    maps = eyes(turns.flatten(0, 1).contiguous(memory_format=torch.channels_last).float())[-1]
    return F.adaptive_avg_pool2d(maps.float(), _GRID).flatten(1).view(len(pages), 4, -1).cpu()
