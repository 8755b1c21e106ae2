"""The first administrator: a one-time code, printed when the server starts with no account in the store, makes the account."""

import secrets

from pydantic import AwareDatetime

from storage import accounts, passwords
from storage.accounts import ACCOUNTS, Account
from storage.core import Conflict, Record, Refused, Store, acting_as, check_name, create_revision, load_head, now, sha256
from storage.rights import ADMINISTRATOR

_STEM = "setup"


class Setup(Record):
    """The SHA-256 of the code that was handed out last; None once it was used."""

    digest: str | None = None
    at: AwareDatetime


def open_setup(store: Store) -> str | None:
    """A new one-time code, before which earlier ones count for nothing; None when there is an account."""
    if _has_accounts(store):
        return None
    code = secrets.token_urlsafe(32)
    rev, _ = load_head(Setup, store.root, _STEM)
    create_revision(store.root, _STEM, rev, Setup(digest=sha256(code.encode()), at=now()))
    return code


def is_open(store: Store, code: str) -> bool:
    """Whether the code can still be redeemed."""
    return _open_revision(store, code) is not None


def redeem(store: Store, code: str, name: str, password: str) -> Account:
    """Make the first administrator; Refused unless this is the newest code, unused, and there is no account yet."""
    rev = _open_revision(store, code)
    # A name or a password that is not allowed must not cost the code.
    check_name(ACCOUNTS.word, name)
    passwords.check_rules(password, name)
    try:
        if rev is None:
            raise _refused()
        # Of two people with the same link one gets the account.
        create_revision(store.root, _STEM, rev, Setup(at=now()))
    except Conflict as error:
        raise _refused() from error
    with acting_as(_STEM):
        return accounts.create(store, name, _STEM, password=password, roles=(ADMINISTRATOR,))


def _open_revision(store: Store, code: str) -> int | None:
    rev, setup = load_head(Setup, store.root, _STEM)
    is_newest = setup is not None and setup.digest == sha256(code.encode())
    return rev if is_newest and not _has_accounts(store) else None


def _has_accounts(store: Store) -> bool:
    listing = ACCOUNTS.list(store)
    # A damaged one counts: a bad disk must not hand the store to whoever comes first.
    return bool(listing.items or listing.damaged)


def _refused() -> Refused:
    return Refused("This link to set up the first account is used or out of date; the newest one is printed when the server starts")
