"""API tokens: some of a person's rights, for a program, until a day. Only a token's SHA-256 is kept; its text is in no file."""

import logging
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Annotated

from pydantic import AwareDatetime
from pydantic import Field as Limits

from storage.core import (
    Conflict,
    Damaged,
    InvalidValue,
    NotFound,
    Record,
    Store,
    create_revision,
    is_digest,
    list_names,
    load_head,
    make,
    now,
    parse_revision,
    record,
    sha256,
)
from storage.rights import Rights

log = logging.getLogger(__name__)

PREFIX = "fm_"
"""How every token begins, so that one that leaked is found by a search."""

MOST_DAYS = 365


class Token(Record):
    """A token by the SHA-256 of its text; it allows what both ``rights`` and its account's roles allow."""

    digest: str
    account: str
    name: Annotated[str, Limits(min_length=1, max_length=100)]
    rights: Rights
    at: AwareDatetime
    expires: AwareDatetime
    revoked: AwareDatetime | None = None


def create(store: Store, account: str, name: str, rights: Rights, days: int) -> tuple[Token, str]:
    """A new token of the account (an id) for 1 to 365 days, and its text, kept nowhere else."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidValue("A token is good for 1 to {most} days, not {days}", most=MOST_DAYS, days=days)
    text = PREFIX + secrets.token_urlsafe(32)
    digest, at = sha256(text.encode()), now()
    token = make(Token, digest=digest, account=account, name=name, rights=rights, at=at, expires=at + timedelta(days=days))
    create_revision(store.tokens, digest, 0, token)
    record(store, "token.create", "token", digest, token.name, account=account, days=days)
    return token, text


def find(store: Store, digest: str) -> Token | None:
    """The token; None if it is unknown, revoked or expired."""
    token = _load(store, digest) if is_digest(digest) else None
    return token if token and token.revoked is None and now() < token.expires else None


def revoke(store: Store, digest: str) -> Token:
    """Let the token count for nothing from now on; NotFound if there is none."""
    rev, token = load_head(Token, store.tokens, digest) if is_digest(digest) else (0, None)
    if token is None:
        raise NotFound("This token does not exist; see the list for those there are")
    if token.revoked is None:
        with suppress(Conflict):  # revoked at the same moment by somebody else
            create_revision(store.tokens, digest, rev, token.model_copy(update={"revoked": now()}))
            record(store, "token.revoke", "token", digest, token.name, account=token.account)
    return token


def list_tokens(store: Store, account: str | None = None) -> list[Token]:
    """The tokens of the account (an id), or of all, that were not revoked, newest first; expired ones are among them."""
    digests = {revision[0] for revision in filter(None, map(parse_revision, list_names(store.tokens)))}
    found = [token for digest in digests if (token := _load(store, digest)) and token.revoked is None]
    return sorted((token for token in found if account in (None, token.account)), key=lambda token: token.at, reverse=True)


def _load(store: Store, digest: str) -> Token | None:
    try:
        return load_head(Token, store.tokens, digest)[1]
    except Damaged as error:
        log.warning("A token does not count: %s", error)
        return None
