"""What a record costs, alone and beside three others that write, and a page of a journal of 100,000 lines.

``python -m bench.journal [DIR]``; DIR is on the disk to measure, the temporary folder without it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from storage import journal, journal_check
from storage.core import JournalEntry, Store, acting, create_once, now, open_store, record, sha256
from storage.journal import Filter

RECORDS, LINES, PAGES = 1000, 100_000, 20


def main(folder: str) -> None:
    """Print the figures."""
    os.environ["FIELDMARK_CACHE"] = f"{folder}/cache"
    store = open_store(Path(folder) / "store")
    acting.set("local")
    times = [timed(lambda: record(store, "label.save", "label", "a" * 64, project="p" * 26, rev=1)) for _ in range(RECORDS)]
    print(f"a record, ms: median {median(times):.2f}, of ten the slowest {sorted(times)[RECORDS * 9 // 10]:.2f}")
    times = [timed(partial(create_once, store.root / f"{number}", b"%d" % number)) for number in range(RECORDS)]
    print(f"a small file created once, on the same disk, ms: median {median(times):.2f}")
    others = [subprocess.Popen([sys.executable, "-m", "bench.journal", folder, "write"]) for _ in range(3)]
    times = [timed(lambda: record(store, "label.save", "label", "a" * 64, project="p" * 26, rev=1)) for _ in range(RECORDS)]
    for other in others:
        other.wait()
    print(f"beside three others that write without a pause, ms: median {median(times):.2f}")
    lengthen(store)
    for name, wanted in {"the newest": Filter(), "one person's": Filter(by="somebody"), "nobody's": Filter(by="nobody")}.items():
        times = [timed(partial(journal.read, store, wanted)) for _ in range(PAGES)]
        print(f"a page of {LINES} lines, {name}, ms: {median(times):.1f}")
    print(f"verified in {timed(lambda: list(journal_check.verify(store))) / 1000:.1f} s")


def write(folder: str) -> None:
    """One of the others."""
    os.environ["FIELDMARK_CACHE"] = f"{folder}/cache"
    store = open_store(Path(folder) / "store")
    for _ in range(RECORDS):
        record(store, "label.save", "label", "a" * 64, project="p" * 26, rev=1)


def lengthen(store: Store) -> None:
    """A day of another host, made at once."""
    before, lines = "", []
    for number in range(LINES):
        by = "somebody" if number % 1000 == 0 else "local"
        entry = JournalEntry(
            at=now(), by=by, operation="label.save", entity="label", id="a" * 64, details={"project": "p" * 26}, before=before
        )
        lines.append(entry.model_dump_json(exclude_none=True).encode())
        before = sha256(lines[-1])
    store.journal_day("other-1", f"{now():%Y-%m-%d}").write_bytes(b"\n".join(lines) + b"\n")


def timed(act: Callable[[], object]) -> float:
    """Milliseconds that it takes."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def median(values: list[float]) -> float:
    """The one in the middle."""
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    if sys.argv[2:] == ["write"]:
        write(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as made:
            main(made)
