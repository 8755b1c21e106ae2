"""What looking up who is signed in adds to a page's run: one page, run in turn for a session and for the local administrator.

    python -m bench.sign_in [--rounds 200] [--sessions 200]

Owed: at most 2 ms. A third run knows beforehand whose session it is: what it takes beyond local mode is the account's menu and the like,
and what it saves is the look-up. Pages are run as Streamlit runs them, without a browser, whose drawing would hide two milliseconds. The
processor's time stands beside the clock's: on a busy machine only the former can tell them apart.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from storage import accounts, people, projects, sessions
from storage.core import Store, open_store, sha256
from storage.people import LOCAL

MAIN = Path(__file__).resolve().parents[1] / "pages" / "main.py"


def main() -> None:
    """Run a page for both in turn and print the medians, their difference, and the look-up alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(FIELDMARK_STORE=f"{scratch}/store", FIELDMARK_CACHE=f"{scratch}/cache")
        store = open_store(Path(scratch) / "store")
        projects.create(store, "receipts", "fields", ("total",))
        account, digest = sign_in(store, options.sessions)
        local, signed_in = page({"account": LOCAL.account, "session": ""}), page({"account": account, "session": digest})
        known = people.person_of_session(store, digest)

        def run_known() -> None:
            with patch.object(people, "person_of_session", lambda *_: known):
                signed_in.run()

        rounds = [(timed(local.run), timed(run_known), timed(signed_in.run)) for _ in range(options.rounds)]
    for place, unit in enumerate(("clock", "processor")):
        first, second, third = (1000 * median(run[place] for run in runs) for runs in zip(*rounds, strict=True))
        print(f"{unit}: local {first:.1f} ms, known {second:.1f} ms, signed in {third:.1f} ms; the look-up {third - second:.1f} ms")


def sign_in(store: Store, count: int) -> tuple[str, str]:
    """Open as many sessions of an administrator as an organisation has; the account's id and the digest of the last."""
    ann = accounts.create(store, "ann", "", password="correct horse battery", roles=("administrator",))
    cookies = [sessions.open_session(store, ann, "127.0.0.1", "bench") for _ in range(count)]
    return ann.id, sha256(cookies[-1].encode())


def page(user: dict[str, str]) -> AppTest:
    """The page Machines, open for this person and run some times unmeasured: modules are imported and caches filled."""
    opened = AppTest.from_file(str(MAIN), default_timeout=60)
    opened.user = user
    opened.run()
    opened.switch_page("machines.py")
    for _ in range(5):
        opened.run()
    assert not opened.exception
    assert opened.title[0].value == "Machines"
    return opened


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that ``work`` takes, of the clock and of the processor."""
    started, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - spent


if __name__ == "__main__":
    main()
