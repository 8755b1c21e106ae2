"""Sessions: opened, seen, ended by people, by time and by their account's epoch; the cookie's text is kept nowhere."""

from datetime import timedelta

import pytest

from storage import accounts, sessions
from storage.accounts import Account
from storage.core import Store, list_names, now, sha256


@pytest.fixture
def anna(store: Store) -> Account:
    return accounts.create(store, "anna", "local", subject="issuer anna")


def signed_in(store: Store, account: Account, agent: str = "Firefox") -> str:
    """The digest of a new session."""
    return sha256(sessions.open_session(store, account, "10.0.0.7", agent).encode())


@pytest.fixture
def digest(store: Store, anna: Account) -> str:
    return signed_in(store, anna)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    return Clock(monkeypatch)


class Clock:
    """Moves the time that sessions go by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = now()
        monkeypatch.setattr(sessions, "now", lambda: self.at)

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def test_a_session_is_found_by_the_digest_of_its_cookie(store: Store, anna: Account, digest: str) -> None:
    found = sessions.find(store, digest)
    assert found
    assert (found.account, found.address, found.agent) == (anna.id, "10.0.0.7", "Firefox")


def test_no_two_cookies_are_alike_and_none_is_in_a_file(store: Store, anna: Account) -> None:
    texts = {sessions.open_session(store, anna, "", "") for _ in range(5)}
    assert len(texts) == 5
    kept = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert not [text for text in texts if text.encode() in kept]


@pytest.mark.parametrize("digest", ["", "x", "../root", "0" * 64, "A" * 64])
def test_what_is_no_digest_of_ours_finds_nothing(store: Store, anna: Account, digest: str) -> None:
    signed_in(store, anna)
    assert sessions.find(store, digest) is None


def test_signing_out_counts_at_once_and_twice_is_once(store: Store, digest: str) -> None:
    sessions.end(store, digest)
    sessions.end(store, digest)
    assert sessions.find(store, digest) is None


def test_a_session_nobody_uses_ends_after_the_idle_time(store: Store, clock: Clock, digest: str) -> None:
    clock.forward(hours=12)
    assert sessions.find(store, digest)
    clock.forward(seconds=1)
    assert sessions.find(store, digest) is None


def test_one_that_is_used_goes_on_until_the_absolute_time(store: Store, clock: Clock, digest: str) -> None:
    for _ in range(14):
        clock.forward(hours=12)
        sessions.touch(store, digest)
        assert sessions.find(store, digest)
    clock.forward(seconds=1)
    assert sessions.find(store, digest) is None


def test_use_is_noted_once_a_minute(store: Store, clock: Clock, digest: str) -> None:
    sessions.touch(store, digest)
    first = store.session_seen(digest).read_bytes()
    clock.forward(seconds=59)
    sessions.touch(store, digest)
    assert store.session_seen(digest).read_bytes() == first
    clock.forward(seconds=1)
    sessions.touch(store, digest)
    assert store.session_seen(digest).read_bytes() != first


def test_sessions_are_listed_last_used_first(store: Store, anna: Account, clock: Clock, digest: str) -> None:
    other = signed_in(store, anna)
    signed_in(store, accounts.create(store, "bob", "local"))
    clock.forward(minutes=5)
    sessions.touch(store, digest)
    assert [session.digest for session in sessions.list_sessions(store, anna.id)] == [digest, other]


def test_all_sessions_but_one_are_ended(store: Store, anna: Account, digest: str) -> None:
    others = [signed_in(store, anna), signed_in(store, anna)]
    sessions.end_all(store, anna.id, keep=digest)
    assert sessions.find(store, digest)
    assert not [other for other in others if sessions.find(store, other)]


def test_another_password_takes_sessions_off_the_list(store: Store, anna: Account, digest: str) -> None:
    accounts.set_password(store, anna.id, "correct horse battery", anna.id)
    assert sessions.list_sessions(store, anna.id) == []


def test_what_is_past_its_absolute_time_is_removed_at_the_next_sign_in(store: Store, anna: Account, clock: Clock, digest: str) -> None:
    sessions.touch(store, digest)
    ended = signed_in(store, anna)
    sessions.end(store, ended)
    clock.forward(days=7, seconds=1)
    newest = signed_in(store, anna)
    assert list_names(store.sessions) == [f"{newest}.000001.json"]


def test_a_damaged_session_is_no_session(store: Store, digest: str) -> None:
    (store.sessions / f"{digest}.000001.json").write_bytes(b"{}")
    assert sessions.find(store, digest) is None
