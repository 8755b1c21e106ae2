"""Base models by the name the analyst sees, and how to build one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from worker.models.backbone import load_pretrained
from worker.models.detector import FieldDetector

BASE_MODELS: dict[str, Callable[[int, tuple[int, int]], FieldDetector]] = {"base-SmartOCR-01": FieldDetector}
"""Base model name → builder, called with the number of fields and the canvas (height, width)."""


def build(base_model: str, num_classes: int, canvas: tuple[int, int], *, pretrained: bool = True, seed: int = 0) -> FieldDetector:
    """A model of `num_classes` fields on a canvas of (height, width) pixels, both multiples of 32.

    `pretrained` fills the backbone from the wheel; without it the weights are random, ready for `load_state_dict`.
    The new layers' weights follow from `seed`. An unknown name is a ValueError that lists the known ones.
    """
    if base_model not in BASE_MODELS:
        raise ValueError(f"base model {base_model!r} is unknown; choose one of {', '.join(BASE_MODELS)}")
    # Forked, so that building a model shifts nobody else's random numbers; weights are drawn on the CPU.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BASE_MODELS[base_model](num_classes, canvas)
    if pretrained:
        load_pretrained(model.backbone)
    return model


def weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights of `model` as safetensors wants them: on the CPU and contiguous, which channels last is not."""
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
