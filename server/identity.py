"""Who is asking: one pure ASGI layer around everything, the pages' websocket included.

Pages learn the account from the header set here (``server.trustedUserHeaders`` in the configuration maps it into
``st.user``). A ``BaseHTTPMiddleware`` would not do: it never sees the websocket that the pages run on.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

OUR_PREFIX = b"x-fieldmark-"
ACCOUNT_HEADER = b"x-fieldmark-account"
_SAFE = ("GET", "HEAD", "OPTIONS")


def local_administrator(scope: Scope) -> str:  # noqa: ARG001
    """The account of every request while there is no sign-in: the server listens on this host only."""
    return "local"


class IdentityMiddleware:
    """Drops headers of ours that a client sent, refuses requests from other sites, and names the account."""

    def __init__(self, app: ASGIApp, identify: Callable[[Scope], str] = local_administrator) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or websocket."""
        if scope["type"] not in ("http", "websocket"):  # lifespan, which has no headers
            await self._app(scope, receive, send)
        # Streamlit asks this of its websocket only. A page elsewhere whose name was turned to this address has our
        # routes for its own, and an Origin that fits.
        elif not is_host_allowed(Headers(scope=scope).get("host")):
            await _refuse(scope, receive, send, "The dashboard is not served under this name; see allowedHosts in .streamlit/config.toml")
        elif _from_another_site(scope):
            await _refuse(scope, receive, send, "This request comes from another site; open the dashboard's own address")
        else:
            # Otherwise anybody could name themselves an account.
            sent = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(OUR_PREFIX)]
            account = self._identify(scope).encode("ascii")  # headers are latin-1: an account goes by its id, not its name
            await self._app({**scope, "headers": [*sent, (ACCOUNT_HEADER, account)]}, receive, send)


def _from_another_site(scope: Scope) -> bool:
    # A script without Origin is not a browser that somebody else's page directs.
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    # Browsers let any page open a websocket to anywhere. Asked here since Streamlit, given a foreign Origin, would
    # first ask the internet for this host's address, and block.
    changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
    return changes and origin is not None and urlsplit(origin).netloc != headers.get("host")


async def _refuse(scope: Scope, receive: Receive, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403})  # before it is accepted: the client sees 403
    else:
        await JSONResponse({"error": reason}, 403)(scope, receive, send)
