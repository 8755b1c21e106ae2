"""The cookie that carries a session: who may read it, where it goes, what it is called."""

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

from storage.settings import settings

_NAME = "fieldmark_session"
_DAY_S = 24 * 3600


def cookie_name() -> str:
    """The cookie's name."""
    # With this prefix browsers take it over https only and from this very host, so that no neighbour can plant one.
    return f"__Host-{_NAME}" if settings().server.is_https else _NAME


def read_cookie(headers: Headers) -> str:
    """The session's text that a request carries, or nothing."""
    return cookie_parser(headers.get("cookie", "")).get(cookie_name(), "")


def set_cookie(response: Response, text: str) -> None:
    """Give the browser a session."""
    # Lax: a link in a mail opens the page one is signed in to, and forms of other sites bring no session.
    seconds = int(settings().sign_in.absolute_days * _DAY_S)
    response.set_cookie(cookie_name(), text, seconds, path="/", secure=settings().server.is_https, httponly=True, samesite="lax")


def clear_cookie(response: Response) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(cookie_name(), path="/", secure=settings().server.is_https, httponly=True, samesite="lax")
