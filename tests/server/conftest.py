"""All routes behind the identity layer, as the dashboard serves them, on the test's own store."""

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.testclient import TestClient
from streamlit import config

from server import access, sign_in
from server.asking import Asking
from server.identity import IdentityMiddleware
from server.routes import routes
from server.throttle import Throttle
from storage import accounts, passwords, uploads
from storage.core import ProjectPaths, Store
from storage.images import Image
from storage.people import LOCAL, Person
from storage.rights import Rights
from storage.settings import settings

PASSWORD = "correct horse battery"
THIS_HOST = ("127.0.0.1", 50000)
Browser = Callable[..., TestClient]


@pytest.fixture(autouse=True)
def here() -> Iterator[None]:
    """The dashboard's own name is ``here``."""
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", ["here"])
    yield
    config.set_option("server.allowedHosts", before)


@pytest.fixture
def served(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the server works on."""
    monkeypatch.setenv("FIELDMARK_STORE", str(store.root))
    for kept in (access.get_store, access.get_index, access.get_cache):
        kept.cache_clear()
    return store


@pytest.fixture
def ask(served: Store) -> Callable[..., TestClient]:
    """A client of the dashboard that is signed in as the account: the local administrator, or one with these rights alone."""

    def asking(account: str, rights: Rights = frozenset()) -> TestClient:
        person = LOCAL if account == LOCAL.account else Person(account, rights=rights)
        identity = Middleware(IdentityMiddleware, identify=lambda scope: Asking(person))
        return TestClient(Starlette(routes=routes(), middleware=[identity]), base_url="http://here")

    return asking


@pytest.fixture
def client(ask: Callable[[str], TestClient]) -> TestClient:
    """The local administrator's client."""
    return ask("local")


@pytest.fixture
def clock() -> list[float]:
    """The seconds that the throttle sees; set its one item."""
    return [1000.0]


@pytest.fixture
def signing_in(served: Store, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The dashboard asks people to sign in; the store has the administrator ``ann``, the labeller ``bob`` and ``eve`` without a role."""
    monkeypatch.setenv("FIELDMARK_SIGN_IN", "1")
    # Hashes as they are for people take a quarter of a minute a test.
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", cheap)
    monkeypatch.setattr(passwords, "DECOY", cheap.hash("nobody's"))
    monkeypatch.setattr(sign_in, "throttle", Throttle(lambda: clock[0]))
    settings.cache_clear()
    for name, roles in {"ann": ("administrator",), "bob": ("labeller",), "eve": ()}.items():
        accounts.create(served, name, "", password=PASSWORD, roles=roles)
    yield served
    settings.cache_clear()


@pytest.fixture
def browser(signing_in: Store) -> Browser:
    """A browser of its own at the sign-in dashboard; signed in if it is given a name."""

    def opened(name: str = "", address: str = "127.0.0.1", url: str = "http://here") -> TestClient:
        middleware = [Middleware(IdentityMiddleware), Middleware(SessionMiddleware, secret_key="of the test")]
        app = Starlette(routes=routes(), middleware=middleware)
        client = TestClient(app, base_url=url, client=(address, 50000), follow_redirects=False)
        if name:
            answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    return opened


@pytest.fixture
def image(paths: ProjectPaths, document: Callable[..., bytes]) -> Image:
    """A page of 120 × 80 pixels in the project."""
    return uploads.add(paths, "receipt.png", document("12.50"), "ann")
