"""API tokens: shown once, good until a day, revocable; their text is kept nowhere."""

from datetime import timedelta

import pytest

from storage import tokens
from storage.core import InvalidValue, NotFound, Store, new_id, now, sha256
from storage.rights import Rights
from storage.tokens import Token

RIGHTS: Rights = frozenset({("models", "view"), ("images", "create")})
ANNA = new_id()


@pytest.fixture
def made(store: Store) -> tuple[Token, str]:
    return tokens.create(store, ANNA, "nightly upload", RIGHTS, 30)


def test_a_token_is_found_by_the_digest_of_its_text(store: Store, made: tuple[Token, str]) -> None:
    token, text = made
    assert text.startswith("fm_")
    assert tokens.find(store, sha256(text.encode())) == token
    assert token.rights == RIGHTS


def test_its_text_is_in_no_file(store: Store, made: tuple[Token, str]) -> None:
    text = made[1].encode()
    assert not [path for path in store.root.rglob("*") if path.is_file() and text in path.read_bytes()]


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_token_has_an_end_within_a_year(store: Store, days: int) -> None:
    with pytest.raises(InvalidValue, match=f"1 to 365 days, not {days}"):
        tokens.create(store, ANNA, "upload", RIGHTS, days)


@pytest.mark.parametrize("name", ["", "x" * 101])
def test_a_token_is_named(store: Store, name: str) -> None:
    with pytest.raises(InvalidValue, match="name"):
        tokens.create(store, ANNA, name, RIGHTS, 1)


def test_a_token_counts_until_its_day(store: Store, made: tuple[Token, str], monkeypatch: pytest.MonkeyPatch) -> None:
    digest, later = made[0].digest, now() + timedelta(days=30, minutes=1)
    assert tokens.find(store, digest)
    monkeypatch.setattr(tokens, "now", lambda: later)
    assert tokens.find(store, digest) is None
    assert tokens.list_tokens(store, ANNA) == [made[0]]


def test_a_revoked_token_counts_for_nothing_and_is_not_listed(store: Store, made: tuple[Token, str]) -> None:
    tokens.revoke(store, made[0].digest)
    tokens.revoke(store, made[0].digest)
    assert tokens.find(store, made[0].digest) is None
    assert tokens.list_tokens(store) == []


def test_each_account_has_its_own(store: Store, made: tuple[Token, str]) -> None:
    other, _ = tokens.create(store, new_id(), "report", RIGHTS, 1)
    assert tokens.list_tokens(store, ANNA) == [made[0]]
    assert {token.digest for token in tokens.list_tokens(store)} == {made[0].digest, other.digest}


@pytest.mark.parametrize("digest", ["", "../root", "0" * 64])
def test_what_is_no_token_cannot_be_revoked(store: Store, digest: str) -> None:
    assert tokens.find(store, digest) is None
    with pytest.raises(NotFound):
        tokens.revoke(store, digest)
