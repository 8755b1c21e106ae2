"""How many fields the whole path gets right: import with a share of labels, train, detect, apply, compare with the withheld truth.

    python -m bench.quality DIR… [--iterations 400] [--label-share 0.1] [--seed 0] [--draw FOLDER]

Each DIR is a COCO folder (annotations.json, images/). Everything goes through the command line and a worker of its own,
as an analyst's would; the time is that of all of it. Only images that were unlabelled are scored.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageOps
from torchmetrics.detection import MeanAveragePrecision
from torchvision.ops import box_iou

from storage.core import Store
from storage.detections import read_detections
from storage.projects import PROJECTS

ROOT = Path(__file__).parent.parent
Boxes = dict[str, list[list[float]]]  # field name → [x1, y1, x2, y2, score]


@dataclass
class Score:
    """Counts over all documents scored."""

    truth: int = 0
    right: int = 0
    wrong: int = 0
    documents: int = 0
    overlap: float = 0.0

    def line(self) -> str:
        """The figures as one line."""
        return (
            f"fields right at IoU 0.5: {self.right}/{self.truth} = {self.right / self.truth:.1%} · "
            f"wrong boxes per document: {self.wrong / self.documents:.2f} · mean IoU of right ones: {self.overlap / max(1, self.right):.3f}"
        )


def main() -> None:
    """Score each folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--iterations", type=int, default=400)
    parser.add_argument("--augment", default="rotations-exposure-noise")
    parser.add_argument("--lr", type=float, default=0.005)
    parser.add_argument("--label-share", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--draw", type=Path, help="folder for pictures of the results")
    options = parser.parse_args()
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as scratch:
            measure(folder, Path(scratch), options)


def measure(folder: Path, scratch: Path, options: argparse.Namespace) -> None:
    """Run the whole path on one folder and print its figures."""
    root = scratch / "store"
    started = time.monotonic()
    run_path(folder, root, options)
    minutes = (time.monotonic() - started) / 60
    applied = json.loads((root.parent / "auto.json").read_text())
    truth = load_truth(folder)
    found = by_image(applied)
    score = Score()
    for name in withheld(root.parent / "person.json", truth):
        score_document(score, truth[name], found.get(name, {}))
    every, half = mean_ap(root, truth, withheld(root.parent / "person.json", truth))
    print(f"{folder.name}: {score.line()} · mAP@50 {half:.3f} · mAP@50:95 {every:.3f} · {minutes:.1f} minutes", flush=True)
    for field, (right, count) in per_field(truth, found, withheld(root.parent / "person.json", truth)).items():
        print(f"    {field}: {right}/{count}")
    if options.draw:
        draw(folder, truth, found, options.draw / folder.name)


def run_path(folder: Path, root: Path, options: argparse.Namespace) -> None:
    """Everything an analyst does, through the command line."""
    cli = Cli(root)
    cli("project", "create", "bench", "--task", "fields")
    cli("import", "coco", "bench", str(folder), "--label-share", str(options.label_share), "--seed", str(options.seed))
    cli("export", "coco", "bench", str(root.parent / "person.json"), "--origin", "person")
    values = {"iterations": options.iterations, "augment": options.augment, "lr": options.lr, "loaders": 2, "refresh": 5}
    cli(
        "template", "create", "bench", "--kind", "auto-label", *(part for key, value in values.items() for part in (f"--{key}", str(value)))
    )
    with cli.worker():
        process = cli("process", "create", "--project", "bench", "--template", "bench", "--machine", "bench").strip()
        cli("process", "start", process, "--wait")
        cli("process", "apply", process, "--wait")
    cli("export", "coco", "bench", str(root.parent / "auto.json"), "--origin", "auto")


class Cli:
    """The command line on one store, with a cache of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {**os.environ, "FIELDMARK_STORE": str(root), "FIELDMARK_CACHE": str(root.parent / "cache")}

    def __call__(self, *arguments: str) -> str:
        """Run a command and return what it printed; its errors end the measurement."""
        command = [sys.executable, "cli.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker of machine ``bench``, for as long as the block lasts."""
        command = [sys.executable, "-m", "worker", "--machine", "bench", "--store", str(self.root)]
        log = (self.root.parent / "worker.log").open("wb")
        worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=log)
        try:
            while "yes" not in self("machine", "list"):
                time.sleep(0.2)
            yield
        finally:
            worker.terminate()
            worker.wait()


def load_truth(folder: Path) -> dict[str, Boxes]:
    """Boxes by image name and field name."""
    return by_image(json.loads((folder / "annotations.json").read_text()))


