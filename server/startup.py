"""What the dashboard does before it serves anybody: its own names, ticks in their turn, who may come in, a warm start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool
from streamlit import App

from server import assets, background, mode, ticks
from server.access import get_store
from storage import first_account
from storage.settings import settings


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """The dashboard's life, from its start to its end."""
    mode.allow_own_hosts()
    ticks.put_in_turn()
    if mode.is_sign_in():
        await run_in_threadpool(_welcome)
    async with assets.warm(app):
        with background.running():
            yield


def _welcome() -> None:
    """Say in the log how the first administrator comes in, and what is not as it should be."""
    code = first_account.open_setup(get_store())
    if code:
        print(f"There is no account yet. Make the first administrator's, once: {mode.own_address()}/setup?code={code}", flush=True)
    if not settings().server.is_https:
        print("Passwords travel in the clear: for others than this computer, put https in front (docs/deployment.md)", flush=True)
