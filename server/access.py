"""Who asks for a route and what they may; the store the server works on; refusals as JSON."""

import os
from collections.abc import Awaitable, Callable
from functools import cache, wraps
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.identity import ACCOUNT_HEADER
from storage.core import Conflict, NotFound, Store, StoreError, open_store
from storage.index import Index
from storage.rights import Entity, Right, rights_of

Handler = Callable[[Request], Response]
_STATUS: dict[type[StoreError], int] = {NotFound: 404, Conflict: 409}


@cache
def get_store() -> Store:
    """The store that ``FIELDMARK_STORE`` names, ``./data`` without it."""
    return open_store(Path(os.environ.get("FIELDMARK_STORE", "data")))


@cache
def get_index() -> Index:
    """The index of that store."""
    return Index(get_store())


def account_of(request: Request) -> str:
    """The account that the identity layer named for this request."""
    return request.headers.get(ACCOUNT_HEADER.decode(), "")


def allowed(entity: Entity, right: Right) -> Callable[[Handler], Callable[[Request], Awaitable[Response]]]:
    """A route for those with this right; the handler runs in a thread, as the store's calls block."""

    def around(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            if (entity, right) not in rights_of(account_of(request)):
                return JSONResponse({"error": f"This needs the right to {right} {entity}; ask the administrator"}, 403)
            try:
                return await run_in_threadpool(handler, request)
            except StoreError as error:
                return refusal(error)

        return guarded

    return around


def refusal(error: StoreError) -> Response:
    """What the store refused: the sentence, and its template with values, which the page translates."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    return JSONResponse(
        {"error": str(error), "template": error.template, "values": {key: str(value) for key, value in error.values.items()}}, status
    )
