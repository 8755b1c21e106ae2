"""Every route and everybody who may ask: who is let in, who is refused, and that a refusal tells nothing and changes nothing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route
from starlette.testclient import TestClient

from app import app
from server import access
from server.identity import IdentityMiddleware
from server.routes import routes
from storage import sessions
from storage.core import Store
from storage.rights import Need
from storage.settings import settings
from tests.askers import Asker, askers
from tests.secret_store import MARK, Secrets, secret_store
from tests.server.conftest import THIS_HOST

# What leads to a session, and what watches over the server: all that nobody has to be signed in for.
OPEN = {
    "/api/health",
    "/sign-in",
    "/sign-in/style.css",
    "/sign-in/mark.svg",
    "/sign-in/font.woff2",
    "/sign-out",
    "/setup",
    "/oidc/start",
    "/oidc/callback",
}
# Of nobody's: the chart library, the change of one's own password, "there is nothing here".
FOR_EVERY_ACCOUNT = {"/lib/plotly.min.js", "/password", "/api/{rest:path}"}

HEALTH = {(method, "/_stcore/health") for method in ("GET", "HEAD", "OPTIONS")}  # Streamlit's "the server is up"


@dataclass(frozen=True)
class Row:
    """A route with one of its methods, and the right it says it needs."""

    method: str
    path: str
    need: Need | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, secrets: Secrets) -> str:
        """Its address, with ids of what is in the store."""
        known = {"model": secrets.process, "number": "0", "rest": "nothing"}
        return re.sub(r"{(\w+)(:\w+)?}", lambda part: known.get(part[1]) or str(getattr(secrets, part[1])), self.path)

    @property
    def taken(self) -> Iterable[int]:
        """The statuses that answer whoever is let in, with a body that is empty."""
        if "{rest" in self.path:
            return (404, 405)
        return (200,) if self.method in ("GET", "HEAD") else range(200, 500)

    def refusal(self, asker: Asker) -> int | None:
        """The status with which this one is owed a refusal; None if they are to be let in."""
        if self.path in OPEN:
            return None
        return asker.stopped_at(self.path) or (403 if self.need and self.need not in asker.rights else None)


ROWS = [
    *(
        Row(method, route.path, getattr(route.endpoint, "needs", None))
        for route in routes()
        for method in sorted(route.methods or ())
    ),
    # The same route asks for another right here.
    Row("POST", "/api/models?base=1", ("base_models", "create")),
]  # fmt: skip


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secrets]:
    """A store of secrets, served to people who sign in."""
    folder = tmp_path_factory.mktemp("walk")
    kept = (access.get_store, access.get_index, access.get_cache, settings)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"SIGN_IN": "1", "STORE": f"{folder}/store", "CACHE": f"{folder}/cache"}.items():
            patch.setenv(f"FIELDMARK_{name}", value)
        for each in kept:
            each.cache_clear()
        # That somebody is there is noted once a minute, refused or not.
        patch.setattr(sessions, "SEEN_EVERY", timedelta(days=1))
        yield secret_store(folder / "store")
    for each in kept:
        each.cache_clear()


@pytest.fixture(scope="module")
def everybody(secrets: Secrets) -> dict[str, Asker]:
    """Everybody who asks."""
    return askers(secrets.store)


@pytest.fixture
def client() -> TestClient:
    """All routes behind the identity layer."""
    layers = [Middleware(IdentityMiddleware), Middleware(SessionMiddleware, secret_key="of the test")]
    return TestClient(Starlette(routes=routes(), middleware=layers), base_url="http://here", follow_redirects=False)


def test_a_route_needs_a_right_unless_it_is_known_to_need_none() -> None:
    assert {row.path for row in ROWS if row.need is None} == OPEN | FOR_EVERY_ACCOUNT


@pytest.mark.parametrize("row", [row for row in ROWS if row.path not in OPEN], ids=str)
def test_a_route_lets_in_whoever_has_its_right_and_nobody_else(
    row: Row, secrets: Secrets, everybody: dict[str, Asker], client: TestClient
) -> None:
    owed = {name: row.refusal(asker) for name, asker in everybody.items()}
    refused = [name for name in everybody if owed[name]]
    before = files(secrets.store)
    came = ask(client, row, secrets, everybody, refused)
    assert files(secrets.store) == before
    came |= ask(client, row, secrets, everybody, set(everybody) - set(refused))
    assert came == owed


@pytest.mark.parametrize("row", [row for row in ROWS if row.path in OPEN], ids=str)
def test_what_anybody_may_ask_tells_and_changes_nothing(row: Row, secrets: Secrets, client: TestClient) -> None:
    before = files(secrets.store, journal=False)  # where a sign-in that failed stands
    answer = client.request(row.method, row.path)
    assert answer.status_code not in (404, 405, 500)
    assert MARK not in answer.content
    assert files(secrets.store, journal=False) == before


def test_nobody_gets_anything_that_streamlit_serves_beside_our_routes(secrets: Secrets) -> None:
    dashboard = TestClient(app, base_url="http://here", client=THIS_HOST, follow_redirects=False)
    assert dashboard.get("/_stcore/health").status_code == 200  # its routes are there from the first request on
    theirs = [route for route in app._starlette_app.routes if isinstance(route, Route) and route.path not in {row.path for row in ROWS}]
    asked = {(method, re.sub("{.*?}", "x", route.path)) for route in theirs for method in route.methods or ()} - HEALTH
    assert len(asked) > 20
    assert {dashboard.request(method, path).status_code for method, path in [*asked, ("GET", "/"), ("GET", "/projects")]} == {401}


def ask(client: TestClient, row: Row, secrets: Secrets, everybody: dict[str, Asker], names: Iterable[str]) -> dict[str, int | None]:
    """Ask as each of these: the status of the refusal, in which nothing of the store may be; None for who was let in."""
    came = {}
    for name in names:
        answer = client.request(row.method, row.address(secrets), headers=everybody[name].headers)
        is_refused = answer.status_code in (401, 403)
        assert MARK not in answer.content if is_refused else answer.status_code in row.taken
        came[name] = answer.status_code if is_refused else None
    return came


def files(store: Store, *, journal: bool = True) -> dict[Path, bytes]:
    """The whole store, or all of it but the journal."""
    found = (path for path in store.root.rglob("*") if path.is_file() and (journal or store.journal not in path.parents))
    return {path: path.read_bytes() for path in found}
