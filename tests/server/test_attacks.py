"""What somebody tries who means harm, and how each is refused."""

import json
from collections.abc import Callable

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app import app
from server.forms import fill, page, problem
from server.identity import IdentityMiddleware
from server.routes import routes
from server.sign_in import safe_next
from server.throttle import ADDRESS_FAILURES
from storage import accounts, sessions, tokens
from storage.core import Store
from storage.images import Image
from storage.projects import Project
from storage.rights import Rights
from tests.server.conftest import PASSWORD, THIS_HOST, Browser

SCRIPT = "\"><script>alert('x')</script>"


def cookie(text: str) -> dict[str, str]:
    return {"cookie": f"fieldmark_session={text}"}


@pytest.fixture
def telling(signing_in: Store) -> TestClient:
    """The identity layer around a route and a websocket that tell who asks."""

    async def tell(request: Request) -> JSONResponse:
        return JSONResponse({name: value for name, value in request.headers.items() if "fieldmark-" in name})

    async def tell_socket(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json([value for name, value in socket.headers.items() if "fieldmark-" in name])

    found = [Route("/tell", tell, methods=["GET", "POST"]), WebSocketRoute("/socket", tell_socket)]
    middleware = [Middleware(IdentityMiddleware)]
    return TestClient(Starlette(routes=found, middleware=middleware), base_url="http://here", follow_redirects=False)


# Sessions


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(browser: Browser) -> None:
    victim, planted = browser(), "a" * 43
    victim.cookies.set("fieldmark_session", planted)
    answer = victim.post("/sign-in", data={"name": "ann", "password": PASSWORD})
    assert planted not in answer.headers["set-cookie"]
    assert browser().get("/api/nothing", headers=cookie(planted)).status_code == 401


def test_signing_in_again_ends_the_session_that_the_browser_came_by(browser: Browser) -> None:
    victim = browser("eve")
    known = victim.cookies["fieldmark_session"]
    victim.post("/sign-in", data={"name": "ann", "password": PASSWORD})
    assert browser().get("/api/nothing", headers=cookie(known)).status_code == 401


def test_a_cookie_that_was_stolen_is_worth_nothing_after_sign_out(browser: Browser) -> None:
    ann = browser("ann")
    stolen = ann.cookies["fieldmark_session"]
    assert browser().get("/api/nothing", headers=cookie(stolen)).status_code == 404
    ann.post("/sign-out")
    thief = browser()
    assert thief.get("/api/nothing", headers=cookie(stolen)).status_code == 401
    with pytest.raises(WebSocketDisconnect), thief.websocket_connect("ws://here/_stcore/stream", headers=cookie(stolen)):
        pass


def test_what_lies_in_the_store_opens_no_session(browser: Browser, signing_in: Store) -> None:
    # A backup that leaked holds sums of cookies, not cookies.
    browser("ann")
    ann = accounts.ACCOUNTS.get(signing_in, "ann")[1]
    digest = sessions.list_sessions(signing_in, ann.id)[0].digest
    assert browser().get("/api/nothing", headers=cookie(digest)).status_code == 401


@pytest.mark.parametrize("text", ["../../accounts", "a/../b", "%00", "é" * 43, ";" * 43, "a" * 5000, "fm_" + "a" * 43])
def test_a_cookie_that_is_no_session_is_nobodys(browser: Browser, text: str) -> None:
    assert browser().get("/api/nothing", headers={"cookie": f"fieldmark_session={text}".encode()}).status_code == 401  # type: ignore[dict-item]


# Whose identity


@pytest.mark.parametrize("name", ["x-fieldmark-account", "X-FIELDMARK-ACCOUNT", "x-fieldmark-session"])
def test_an_identity_that_a_client_claims_is_dropped(telling: TestClient, browser: Browser, signing_in: Store, name: str) -> None:
    ann, bob = (accounts.ACCOUNTS.get(signing_in, each)[1].id for each in ("ann", "bob"))
    bobs = cookie(browser("bob").cookies["fieldmark_session"])
    for claimed in (ann, "local"):
        told = telling.get("/tell", headers={name: claimed, **bobs}).json()
        assert told["x-fieldmark-account"] == bob
        assert claimed not in told.values()
        assert telling.get("/tell", headers={name: claimed}).status_code == 401


def test_an_identity_claimed_on_the_websocket_is_dropped(telling: TestClient, browser: Browser, signing_in: Store) -> None:
    headers = cookie(browser("bob").cookies["fieldmark_session"])
    with telling.websocket_connect("ws://here/socket", headers={"x-fieldmark-account": "local", **headers}) as socket:
        assert "local" not in socket.receive_json()
    with pytest.raises(WebSocketDisconnect), telling.websocket_connect("ws://here/socket", headers={"x-fieldmark-account": "local"}):
        pass


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"])
def test_a_client_that_says_it_is_local_is_not(signing_in: Store, name: str) -> None:
    client = TestClient(app, base_url="http://here", client=("192.0.2.7", 50000))
    assert client.get("/api/nothing", headers={name: "127.0.0.1"}).status_code == 401


# Other sites


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/setup", "/password", "/api/models", "/_stcore/upload_file/s/f"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://here.evil.example", "http://here:81"])
def test_a_form_on_another_site_changes_nothing(browser: Browser, path: str, origin: str) -> None:
    # To sign somebody in to the attacker's account is a change too.
    ann = browser("ann")
    answer = ann.post(path, data={"name": "eve", "password": PASSWORD}, headers={"origin": origin})
    assert (answer.status_code, "another site" in answer.text) == (403, True)
    assert ann.get("/api/nothing").status_code == 404


