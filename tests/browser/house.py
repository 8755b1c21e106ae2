"""`make run`'s own processes on a store of their own, and what its tests ask of them."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from storage import processes
from storage.core import Store
from storage.progress import read_points
from tests.browser.program import ROOT, Program
from tests.worker.house import until

MACHINE = "bench"
# Real receipts where they lie beside the checkout; else the invoices that the sample is made of.
REAL = ROOT.parent / "shared" / "data" / "receipts"
SAMPLE = ROOT / "samples" / "invoices"


@dataclass(frozen=True)
class Document:
    """An image file and the boxes that are truly on it, by field name."""

    path: Path
    boxes: dict[str, tuple[float, float, float, float]]


def documents(count: int) -> list[Document]:
    """Real documents of one kind."""
    return documents_of(REAL if REAL.is_dir() else SAMPLE)[:count]


def documents_of(folder: Path) -> list[Document]:
    """The documents of a COCO folder with their boxes, by file name."""
    known: dict[str, Any] = json.loads((folder / "annotations.json").read_text("utf-8"))
    names = {category["id"]: category["name"] for category in known["categories"]}
    found = {image["id"]: Document(folder / "images" / image["file_name"], {}) for image in known["images"]}
    for item in known["annotations"]:
        x, y, width, height = item["bbox"]
        found[item["image_id"]].boxes[names[item["category_id"]]] = (x, y, x + width, y + height)
    return sorted(found.values(), key=lambda document: document.path.name)


class House(Program):
    """The dashboard and one worker, as ``cli.py run`` starts them."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = ["cli.py", "run", "--machine", MACHINE, *options]
        super().__init__(Store(folder / "store"), folder / "run.log", command, port_option="--port")
        # Threads that wait for one another stand still together wherever something else runs beside them.
        self._environment["OMP_NUM_THREADS"] = "1"

    def stop(self) -> None:
        """Ctrl-C."""
        self.end(signal.SIGINT, patience_s=90)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The run under way stands still inside the block, as soon as it has begun to learn: however fast it is, it can be watched."""
        run = until(self._learning, "a run learns", seconds=300)
        run.suspend()
        try:
            yield
        finally:
            run.resume()

    def _learning(self) -> psutil.Process | None:
        for process in processes.list_processes(self.store)[0]:
            last = process.last
            if last and last.started and not last.end and read_points(last.paths)[0]:
                return psutil.Process(last.started.pid)
        return None

    def kill_dashboard(self) -> None:
        """The dashboard dies as in a power cut; what started it then ends the worker."""
        dashboard = next(child for child in psutil.Process(self._process.pid).children() if "streamlit" in child.cmdline())
        dashboard.kill()
        with suppress(psutil.NoSuchProcess):
            dashboard.wait(10)
        self._process.wait(90)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[House]:
    """A house that runs for as long as the block lasts."""
    house = House(folder, *options)
    house.start()
    try:
        yield house
    finally:
        house.stop()
