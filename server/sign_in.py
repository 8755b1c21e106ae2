"""Signing in and out by the server's own pages: by name and password, the first administrator's set-up, a new password."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server import cookies, mode
from server.access import body_of, get_store, person_of
from server.asking import address_of, asking_of
from server.forms import Html, entry, form, hidden, link, page, paragraph, problem
from server.texts import _, language, ngettext, told
from server.throttle import Throttle
from storage import accounts, first_account, sessions
from storage.accounts import ACCOUNTS, Account
from storage.catalogues import preferred
from storage.core import InvalidValue, StoreError, record
from storage.core.journal import acting
from storage.passwords import LEAST
from storage.people import NOBODY
from storage.settings import settings

log = logging.getLogger(__name__)

_BYTES = 10_000  # of a form
# Browsers drop tabs and line breaks out of an address and take a backslash for a slash.
_MISLEADING = re.compile(r"[\x00-\x20\x7f\\]")
_ADDRESS_LENGTH = 2000
# An argon2 hash takes 64 MiB and a twentieth of a second of one core.
_CHECKERS = asyncio.Semaphore(2)

throttle = Throttle()

Handler = Callable[[Request], Awaitable[Response]]


def spoken(handler: Handler) -> Handler:
    """A page of the server's own: in the reader's language, and only where people sign in; a refusal becomes a page."""

    @wraps(handler)
    async def speaking(request: Request) -> Response:
        if not mode.is_sign_in():
            return RedirectResponse("/", 303)
        person = person_of(request)
        language.set(person.language or preferred(request.headers.get("accept-language", "")))
        acting.set(person.account)
        try:
            return await handler(request)
        except StoreError as error:
            return page(_("Sign in"), problem(told(error)), link("/sign-in", _("Back to the sign-in page")), status=400)

    return speaking


def safe_next(wanted: str) -> str:
    """Where to go after signing in: an address of this dashboard, or its first page for whatever might lead elsewhere."""
    inside = wanted.startswith("/") and not wanted.startswith("//") and not _MISLEADING.search(wanted)
    return wanted if inside and len(wanted) <= _ADDRESS_LENGTH else "/"


def open_for(request: Request, account: Account, wanted: str) -> Response:
    """Sign the browser in to the account, under a session that nobody can have known before, and send it to ``wanted``."""
    known = asking_of(request).session
    if known:
        sessions.end(get_store(), known)
    text = sessions.open_session(get_store(), account, address_of(request), request.headers.get("user-agent", "")[:200])
    answer = RedirectResponse(wanted, 303, {"cache-control": "no-store"})
    cookies.set_cookie(answer, text)
    return answer


@spoken
async def ask_password(request: Request) -> Response:
    """The page to sign in; whoever is signed in goes on to ``?next=``."""
    wanted = safe_next(request.query_params.get("next", "/"))
    if person_of(request) != NOBODY:
        return RedirectResponse(wanted, 303)
    return await _sign_in_page(wanted)


@spoken
async def sign_in(request: Request) -> Response:
    """Sign in by name and password."""
    sent = await _form(request)
    name, wanted = sent.get("name", ""), safe_next(sent.get("next", "/"))
    try:
        account = await _prove(request, name, sent.get("password", ""))
    except _Refusal as refusal:
        return await _sign_in_page(wanted, name, refusal)
    return await run_in_threadpool(open_for, request, account, wanted)


@spoken
async def ask_sign_out(request: Request) -> Response:  # noqa: ARG001
    """A button to sign out, for those who come by a link: a mere look must not do it."""
    return page(_("Sign out"), form("/sign-out", _("Sign out")))


@spoken
async def sign_out(request: Request) -> Response:
    """End the session; its cookie counts for nothing from now on, whoever has a copy of it."""
    session = asking_of(request).session
    if session:
        await run_in_threadpool(sessions.end, get_store(), session)
    answer = RedirectResponse("/sign-in", 303, {"cache-control": "no-store"})
    cookies.clear_cookie(answer)
    return answer


@spoken
async def ask_set_up(request: Request) -> Response:
    """The form of the first administrator, for whoever has the code that the server printed."""
    return await _set_up_page(request.query_params.get("code", ""))


@spoken
async def set_up(request: Request) -> Response:
    """Make the first administrator and sign in."""
    sent = await _form(request)
    name, code = sent.get("name", ""), sent.get("code", "")
    if sent.get("password", "") != sent.get("again", ""):
        return await _set_up_page(code, name, _("The two passwords differ."))
    try:
        account = await run_in_threadpool(first_account.redeem, get_store(), code, name, sent.get("password", ""))
    except StoreError as error:
        return await _set_up_page(code, name, told(error))
    return await run_in_threadpool(open_for, request, account, "/")


@spoken
async def ask_new_password(request: Request) -> Response:
    """The form to change one's own password."""
    return _password_page(await _own(request), safe_next(request.query_params.get("next", "/")))


@spoken
async def change_password(request: Request) -> Response:
    """Change one's own password, which ends all sessions of the account, and open a new one."""
    sent, account = await _form(request), await _own(request)
    wanted, current, password = safe_next(sent.get("next", "/")), sent.get("current", ""), sent.get("password", "")
    if account.password is None:
        return _password_page(account, wanted)
    try:
        if password != sent.get("again", ""):
            raise _Refusal(_("The two passwords differ."), 400)
        if password == current:
            raise _Refusal(_("The new password is the current one. Choose another."), 400)
        await _prove(request, account.name, current, _("The current password is wrong."))
        changed = await run_in_threadpool(accounts.set_password, get_store(), account.id, password, account.id)
    except _Refusal as refusal:
        return _password_page(account, wanted, refusal)
    except InvalidValue as error:
        return _password_page(account, wanted, _Refusal(told(error), 400))
    return await run_in_threadpool(open_for, request, changed, wanted)


