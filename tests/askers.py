"""Everybody who may ask a dashboard where people sign in: each role, some who have none, and nobody; for walks over all it serves."""

from dataclasses import dataclass
from datetime import timedelta

from storage import accounts, roles, sessions, tokens
from storage.accounts import Account
from storage.core import Store, create_revision, encode, now, replace_file, sha256
from storage.rights import EVERYTHING, READY_ROLES, Rights

GUIDE: Rights = frozenset(
    {("templates", "view"), ("templates", "create"), ("processes", "view"), ("processes", "create"), ("processes", "manage")}
)
"""What the guide of training asks for, and not a right more."""


@dataclass(frozen=True)
class Asker:
    """Somebody by what they send; ``gate`` is the status they are answered with whatever they ask for, None for who is let in."""

    headers: dict[str, str]
    rights: Rights = frozenset()
    gate: int | None = None
    is_token: bool = False
    must_change: bool = False

    def stopped_at(self, address: str) -> int | None:
        """The status with which the gate answers a request for this address; None if it lets it through."""
        if self.gate and not (self.must_change and address == "/password"):
            return self.gate
        is_for_programs = address.startswith(("/api/", "/app/static/"))
        return 403 if self.is_token and not is_for_programs else None


def askers(store: Store) -> dict[str, Asker]:
    """All of them, with accounts, sessions and tokens in the store; whoever has the fewest rights first."""
    own = roles.create(store, "guide", GUIDE).id
    return {
        "nobody": Asker({}, gate=401),
        "no role": _signed_in(store, "without-role"),
        "session ended": _ended(store),
        "session expired": _expired(store),
        "blocked": _blocked(store),
        "must change the password": _must_change(store),
        **{role: _signed_in(store, f"the-{role}", role, rights=rights) for role, rights in READY_ROLES.items()},
        "two roles": _signed_in(store, "two-roles", "labeller", "trainer", rights=READY_ROLES["labeller"] | READY_ROLES["trainer"]),
        "own role": _signed_in(store, "own-role", own, rights=GUIDE),
        "token of few rights": _token(store, "administrator", frozenset({("images", "view"), ("journal", "view")})),
        "token of more rights than its account": _token(store, "labeller", EVERYTHING, READY_ROLES["labeller"]),
        "token revoked": _revoked(store),
    }


def _cookie(text: str) -> dict[str, str]:
    return {"cookie": f"fieldmark_session={text}"}


def _open(store: Store, name: str, *given: str, must_change: bool = False) -> tuple[Account, str]:
    """An account with these roles, and the text of its session's cookie."""
    account = accounts.create(store, name, "ann", roles=given, must_change=must_change)
    text = sessions.open_session(store, account, "127.0.0.1", "test")
    sessions.touch(store, sha256(text.encode()))  # or the first request would write, refused or not
    return account, text


def _signed_in(store: Store, name: str, *given: str, rights: Rights = frozenset()) -> Asker:
    return Asker(_cookie(_open(store, name, *given)[1]), rights)


def _ended(store: Store) -> Asker:
    _, text = _open(store, "signed-out", "administrator")
    sessions.end(store, sha256(text.encode()))
    return Asker(_cookie(text), gate=401)


def _expired(store: Store) -> Asker:
    account, _ = _open(store, "long-gone", "administrator")
    text, at = "e" * 43, now() - timedelta(days=8)
    digest = sha256(text.encode())
    session = sessions.Session(digest=digest, account=account.id, epoch=account.epoch, at=at)
    create_revision(store.sessions, digest, 0, session)
    replace_file(store.session_seen(digest), encode(sessions.Seen(digest=digest, at=now())), durable=False)
    return Asker(_cookie(text), gate=401)


def _blocked(store: Store) -> Asker:
    account, text = _open(store, "locked-out", "administrator")
    accounts.change(store, account.id, "ann", blocked=True)
    return Asker(_cookie(text), gate=401)


def _must_change(store: Store) -> Asker:
    return Asker(_cookie(_open(store, "newcomer", "administrator", must_change=True)[1]), gate=403, must_change=True)


def _token(store: Store, role: str, given: Rights, rights: Rights | None = None) -> Asker:
    """A token made with the rights ``given`` by an account of this role, which leaves it ``rights``."""
    owner = accounts.create(store, f"program-of-{role}", "ann", roles=(role,))
    _, text = tokens.create(store, owner.id, "nightly", given, 1)
    return Asker({"authorization": f"Bearer {text}"}, given if rights is None else rights, is_token=True)


def _revoked(store: Store) -> Asker:
    owner = accounts.create(store, "program-of-old", "ann", roles=("administrator",))
    token, text = tokens.create(store, owner.id, "old", EVERYTHING, 1)
    tokens.revoke(store, token.digest)
    return Asker({"authorization": f"Bearer {text}"}, gate=401, is_token=True)
