"""How many fields the whole path gets right: import with a share of labels, train, detect, apply, compare with the withheld truth.

    python -m bench.quality DIR… [--iterations 400] [--label-share 0.1 | --labelled N] [--seeds 0,1,2] [--turned]
                                 [--base-model NAME] [--words FOLDER] [--draw FOLDER]

Each DIR is a COCO folder (annotations.json, images/). Everything goes through the command line and a worker of its own,
as an analyst's would; the time is that of all of it. Only images that were unlabelled are scored. A seed decides which
images are labelled; with ``--turned`` also by how many quarters each of the others is turned before it comes in. The
precision that was expected is what the dialog of an apply says; the one counted is that of the model's fields on labelled
images, weighted by how often each is on the images scored. Where the truth has texts (``attributes.text``), values are
compared, spaces and case aside. With ``--words`` what was read is kept and not read again by other seeds: the figures are
the same, the minutes then those without reading.
"""

import argparse
import json
import os
import random
import shutil
import statistics
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

from storage import models, projects
from storage.core import Store
from storage.detections import read_detections
from storage.imports import sample_size
from storage.models import Model
from storage.projects import PROJECTS
from storage.turns import Turn, turn_box, turned_size

ROOT = Path(__file__).parent.parent
TURNS: tuple[Turn, ...] = (0, 90, 180, 270)
Boxes = dict[str, list[list[float]]]  # field name → [x1, y1, x2, y2, score]


@dataclass
class Score:
    """Counts over all documents scored."""

    truth: int = 0
    right: int = 0
    wrong: int = 0
    documents: int = 0
    overlap: float = 0.0

    @property
    def share(self) -> float:
        """Of the true boxes, those that were found."""
        return self.right / self.truth

    @property
    def precision(self) -> float:
        """Of the boxes applied, the right ones."""
        return self.right / max(1, self.right + self.wrong)

    def line(self) -> str:
        """The figures as one line."""
        return (
            f"fields right at IoU 0.5: {self.right}/{self.truth} = {self.share:.1%} · "
            f"wrong boxes per document: {self.wrong / self.documents:.2f} · mean IoU of right ones: {self.overlap / max(1, self.right):.3f}"
        )


@dataclass
class Outcome:
    """What one seed gave; None where nothing tells: scores are no chances, no precision was counted, or no right box has a true text."""

    score: Score
    expected: float | None
    counted: float | None
    values: tuple[int, int] | None
    minutes: float

    def line(self) -> str:
        """The figures as one line."""
        said = (
            f"{name} " + ("–" if share is None else f"{share:.1%}")
            for name, share in (("expected", self.expected), ("counted", self.counted))
        )
        values = f" · values exact: {self.values[0]}/{self.values[1]} = {self.exact:.1%}" if self.values else ""
        return f"{self.score.line()} · precision {self.score.precision:.1%}, {', '.join(said)}{values} · {self.minutes:.1f} minutes"

    @property
    def exact(self) -> float | None:
        """Of the right boxes with a true text, those with the same one."""
        return self.values[0] / self.values[1] if self.values else None


