"""What a training begins with: a base model that comes with the program, a model of the store, or its own checkpoint."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from safetensors.torch import load as from_bytes
from torch import Tensor

from storage import checkpoints
from storage.base_models import BaseModel
from storage.core import Store
from storage.models import Model
from storage.processes import Process
from storage.projects import Field
from worker import trained
from worker.data import Example, choose_canvas
from worker.detect import read_groups
from worker.models import BASE_MODELS, ClassReader, PageModel, build, continue_from
from worker.models.classifier import PageClassifier
from worker.models.precision import precision, prepare

_PAGES = 200  # more change the statistics of a page's features no more than which ones they are


def architecture(base: BaseModel) -> str:
    """The base model that comes with the program which this one is, or is built like."""
    return base.model.base_model if base.model else base.key


def new_model(
    store: Store, base: BaseModel, fields: tuple[Field, ...], examples: Sequence[Example], seed: int, notice: Callable[..., None]
) -> PageModel:
    """A model for these fields, or classes, and a canvas that suits the examples; a base model of the store gives its weights."""
    # The canvas of a resumed run follows from the same snapshot, so it is the same, unless pages were turned meanwhile.
    canvas = choose_canvas([example.seen_size for example in examples], BASE_MODELS[architecture(base)].pixels)
    model = build(architecture(base), len(fields), canvas, pretrained=base.model is None, seed=seed)
    if base.model:
        _go_on(store, model, base.name, base.model, fields, notice)
    return model


def _go_on(store: Store, model: PageModel, name: str, parent: Model, fields: tuple[Field, ...], notice: Callable[..., None]) -> None:
    # By name, as each project has fields of its own, and without case, as everywhere.
    known = {field.name.casefold(): place for place, field in enumerate(parent.fields)}
    places = {own: known[field.name.casefold()] for own, field in enumerate(fields) if field.name.casefold() in known}
    continue_from(model, trained.load(store, parent), places)
    if places:
        names = ", ".join(fields[own].name for own in places)
        notice(
            "Goes on from model {model}, which knows {known} of {all}: {names}", model=name, known=len(places), all=len(fields), names=names
        )
    else:
        notice("Goes on from model {model}, which knows none of the names here: all are learned anew", model=name)


def acquaint(
    model: PageModel, examples: Sequence[Example], device: torch.device, loaders: int, seed: int, on_progress: Callable[[int, int], None]
) -> None:
    """Show a classifier what the pages of this run have in common; of many it sees 200. ``on_progress(done, all)`` as it goes."""
    looks = model.looks if isinstance(model, ClassReader) else model
    if not isinstance(looks, PageClassifier):
        return
    chosen = some(examples, seed)
    prepare(model, device).eval()
    # What cannot be read is said where it is missed: in training or detection.
    done = 0
    for group, images in read_groups(model.canvas, chosen, loaders, notice=lambda *_, **__: None):
        with precision(device):
            looks.acquaint(images.to(device))
        done += len(group)
        on_progress(done, len(chosen))


def some(examples: Sequence[Example], seed: int) -> list[Example]:
    """Draw those pages, of many 200, that say what all have in common."""
    return random.Random(seed).sample(examples, min(len(examples), _PAGES))


def resume(
    store: Store, process: Process, model: PageModel, notice: Callable[..., None]
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors and meta of the newest checkpoint; None if there is none or it is of a model built otherwise."""
    checkpoint = checkpoints.newest(store.process(process.id), len(process.attempts))
    if checkpoint is None:
        return None
    iteration, tensors = checkpoint.manifest.iteration, from_bytes(checkpoint.tensors)
    kept = {name: tensors[f"model/{name}"].shape for name in model.state_dict() if f"model/{name}" in tensors}
    if kept != {name: value.shape for name, value in model.state_dict().items()}:
        notice(
            "The checkpoint after iteration {iteration} is of another version of the base model: training begins anew", iteration=iteration
        )
        return None
    notice("Resumed after iteration {iteration}", iteration=iteration)
    return tensors, json.loads(checkpoint.manifest.meta)
