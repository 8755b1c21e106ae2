"""The sample's guided path as a newcomer takes it: how long it takes, and how many of the boxes it gets right.

    python -m bench.guided [--iterations N] [--sloppy PIXELS] [--draw FOLDER]

An empty store, the sample opened in it, one more page labelled, then process, start, apply through the command line and a
worker of its own. The newcomer's boxes are the true ones with each side off by up to ``--sloppy`` pixels. Thinking and
clicking is not in the time. Only images that were unlabelled are scored.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from random import Random

from bench.quality import ROOT, Cli, by_image, draw, judge, load_truth, per_field
from storage import labels, samples, templates
from storage.core import Store, make, open_store
from storage.index import Index
from storage.labels import Box
from storage.projects import Project

FOLDER = ROOT / "samples" / "invoices"


def main() -> None:
    """Walk the path once and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, help="instead of the sample's template's")
    parser.add_argument("--sloppy", type=float, default=3.0)
    parser.add_argument("--draw", type=Path, help="folder for pictures of the results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        walk(Path(scratch), options)


def walk(scratch: Path, options: argparse.Namespace) -> None:
    """Open, label, train, detect, apply, compare."""
    cli, truth = Cli(scratch / "store"), load_truth(FOLDER)
    os.environ["FIELDMARK_CACHE"] = cli.environment["FIELDMARK_CACHE"]  # this process reads the index, too
    store, started = open_store(scratch / "store"), time.monotonic()
    project = samples.open_sample(store, FOLDER, "bench")
    assert project is not None
    print(f"opened in {time.monotonic() - started:.1f} s")
    labelled = label_next(store, project, options.sloppy)
    template = samples.TEMPLATE
    if options.iterations:
        template = templates.create(store, "bench", "auto-label", iterations=options.iterations, loaders=2, refresh=2, device="cpu").name
    with cli.worker():
        started = time.monotonic()
        process = cli("process", "create", "--project", project.name, "--template", template, "--machine", "bench").strip()
        cli("process", "start", process, "--wait")
        trained = time.monotonic()
        cli("process", "apply", process, "--wait")
        print(f"start to completed {(trained - started) / 60:.1f} minutes, applied in {time.monotonic() - trained:.1f} s")
    cli("export", "coco", project.name, str(scratch / "auto.json"), "--origin", "auto")
    annotated, applied = (json.loads(path.read_text()) for path in (FOLDER / "annotations.json", scratch / "auto.json"))
    found = by_image(applied)
    names, minutes = sorted(set(truth) - labelled), (time.monotonic() - started) / 60
    print(judge(store.root, annotated, applied, names, minutes).line())
    print(", ".join(f"{field} {right}/{count}" for field, (right, count) in per_field(truth, found, names).items()), flush=True)
    if options.draw:
        draw(FOLDER, truth, found, options.draw)


def label_next(store: Store, project: Project, sloppy: float) -> set[str]:
    """Label the first unlabelled page as a person would; names of all labelled ones."""
    index, chance = Index(store), Random(0)
    index.refresh(project.id, full=True)
    page = index.images(project.id, "unlabelled")[0]
    boxes = [
        make(Box, field=project.field(field).id, xyxy=[side + chance.uniform(-sloppy, sloppy) for side in box[:4]])
        for field, each in load_truth(FOLDER)[page.name].items()
        for box in each
    ]
    labels.save(store.project(project.id), page.image, 0, tuple(boxes), "bench")
    assert index.gate_missing(project) == 0
    return {row.name for row in index.images(project.id, "confirmed")}


if __name__ == "__main__":
    main()
