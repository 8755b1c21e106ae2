"""All routes behind the identity layer, as the dashboard serves them, on the test's own store."""

from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit import config

from server import access
from server.identity import IdentityMiddleware
from server.routes import routes
from storage import uploads
from storage.core import ProjectPaths, Store
from storage.images import Image


@pytest.fixture(autouse=True)
def here() -> Iterator[None]:
    """The dashboard's own name is ``here``."""
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", ["here"])
    yield
    config.set_option("server.allowedHosts", before)


@pytest.fixture
def ask(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], TestClient]:
    """A client of the dashboard that is signed in as the account."""
    monkeypatch.setenv("FIELDMARK_STORE", str(store.root))
    for kept in (access.get_store, access.get_index, access.get_cache):
        kept.cache_clear()

    def asking(account: str) -> TestClient:
        identity = Middleware(IdentityMiddleware, identify=lambda scope: account)
        return TestClient(Starlette(routes=routes(), middleware=[identity]), base_url="http://here")

    return asking


@pytest.fixture
def client(ask: Callable[[str], TestClient]) -> TestClient:
    """The local administrator's client."""
    return ask("local")


@pytest.fixture
def image(paths: ProjectPaths, document: Callable[..., bytes]) -> Image:
    """A page of 120 × 80 pixels in the project."""
    return uploads.add(paths, "receipt.png", document("12.50"), "ann")
