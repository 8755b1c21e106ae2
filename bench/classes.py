"""How many images get the right class on the whole path: import with a share of labels, train, look, apply, compare.

    python -m bench.classes DIR [--iterations 200] [--label-share 0.1] [--seed 0] [--rounds 1]
                                [--base-model base-Classifier-02] [--words FOLDER]

DIR holds a folder of images for each class. Everything goes through the command line and a worker of its own, as an
analyst's would, with the template's defaults and the thresholds that the run proposes; the time is that of all of it. Only
images that were unlabelled are scored: one left unlabelled is not right. Each round draws other labels.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.quality import Cli, copy_words
from storage import processes, progress
from storage.core import open_store, sha256
from storage.index import Index
from storage.projects import PROJECTS


def main() -> None:
    """Walk the path as often as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--label-share", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--base-model", default="base-Classifier-02")
    parser.add_argument("--words", type=Path, help="folder to keep what was read in, for other rounds")
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.rounds):
        with tempfile.TemporaryDirectory() as scratch:
            walk(Path(scratch), seed, options)


def walk(scratch: Path, seed: int, options: argparse.Namespace) -> None:
    """One round, and its line."""
    cli = Cli(scratch / "store")
    os.environ["FIELDMARK_CACHE"] = cli.environment["FIELDMARK_CACHE"]  # this process reads the index, too
    started = time.monotonic()
    cli("project", "create", "bench", "--task", "classes")
    cli("import", "folders", "bench", str(options.folder.resolve()), "--label-share", str(options.label_share), "--seed", str(seed))
    withheld = {row.image for row in rows(cli, "unlabelled")}
    template = ("--kind", "auto-label", "--base-model", options.base_model, "--iterations", str(options.iterations))
    cli("template", "create", "bench", *template)
    store = open_store(cli.root)
    words = store.project(PROJECTS.get(store, "bench")[1].id).words_folder
    copy_words(options.words, words)
    with cli.worker():
        process = cli("process", "create", "--project", "bench", "--template", "bench", "--machine", "bench").strip()
        cli("process", "start", process, "--wait")
        cli("process", "apply", process, "--wait")
    minutes = (time.monotonic() - started) / 60
    copy_words(words, options.words)
    report(cli, seed, process, withheld, options.folder, minutes)


def rows(cli: Cli, state: str) -> list:
    """The images of the project that are in ``state``."""
    store = open_store(cli.root)
    project, index = PROJECTS.get(store, "bench")[1], Index(store)
    index.refresh(project.id, full=True)
    return index.images(project.id, state)


def report(cli: Cli, seed: int, process: str, withheld: set[str], folder: Path, minutes: float) -> None:
    """Print what came out."""
    store = open_store(cli.root)
    names = {field.id: field.name for field in PROJECTS.get(store, "bench")[1].fields}
    found = {row.image: names[row.class_id] for row in rows(cli, "auto") if row.image in withheld}
    truth = {sha256(path.read_bytes()): path.parent.name for path in folder.glob("*/*")}
    right = sum(found[image] == truth[image] for image in found)
    status = progress.read_status(processes.get(store, process).attempts[-1].paths)
    assert status is not None
    stages = ", ".join(f"{stage.name.value.lower()} {stage.seconds:.0f} s" for stage in status.stages)
    print(
        f"seed {seed}: {right}/{len(withheld)} = {right / len(withheld):.1%} right · of the {len(found)} labelled "
        f"{right / max(1, len(found)):.1%} · {minutes:.1f} minutes ({stages})",
        flush=True,
    )
    wrong = Counter(f"{truth[image]} as {found.get(image, 'nothing')}" for image in withheld if found.get(image) != truth[image])
    for words, count in wrong.most_common():
        print(f"    {words}: {count}", flush=True)


if __name__ == "__main__":
    main()
