"""Accounts that are signed in, for pages opened as them."""

from storage import accounts, roles, sessions
from storage.accounts import Account
from storage.core import Store, sha256
from storage.rights import Rights

PASSWORD = "correct horse battery"


def account_with(store: Store, name: str, *ready: str, rights: Rights | None = None) -> Account:
    """An account with these ready-made roles, and with an own role of these rights."""
    own = () if rights is None else (roles.create(store, f"role-of-{name}", rights).id,)
    return accounts.create(store, name, "local", roles=(*ready, *own))


def signed_in(store: Store, account: Account) -> dict[str, str]:
    """What the server tells pages of a browser in which this account has just signed in."""
    cookie = sessions.open_session(store, account, "127.0.0.1", "Firefox")
    return {"account": account.id, "session": sha256(cookie.encode())}
