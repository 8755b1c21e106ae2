"""How much reading costs detection: `python -m bench.detection_speed DIR…`, each DIR with `annotations.json` and `images/`.

Images per second of `detect` (decode, letterbox, forward, boxes) against the bare model on tensors that are ready,
taken in turns in one process.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from bench.training_speed import DEVICE, finish, load_examples
from worker.data import Example, choose_canvas, read_page
from worker.detect import GROUP, detect
from worker.models import FieldDetector, build
from worker.models.precision import precision, prepare


def bare_rate(model: FieldDetector, pages: list[torch.Tensor]) -> float:
    """Images per second of the model alone, on groups of the size that `detect` uses."""
    prepare(model, DEVICE).eval()
    started = perf_counter()
    with torch.inference_mode(), precision(DEVICE):
        for group in pages:
            model(group.to(DEVICE))
        finish()
    return sum(len(group) for group in pages) / (perf_counter() - started)


def detection_rate(model: FieldDetector, examples: list[Example]) -> float:
    """Images per second of `detect`, from files to boxes."""
    started = perf_counter()
    found = list(detect(model, examples, DEVICE, loaders=2, notice=print))
    return len(found) / (perf_counter() - started)


def measure(folder: Path, images: int, rounds: int) -> None:
    """Print the line of one data set."""
    examples, num_classes = load_examples(folder)
    canvas = choose_canvas([(e.width, e.height) for e in examples], FieldDetector.pixels)
    examples = (examples * (images // len(examples) + 1))[:images]
    model = build("base-SmartOCR-01", num_classes, canvas)
    pages = [
        torch.from_numpy(np.stack([read_page(e, canvas) for e in examples[i : i + GROUP]])).permute(0, 3, 1, 2)
        for i in range(0, images, GROUP)
    ]
    bare_rate(model, pages[:2])
    bare, whole = [], []
    for _ in range(rounds):
        bare.append(bare_rate(model, pages))
        whole.append(detection_rate(model, examples))
    share = np.median(np.array(whole) / np.array(bare))
    print(
        f"{folder.name}: canvas {canvas[0]}x{canvas[1]}, detect {np.median(whole):.1f} images/s, "
        f"bare {np.median(bare):.1f} images/s, detect/bare {share:.3f}",
        flush=True,
    )


def main() -> None:
    """Measure each folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for folder in options.folders:
        measure(folder, options.images, options.rounds)


if __name__ == "__main__":
    main()
