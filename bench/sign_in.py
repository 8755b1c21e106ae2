"""What looking up who is signed in adds to a page's run: the same page in sign-in mode and in local mode, in turn.

    python -m bench.sign_in [--rounds 100] [--sessions 200]

Owed: at most 2 ms. The second line is the look-up alone, without the page around it.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from bench.browsing import READY, browsing, serving
from bench.pages import read
from storage import accounts, people, projects, sessions
from storage.accounts import Account
from storage.core import Store, open_store, sha256

PAGES = ("Machines", "Models")


def main() -> None:
    """Serve one store in both modes, visit its pages in turn and print the difference of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--sessions", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = open_store(Path(scratch) / "store")
        projects.create(store, "receipts", "fields", ("total",))
        ann = accounts.create(store, "ann", "", password="correct horse battery", roles=("administrator",))
        cookie = sign_in(store, ann, options.sessions)
        names = ("local", "signed in")
        logs = [Path(scratch) / name for name in names]
        with (
            serving(store, FIELDMARK_SCRIPT_TIMES=str(logs[0])) as local,
            serving(store, FIELDMARK_SCRIPT_TIMES=str(logs[1]), FIELDMARK_SIGN_IN="1") as guarded,
            browsing(local) as first,
        ):
            assert first.context.browser is not None
            second = first.context.browser.new_page(base_url=guarded)
            second.context.add_cookies([{"name": "fieldmark_session", "value": cookie, "url": guarded}])
            compare(dict(zip(names, zip((first, second), logs, strict=True), strict=True)), options.rounds)
        alone(store, sha256(cookie.encode()))


def sign_in(store: Store, account: Account, count: int) -> str:
    """Open as many sessions as an organisation has; the cookie of the last."""
    return [sessions.open_session(store, account, "127.0.0.1", "bench") for _ in range(count)][-1]


def compare(served: dict[str, tuple[Page, Path]], rounds: int) -> None:
    """Go to and fro between two pages in each mode; print the medians of the script's time and their difference."""
    for page, _ in served.values():
        page.goto("/machines")
        page.locator(READY).wait_for()
        for name in (*PAGES[::-1], *PAGES):  # unmeasured: modules are imported and caches filled
            cross(page, name)
    times: dict[str, list[float]] = {mode: [] for mode in served}
    for number in range(rounds):
        for mode, (page, log) in served.items():
            before = len(read(log))
            cross(page, PAGES[(number + 1) % 2])
            while len(read(log)) == before:
                time.sleep(0.01)
            times[mode].append(max(read(log)[before:]))
    local, guarded = (1000 * median(found) for found in times.values())
    print(f"script in local mode {local:.1f} ms, signed in {guarded:.1f} ms, difference {guarded - local:.1f} ms over {rounds} rounds")


def cross(page: Page, name: str) -> None:
    """Click the page in the sidebar and wait until it is at rest."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("heading", name=name, exact=True).first.wait_for()
    page.locator(READY).wait_for()


def alone(store: Store, digest: str) -> None:
    """The look-up by itself."""
    times = []
    for _ in range(1000):
        started = time.perf_counter()
        people.person_of_session(store, digest)
        times.append(time.perf_counter() - started)
    print(f"look-up alone {1000 * median(times):.2f} ms")


if __name__ == "__main__":
    main()
