"""Who a request comes from is said by the server alone, and other sites cannot make requests."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from server import assets
from server.identity import IdentityMiddleware
from tests.server.conftest import THIS_HOST


async def tell(request: Request) -> JSONResponse:
    """The account headers that arrived."""
    return JSONResponse(request.headers.getlist("x-fieldmark-account"))


async def tell_socket(socket: WebSocket) -> None:
    """The same, over a websocket."""
    await socket.accept()
    await socket.send_json(socket.headers.getlist("x-fieldmark-account"))
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    """The middleware around two routes that tell who asks."""
    routes = [Route("/", tell, methods=["GET", "POST"]), WebSocketRoute("/socket", tell_socket), *assets.routes()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(IdentityMiddleware)]), base_url="http://here", client=THIS_HOST)


@pytest.mark.parametrize("name", ["x-fieldmark-account", "X-Fieldmark-Account"])
def test_an_account_that_a_client_claims_is_dropped(client: TestClient, name: str) -> None:
    assert client.get("/", headers={name: "mallory"}).json() == ["local"]


def test_an_account_claimed_on_the_websocket_is_dropped(client: TestClient) -> None:
    with client.websocket_connect("ws://here/socket", headers={"x-fieldmark-account": "mallory"}) as socket:
        assert socket.receive_json() == ["local"]


def test_another_site_may_not_open_the_websocket(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://here/socket", headers={"origin": "http://elsewhere"}):
        pass


def test_a_name_turned_to_this_address_may_not_open_the_websocket(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("ws://elsewhere/socket", headers={"host": "elsewhere", "origin": "http://elsewhere"}),
    ):
        pass


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://here", 200), ("http://elsewhere", 403), ("http://here:8080", 403), ("null", 403), (None, 200)],
    ids=["the same site", "another site", "another port", "a sandboxed page", "a script"],
)
def test_a_change_is_taken_from_the_same_site_only(client: TestClient, origin: str | None, status: int) -> None:
    assert client.post("/", headers={"origin": origin} if origin else {}).status_code == status


def test_looking_is_allowed_from_anywhere(client: TestClient) -> None:
    assert client.get("/", headers={"origin": "http://elsewhere"}).status_code == 200


def test_the_chart_library_is_kept_by_the_browser(client: TestClient) -> None:
    answer = client.get("/lib/plotly.min.js")
    assert "immutable" in answer.headers["cache-control"]
    assert "plotly.js v" in answer.text[:500]