def routes() -> list[Route]:
    """The routes of this module."""
    return [
        Route("/sign-in", ask_password, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", ask_sign_out, methods=["GET"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/setup", ask_set_up, methods=["GET"]),
        Route("/setup", set_up, methods=["POST"]),
        Route("/password", ask_new_password, methods=["GET"]),
        Route("/password", change_password, methods=["POST"]),
    ]


class _Refusal(Exception):
    """Why a form was not taken: a sentence, and the status of the answer; ``wait`` in seconds before the next attempt."""

    def __init__(self, sentence: str, status: int, wait: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.wait = wait


async def _prove(request: Request, name: str, password: str, wrong: str = "") -> Account:
    """The account whose name and password these are; refused with ``wrong``, or unheard after too many failures."""
    wait = throttle.admit(name, address_of(request))
    if wait:
        log.warning("Too many sign-ins failed from %s or for one account; refused for %d s", address_of(request), wait)
        # The right password too, and in the same words for accounts that there are and that there are not.
        minutes = max(1, round(wait / 60 + 0.49))
        said = _("Too many attempts failed.") + " " + ngettext("Try again in {count} minute.", "Try again in {count} minutes.", minutes)
        raise _Refusal(said, 429, int(wait) + 1)
    async with _CHECKERS:
        account = await run_in_threadpool(accounts.check_password, get_store(), name, password)
    if account is None:
        await run_in_threadpool(_record_failure, name, address_of(request))
        raise _Refusal(wrong or _("The name or the password is wrong."), 401)
    throttle.forgive(name, address_of(request))
    return account


def _record_failure(name: str, address: str) -> None:
    try:
        account = ACCOUNTS.get(get_store(), name)[1]
    except StoreError:
        # What was typed stays out: people type their password where the name belongs.
        record(get_store(), "session.refuse", ACCOUNTS.stem, "", address=address)
    else:
        record(get_store(), "session.refuse", ACCOUNTS.stem, account.id, account.name, address=address)


async def _form(request: Request) -> dict[str, str]:
    """The fields of the form that was sent."""
    too_long = InvalidValue("The form has more than {most} bytes. Shorten what you wrote", most=_BYTES)
    body = b"".join([piece async for piece in body_of(request, _BYTES, too_long)])
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def _own(request: Request) -> Account:
    _rev, account = await run_in_threadpool(ACCOUNTS.get, get_store(), person_of(request).account)
    return account


async def _sign_in_page(wanted: str, name: str = "", refusal: _Refusal | None = None) -> Response:
    provider = settings().oidc
    parts = [problem(refusal.sentence if refusal else "")]
    if not (await run_in_threadpool(ACCOUNTS.list, get_store())).items:
        parts.append(paragraph(_("There is no account yet. The log of the server shows a link that makes the first one.")))
    fields = [
        hidden("next", wanted),
        entry("name", _("Name"), "username", name, focus=not name),
        entry("password", _("Password"), "current-password", focus=bool(name)),
    ]
    parts.append(form("/sign-in", _("Sign in"), *fields))
    if provider:
        address = f"/oidc/start?{urlencode({'next': wanted})}"
        parts.append(link(address, _("Sign in with {provider}").format(provider=provider.name)))
    return _answer(_("Sign in"), parts, refusal)


async def _set_up_page(code: str, name: str = "", error: str = "") -> Response:
    title = _("The first administrator")
    if not await run_in_threadpool(first_account.is_open, get_store(), code):
        said = _("This link was used already, or is not the newest one that the server printed.")
        return page(title, problem(said), link("/sign-in", _("Back to the sign-in page")), status=403)
    parts = [
        problem(error),
        paragraph(_("This account may do everything, and makes those of the others.")),
        form(
            "/setup",
            _("Create the account"),
            hidden("code", code),
            entry("name", _("Name"), "username", name, focus=True),
            *_new_password(_("Password")),
        ),
    ]
    return page(title, *parts, status=400 if error else 200)


def _password_page(account: Account, wanted: str, refusal: _Refusal | None = None) -> Response:
    title = _("Change the password")
    if account.password is None:
        return page(title, paragraph(_("You sign in with another service, which keeps your password.")), link(wanted, _("Back")))
    parts = [problem(refusal.sentence if refusal else "")]
    if account.must_change:
        parts.append(paragraph(_("Your password was set by somebody else. Choose one that only you know.")))
    fields = [entry("current", _("Current password"), "current-password", focus=True), *_new_password(_("New password"))]
    parts.append(form("/password", _("Change the password"), hidden("next", wanted), *fields))
    parts.append(paragraph(_("You will be signed out everywhere else.")))
    return _answer(title, parts, refusal)


def _new_password(label: str) -> list[Html]:
    rule = ngettext("at least {count} character", "at least {count} characters", LEAST)
    return [entry("password", f"{label} ({rule})", "new-password"), entry("again", _("The same again"), "new-password")]


def _answer(title: str, parts: list[Html], refusal: _Refusal | None) -> Response:
    answer = page(title, *parts, status=refusal.status if refusal else 200)
    if refusal and refusal.wait:
        answer.headers["retry-after"] = str(refusal.wait)
    return answer
