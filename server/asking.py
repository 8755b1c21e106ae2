"""Who a request comes from: what the identity layer leaves in its scope, and routes read."""

from dataclasses import dataclass

from starlette.requests import Request

from storage.people import NOBODY, Person

ACCOUNT_HEADER = b"x-fieldmark-account"
SESSION_HEADER = b"x-fieldmark-session"
SCOPE_KEY = "fieldmark.asking"


@dataclass(frozen=True)
class Asking:
    """The person, and the SHA-256 of the session or token they came by; empty for nobody and where nobody signs in."""

    person: Person
    session: str = ""
    is_token: bool = False


def asking_of(request: Request) -> Asking:
    """Who asks; nobody, where no identity layer was passed."""
    found: Asking = request.scope.get(SCOPE_KEY, Asking(NOBODY))
    return found


def address_of(request: Request) -> str:
    """The network address a request comes from."""
    # A proxy's word for it is taken from this host's proxy alone, which the server itself sees to (FORWARDED_ALLOW_IPS).
    return request.client.host if request.client else ""
