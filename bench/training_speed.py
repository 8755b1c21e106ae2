"""How fast one training iteration is: `python -m bench.training_speed DIR…`, each DIR with `annotations.json` (COCO) and `images/`.

Three times per data set, taken in turns in one process so that a busy machine slows all alike:
ours in the real loop; bare forward, backward and step on a ready batch; and torchvision's `fasterrcnn_resnet50_fpn` at
its defaults with random weights and SGD on the same images, batch 2.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch
from torchvision.models.detection import fasterrcnn_resnet50_fpn

from storage.pictures import read_rgb
from worker.data import Batch, Example, batches, choose_canvas
from worker.evaluate import Evaluation
from worker.models import FieldDetector, build
from worker.models.precision import precision, prepare
from worker.train import TrainSettings, TrainState, train

BATCH = 2
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_examples(folder: Path) -> tuple[list[Example], int]:
    """The labelled images of a COCO folder, and how many fields they have."""
    coco = json.loads((folder / "annotations.json").read_text())
    index = {category["id"]: i for i, category in enumerate(coco["categories"])}
    labels: dict[int, list[dict]] = {}
    for label in coco["annotations"]:
        labels.setdefault(label["image_id"], []).append(label)
    examples = []
    for image in coco["images"]:
        boxes = labels.get(image["id"], [])
        xywh = np.array([label["bbox"] for label in boxes], dtype=np.float32).reshape(-1, 4)
        xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
        classes = np.array([index[label["category_id"]] for label in boxes], dtype=np.int64)
        name = image["file_name"]
        examples.append(Example(name, folder / "images" / name, image["width"], image["height"], xyxy, classes))
    return examples, len(index)


def finish() -> None:
    """Wait until a GPU has done what it was given."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


class Clock:
    """Progress that keeps the seconds of each iteration, reports to a file as a worker does, and then times a bare one.

    The two in turn, iteration by iteration: this machine's speed drifts by more within a minute than they differ.
    """

    def __init__(self, bare: Callable[[], float]) -> None:
        self.seconds: list[float] = []
        self.bare_seconds: list[float] = []
        self.bare = bare
        self.file = tempfile.TemporaryFile("w")  # noqa: SIM115  # lives as long as the clock

    def iteration(self, done: int, loss: float, lr: float, seconds: float) -> None:
        self.seconds.append(seconds)
        self.file.write(json.dumps({"iteration": done, "loss": loss, "lr": lr, "seconds": seconds}) + "\n")
        self.file.flush()
        self.bare_seconds.append(self.bare())  # the loop's own clock stands still meanwhile

    def evaluation(self, done: int, result: Evaluation) -> None: ...

    def checkpoint(self, done: int, state: Callable[[], TrainState], best: bool) -> None: ...

    def notice(self, template: str, **values: object) -> None: ...

    def stop_asked(self) -> bool:
        return False


class Bare:
    """Forward, backward and step of a model of its own on one ready batch; a call returns the seconds."""

    def __init__(self, model: FieldDetector, batch: Batch) -> None:
        self.model = prepare(model, DEVICE).train()
        head, backbone = self.model.parameter_groups()
        self.optimiser = torch.optim.RAdam([*head, *backbone], lr=1e-5, foreach=True)
        self.images = batch.images.to(DEVICE)
        self.targets = [{key: value.to(DEVICE) for key, value in target.items()} for target in batch.targets]

    def __call__(self) -> float:
        started = perf_counter()
        self.optimiser.zero_grad()
        with precision(DEVICE):
            losses = self.model(self.images, self.targets)
        sum(losses.values()).backward()
        self.optimiser.step()
        finish()
        return perf_counter() - started


def loop_and_bare_seconds(model: FieldDetector, examples: list[Example], bare: Bare, iterations: int) -> tuple[list[float], list[float]]:
    """Seconds of each iteration of the real loop and of the bare one behind it; the first epoch fills the page cache."""
    first_epoch = -(-len(examples) // BATCH)
    settings = TrainSettings(first_epoch + iterations, BATCH, 0.005, "rotations-exposure-noise", 2, 0, DEVICE)
    clock = Clock(bare)
    train(model, examples, [], settings, clock)
    return clock.seconds[first_epoch:], clock.bare_seconds[first_epoch:]


def reference_seconds(examples: list[Example], num_classes: int, iterations: int) -> list[float]:
    """Seconds per iteration of the reference on the same images; its first iteration is left out."""
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=num_classes + 1).to(DEVICE).train()
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-4, momentum=0.9)
    seconds = []
    for iteration in range(iterations + 1):
        chosen = [examples[(BATCH * iteration + slot) % len(examples)] for slot in range(BATCH)]
        started = perf_counter()
        images = [torch.from_numpy(read_rgb(e.path)).permute(2, 0, 1).float().to(DEVICE) / 255 for e in chosen]
        targets = [{"boxes": torch.from_numpy(e.xyxy).to(DEVICE), "labels": torch.from_numpy(e.class_id).to(DEVICE) + 1} for e in chosen]
        optimiser.zero_grad()
        sum(model(images, targets).values()).backward()
        optimiser.step()
        finish()
        seconds.append(perf_counter() - started)
    return seconds[1:]


def measure(folder: Path, iterations: int, reference: int, rounds: int) -> None:
    """Print the line of one data set."""
    everything, num_classes = load_examples(folder)
    canvas = choose_canvas([(e.width, e.height) for e in everything], FieldDetector.pixels)
    examples = everything[: max(BATCH, round(0.1 * len(everything)))]
    model = build("base-SmartOCR-01", num_classes, canvas)
    feed = batches(examples, canvas, "rotations-exposure-noise", batch=BATCH, seed=0, loaders=1, iterations=range(1))
    alone = Bare(build("base-SmartOCR-01", num_classes, canvas), next(iter(feed)))
    loop, bare, slow = [], [], []
    for _ in range(rounds):
        for seconds, more in zip((loop, bare), loop_and_bare_seconds(model, examples, alone, iterations), strict=True):
            seconds += more
        slow += reference_seconds(examples, num_classes, reference)
    print(f"{folder.name}: canvas {canvas[0]}x{canvas[1]}")
    # The fastest says what the code costs, the median what this machine made of it while measuring.
    for name, pick in (("fastest", min), ("median", median)):
        ours, ready, theirs = pick(loop), pick(bare), pick(slow)
        print(
            f"  {name}: loop {ours:.3f} s/iteration, bare {ready:.3f} s, loop/bare {ours / ready:.3f}, "
            f"reference {theirs:.2f} s, reference/loop {theirs / ours:.1f}",
            flush=True,
        )


def main() -> None:
    """Measure each folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--iterations", type=int, default=20, help="iterations of ours per round")
    parser.add_argument("--reference", type=int, default=1, help="iterations of the reference per round")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    for folder in options.folders:
        measure(folder, options.iterations, options.reference, options.rounds)


if __name__ == "__main__":
    main()
