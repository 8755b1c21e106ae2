"""How fast the pages are in a project of 10,000 images: the script's time, and from a click to what it shows.

    python -m bench.pages [--images 10000] [--rounds 5]

Each page is opened by a click in the sidebar, in turn with a page that has only a title, served beside it: the ratio of
the two is what our pages add to what a click costs anyway.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from bench.browsing import READY, browsing, fill, serving
from storage.core import open_store

# What has to be there before a page counts as seen.
SEEN = {
    "Projects": "[data-testid=stMain] >> text=large",
    "Data": "[data-testid=stDataFrame] canvas",
    "Labelling": ".box-editor[data-ready=yes]",
    "Review": ".box-editor[data-ready=yes]",
    "Templates": "[data-testid=stMain] >> text=There is no template yet",
    "Processes": "[data-testid=stMain] >> text=There is no process yet",
    "Models": "[data-testid=stMain] h1",
}


def main() -> None:
    """Fill a store, visit every page some times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = open_store(Path(scratch) / "store")
        started = time.monotonic()
        project = fill(store, options.images)
        print(f"{options.images} images in {time.monotonic() - started:.0f} s")
        times, bare_times = Path(scratch) / "times", Path(scratch) / "bare"
        with (
            serving(store, FIELDMARK_SCRIPT_TIMES=str(times)) as ours,
            serving(store, FIELDMARK_SCRIPT_TIMES=str(bare_times), FIELDMARK_SCRIPT="bench/bare_pages.py") as bare,
            browsing(ours) as page,
        ):
            empty = page.context.browser.new_page(base_url=bare)  # type: ignore[union-attr]  # of a browser that we launched
            page.goto(f"/projects?project={project.id}")
            page.locator(READY).wait_for()
            empty.goto("/")
            cross(empty)
            for name in SEEN:  # once unmeasured: modules are imported and caches filled
                visit(page, name)
            report(page, empty, times, options.rounds)


def report(page: Page, empty: Page, times: Path, rounds: int) -> None:
    """Visit every page ``rounds`` times, in turn with the bare one, and print a line for each."""
    for name in SEEN:
        scripts, ours, references = [], [], []
        for _ in range(rounds):
            leave(page, name)
            before = len(read(times))
            ours.append(timed(lambda name=name: visit(page, name)))  # type: ignore[misc]
            page.locator(READY).wait_for()
            while len(read(times)) == before:  # a page can be seen before its script has ended
                time.sleep(0.01)
            # The longest of the runs that the click led to: a page may run a small part of it again.
            scripts.append(max(read(times)[before:]))
            references.append(timed(lambda: cross(empty)))
        print(
            f"{name}: script {1000 * median(scripts):.0f} ms, click to seen {1000 * median(ours):.0f} ms "
            f"(bare page {1000 * median(references):.0f} ms, ratio {median(ours) / median(references):.2f})",
            flush=True,
        )


def visit(page: Page, name: str) -> None:
    """Click the page in the sidebar and wait until what it is for can be seen."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).first.click()
    page.locator(SEEN[name]).first.wait_for()


def leave(page: Page, name: str) -> None:
    """Be elsewhere, at rest."""
    visit(page, "Models" if name != "Models" else "Processes")
    page.locator(READY).wait_for()


def cross(page: Page) -> None:
    """From one bare page to the other."""
    target = "Second" if page.get_by_role("heading", name="First").count() else "First"
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=target, exact=True).first.click()
    page.get_by_role("heading", name=target).wait_for()


def timed(work: Callable[[], None]) -> float:
    """Seconds that ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def read(times: Path) -> list[float]:
    """Seconds of every script run so far."""
    return [float(line) for line in times.read_text().split()]


if __name__ == "__main__":
    main()
