"""Each system call of a record fails once: what was recorded stays, the chain is whole, and what was done is not undone."""

import shutil

import pytest

from storage import journal, projects
from storage.check import check_store
from storage.core import open_store, record
from storage.core.paths import Store
from storage.journal import Filter
from storage.projects import PROJECTS
from tests.faults.system_calls import in_child

NAMES = ("first", "second")


@pytest.fixture
def before(tmp_path, monkeypatch):
    """A store whose journal has a line, and a copy to begin from each time."""
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    record(open_store(tmp_path / "store"), "test.act", "test", "a")
    shutil.copytree(tmp_path / "store", tmp_path / "before")
    return tmp_path


def act(store, say):
    for name in NAMES:
        record(store, "test.act", "test", name)
        say(name)


def fail_once(folder, at, how):
    shutil.rmtree(folder / "store")
    shutil.copytree(folder / "before", folder / "store")
    store = Store(folder / "store")
    return store, in_child(lambda say: act(store, say), at, how)


def ids(store):
    return [entry.id for entry in journal.entries(store, Filter())][::-1]


@pytest.mark.parametrize("how", ["dies", "EIO", "ENOSPC"])
def test_a_call_that_fails_breaks_no_chain_and_loses_at_most_its_own_record(before, how):
    store, seen = fail_once(before, 0, how)
    assert ids(store) == ["a", *NAMES]
    for at in range(1, seen.calls + 1):
        store, seen = fail_once(before, at, how)
        assert len([name for name in seen.said if name not in ids(store)]) <= (how != "dies"), at
        assert [problem for problem in check_store(store) if not problem.harmless] == [], at
        record(store, "test.act", "test", "later")
        assert (ids(store)[0], ids(store)[-1]) == ("a", "later")
        assert [problem for problem in check_store(store) if not problem.harmless] == [], at


def test_what_was_done_stands_where_the_journal_cannot_be_written(store, monkeypatch):
    (store.root / "journal").write_bytes(b"")  # a file in the folder's place
    projects.create(store, "receipts", "fields")
    assert [project.name for project in PROJECTS.list(store).items] == ["receipts"]
