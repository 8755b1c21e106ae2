"""How much memory a worker and all its children take, at most, to train on a large project and to find its fields.

    python -m bench.memory DIR --words FOLDER [--pages 2000] [--labelled 200] [--iterations 200]

The pages are those of a COCO folder over and over, each file with other bytes at its end; their words are those that
``bench.quality --words FOLDER`` has kept. Memory that processes share counts once (PSS).
"""

import argparse
import json
import tempfile
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil

from bench.quality import Cli
from storage.core import Store, make_folder
from storage.projects import PROJECTS


def main() -> None:
    """Make the project, run it and print the most memory taken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--labelled", type=int, default=200)
    parser.add_argument("--iterations", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        source, root = Path(scratch) / "source", Path(scratch) / "store"
        copies = multiply(options.folder, source, options.pages)
        cli = Cli(root)
        cli("project", "create", "bench", "--task", "fields")
        cli("import", "coco", "bench", str(source), "--label-share", str(options.labelled / options.pages), "--seed", "0")
        cli("template", "create", "bench", "--kind", "auto-label", "--iterations", str(options.iterations), "--refresh", "5")
        keep_words(root, options.words, copies)
        started = time.monotonic()
        with cli.worker() as worker, Watch(worker.pid) as watch:
            process = cli("process", "create", "--project", "bench", "--template", "bench", "--machine", "bench").strip()
            cli("process", "start", process, "--wait")
        minutes = (time.monotonic() - started) / 60
        print(f"{options.pages} pages, {options.labelled} labelled: at most {watch.most / (1 << 30):.2f} GiB, {minutes:.1f} minutes")


def multiply(folder: Path, target: Path, pages: int) -> dict[str, str]:
    """A COCO folder of so many pages, made of those of another one → hash of each file by that of the one it is made of."""
    content: dict[str, Any] = json.loads((folder / "annotations.json").read_text())
    images, annotations = content["images"], content["annotations"]
    (target / "images").mkdir(parents=True)
    made: dict[str, Any] = {**content, "images": [], "annotations": []}
    copies = {}
    for number in range(pages):
        image = images[number % len(images)]
        name = f"{number:05d}{Path(image['file_name']).suffix}"
        data = (folder / "images" / image["file_name"]).read_bytes()
        # After the end of a picture nothing counts.
        other = data + f"{number}".encode()
        (target / "images" / name).write_bytes(other)
        copies[sha256(other).hexdigest()] = sha256(data).hexdigest()
        made["images"].append({**image, "id": number, "file_name": name})
        own = [item for item in annotations if item["image_id"] == image["id"]]
        made["annotations"] += [{**item, "id": len(made["annotations"]) + place, "image_id": number} for place, item in enumerate(own)]
    (target / "annotations.json").write_text(json.dumps(made))
    return copies


def keep_words(root: Path, words: Path, copies: dict[str, str]) -> None:
    """Put what was read on a page beside each that is made of it."""
    store = Store(root)
    _, project = PROJECTS.get(store, "bench")
    paths = store.project(project.id)
    for copy, original in copies.items():
        make_folder(paths.word_shard(copy))
        for path in (words / original[:2]).glob(f"{original}.*"):
            target = paths.word_shard(copy) / path.name.replace(original, copy)
            target.write_text(path.read_text().replace(original, copy))


class Watch:
    """The most memory that a process and all below it take inside the block, in bytes."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self.most = max(self.most, sum(map(_memory, [self._process, *self._process.children(recursive=True)])))


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
