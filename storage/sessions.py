"""Sessions: who is signed in, from where. Only the SHA-256 of a session's cookie is kept; the cookie's text is in no file.

A session is one revision when it is opened and a second one when it is ended. It also ends by itself: unused for the idle
time, after the absolute time (see ``settings``), and when its account's epoch was raised, by another password or a block.
Hosts' clocks decide the first two, so they should agree to the minute.
"""

import logging
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from storage import accounts
from storage.accounts import ACCOUNTS, Account
from storage.core import (
    Conflict,
    Damaged,
    Record,
    Store,
    acting_as,
    create_revision,
    encode,
    is_digest,
    list_names,
    load_if_there,
    now,
    parse_revision,
    record,
    remove_file,
    replace_file,
    revision_path,
    sha256,
)
from storage.settings import settings

log = logging.getLogger(__name__)

SEEN_EVERY = timedelta(minutes=1)
_AGENT_CHARACTERS = 300
_OPENED, _ENDED = 1, 2  # revisions


class Session(Record):
    """One browser of one account; ``digest`` is the SHA-256 of its cookie, by which it is known everywhere."""

    digest: str
    account: str
    # The account's, at the moment the person proved who they are.
    epoch: int
    at: AwareDatetime
    address: str = ""
    agent: str = ""
    ended: AwareDatetime | None = None


class Seen(Record):
    """When a session was last used, to the minute."""

    digest: str
    at: AwareDatetime


def open_session(store: Store, account: Account, address: str, agent: str) -> str:
    """Sign in the account that has just proved who it is, and return the cookie's text (256 random bits), kept nowhere else."""
    _remove_expired(store)
    text = secrets.token_urlsafe(32)
    digest = sha256(text.encode())
    # Of the record that was checked, not of the newest: a password that was changed meanwhile ends this session too.
    session = Session(digest=digest, account=account.id, epoch=account.epoch, at=now(), address=address, agent=agent[:_AGENT_CHARACTERS])
    create_revision(store.sessions, digest, 0, session)
    with acting_as(account.id):
        record(store, "session.open", ACCOUNTS.stem, account.id, account.name, address=address or None)
    return text


def find(store: Store, digest: str) -> Session | None:
    """The session if it is open; None if it is unknown, ended or expired. Whether its account may sign in is ``people``'s question."""
    # Listed and not opened: that a file is not there yet, NFS may say for a minute after another host has made it.
    return _find(store, digest, list_names(store.sessions)) if is_digest(digest) else None


def seen(store: Store, session: Session) -> datetime:
    """When the session was last used, to the minute."""
    return _last(store, session.digest) or session.at


def touch(store: Store, digest: str) -> None:
    """Note that an open session is in use; writes at most once a minute."""
    last = _last(store, digest)
    if last is None or now() - last >= SEEN_EVERY:
        # Not durable: after a power cut the session seems idle for longer than it was, and no more.
        replace_file(store.session_seen(digest), encode(Seen(digest=digest, at=now())), durable=False)


def end(store: Store, digest: str) -> None:
    """Sign out: the cookie counts for nothing from now on. Nothing happens to a session that is ended or unknown."""
    session = find(store, digest)
    if session is None:
        return
    with suppress(Conflict):  # ended at the same moment by somebody else
        create_revision(store.sessions, digest, _OPENED, session.model_copy(update={"ended": now()}))
        record(store, "session.end", ACCOUNTS.stem, session.account, address=session.address or None)


def end_all(store: Store, account: str, keep: str | None = None) -> None:
    """End all sessions of the account (an id) but the one of digest ``keep``."""
    for session in list_sessions(store, account):
        if session.digest != keep:
            end(store, session.digest)


def list_sessions(store: Store, account: str) -> list[Session]:
    """The open sessions of the account (an id), last used first."""
    owner = accounts.find(store, account)
    if owner is None:
        return []
    own = [session for session in _open(store) if (session.account, session.epoch) == (owner.id, owner.epoch)]
    return sorted(own, key=lambda session: seen(store, session), reverse=True)


def last_seen(store: Store) -> dict[str, datetime]:
    """When each account that has an open session was last seen, to the minute, by its id."""
    last: dict[str, datetime] = {}
    for session in _open(store):
        at = seen(store, session)
        last[session.account] = max(at, last.get(session.account, at))
    return last


def _open(store: Store) -> Iterator[Session]:
    """All that are open; the folder is listed once for them."""
    names = set(list_names(store.sessions))
    return filter(None, (_find(store, digest, names) for digest in _digests(names)))


def _find(store: Store, digest: str, names: Collection[str]) -> Session | None:
    """The session if it is open, by the ``names`` in its folder."""
    if revision_path(store.sessions, digest, _ENDED).name in names:
        return None
    session = _load(store, digest)
    return session if session and not _has_expired(session, seen(store, session)) else None


def _load(store: Store, digest: str) -> Session | None:
    try:
        return load_if_there(Session, revision_path(store.sessions, digest, _OPENED))
    except Damaged as error:
        # Not raised: the browser that holds its cookie could not even get to the sign-in.
        log.warning("A session has ended: %s", error)
        return None


def _last(store: Store, digest: str) -> datetime | None:
    try:
        found = load_if_there(Seen, store.session_seen(digest))
    except Damaged:
        return None  # the next touch writes it anew
    return found.at if found else None


def _has_expired(session: Session, last: datetime) -> bool:
    limits, at = settings().sign_in, now()
    return at - session.at > timedelta(days=limits.absolute_days) or at - last > timedelta(hours=limits.idle_hours)


def _digests(names: Iterable[str]) -> list[str]:
    revisions = filter(None, map(parse_revision, names))
    return [stem for stem, rev in revisions if rev == _OPENED]


def _remove_expired(store: Store) -> None:
    """Remove what is past its absolute time, as every look-up lists the folder."""
    for digest in _digests(list_names(store.sessions)):
        session = _load(store, digest)
        if session and now() - session.at > timedelta(days=settings().sign_in.absolute_days):
            # The end first, or a cut would leave a gap; what is this old counts for nothing either way.
            for path in (
                revision_path(store.sessions, digest, _ENDED),
                revision_path(store.sessions, digest, _OPENED),
                store.session_seen(digest),
            ):
                with suppress(FileNotFoundError):
                    remove_file(path)
