"""Each system call of each operation fails once: nothing acknowledged is lost, nothing is damaged, and doing it again gets there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.check import check_store
from storage.core import journal
from storage.core.paths import Store
from storage.core.root import open_store
from tests.faults.operations import ALL, Operation
from tests.faults.system_calls import How, Witness, in_child


@pytest.fixture
def folder(monkeypatch) -> Iterator[Path]:
    """A folder in memory where there is one: no power is cut here, and 3,000 times syncing a busy disk takes minutes.

    Without the journal, whose own calls would come again in every operation; ``test_journal`` lets those fail.
    """
    monkeypatch.setattr(journal, "_append", lambda store, **values: None)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as made:
        monkeypatch.setenv("FIELDMARK_CACHE", str(Path(made) / "cache"))
        yield Path(made)


@pytest.fixture
def operation(request, folder) -> Operation:
    made = request.param()
    made.prepare(open_store(folder / "store"))
    shutil.copytree(folder / "store", folder / "before")
    return made


def fail_once(operation: Operation, folder: Path, at: int, how: How) -> Witness:
    """Act from the beginning in a child whose call ``at`` fails; look at what is there, then act again."""
    for name in ("store", "cache"):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(folder / "before", folder / "store")
    store = Store(folder / "store")
    seen = in_child(lambda say: operation.act(store, say), at, how)
    assert how == "dies" or seen.calls or "injected" in seen.error  # what went wrong is what is said
    assert harmful(store) == []
    operation.check(store, seen.said)
    operation.act(store, lambda word: None)
    operation.goal(store)
    assert harmful(store) == []
    return seen


def harmful(store: Store) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in check_store(store) if not problem.harmless]


@pytest.mark.parametrize("how", ["dies", "EIO", "ENOSPC"])
@pytest.mark.parametrize("operation", ALL, indirect=True, ids=lambda kind: kind.__name__)
def test_a_call_that_fails_loses_nothing_and_the_operation_can_be_repeated(operation, how, folder):
    calls = fail_once(operation, folder, 0, how).calls
    assert calls > 0
    for at in range(1, calls + 1):
        seen = fail_once(operation, folder, at, how)
        if how == "dies":
            assert seen.calls == 0  # it did not live to tell
