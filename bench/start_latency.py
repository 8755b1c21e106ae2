"""How long an analyst waits: start pressed → claimed → first iteration, worker idle, store on local disk.

    python -m bench.start_latency DIR [--runs 3]

DIR is a COCO folder. Each run is a process of its own with one iteration; times are read from this process's clock.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.quality import Cli
from storage import actions, processes
from storage.core import Store
from storage.index import Index
from storage.processes import Process

POLL_S = 0.01


def main() -> None:
    """Measure a few starts and print the median of each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "store"
        cli = Cli(root)
        cli("project", "create", "bench")
        cli("import", "coco", "bench", str(options.folder), "--label-share", "0.1")
        cli("template", "create", "bench", "--kind", "training", "--iterations", "1", "--device", "cpu", "--loaders", "2")
        with cli.worker():
            times = [one_start(cli, Store(root)) for _ in range(options.runs)]
    for number, (claimed, first) in enumerate(times, start=1):
        print(f"start {number}: claimed after {claimed:.2f} s, first iteration after {first:.2f} s")
    print(f"median: claimed {median(claimed for claimed, _ in times):.2f} s, first iteration {median(first for _, first in times):.2f} s")


def one_start(cli: Cli, store: Store) -> tuple[float, float]:
    """Seconds from the start request to the claim and to the first line of metrics."""
    identifier = cli("process", "create", "--project", "bench", "--template", "bench", "--machine", "bench").strip()
    process = processes.get(store, identifier)
    time.sleep(15)  # the worker's waiting child imports torch meanwhile: idle is what is measured
    started = time.monotonic()
    actions.start(store, Index(store), process, "bench")
    claimed = wait_until(store, identifier, lambda found: bool(found.attempts)) - started
    first = wait_until(store, identifier, has_iterated) - started
    wait_until(store, identifier, lambda found: found.last is not None and found.last.end is not None)
    return claimed, first


def has_iterated(process: Process) -> bool:
    """Whether the newest attempt has written its first line of metrics."""
    try:
        return process.last is not None and bool(process.last.paths.metrics.read_bytes())
    except FileNotFoundError:
        return False


def wait_until(store: Store, process: str, condition: Callable[[Process], bool]) -> float:
    """Monotonic time at which the process was first seen to meet the condition."""
    while not condition(processes.get(store, process)):
        time.sleep(POLL_S)
    return time.monotonic()


if __name__ == "__main__":
    main()
