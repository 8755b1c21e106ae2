"""Signing in through the organisation's identity provider (OpenID Connect), into the same sessions as by password."""

import logging
import re
import warnings
from functools import cache
from itertools import count
from typing import Any

from authlib.common.errors import AuthlibBaseError
from httpx import HTTPError
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.access import get_store
from server.forms import link, page, problem
from server.sign_in import open_for, safe_next, spoken
from server.texts import _
from storage import accounts, roles
from storage.accounts import Account
from storage.core import NameTaken, NotFound, Refused
from storage.core.journal import acting
from storage.settings import OidcSettings, settings

with warnings.catch_warnings(record=True):
    # Not shown: they are of the library's own plans, and would stand in every log.
    from authlib.integrations.starlette_client import OAuth

log = logging.getLogger(__name__)

AUTHOR = "oidc"
_NEXT = "next"
_NAME_LENGTH = 30


@spoken
async def start(request: Request) -> Response:
    """To the provider, and afterwards on to ``?next=``."""
    provider, client = _provider(), _client()
    # In a signed cookie of this browser, as are state, nonce and PKCE verifier: an answer that another one asked for is refused.
    request.session[_NEXT] = safe_next(request.query_params.get("next", "/"))
    # The address that the browser is on, or it would come back without that cookie.
    known = settings().server.url or str(request.base_url).rstrip("/")
    try:
        answer: Response = await client.authorize_redirect(request, f"{known}/oidc/callback")
    except (HTTPError, KeyError, RuntimeError, ValueError) as error:
        return _failed(provider, error, 502)
    return answer


@spoken
async def callback(request: Request) -> Response:
    """Back from the provider: into the account of the person it names, which is made when they come first."""
    provider, client = _provider(), _client()
    try:
        claims = await _claims(request, client, provider)
    except (AuthlibBaseError, JoseError, HTTPError, KeyError, RuntimeError, ValueError) as error:
        return _failed(provider, error, 401)
    acting.set(AUTHOR)
    account = await run_in_threadpool(account_of_claims, claims, provider)
    return await run_in_threadpool(open_for, request, account, safe_next(request.session.pop(_NEXT, "/")))


def account_of_claims(claims: dict[str, Any], provider: OidcSettings) -> Account:
    """The account of the person, with the roles that the provider gives now; Refused if it is blocked.

    By the provider's own id of the person: a name or an e-mail address, which may be given to somebody else, opens nothing.
    """
    store, subject, given = get_store(), f"{claims['iss']} {claims['sub']}", _roles(claims, provider)
    account = accounts.by_subject(store, subject)
    if account is None:
        return _create(claims, subject, given or ())
    if account.blocked:
        raise Refused("Account {name!r} is blocked. Ask an administrator to unblock it", name=account.name)
    if given is not None and set(given) != set(account.roles):
        try:
            return accounts.change(store, account.id, AUTHOR, roles=given)
        except Refused as error:
            log.warning("The roles of %s stay as they are: %s", account.name, error)  # of the only administrator
    return account


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/oidc/start", start), Route("/oidc/callback", callback)]


@cache
def _client() -> Any:
    """Authlib's client of the provider: reads its metadata once, checks state, nonce, signature, audience and time."""
    provider = _provider()
    oauth = OAuth()
    oauth.register(
        "provider",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
    return oauth.provider


def _provider() -> OidcSettings:
    provider = settings().oidc
    if provider is None:
        raise NotFound("Nobody signs in through another service here. Sign in by name and password")
    return provider


async def _claims(request: Request, client: Any, provider: OidcSettings) -> dict[str, Any]:
    """What the provider says of the person who comes back."""
    # The issuer that was configured, not the one that the metadata names; some end with a slash.
    known = {"iss": {"essential": True, "values": [provider.issuer, f"{provider.issuer}/"]}, "sub": {"essential": True}}
    token = await client.authorize_access_token(request, claims_options=known)
    claims = dict(token["userinfo"])
    if "userinfo_endpoint" in await client.load_server_metadata():
        # Some put names and groups only there.
        more = await client.userinfo(token=token)
        if more.get("sub") != claims["sub"]:
            raise ValueError("the provider's two answers are about two people")
        claims = {**more, **claims}
    return claims


def _failed(provider: OidcSettings, error: Exception, status: int) -> Response:
    log.warning("A sign-in through %s failed: %s: %s", provider.issuer, type(error).__name__, error)
    said = _("Signing in with {provider} failed. Try again; the administrator finds the reason in the server's log.")
    parts = (problem(said.format(provider=provider.name)), link("/sign-in", _("Back to the sign-in page")))
    return page(_("Sign in"), *parts, status=status)


def _roles(claims: dict[str, Any], provider: OidcSettings) -> tuple[str, ...] | None:
    """Ids of the roles that the claim gives; None where the provider is not asked for roles."""
    if not provider.roles:
        return None
    found = claims.get(provider.claim) or ()
    values = [found] if isinstance(found, str) else [str(value) for value in found]
    names = [name for value in values for name in provider.roles.get(value, ())]
    return tuple(dict.fromkeys(role for name in names if (role := _role(name))))


def _role(name: str) -> str | None:
    try:
        return roles.look_up(get_store(), name)[1].id
    except NotFound as error:
        log.warning("The settings give a role that is not there: %s", error)
        return None


def _create(claims: dict[str, Any], subject: str, given: tuple[str, ...]) -> Account:
    name, full_name = _name(claims), str(claims.get("name") or "")[:200]
    email = str(claims["email"]) if claims.get("email") and claims.get("email_verified") is not False else None
    for number in count(1):
        try:
            # A name in use is somebody else's account, whatever the provider says.
            wanted = name if number == 1 else f"{name}-{number}"
            return accounts.create(get_store(), wanted, AUTHOR, roles=given, full_name=full_name, email=email, subject=subject)
        except NameTaken:
            continue
    raise AssertionError  # count() has no end


def _name(claims: dict[str, Any]) -> str:
    """What the account is called: as the person is called there, of the characters that names here may have."""
    wanted = str(claims.get("preferred_username") or claims.get("email") or claims["sub"]).split("@")[0]
    return re.sub(r"[^\w.-]", "-", wanted)[:_NAME_LENGTH].strip("-.") or "person"