def by_image(coco: dict[str, Any]) -> dict[str, Boxes]:
    """A COCO document as boxes by image name and field name."""
    images = {image["id"]: image["file_name"] for image in coco["images"]}
    fields = {category["id"]: category["name"] for category in coco["categories"]}
    found: dict[str, Boxes] = {name: defaultdict(list) for name in images.values()}
    for item in coco["annotations"]:
        x, y, width, height = item["bbox"]
        found[images[item["image_id"]]][fields[item["category_id"]]].append([x, y, x + width, y + height, item.get("score", 1.0)])
    return found


def withheld(person: Path, truth: dict[str, Boxes]) -> list[str]:
    """Names of the images whose labels were not imported."""
    labelled = {image["file_name"] for image in json.loads(person.read_text())["images"]}
    return sorted(set(truth) - labelled)


def score_document(score: Score, truth: Boxes, found: Boxes) -> None:
    """Match boxes one to one within a field, best score first; right from IoU 0.5."""
    score.documents += 1
    for field in set(truth) | set(found):
        overlaps = match(truth.get(field, []), found.get(field, []))
        right = [overlap for overlap in overlaps if overlap >= 0.5]
        score.truth += len(truth.get(field, []))
        score.right += len(right)
        score.wrong += len(found.get(field, [])) - len(right)
        score.overlap += sum(right)


def match(truth: list[list[float]], found: list[list[float]]) -> list[float]:
    """IoU of each found box, best score first, with the true box it takes."""
    if not truth or not found:
        return []
    ordered = torch.tensor(sorted(found, key=lambda box: -box[4]))[:, :4]
    table = box_iou(ordered, torch.tensor(truth)[:, :4])
    overlaps = []
    for row in table:
        best = int(row.argmax())
        overlaps.append(float(row[best]))
        if row[best] >= 0.5:
            table[:, best] = 0
    return overlaps


def per_field(truth: dict[str, Boxes], found: dict[str, Boxes], names: list[str]) -> dict[str, tuple[int, int]]:
    """Right and all, by field."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in names:
        for field, boxes in truth[name].items():
            table[field][0] += sum(overlap >= 0.5 for overlap in match(boxes, found.get(name, {}).get(field, [])))
            table[field][1] += len(boxes)
    return {field: (right, count) for field, (right, count) in sorted(table.items())}


def mean_ap(root: Path, truth: dict[str, Boxes], names: list[str]) -> tuple[float, float]:
    """mAP@50:95 and mAP@50 of every detection, thresholds aside."""
    store = Store(root)
    _, project = PROJECTS.get(store, "bench")
    number = {field.name: position for position, field in enumerate(project.fields)}
    ids = {field.id: position for position, field in enumerate(project.fields)}
    image_names = {path.name.split(".")[0]: name for path, name in image_records(root)}
    predicted = {}
    for path in sorted(root.glob("processes/*/attempts/*/detections.jsonl")):
        for item in read_detections(path):
            rows = [[*found.xyxy, found.score, ids[found.field]] for found in item.detections]
            predicted[image_names[item.image]] = rows
    metric = MeanAveragePrecision(backend="faster_coco_eval")
    metric.update([tensors(predicted.get(name, [])) for name in names], [true_tensors(truth[name], number) for name in names])
    result = metric.compute()
    return float(result["map"]), float(result["map_50"])


def image_records(root: Path) -> Iterator[tuple[Path, str]]:
    """File and image name of every image record."""
    for path in root.glob("projects/*/images/*/*.json"):
        yield path, json.loads(path.read_text())["record"]["name"]


def tensors(rows: list[list[float]]) -> dict[str, torch.Tensor]:
    """Predictions as torchmetrics wants them."""
    table = torch.tensor(rows).reshape(-1, 6)
    return {"boxes": table[:, :4], "scores": table[:, 4], "labels": table[:, 5].long()}


def true_tensors(boxes: Boxes, number: dict[str, int]) -> dict[str, torch.Tensor]:
    """Truth as torchmetrics wants it."""
    rows = [[*box[:4], number[field]] for field, found in boxes.items() for box in found if field in number]
    table = torch.tensor(rows).reshape(-1, 5)
    return {"boxes": table[:, :4], "labels": table[:, 4].long()}


def draw(folder: Path, truth: dict[str, Boxes], found: dict[str, Boxes], target: Path) -> None:
    """Pictures with true boxes in green and applied ones in red, with field and score."""
    target.mkdir(parents=True, exist_ok=True)
    for name, boxes in found.items():
        picture = ImageOps.exif_transpose(Image.open(folder / "images" / name)).convert("RGB")
        pen = ImageDraw.Draw(picture)
        for each in truth[name].values():
            for box in each:
                pen.rectangle(box[:4], outline="green", width=2)
        for field, each in boxes.items():
            for box in each:
                pen.rectangle(box[:4], outline="red", width=2)
                pen.text((box[0], max(0, box[1] - 12)), f"{field} {box[4]:.2f}", fill="red")
        picture.save(target / f"{Path(name).stem}.jpg")


if __name__ == "__main__":
    main()
