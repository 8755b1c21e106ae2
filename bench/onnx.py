"""How far a model as ONNX is from the same model in torch: `python -m bench.onnx DIR… [--store STORE --model ID]`.

Each DIR holds documents, `annotations.json` (COCO) and `images/`. Without a model of a store, one is trained on some of
them for a minute. Compared on others: boxes by overlap, scores by difference, as `worker.onnx_export` asks; and the
seconds an image takes, each alone, in turns in one process.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from bench.training_speed import load_examples
from storage import models
from storage.core import new_id, now, open_store
from storage.models import Model
from storage.plans import Rule
from storage.projects import Field
from worker import trained
from worker.data import Example, choose_canvas, read_page
from worker.models import PageModel, build
from worker.models.detector import FieldDetector
from worker.onnx_export import LEAST_IOU, MOST_APART, difference, open_session, run_onnx, run_torch, to_onnx
from worker.train import TrainSettings, train

_LEARNED = 40


class Silence:
    """Progress that nobody follows."""

    def iteration(self, *_: object) -> None: ...

    def evaluation(self, *_: object) -> None: ...

    def checkpoint(self, *_: object) -> None: ...

    def notice(self, template: str, **values: object) -> None:
        print(template.format(**values))

    def stop_asked(self) -> bool:
        return False


def trained_here(examples: list[Example], num_classes: int, iterations: int) -> tuple[Model, PageModel]:
    """A field detector after a few iterations, and a record for it."""
    canvas = choose_canvas([(example.width, example.height) for example in examples], FieldDetector.pixels)
    built = build("base-SmartOCR-01", num_classes, canvas)
    settings = TrainSettings(
        iterations=iterations, batch=2, lr=0.005, augment="exposure-noise", loaders=1, seed=0, device=torch.device("cpu")
    )
    train(built, examples, [], settings, Silence())
    # As it comes out of the store: laid out as usual, and on no account in the layout that training prefers.
    built = built.eval().to(memory_format=torch.contiguous_format)
    names = {"project": new_id(), "template": "bench", "machine": new_id(), "base_model": "base-SmartOCR-01"}
    fields = tuple(Field(id=new_id(), name=f"field-{number}", colour="#000000") for number in range(num_classes))
    figures = {"per_field": {}, "iterations": iterations, "images": len(examples), "test_images": 0}
    record = Model(id=new_id(), fields=fields, canvas=canvas, rule=Rule(thresholds={}), weights_sha256="", at=now(), **names, **figures)
    return record, built


@dataclass
class Figures:
    """Of all images compared so far."""

    boxes: int = 0
    overlaps: list[float] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)
    torch_s: list[float] = field(default_factory=list)
    onnx_s: list[float] = field(default_factory=list)

    def line(self) -> str:
        """The figures as one line."""
        return (
            f"{len(self.overlaps)} images, {self.boxes} boxes · least overlap {min(self.overlaps):.5f} (owed {LEAST_IOU}) · "
            f"scores at most {max(self.apart):.6f} apart (allowed {MOST_APART}) · "
            f"torch {median(self.torch_s):.3f} s an image, ONNX {median(self.onnx_s):.3f} s"
        )


def measure(name: str, model: Model, built: PageModel, examples: list[Example]) -> None:
    """Print the lines of one data set."""
    started = perf_counter()
    made = to_onnx(model, built)
    print(f"{name}: exported in {perf_counter() - started:.1f} s, {len(made) / 1e6:.1f} MB, canvas {model.canvas[0]}x{model.canvas[1]}")
    session, figures = open_session(made), Figures()
    for example in examples:
        compare(figures, built, session, read_page(example, model.canvas))
    print(f"{name}: {figures.line()}", flush=True)


def compare(figures: Figures, built: PageModel, session: InferenceSession, page: NDArray[np.uint8]) -> None:
    """Both on one page, into the figures."""
    started = perf_counter()
    one = run_torch(built, page)
    between = perf_counter()
    other = run_onnx(session, page)
    figures.onnx_s.append(perf_counter() - between)
    figures.torch_s.append(between - started)
    overlap, apart = difference(one, other)
    figures.overlaps.append(overlap)
    figures.apart.append(apart)
    figures.boxes += len(one.get("scores", ()))


def main() -> None:
    """Measure each folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--store", type=Path, help="with --model: compare a model of this store")
    parser.add_argument("--model", help="its id or name")
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--images", type=int, default=20)
    options = parser.parse_args()
    for folder in options.folders:
        examples, num_classes = load_examples(folder)
        if options.model:
            store = open_store(options.store)
            model = models.look_up(store, options.model).model
            built = trained.load(store, model)
        else:
            model, built = trained_here(examples[:_LEARNED], num_classes, options.iterations)
        measure(folder.name, model, built, examples[-options.images :])


if __name__ == "__main__":
    main()