def main() -> None:
    """Score each folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--iterations", type=int, default=400)
    parser.add_argument("--augment", default="rotations-exposure-noise")
    parser.add_argument("--lr", type=float, default=0.005)
    parser.add_argument("--label-share", type=float, default=0.1)
    parser.add_argument("--labelled", type=int, help="so many images instead of a share")
    parser.add_argument("--seeds", type=lambda text: [int(part) for part in text.split(",")], default=[0], help="as 0,1,2")
    parser.add_argument("--turned", action="store_true", help="turn the unlabelled images by 0, 90, 180 or 270 degrees")
    parser.add_argument("--base-model", help="in place of the template's own")
    parser.add_argument("--words", type=Path, help="folder to keep what was read in, for other seeds")
    parser.add_argument("--draw", type=Path, help="folder for pictures of the results")
    options = parser.parse_args()
    for folder in options.folders:
        outcomes = []
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as scratch:
                outcomes.append(measure(folder, Path(scratch), seed, options))
        if len(outcomes) > 1:
            print(f"{folder.name}: {summary(outcomes)}", flush=True)


def summary(outcomes: list[Outcome]) -> str:
    """Mean and spread (standard deviation) of all seeds."""

    def line(name: str, values: list[float | None], unit: str = "%") -> str:
        known = [100 * value if unit == "%" else value for value in values if value is not None]
        return f"{name} {statistics.mean(known):.1f} ± {statistics.pstdev(known):.1f} {unit}" if known else f"{name} –"

    parts = (
        line("fields right", [one.score.share for one in outcomes]),
        line("precision", [one.score.precision for one in outcomes]),
        line("expected", [one.expected for one in outcomes]),
        line("counted", [one.counted for one in outcomes]),
        line("values exact", [one.exact for one in outcomes]),
        line("time", [one.minutes for one in outcomes], "minutes"),
    )
    return f"mean of {len(outcomes)}: " + " · ".join(parts)


def measure(folder: Path, scratch: Path, seed: int, options: argparse.Namespace) -> Outcome:
    """Run the whole path on one folder with one seed, and print its figures."""
    root, share = scratch / "store", options.label_share
    if options.labelled:
        share = options.labelled / len(json.loads((folder / "annotations.json").read_text())["images"])
    source = turn_unlabelled(folder, scratch / folder.name, share, seed) if options.turned else folder
    started = time.monotonic()
    run_path(source, root, share, seed, options)
    minutes = (time.monotonic() - started) / 60
    applied, annotated = json.loads((scratch / "auto.json").read_text()), json.loads((source / "annotations.json").read_text())
    truth, found = by_image(annotated), by_image(applied)
    names = withheld(scratch / "person.json", truth)
    assert not options.turned or drawn(annotated, share, seed) == set(truth) - set(names)
    outcome = judge(root, annotated, applied, names, minutes)
    every, half = mean_ap(root, truth, names)
    print(f"{folder.name}, seed {seed}: {outcome.line()} · mAP@50 {half:.3f} · mAP@50:95 {every:.3f}", flush=True)
    for field, (right, count) in per_field(truth, found, names).items():
        print(f"    {field}: {right}/{count}")
    if options.draw:
        draw(source, truth, found, options.draw / folder.name / str(seed))
    return outcome


def judge(root: Path, annotated: dict[str, Any], applied: dict[str, Any], names: list[str], minutes: float) -> Outcome:
    """Compare what was applied to these images with the truth, both in COCO's form; the store has the model that did it."""
    truth, found, score = by_image(annotated), by_image(applied), Score()
    for name in names:
        score_document(score, truth[name], found.get(name, {}))
    model = only_model(root)
    return Outcome(
        score,
        expected_precision(model, found, names),
        counted_precision(model, truth, names),
        exact_values(annotated, applied, names),
        minutes,
    )


def turn_unlabelled(folder: Path, target: Path, share: float, seed: int) -> Path:
    """A copy of the folder in which each image that will not be labelled lies as chance would have it."""
    content = json.loads((folder / "annotations.json").read_text())
    labelled, size = drawn(content, share, seed), {}
    shutil.copytree(folder / "images", target / "images")
    for image in content["images"]:
        chance = random.Random(f"{seed}:{image['file_name']}")
        turn: Turn = chance.choice(TURNS) if image["file_name"] not in labelled else 0
        size[image["id"]] = (image["width"], image["height"], turn)
        if turn:
            image["width"], image["height"] = turned_size(image["width"], image["height"], turn)
            path = target / "images" / image["file_name"]
            upright = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            upright.rotate(-turn, expand=True).save(path, quality=95)  # Pillow turns to the left
    for item in content["annotations"]:
        x, y, width, height = item["bbox"]
        left, top, right, bottom = turn_box((x, y, x + width, y + height), *size[item["image_id"]])
        item["bbox"] = [left, top, right - left, bottom - top]
    (target / "annotations.json").write_text(json.dumps(content))
    return target


def drawn(content: dict[str, Any], share: float, seed: int) -> set[str]:
    """Names of the images that the import will label: it draws from those with boxes, in the order of the list."""
    boxed = {item["image_id"] for item in content["annotations"]}
    names = [image["file_name"] for image in content["images"] if image["id"] in boxed]
    return set(random.Random(seed).sample(names, min(len(names), sample_size(share, len(content["images"])))))


