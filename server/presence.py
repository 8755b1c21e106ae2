"""Who has which image open in the editor: kept in this server's memory, so that two people do not label one image unknowingly.

Nothing is locked by it: saving stays compare-and-swap. A restart forgets it, and the editors' next words fill it again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.access import account_of, allowed, get_store, json_of, project_of
from storage import accounts

PATIENCE_S = 30.0  # an editor speaks every 10 s; a window that was not heard of for so long is gone, or in the background
_MOST_WINDOWS = 50  # of one account, whose browser could otherwise fill the memory


@dataclass(frozen=True)
class Look:
    """A window in which an account has an image open, last heard of at ``at`` (seconds of the clock)."""

    project: str
    image: str
    account: str
    at: float


class Presence:
    """Which windows have which images open; several threads may use it. ``clock`` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        # By account and window: nobody can speak for another's window.
        self._looks: dict[tuple[str, str], Look] = {}

    def look(self, project: str, account: str, window: str, image: str | None) -> list[Look]:
        """Take in that the window has this image open, or none; returns what other windows have open of the project."""
        now, key = self._clock(), (account, window)
        with self._lock:
            self._looks = {known: look for known, look in self._looks.items() if known != key and now - look.at < PATIENCE_S}
            others = [look for look in self._looks.values() if look.project == project]
            if image is not None and sum(look.account == account for look in self._looks.values()) < _MOST_WINDOWS:
                self._looks[key] = Look(project, image, account, now)
        return others


_presence = Presence()


class _Said(BaseModel):
    """What an editor says: its window, and the image open in it; None when it is left."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    window: Annotated[str, Field(min_length=1, max_length=40)]
    image: Annotated[str | None, Field(max_length=64)]


@allowed("labels", "edit")
async def look(request: Request) -> Response:
    """Take in which image a window has open; the answer says who else has it open, and which images others have.

    ``here`` are other accounts at the same image, ``own`` whether another window of this account is; ``taken`` the
    images open in any other window.
    """
    said = await json_of(request, _Said)
    return JSONResponse(await run_in_threadpool(_look, request, said))


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/projects/{project}/presence", look, methods=["POST"])]


def _look(request: Request, said: _Said) -> dict[str, Any]:
    account = account_of(request)
    others = _presence.look(project_of(request).id, account, said.window, said.image)
    here = {look.account for look in others if look.image == said.image}
    # The names only where somebody is to be named: they are read from the store.
    names = accounts.names(get_store()) if here - {account} else {}
    return {
        "here": [{"account": other, "name": names.get(other, "")} for other in sorted(here - {account})],
        "own": account in here,
        "taken": sorted({look.image for look in others}),
    }
