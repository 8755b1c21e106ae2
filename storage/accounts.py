"""Accounts: who can sign in, by what, and which roles they have."""

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from storage import passwords
from storage.core import Damaged, Kind, NamedRecord, NotFound, Refused, Store, is_id, list_names, load_head, make, new_id, now
from storage.rights import ADMINISTRATOR


class Account(NamedRecord):
    """A person who can sign in, by a password of ours or through the organisation's sign-in; ``name`` is what they type."""

    full_name: str = Field(default="", max_length=200)
    # argon2id; never shown, printed or logged.
    password: str | None = Field(default=None, repr=False)
    # A password that somebody else chose is changed before anything else is done.
    must_change: bool = False
    # Ids of roles; one that was deleted since gives nothing.
    roles: tuple[str, ...] = ()
    blocked: bool = False
    email: str | None = Field(default=None, max_length=320)
    language: Literal["en", "ru"] | None = None
    # "issuer subject" of the organisation's sign-in, which knows the person by it whatever their name becomes.
    subject: str | None = None
    author: str = ""
    at: AwareDatetime
    # Sessions bear the one they were opened in; raised, it ends them all at once.
    epoch: int = 0


ACCOUNTS = Kind(Account, "Account", "account")


def create(
    store: Store,
    name: str,
    author: str,
    *,
    password: str | None = None,
    roles: tuple[str, ...] = (),
    must_change: bool = False,
    full_name: str = "",
    email: str | None = None,
    subject: str | None = None,
) -> Account:
    """A new account; NameTaken for a name in use, InvalidValue for a password that breaks a rule.

    Without password and subject nobody can sign in to it yet.
    """
    if password is not None:
        passwords.check_rules(password, name)
    if subject is not None and (other := by_subject(store, subject)):
        raise Refused("Account {name!r} belongs to this person already", name=other.name)
    hashed = None if password is None else passwords.hash_password(password)
    values = {"roles": roles, "must_change": must_change, "full_name": full_name, "email": email, "subject": subject}
    return ACCOUNTS.create(store, make(Account, id=new_id(), name=name, password=hashed, author=author, at=now(), **values))


def change(store: Store, account: str, author: str, **changes: Any) -> Account:
    """Give the account (an id or a name) other values of its fields, its name included; ``set_password`` is for the password.

    Blocking ends its sessions. Refused if no administrator could sign in any more, Conflict if somebody was faster.
    """
    assert not changes.keys() & {"id", "password", "deleted", "epoch"}, "these have functions of their own"
    rev, before = ACCOUNTS.get(store, account)
    if changes.get("blocked"):
        # Or unblocking would bring the sessions back.
        changes["epoch"] = before.epoch + 1
    return _write(store, rev, before, make(Account, **{**before.model_dump(), **changes, "author": author, "at": now()}))


def set_password(store: Store, account: str, password: str, author: str, *, must_change: bool = False) -> Account:
    """Give the account another password and end all its sessions; InvalidValue names the rule that the password breaks."""
    rev, before = ACCOUNTS.get(store, account)
    passwords.check_rules(password, before.name)
    hashed = passwords.hash_password(password)
    values = {"password": hashed, "must_change": must_change, "epoch": before.epoch + 1, "author": author, "at": now()}
    return _write(store, rev, before, before.model_copy(update=values))


def delete(store: Store, account: str, author: str) -> None:
    """Take the account out of every list and end its sessions; Refused if no administrator could sign in any more."""
    rev, before = ACCOUNTS.get(store, account)
    after = before.model_copy(update={"deleted": True, "epoch": before.epoch + 1, "author": author, "at": now()})
    _check_administrator(store, before, after)
    ACCOUNTS.delete(store, rev, after)
    try:
        _check_administrator(store, before, after)
    except Refused:
        ACCOUNTS.restore(store, before.id)
        raise


def check_password(store: Store, name: str, password: str) -> Account | None:
    """The account if this is its password and it is not blocked; takes as long where there is no such account."""
    found = find(store, name)
    right = passwords.matches(found.password if found else None, password)
    return found if found and right and not found.blocked else None


def by_subject(store: Store, subject: str) -> Account | None:
    """The account that the organisation's sign-in knows by this ``subject``, blocked or not."""
    return next((account for account in ACCOUNTS.list(store).items if account.subject == subject), None)


def find(store: Store, key: str) -> Account | None:
    """The account of this id or name; None if there is none or it was deleted."""
    try:
        return ACCOUNTS.get(store, key)[1]
    except NotFound:
        return None


def names(store: Store) -> dict[str, str]:
    """The name of every account by its id, deleted ones too: what they did stays theirs."""
    found = {}
    for identifier in filter(is_id, list_names(store.accounts)):
        try:
            _, account = load_head(Account, store.account(identifier), ACCOUNTS.stem)
        except Damaged:
            continue  # shown by its id
        if account:
            found[identifier] = account.name
    return found


def _write(store: Store, rev: int, before: Account, after: Account) -> Account:
    _check_administrator(store, before, after)
    if after.name == before.name:
        ACCOUNTS.change(store, rev, after)
    else:
        after = ACCOUNTS.rename(store, rev, after.model_copy(update={"name": before.name}), after.name)
    try:
        # Once more, as two administrators may block each other at the same moment.
        _check_administrator(store, before, after)
    except Refused:
        ACCOUNTS.change(store, rev + 1, before.model_copy(update={"name": after.name}))
        raise
    return after


def _check_administrator(store: Store, before: Account, after: Account) -> None:
    """Refused if ``before`` is the last who can sign in and give rights, and ``after`` could not."""
    if not administers(before) or administers(after):
        return
    if not any(administers(other) for other in ACCOUNTS.list(store).items if other.id != before.id):
        raise Refused("Account {name!r} is the only administrator who can sign in. Make another one administrator first", name=before.name)


def administers(account: Account) -> bool:
    """Whether its owner can sign in and give rights."""
    can_sign_in = account.password is not None or account.subject is not None
    return ADMINISTRATOR in account.roles and can_sign_in and not (account.blocked or account.deleted)