def run_path(folder: Path, root: Path, share: float, seed: int, options: argparse.Namespace) -> None:
    """Everything an analyst does, through the command line."""
    cli = Cli(root)
    cli("project", "create", "bench", "--task", "fields")
    cli("import", "coco", "bench", str(folder), "--label-share", str(share), "--seed", str(seed))
    cli("export", "coco", "bench", str(root.parent / "person.json"), "--origin", "person")
    rev, project = PROJECTS.get(Store(root), "bench")
    if share < project.gate:
        projects.change(Store(root), rev, project, gate=share)
    words = Store(root).project(project.id).words_folder
    copy_words(options.words, words)
    values = {"iterations": options.iterations, "augment": options.augment, "lr": options.lr, "loaders": 2, "refresh": 5}
    if options.base_model:
        values["base-model"] = options.base_model
    cli(
        "template", "create", "bench", "--kind", "auto-label", *(part for key, value in values.items() for part in (f"--{key}", str(value)))
    )
    with cli.worker():
        process = cli("process", "create", "--project", "bench", "--template", "bench", "--machine", "bench").strip()
        cli("process", "start", process, "--wait")
        cli("process", "apply", process, "--wait")
    copy_words(words, options.words)
    cli("export", "coco", "bench", str(root.parent / "auto.json"), "--origin", "auto")


def copy_words(source: Path | None, target: Path | None) -> None:
    """Copy what was read to where it is wanted; None: nowhere."""
    if source and target and source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


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
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of machine ``bench``, for as long as the block lasts."""
        command = [sys.executable, "-m", "worker", "--machine", "bench", "--store", str(self.root)]
        log = (self.root.parent / "worker.log").open("wb")
        worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=log)
        try:
            while "yes" not in self("machine", "list"):
                time.sleep(0.2)
            yield worker
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
    return [overlap for overlap, _, _ in pairs(truth, found)]


def pairs(truth: list[list[float]], found: list[list[float]]) -> list[tuple[float, list[float], list[float]]]:
    """Each found box, best score first, as its IoU with the true box it takes, that box, and itself."""
    if not truth or not found:
        return []
    ordered = sorted(found, key=lambda box: -box[4])
    table = box_iou(torch.tensor(ordered)[:, :4], torch.tensor(truth)[:, :4])
    taken = []
    for box, row in zip(ordered, table, strict=True):
        best = int(row.argmax())
        taken.append((float(row[best]), truth[best], box))
        if row[best] >= 0.5:
            table[:, best] = 0
    return taken


def exact_values(annotated: dict[str, Any], applied: dict[str, Any], names: list[str]) -> tuple[int, int] | None:
    """Of the right boxes with a true text: how many have the same one, spaces and case aside, and all; None without any."""
    true, read = texts(annotated), texts(applied)
    truth, found = by_image(annotated), by_image(applied)
    same = [
        read.get((name, field, *box[:4])) == true[name, field, *real[:4]]
        for name in names
        for field, boxes in truth[name].items()
        for overlap, real, box in pairs(boxes, found.get(name, {}).get(field, []))
        if overlap >= 0.5 and (name, field, *real[:4]) in true
    ]
    return (sum(same), len(same)) if same else None


def texts(coco: dict[str, Any]) -> dict[tuple[Any, ...], str]:
    """What is written in each box that has a text, by image name, field name and the box's sides."""
    images = {image["id"]: image["file_name"] for image in coco["images"]}
    fields = {category["id"]: category["name"] for category in coco["categories"]}
    found = {}
    for item in coco["annotations"]:
        if text := (item.get("attributes") or {}).get("text"):
            x, y, width, height = item["bbox"]
            key = (images[item["image_id"]], fields[item["category_id"]], x, y, x + width, y + height)
            found[key] = "".join(text.split()).casefold()
    return found


def only_model(root: Path) -> Model:
    """Find the model that the run published."""
    store = Store(root)
    (model,) = [models.get(store, known) for known in models.list_ids(store)]
    return model


def expected_precision(model: Model, found: dict[str, Boxes], names: list[str]) -> float | None:
    """Average the scores of what was applied to these images; None where scores are no chances."""
    scores = [box[4] for name in names for boxes in found.get(name, {}).values() for box in boxes]
    return statistics.mean(scores) if scores and model.rule.calibrated else None


def counted_precision(model: Model, truth: dict[str, Boxes], names: list[str]) -> float | None:
    """Weigh the precision counted on labelled images by how often each field is on these."""
    counts = {field.id: sum(len(truth[name].get(field.name, ())) for name in names) for field in model.fields}
    right = boxes = 0.0
    for field, each in model.per_field.items():
        if each.precision and each.recall:
            right += each.recall * counts.get(field, 0)
            boxes += each.recall * counts.get(field, 0) / each.precision
    return right / boxes if boxes else None


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