def test_another_site_may_not_open_the_websocket_with_the_persons_cookie(telling: TestClient, browser: Browser) -> None:
    headers = {**cookie(browser("ann").cookies["fieldmark_session"]), "origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect), telling.websocket_connect("ws://here/socket", headers=headers):
        pass


def test_a_name_turned_to_this_address_is_not_answered(browser: Browser) -> None:
    assert browser("ann").get("/api/nothing", headers={"host": "evil.example", "origin": "http://evil.example"}).status_code == 403


ELSEWHERE = ["//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https://evil.example", "javascript:alert(1)"]
ELSEWHERE += ["/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "///evil.example", "data:,x", "evil", ""]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(browser: Browser, wanted: str) -> None:
    answer = browser().post("/sign-in", data={"name": "ann", "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == "/"
    assert browser("ann").get("/sign-in", params={"next": wanted}).headers["location"] == "/"


@pytest.mark.parametrize("wanted", ["/%09/evil.example", "/%5Cevil.example", "/%2F/evil.example", "/.//evil.example", "/@evil.example"])
def test_what_looks_like_another_site_but_is_none_stays_here(wanted: str) -> None:
    assert httpx.URL("http://here/sign-in").join(safe_next(wanted)).host == "here"


# Names, ids, texts


@pytest.mark.parametrize(
    "part",
    ["..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e", "..%5c..%5c", "%00", "a%00b", "/etc/passwd", "con", "~", "a" * 5000],
)
def test_no_name_or_id_leads_out_of_the_store(client: TestClient, project: Project, image: Image, part: str) -> None:
    for route in routes():
        for name in route.param_convertors:
            parts = dict.fromkeys(route.param_convertors, "0") | {"project": project.id, "image": image.id} | {name: part}
            address = route.path.replace(":int", "").replace(":path", "").format(**parts)
            for method in (route.methods or set()) - {"HEAD"}:
                answer = client.request(method, address, json={"base": 0})
                assert answer.status_code in (303, 400, 404, 405), (method, address)
                assert b"root:" not in answer.content


@pytest.mark.parametrize("name", [SCRIPT, "../../etc/passwd", "a\x00b", "x" * 300, "<img src=x onerror=alert(1)>.png"])
def test_a_file_name_is_kept_as_text_and_never_as_a_path(client: TestClient, project: Project, document: Callable, name: str) -> None:
    answer = client.post(f"/api/projects/{project.id}/uploads", params={"name": name}, content=document("1"))
    assert answer.headers["content-type"] == "application/json"
    assert answer.status_code in (201, 400)
    listed = client.get(f"/api/projects/{project.id}/images")
    assert (listed.headers["content-type"], listed.headers["x-content-type-options"]) == ("application/json", "nosniff")


def test_what_pretends_to_be_an_image_is_no_page_of_ours(client: TestClient, project: Project) -> None:
    answer = client.post(f"/api/projects/{project.id}/uploads?name=x.html", content=b"<script>alert(1)</script>")
    assert answer.status_code == 400


def test_markup_in_what_people_type_is_shown_and_not_run(browser: Browser, signing_in: Store) -> None:
    client = browser()
    answers = [
        client.post("/sign-in", data={"name": SCRIPT, "password": "x", "next": f"/a{SCRIPT}"}),
        client.get("/sign-in", params={"next": f"/a{SCRIPT}"}),
        client.get("/setup", params={"code": SCRIPT}),
        browser("bob").get("/password", params={"next": f"/a{SCRIPT}"}),
    ]
    assert not [answer for answer in answers if "<script" in answer.text]


def test_every_value_in_a_page_of_the_server_is_escaped() -> None:
    assert SCRIPT not in page(SCRIPT, problem(SCRIPT)).body.decode()
    assert fill("<a href='{address}'>", address="' onclick='x") == "<a href='&#x27; onclick=&#x27;x'>"
    assert fill("{twice}", twice=fill("{text}", text="{secret}")) == "{secret}"


# Guessing


def test_after_five_wrong_passwords_even_the_right_one_is_refused_for_a_while(browser: Browser, clock: list[float]) -> None:
    client = browser()
    wrong = [client.post("/sign-in", data={"name": "ann", "password": f"guess {number}"}).status_code for number in range(5)]
    refused = client.post("/sign-in", data={"name": "ANN", "password": PASSWORD})
    assert (wrong, refused.status_code, "Too many attempts" in refused.text) == ([401] * 5, 429, True)
    clock[0] += int(refused.headers["retry-after"])
    assert client.post("/sign-in", data={"name": "ann", "password": PASSWORD}).status_code == 303


def test_being_refused_does_not_tell_whether_there_is_such_an_account(browser: Browser) -> None:
    answers = []
    for name in ("ann", "ghost"):
        for _ in range(6):
            answer = browser(address=f"192.0.2.{len(answers)}").post("/sign-in", data={"name": name, "password": "a guess"})
        answers.append((answer.status_code, answer.text.replace(f'value="{name}"', "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429


def test_one_address_may_not_try_one_password_on_everybody(browser: Browser) -> None:
    client = browser(address="192.0.2.9")
    answers = [
        client.post("/sign-in", data={"name": f"person{number}", "password": "password123"}) for number in range(ADDRESS_FAILURES + 1)
    ]
    assert [answer.status_code for answer in answers] == [401] * ADDRESS_FAILURES + [429]
    assert client.post("/sign-in", data={"name": "ann", "password": PASSWORD}).status_code == 429
    assert browser(address="192.0.2.10").post("/sign-in", data={"name": "ann", "password": PASSWORD}).status_code == 303


def test_an_account_of_ones_own_does_not_wash_the_guesses_away(browser: Browser) -> None:
    client = browser(address="192.0.2.9")
    for number in range(ADDRESS_FAILURES):
        client.post("/sign-in", data={"name": f"person{number}", "password": "a guess"})
        if number % 4 == 0:
            client.post("/sign-in", data={"name": "eve", "password": PASSWORD})
    assert client.post("/sign-in", data={"name": "ann", "password": "a guess"}).status_code == 429


def test_a_line_of_ipv6_addresses_is_one_guesser(browser: Browser) -> None:
    for number in range(ADDRESS_FAILURES):
        browser(address=f"2001:db8::{number:x}").post("/sign-in", data={"name": f"person{number}", "password": "a guess"})
    assert browser(address="2001:db8::ffff").post("/sign-in", data={"name": "ann", "password": PASSWORD}).status_code == 429


def test_a_stolen_session_does_not_find_out_the_password(browser: Browser) -> None:
    thief = browser("bob")
    sent = {"password": "one of my own", "again": "one of my own"}
    guesses = [thief.post("/password", data={**sent, "current": f"guess {number}"}).status_code for number in range(6)]
    assert guesses == [401] * 5 + [429]
    assert thief.post("/password", data={**sent, "current": PASSWORD}).status_code == 429


# Bodies


@pytest.mark.parametrize("path", ["/sign-in", "/setup"])
def test_a_form_that_is_too_large_is_refused(browser: Browser, path: str) -> None:
    answer = browser().post(path, data={"name": "x" * 20_000})
    assert (answer.status_code, "more than 10,000 bytes" in answer.text) == (400, True)


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(signing_in: Store) -> None:
    pieces, answers = 0, []

    async def receive() -> dict[str, object]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    async def send(message: dict[str, object]) -> None:
        answers.append(message)

    middleware = [Middleware(IdentityMiddleware)]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sign-in",
        "query_string": b"",
        "headers": [(b"host", b"here")],
        "client": THIS_HOST,
    }
    anyio.run(Starlette(routes=routes(), middleware=middleware), scope, receive, send)  # type: ignore[arg-type]
    assert (answers[0]["status"], pieces) == (400, 11)


def test_a_label_of_six_megabytes_is_refused(client: TestClient, project: Project, image: Image) -> None:
    answer = client.post(f"/api/projects/{project.id}/images/{image.id}/label", content=b" " * 6_000_000 + json.dumps({"base": 0}).encode())
    assert (answer.status_code, "more than 5 million bytes" in answer.json()["error"]) == (400, True)


def test_a_password_of_a_megabyte_costs_no_hash(browser: Browser) -> None:
    assert browser().post("/sign-in", data={"name": "ann", "password": "x" * 1_000_000}).status_code == 400


# Tokens


@pytest.fixture
def token(signing_in: Store) -> Callable[[str, Rights], str]:
    """A token of an account, with these rights."""

    def made(name: str, rights: Rights) -> str:
        return tokens.create(signing_in, accounts.ACCOUNTS.get(signing_in, name)[1].id, "script", rights, 1)[1]

    return made


def test_a_token_with_too_few_rights_is_refused(browser: Browser, token: Callable, project: Project, image: Image) -> None:
    headers = {"authorization": f"Bearer {token('ann', frozenset({('images', 'view')}))}"}
    answer = browser().post(f"/api/projects/{project.id}/images/{image.id}/label", json={"base": 0, "boxes": []}, headers=headers)
    assert (answer.status_code, "right to edit labels" in answer.json()["error"]) == (403, True)


def test_a_token_has_no_right_that_its_account_has_lost(browser: Browser, token: Callable, signing_in: Store, project: Project) -> None:
    headers = {"authorization": f"Bearer {token('bob', frozenset({('images', 'view')}))}"}
    assert browser().get(f"/api/projects/{project.id}/images", headers=headers).status_code == 200
    accounts.change(signing_in, "bob", "ann", roles=())
    assert browser().get(f"/api/projects/{project.id}/images", headers=headers).status_code == 403


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "api_key"])
def test_a_token_in_the_address_is_ignored(browser: Browser, token: Callable, project: Project, name: str) -> None:
    # Addresses stand in logs, histories and Referers.
    text = token("ann", frozenset({("images", "view")}))
    assert browser().get(f"/api/projects/{project.id}/images", params={name: text}).status_code == 401


def test_a_token_is_no_cookie_and_a_cookie_no_token(browser: Browser, token: Callable, project: Project) -> None:
    text, session = token("ann", frozenset({("images", "view")})), browser("ann").cookies["fieldmark_session"]
    address = f"/api/projects/{project.id}/images"
    assert browser().get(address, headers=cookie(text)).status_code == 401
    assert browser().get(address, headers={"authorization": f"Bearer {session}"}).status_code == 401


def test_the_local_administrator_is_nobody_where_people_sign_in(signing_in: Store) -> None:
    client = TestClient(app, base_url="http://here", client=THIS_HOST)
    assert client.get("/api/nothing").status_code == 401
