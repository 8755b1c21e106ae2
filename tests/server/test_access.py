"""No route answers somebody without the right; errors tell what to do and nothing of the server's insides."""

import logging
import re
from collections.abc import Callable

import pytest
from starlette.convertors import IntegerConvertor
from starlette.routing import Route
from starlette.testclient import TestClient

from app import app
from server import assets, forms, oidc, pictures, sign_in
from server.routes import routes
from storage.core import ProjectPaths, Store, revision_path
from storage.images import Image
from storage.projects import Project
from storage.rights import EVERYTHING
from tests.server.conftest import THIS_HOST

Ask = Callable[[str], TestClient]

# The chart library, "the server is up", what leads to signing in, "there is nothing here": nothing of anybody's.
OPEN = {*(route.path for module in (assets, forms, sign_in, oidc) for route in module.routes()), "/api/{rest:path}"}
KEPT = [(route, method) for route in routes() if route.path not in OPEN for method in sorted(route.methods or ())]


def address(route: Route, project: str, image: str) -> str:
    """The route's address, with ids in their places; a number is 0, and any other part is taken for an id too."""
    parts = {name: "0" if isinstance(kind, IntegerConvertor) else project for name, kind in route.param_convertors.items()}
    # Of "{number:int}" only the name is filled in.
    return re.sub(":[a-z]+}", "}", route.path).format(**{**parts, **({"image": image} if "image" in parts else {})})


@pytest.mark.parametrize(("route", "method"), KEPT, ids=lambda value: getattr(value, "path", value))
def test_an_account_without_a_role_may_use_no_route(ask: Ask, project: Project, image: Image, route: Route, method: str) -> None:
    answer = ask("nobody").request(method, address(route, project.id, image.id), params={"name": "x.png"})
    assert answer.status_code == 403
    assert method == "HEAD" or "it needs the right to" in answer.json()["error"]


@pytest.mark.parametrize("route", [route for route, _ in KEPT], ids=lambda route: route.path)
def test_a_route_says_which_right_it_needs(route: Route) -> None:
    entity, right = route.endpoint.needs  # type: ignore[attr-defined]
    assert (entity, right) in EVERYTHING


@pytest.mark.parametrize(("route", "method"), KEPT, ids=lambda value: getattr(value, "path", value))
@pytest.mark.parametrize("project", ["0" * 26, "..", "%2e%2e%2f%2e%2e%2fetc", "a" * 300], ids=["unknown", "above", "hidden above", "long"])
def test_an_id_that_is_nothings_leads_nowhere(client: TestClient, route: Route, method: str, project: str) -> None:
    answer = client.request(method, address(route, project, "0" * 64), params={"name": "x.png"}, json={"base": 0, "boxes": None})
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("image", ["0" * 64, "A" * 64, "..%2f" + "0" * 60, "0" * 63])
@pytest.mark.parametrize("route", [route for route in routes() if "image" in route.param_convertors], ids=lambda route: route.path)
def test_an_image_id_that_is_nothings_leads_nowhere(client: TestClient, project: Project, route: Route, image: str) -> None:
    method = "POST" if "POST" in (route.methods or ()) else "GET"
    answer = client.request(method, address(route, project.id, image), json={"base": 0, "boxes": None})
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("route", [route for route, _ in KEPT], ids=lambda route: route.path)
def test_a_method_that_no_route_of_the_address_has_is_405(client: TestClient, project: Project, image: Image, route: Route) -> None:
    assert client.delete(address(route, project.id, image.id)).status_code == 405


@pytest.mark.parametrize("name", ["uploads", "archives", "images/x/accept"])
def test_what_only_takes_posts_is_not_answered_with_the_page(project: Project, name: str) -> None:
    # In the dashboard itself, which has a page for whatever is left.
    answer = TestClient(app, base_url="http://here", client=THIS_HOST).get(f"/api/projects/{project.id}/{name}")
    assert (answer.status_code, "does not take GET" in answer.json()["error"]) == (405, True)


def test_an_address_that_is_none_is_not_answered_with_the_page() -> None:
    answer = TestClient(app, base_url="http://here", client=THIS_HOST).get("/api/nothing")
    assert (answer.status_code, "error" in answer.json()) == (404, True)


def test_an_error_nobody_foresaw_is_logged_and_tells_the_client_nothing(
    client: TestClient, project: Project, image: Image, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(pictures.images, "get", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get(f"/app/static/images/{project.id}/{image.id}")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "ZeroDivisionError: secret" in caplog.text


def test_a_system_error_is_said_in_the_systems_words_without_paths(
    client: TestClient, project: Project, image: Image, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(store.root))

    monkeypatch.setattr(pictures.images, "get", full)
    answer = client.get(f"/app/static/images/{project.id}/{image.id}")
    assert "No space left on device" in answer.json()["error"]
    assert str(store.root) not in answer.text


def test_a_damaged_record_is_said_and_breaks_nothing_else(client: TestClient, project: Project, image: Image, paths: ProjectPaths) -> None:
    revision_path(paths.image_shard(image.id), image.id, 1).write_bytes(b"{}")
    answer = client.get(f"/api/projects/{project.id}/images/{image.id}/label")
    assert (answer.status_code, answer.json()["template"].split(". ")[0]) == (500, "{path} is damaged: {reason}")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/_stcore/upload_file/session/file"), ("POST", "/api/projects/x/uploads"), ("DELETE", "/media/x")]
)
def test_another_site_may_change_nothing_in_the_whole_dashboard(method: str, path: str) -> None:
    answer = TestClient(app, base_url="http://here", client=THIS_HOST).request(method, path, headers={"origin": "http://elsewhere"})
    assert (answer.status_code, "another site" in answer.text) == (403, True)


@pytest.mark.parametrize("path", ["/", "/media/x", "/_stcore/upload_file/session/file", "/api/projects/x/images", "/lib/plotly.min.js"])
def test_a_name_that_is_not_the_dashboards_is_served_nothing(path: str) -> None:
    # Somebody else's name that was turned to this address: its Origin would fit its Host.
    answer = TestClient(app, base_url="http://elsewhere", client=THIS_HOST).get(path, headers={"origin": "http://elsewhere"})
    assert (answer.status_code, "allowedHosts" in answer.text) == (403, True)
