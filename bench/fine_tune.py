"""What it is worth to go on from a trained model: a layout learned from one that knows two others, and from the base model.

    python -m bench.fine_tune DIR [--layout T3] [--labelled 4] [--iterations 200]

DIR is a COCO folder whose images name their layout in the attribute ``template``. A model learns two of the layouts; then
two more learn the third from the same few labelled images, one from that model's weights and one from the base model, and
are tested on the same withheld images of the third.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import torch

from bench.training_speed import load_examples
from worker.data import Example, choose_canvas
from worker.evaluate import Evaluation
from worker.models import FieldDetector, PageModel, build, continue_from
from worker.train import TrainSettings, TrainState, train

BASE = "base-SmartOCR-01"
TEST_IMAGES = 30


class Curve:
    """Progress that keeps AP by iteration: at IoU 0.5, and over 0.5…0.95."""

    def __init__(self) -> None:
        self.points: dict[int, tuple[float, float]] = {}

    def iteration(self, done: int, loss: float, lr: float, seconds: float) -> None: ...

    def evaluation(self, done: int, result: Evaluation) -> None:
        self.points[done] = (result.map_50 or 0.0, result.map_50_95 or 0.0)

    def checkpoint(self, done: int, state: Callable[[], TrainState], best: bool) -> None: ...

    def notice(self, template: str, **values: object) -> None: ...

    def stop_asked(self) -> bool:
        return False

    def reached(self, least: tuple[float, float]) -> tuple[int | None, ...]:
        """The first iteration at which each AP was at least this."""
        return tuple(next((done for done, aps in self.points.items() if aps[place] >= least[place]), None) for place in range(2))


def main() -> None:
    """Train three models and print both curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layout", help="the third; the last by name if none is given")
    parser.add_argument("--labelled", type=int, default=4, help="images of the third")
    parser.add_argument("--parent-labelled", type=int, default=24, help="images of the other two together")
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--every", type=int, default=20, help="iterations between evaluations")
    options = parser.parse_args()
    by_layout, num_classes = load_layouts(options.folder)
    layout = options.layout or max(by_layout)
    third = by_layout.pop(layout)
    known = [example for pair in zip(*by_layout.values(), strict=False) for example in pair][: options.parent_labelled]
    canvas = choose_canvas([example.seen_size for example in third], FieldDetector.pixels)
    labelled, test = third[: options.labelled], third[options.labelled : options.labelled + TEST_IMAGES]

    parent = build(BASE, num_classes, canvas)
    train(parent, known, [], settings(options.iterations, options.iterations), Curve())
    child = build(BASE, num_classes, canvas, pretrained=False)
    continue_from(child, parent, {index: index for index in range(num_classes)})
    print(f"{layout} from {len(labelled)} images, on {len(test)} others; the parent knows {sorted(by_layout)} from {len(known)}")
    fine_tuned = learn("from the trained model", child, labelled, test, options)
    base = learn("from the base model", build(BASE, num_classes, canvas), labelled, test, options)

    goal = base.points[options.iterations]
    print(f"AP of training from the base model: {goal[0]:.3f} at IoU 0.5, {goal[1]:.3f} over 0.5 to 0.95")
    for name, curve in (("from the base model", base), ("from the trained model", fine_tuned)):
        half, every = curve.reached(goal)
        print(f"  reached {name}: after {half} and {every} iterations")


def load_layouts(folder: Path) -> tuple[dict[str, list[Example]], int]:
    """Examples by layout, in the order of the file, and how many fields there are."""
    examples, num_classes = load_examples(folder)
    images = json.loads((folder / "annotations.json").read_text())["images"]
    found: dict[str, list[Example]] = {}
    for image, example in zip(images, examples, strict=True):
        found.setdefault(image["attributes"]["template"], []).append(example)
    return dict(sorted(found.items())), num_classes


def learn(name: str, model: PageModel, labelled: list[Example], test: list[Example], options: argparse.Namespace) -> Curve:
    """Train on the labelled images and print AP after each evaluation."""
    curve = Curve()
    train(model, labelled, test, settings(options.iterations, options.every), curve)
    print(f"  {name}: " + ", ".join(f"{done}: {half:.3f} / {every:.3f}" for done, (half, every) in curve.points.items()), flush=True)
    return curve


def settings(iterations: int, every: int) -> TrainSettings:
    """The template's defaults."""
    return TrainSettings(iterations, 2, 0.005, "rotations-exposure-noise", 2, 0, torch.device("cpu"), evaluate_every=every)


if __name__ == "__main__":
    main()
