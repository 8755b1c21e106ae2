"""How much a tick of the Monitoring page costs while a run grows, alone and compared with four others.

    python -m bench.monitoring [--iterations 5000] [--rounds 20]

Points are appended as a worker does; each round waits until they are drawn. The script's time is that of the page's
parts that run by themselves; the canvas must be the one that was there when the page was opened.
"""

import argparse
import math
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from bench.browsing import READY, browsing, serving
from storage import attempts, machines, processes, progress, projects
from storage.attempts import Claim
from storage.core import LineWriter, Store, open_store
from storage.core.records import now
from storage.machines import Info
from storage.progress import Point, Stage, StageName, Status
from storage.projects import Project
from storage.templates import create

FIELDS = ("company", "date", "address", "total")
STEP = 16  # iterations a round, so that a curve thinned to 400 points gets a new one
MARK = "chart => { chart.querySelector('.main-svg').dataset.drawn = 'once' }"
IS_MARKED = "chart => chart.querySelector('.main-svg').dataset.drawn === 'once'"


class Run:
    """A process in training whose curve can be drawn on."""

    def __init__(self, store: Store, project: Project, number: int) -> None:
        template = create(store, f"bench-{number}", "training", iterations=10_000)
        self._store, self._project = store, project
        self._machine = machines.register(store, f"bench-{number}").id
        self.process = processes.create(store, project, template, self._machine, "bench").id
        processes.ask(store, processes.get(store, self.process), "start", "bench")
        claim = Claim(machine=self._machine, worker="w", host="h", pid=1, request=1, at=now())
        attempt = attempts.claim(store.process(self.process), claim)
        if attempt is None:
            raise RuntimeError("The process was claimed by somebody else")
        attempts.start(attempt.paths, 1)
        self._paths = attempt.paths
        self.done = 0

    def train(self, iterations: int) -> None:
        """So many more, and a sign of life."""
        info = Info(host="h", pid=1, worker="w", seq=self.done, cores=2, memory=1, memory_used=1, since=now(), at=now())
        machines.report(self._store, self._machine, info)
        with LineWriter(self._paths.metrics) as writer:
            for done in range(self.done + 1, self.done + iterations + 1):
                writer.write(_line(Point(iteration=done, loss=2 * math.exp(-done / 400) + 0.2 + 0.1 * math.sin(done), lr=0.005, seconds=1)))
                if done % 100 == 0:
                    per_field: dict[str, float | None] = {field.id: 0.8 for field in self._project.fields}
                    writer.write(_line(Point(iteration=done, ap=0.8, ap_50_95=0.5, per_field=per_field)))
        self.done += iterations
        stages = tuple(Stage(name=name) for name in StageName)
        progress.write_status(self._paths, Status(stages=stages, at=now(), iteration=self.done, iterations=10_000, test_images=11))


def main() -> None:
    """Watch one run, then five at once, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store, times = open_store(Path(scratch) / "store"), Path(scratch) / "times"
        project = projects.create(store, "receipts", "fields", FIELDS)
        runs = [Run(store, project, number) for number in range(5)]
        for run in runs:
            run.train(options.iterations)
        with serving(store, FIELDMARK_SCRIPT_TIMES=str(times)) as address, browsing(address) as page:
            first, *others = (run.process for run in runs)
            for name, query in (("one run", ""), ("five runs", f"&compare={','.join(others)}")):
                page.goto(f"/monitoring?process={first}{query}")
                report(name, page, runs[0], times, options.rounds)


def report(name: str, page: Page, run: Run, times: Path, rounds: int) -> None:
    """Draw the curve on for some rounds and print what a tick took."""
    charts = page.locator(".live-chart[data-points]")
    charts.first.wait_for()
    page.locator(READY).wait_for()
    for chart in charts.all():
        chart.evaluate(MARK)
    before = len(_read(times))
    for _ in range(rounds):
        drawn = _points(page)
        run.train(STEP)
        while _points(page) == drawn:
            time.sleep(0.05)
    ticks = _read(times)[before:]
    kept = all(chart.evaluate(IS_MARKED) for chart in charts.all())
    fastest, middle, slowest = (f"{1000 * seconds:.0f}" for seconds in (min(ticks), median(ticks), max(ticks)))
    canvas = "kept" if kept else "drawn anew"
    print(f"{name} at {run.done} iterations: tick {middle} ms ({fastest} to {slowest}), canvas {canvas}", flush=True)


def _points(page: Page) -> str | None:
    return page.locator(".live-chart").first.get_attribute("data-points")


def _line(point: Point) -> bytes:
    return point.model_dump_json(exclude_none=True).encode()


def _read(times: Path) -> list[float]:
    return [float(line) for line in times.read_text().split()]


if __name__ == "__main__":
    main()
