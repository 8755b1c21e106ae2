"""Checking a store with accounts: each of their files that is damaged or misplaced is named."""

from pathlib import Path

import pytest

from storage import access, accounts, first_account, roles, sessions, tokens
from storage.check import check_store
from storage.core import Store, sha256
from storage.projects import Project
from storage.rights import EVERYTHING

FILES = (
    "setup.000001.json",
    "accounts/*/account.000001.json",
    "roles/*/role.000001.json",
    "sessions/*.000001.json",
    "sessions/*.000002.json",
    "sessions/*.seen.json",
    "tokens/*.000001.json",
    "tokens/*.000002.json",
    "projects/*/access.000001.json",
)


@pytest.fixture
def filled(store: Store, project: Project) -> Store:
    """A store with one of each file."""
    first_account.open_setup(store)
    anna = accounts.create(store, "anna", "local", roles=(roles.create(store, "own", EVERYTHING).id,))
    digest = sha256(sessions.open_session(store, anna, "10.0.0.7", "Firefox").encode())
    sessions.touch(store, digest)
    sessions.end(store, digest)
    tokens.revoke(store, tokens.create(store, anna.id, "report", EVERYTHING, 1)[0].digest)
    access.write(store, project.id, 0, (anna.id,), "local")
    return store


def one(store: Store, pattern: str) -> Path:
    (path,) = store.root.glob(pattern)
    return path


def test_a_whole_store_has_no_problems(filled: Store) -> None:
    assert check_store(filled) == []


@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_file_is_named(filled: Store, pattern: str) -> None:
    path = one(filled, pattern)
    path.write_bytes(path.read_bytes()[:-20])
    assert str(path.relative_to(filled.root)) in [problem.path for problem in check_store(filled)]


@pytest.mark.parametrize("pattern", ["sessions/*.000001.json", "sessions/*.seen.json", "tokens/*.000001.json"])
def test_a_session_or_token_under_anothers_digest_is_named(filled: Store, pattern: str) -> None:
    path = one(filled, pattern)
    copy = path.with_name(f"{'0' * 64}.{path.name.split('.', 1)[1]}")
    copy.write_bytes(path.read_bytes())
    (problem,) = check_store(filled)
    assert problem.path == str(copy.relative_to(filled.root))
    assert "Is about digest" in str(problem)
