"""Who may do what: somebody who asks, with their rights as of now. Pages, routes and commands all ask here.

Nothing is remembered from one question to the next: a block, another role, an ended session count at once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from storage import access, roles, sessions, tokens
from storage.accounts import ACCOUNTS, Account
from storage.core import Damaged, Store, is_id, load_head
from storage.rights import EVERYTHING, Entity, Right, Rights

log = logging.getLogger(__name__)


def _hides_nothing(project: str) -> bool:  # noqa: ARG001
    return False


def _hides_everything(project: str) -> bool:  # noqa: ARG001
    return True


@dataclass(frozen=True)
class Person:
    """Somebody asking, as of now; ``account`` is "local" where nobody signs in, and "" for nobody."""

    account: str
    # What people call them; "" for "local", whose name pages say in their language.
    name: str = ""
    rights: Rights = frozenset()
    # What they chose in their account.
    language: str | None = None
    # They have to set a password before anything else, and have no right until then.
    must_change: bool = False
    # Whether a project, by its id, is hidden from them. Asked one by one: most questions are about one project, or none.
    hides: Callable[[str], bool] = field(default=_hides_nothing, repr=False, compare=False)

    def may(self, entity: Entity, right: Right) -> bool:
        """Whether this person has the right."""
        return (entity, right) in self.rights

    def sees(self, project: str) -> bool:
        """Whether this person may see the project of this id, which reads the project's access file."""
        return not self.hides(project)


NOBODY = Person("", hides=_hides_everything)
LOCAL = Person("local", rights=EVERYTHING)


def person(store: Store, account: str) -> Person:
    """Whoever has this account, by its id; NOBODY if it is unknown, blocked or deleted."""
    if account == LOCAL.account:
        return LOCAL
    found = _account(store, account)
    return _person(store, found) if found else NOBODY


def person_of_session(store: Store, digest: str) -> Person:
    """Whoever a session or a token belongs to, by its SHA-256; NOBODY if it is ended, revoked or expired.

    A token has those of its account's rights that it was made with.
    """
    session = sessions.find(store, digest)
    if session:
        found = _account(store, session.account)
        return _person(store, found) if found and found.epoch == session.epoch else NOBODY
    token = tokens.find(store, digest)
    # Not by ``person``: a token made for "local", where nobody signs in, must open nothing elsewhere.
    owner = _account(store, token.account) if token else None
    if token is None or owner is None:
        return NOBODY
    full = _person(store, owner)
    return replace(full, rights=full.rights & token.rights)


def _account(store: Store, account: str) -> Account | None:
    try:
        # By id alone: names are for people, and their look-up reads further files.
        _, found = load_head(Account, store.account(account), ACCOUNTS.stem) if is_id(account) else (0, None)
    except Damaged as error:
        log.warning("An account cannot be used: %s", error)
        return None
    return None if found is None or found.blocked or found.deleted else found


def _person(store: Store, account: Account) -> Person:
    rights = roles.rights_of(store, account.roles)
    manages = ("accounts", "manage") in rights

    def hides(project: str) -> bool:
        if manages:
            return False
        try:
            allowed = access.read(store, project)[1].accounts
        except Damaged as error:
            log.warning("A project is hidden: %s", error)
            return True
        return allowed is not None and account.id not in allowed

    return Person(
        account.id,
        account.full_name or account.name,
        frozenset() if account.must_change else rights,
        account.language,
        account.must_change,
        hides,
    )
