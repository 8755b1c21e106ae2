"""Who is asking, and what somebody who is not signed in gets: one pure ASGI layer around everything, the pages' websocket included.

Pages learn the account and the session from the headers set here (``server.trustedUserHeaders`` in the configuration maps
them into ``st.user``). A ``BaseHTTPMiddleware`` would not do: it never sees the websocket that the pages run on.
"""

from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from server import cookies, forms, mode
from server.access import get_store
from server.asking import ACCOUNT_HEADER, SCOPE_KEY, SESSION_HEADER, Asking
from server.hosts import is_this_host
from storage import people, sessions, tokens
from storage.core import sha256
from storage.people import LOCAL, NOBODY
from storage.settings import settings

OUR_PREFIX = b"x-fieldmark-"
_SAFE = ("GET", "HEAD", "OPTIONS")
# Files of the program, which are the same for everybody: nobody is looked up for them.
_STREAMLITS = "/static/"
FILES = ("/favicon.ico", "/favicon.png", *forms.FILES)
# What leads to a session, and what watches over the server.
OPEN = ("/sign-in", "/sign-out", "/setup", "/oidc/start", "/oidc/callback", "/api/health", "/_stcore/health")
_MUST_CHANGE = ("/password", "/sign-out")
# A token is for programs: pages and what belongs to them are for people.
_FOR_TOKENS = ("/api/", "/app/static/")
_SESSION_CHARACTERS = 43  # 256 bits in base 64

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    # Not "no-referrer": browsers would then call the origin of our own forms "null".
    "referrer-policy": "same-origin",
}

Identify = Callable[[Scope], Asking]


def identify(scope: Scope) -> Asking:
    """Who a request or websocket comes from, as of now."""
    if not mode.is_sign_in():
        return Asking(LOCAL if scope.get("client") and is_this_host(scope["client"][0]) else NOBODY)
    headers = Headers(scope=scope)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    is_token = scheme.lower() == "bearer"
    text = token.strip() if is_token else cookies.read_cookie(headers)
    # A token in the cookie's place would be a session that sign-out does not end. By length too, as one session in
    # 262,144 begins like a token.
    if not text or (text.startswith(tokens.PREFIX) and len(text) > _SESSION_CHARACTERS) != is_token:
        return Asking(NOBODY)
    digest = sha256(text.encode())
    person = people.person_of_session(get_store(), digest)
    if person == NOBODY:
        return Asking(NOBODY)
    if not is_token:
        sessions.touch(get_store(), digest)
    return Asking(person, digest, is_token)


class IdentityMiddleware:
    """Drops headers of ours that a client sent, refuses requests from other sites, finds who asks, and stops nobody at the gate."""

    def __init__(self, app: ASGIApp, identify: Identify = identify) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or websocket."""
        if scope["type"] not in ("http", "websocket"):  # lifespan, which has no headers
            await self._app(scope, receive, send)
            return
        answer = _refused(scope)
        if answer is None:
            asking = Asking(NOBODY)
            if not _is_file(scope["path"]):
                asking = await run_in_threadpool(self._identify, scope)
                answer = _stopped(scope, asking)
            scope = {**scope, "headers": _headers(scope, asking), SCOPE_KEY: asking}
        if answer is None:
            await self._app(scope, receive, _careful(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})  # before it is accepted: the client sees 403
        else:
            await answer(scope, receive, _careful(send))


def _is_file(path: str) -> bool:
    return path in FILES or path.startswith(_STREAMLITS)


def _refused(scope: Scope) -> Response | None:
    """The answer to what no person of ours can have sent from a page of ours."""
    # Streamlit asks this of its websocket only. A page elsewhere whose name was turned to this address has our
    # routes for its own, and an Origin that fits.
    if not is_host_allowed(Headers(scope=scope).get("host")):
        said = "The dashboard is not served under this name; see url in fieldmark.toml and allowedHosts in .streamlit/config.toml"
        return JSONResponse({"error": said}, 403)
    if _from_another_site(scope):
        return JSONResponse({"error": "This request comes from another site; open the dashboard's own address"}, 403)
    return None


def _from_another_site(scope: Scope) -> bool:
    # A script without Origin is not a browser that somebody else's page directs.
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    # Browsers let any page open a websocket to anywhere. Asked here since Streamlit, given a foreign Origin, would
    # first ask the internet for this host's address, and block.
    changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
    return changes and origin is not None and urlsplit(origin).netloc != headers.get("host")


def _stopped(scope: Scope, asking: Asking) -> Response | None:
    """The answer to somebody who may not go on to what they ask for; None for those who may."""
    path = scope["path"]
    if path in OPEN:
        return None
    if asking.person == NOBODY and not mode.is_sign_in():
        said = "This dashboard is for the computer it runs on, where nobody signs in. Start it with --sign-in to let others in"
        return JSONResponse({"error": said}, 403)
    if asking.person == NOBODY:
        said = "Sign in first, or send a token: Authorization: Bearer fm_…"
        return _led_to("/sign-in", scope) or JSONResponse({"error": said}, 401, {"www-authenticate": "Bearer"})
    if asking.person.must_change and path not in _MUST_CHANGE:
        said = "Your password has to be changed first: open the dashboard in a browser"
        return _led_to("/password", scope) or JSONResponse({"error": said}, 403)
    if asking.is_token and not path.startswith(_FOR_TOKENS):
        return JSONResponse({"error": "A token opens the routes below /api and /app/static only; sign in to see pages"}, 403)
    return None


def _led_to(page: str, scope: Scope) -> Response | None:
    """For a browser that opens a page: the way to ``page``, and back afterwards to what was asked for."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or "text/html" not in Headers(scope=scope).get("accept", ""):
        return None
    wanted = quote(scope["path"]) + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    return RedirectResponse(page if wanted == "/" else f"{page}?{urlencode({'next': wanted})}", 303, {"cache-control": "no-store"})


def _headers(scope: Scope, asking: Asking) -> list[tuple[bytes, bytes]]:
    """The request's headers with ours, and without those that a client sent under our names: anybody could be anybody."""
    sent = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(OUR_PREFIX)]
    # Headers are latin-1: an account goes by its id, not its name.
    return [*sent, (ACCOUNT_HEADER, asking.person.account.encode("ascii")), (SESSION_HEADER, asking.session.encode("ascii"))]


def _careful(send: Send) -> Send:
    """``send``, with what every answer says to browsers of this dashboard."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if settings().server.is_https:
                message["headers"] = [_kept_to_https(name, value) for name, value in message["headers"]]
        await send(message)

    return sending


def _kept_to_https(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    # Streamlit's own cookies know nothing of the proxy in front.
    is_open = name.lower() == b"set-cookie" and b"secure" not in value.lower().replace(b" ", b"").split(b";")
    return (name, value + b"; Secure") if is_open else (name, value)
