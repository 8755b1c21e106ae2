"""Base models by the name the analyst sees, and how to build one."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from worker.models.backbone import load_pretrained
from worker.models.class_reader import ClassReader as ClassReader
from worker.models.classifier import PageClassifier
from worker.models.detector import SCORE_FLOOR as SCORE_FLOOR
from worker.models.detector import FieldDetector
from worker.models.field_reader import FieldReader as FieldReader

PageModel = FieldDetector | FieldReader | PageClassifier | ClassReader
"""What is trained here: each looks at pages on one canvas, and is trained and asked in the same way."""

BASE_MODELS: dict[str, type[FieldDetector] | type[FieldReader] | type[PageClassifier] | type[ClassReader]] = {
    "base-SmartOCR-02": FieldReader,
    "base-SmartOCR-01": FieldDetector,
    "base-Classifier-02": ClassReader,
    "base-Classifier-01": PageClassifier,
}
"""Base model name → its class, made with the number of fields or classes and the canvas (height, width)."""


READERS = (FieldReader, ClassReader)
"""Those that go by what is written."""


def build(base_model: str, num_classes: int, canvas: tuple[int, int], *, pretrained: bool = True, seed: int = 0) -> PageModel:
    """A model of `num_classes` fields or classes on a canvas of (height, width) pixels, both multiples of 32.

    `pretrained` fills the backbone from the wheel; without it the weights are random, ready for `load_state_dict`.
    The new layers' weights follow from `seed`. An unknown name is a ValueError that lists the known ones.
    """
    if base_model not in BASE_MODELS:
        raise ValueError(f"base model {base_model!r} is unknown; choose one of {', '.join(BASE_MODELS)}")
    # Forked, so that building a model shifts nobody else's random numbers; weights are drawn on the CPU.
    model: PageModel
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BASE_MODELS[base_model](num_classes, canvas)
    if pretrained:
        load_pretrained(model.backbone)
    return model


def weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights of `model` as safetensors wants them: on the CPU and contiguous, which channels last is not."""
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}


def continue_from(model: PageModel, parent: PageModel, places: Mapping[int, int]) -> None:
    """Give `model` its parent's weights; of what is a field's own only those in `places`: own index → the parent's.

    All other outputs stay as they were drawn. Both are of one base model, with canvas and outputs of their own.
    """
    own, taken = model.state_dict(), parent.state_dict()
    for name, side in model.outputs.items():
        rows, theirs = own[name].clone().transpose(0, side), taken[name].transpose(0, side)
        rows[list(places)] = theirs[list(places.values())]
        taken[name] = rows.transpose(0, side)
    model.load_state_dict(taken)
