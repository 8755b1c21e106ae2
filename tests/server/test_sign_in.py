"""Signing in, staying signed in and out again, as browsers and programs see it."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import app
from server.throttle import ADDRESS_FAILURES
from storage import access, accounts, first_account, images, processes, sessions, tokens
from storage.catalogues import catalogue
from storage.core import ProjectPaths, Store
from storage.images import Image
from storage.projects import Project
from storage.settings import settings
from tests.runs import Runs
from tests.server.conftest import PASSWORD, THIS_HOST, Browser

PAGE = {"accept": "text/html,*/*"}


def test_somebody_who_opens_a_page_signs_in_and_comes_back_to_it(browser: Browser) -> None:
    nobody = browser()
    led = nobody.get("/processes?process=12&lang=ru", headers=PAGE)
    form = nobody.get(led.headers["location"])
    assert led.headers["location"] == "/sign-in?next=%2Fprocesses%3Fprocess%3D12%26lang%3Dru"
    assert 'name="next" value="/processes?process=12&amp;lang=ru"' in form.text
    answer = nobody.post("/sign-in", data={"name": "ann", "password": PASSWORD, "next": "/processes?process=12&lang=ru"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/processes?process=12&lang=ru")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/processes",
        "/password",
        "/media/a.png",
        "/_stcore/upload_file/session/file",
        "/_stcore/host-config",
        "/_stcore/metrics",
        "/component/x.y/main.js",
        "/app/static/images/p/i",
        "/lib/plotly.min.js",
        "/api/nothing",
        "/sign-in/other",
    ],
)
def test_nobody_gets_nothing_of_the_whole_dashboard(signing_in: Store, path: str) -> None:
    nobody = TestClient(app, base_url="http://here", client=THIS_HOST, follow_redirects=False)
    answer = nobody.get(path)
    assert (answer.status_code, set(answer.json()), answer.headers["www-authenticate"]) == (401, {"error"}, "Bearer")
    assert nobody.get(path, headers=PAGE).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/api/health", "/sign-in", "/sign-in/style.css", "/sign-in/mark.svg", "/sign-in/font.woff2"])
def test_what_leads_to_a_session_is_open(signing_in: Store, path: str) -> None:
    assert TestClient(app, base_url="http://here").get(path).status_code == 200


def test_nobody_may_not_open_the_pages_websocket(signing_in: Store) -> None:
    nobody = TestClient(app, base_url="http://here", client=THIS_HOST)
    with pytest.raises(WebSocketDisconnect), nobody.websocket_connect("ws://here/_stcore/stream"):
        pass


def test_a_wrong_name_and_a_wrong_password_are_refused_in_the_same_words(browser: Browser) -> None:
    answers = [browser().post("/sign-in", data={"name": name, "password": "a wrong one"}) for name in ("ann", "ghost")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].text.replace('value="ann"', "") == answers[1].text.replace('value="ghost"', "")


def test_a_blocked_account_cannot_sign_in_and_its_session_is_nobodys(browser: Browser, signing_in: Store) -> None:
    bob = browser("bob")
    accounts.change(signing_in, "bob", "ann", blocked=True)
    assert bob.get("/api/nothing").status_code == 401
    assert browser().post("/sign-in", data={"name": "bob", "password": PASSWORD}).status_code == 401


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(browser: Browser) -> None:
    cookie = browser().post("/sign-in", data={"name": "ann", "password": PASSWORD}).headers["set-cookie"]
    assert re.fullmatch(r"fieldmark_session=[\w-]{43}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax", cookie)


def test_behind_https_every_cookie_is_kept_to_it(browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "fieldmark.toml").write_text('[server]\nurl = "https://here"\n')
    monkeypatch.setenv("FIELDMARK_CONFIG", str(tmp_path / "fieldmark.toml"))
    settings.cache_clear()
    ann = browser("ann", url="https://here")
    assert list(ann.cookies) == ["__Host-fieldmark_session"]
    cookie = browser(url="https://here").post("/sign-in", data={"name": "ann", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.lower().count("secure") == 1
    assert ann.get("/api/nothing").status_code == 404


def test_signing_out_leads_to_the_sign_in_page(browser: Browser) -> None:
    ann = browser("ann")
    answer = ann.post("/sign-out")
    assert (answer.status_code, answer.headers["location"], dict(ann.cookies)) == (303, "/sign-in", {})
    assert ann.get("/api/nothing").status_code == 401


def test_looking_at_the_sign_out_page_signs_nobody_out(browser: Browser) -> None:
    ann = browser("ann")
    assert '<form method="post" action="/sign-out">' in ann.get("/sign-out").text
    assert ann.get("/api/nothing").status_code == 404


def test_whoever_is_signed_in_already_goes_on_at_once(browser: Browser) -> None:
    assert browser("ann").get("/sign-in?next=/data").headers["location"] == "/data"


def test_the_printed_link_makes_the_first_administrator_once(browser: Browser, signing_in: Store) -> None:
    for account in accounts.ACCOUNTS.list(signing_in).items:
        rev, found = accounts.ACCOUNTS.get(signing_in, account.id)
        accounts.ACCOUNTS.delete(signing_in, rev, found)
    code = first_account.open_setup(signing_in)
    sent = {"code": code, "name": "root", "password": PASSWORD, "again": PASSWORD}
    first = browser()
    assert "makes the first one" in first.get("/sign-in").text
    assert first.get(f"/setup?code={code}").status_code == 200
    assert "differ" in first.post("/setup", data={**sent, "again": "other"}).text
    assert "too short" in first.post("/setup", data={**sent, "password": "short", "again": "short"}).text
    assert first.post("/setup", data=sent).headers["location"] == "/"
    assert first.get("/api/nothing").status_code == 404
    assert [browser().post("/setup", data=sent).status_code, browser().get(f"/setup?code={code}").status_code] == [403, 403]


def test_a_password_that_somebody_else_set_is_changed_before_anything_else(browser: Browser, signing_in: Store) -> None:
    accounts.set_password(signing_in, "bob", PASSWORD, "ann", must_change=True)
    bob = browser("bob")
    assert bob.get("/data?image=1", headers=PAGE).headers["location"] == "/password?next=%2Fdata%3Fimage%3D1"
    assert [bob.get("/api/nothing").status_code, bob.get("/media/x").status_code] == [403, 403]
    with pytest.raises(WebSocketDisconnect), bob.websocket_connect("ws://here/_stcore/stream"):
        pass
    sent = {"current": PASSWORD, "password": "one of my own", "again": "one of my own", "next": "/data?image=1"}
    assert bob.post("/password", data=sent).headers["location"] == "/data?image=1"
    assert bob.get("/api/nothing").status_code == 404


def test_another_password_ends_the_sessions_elsewhere(browser: Browser) -> None:
    here, elsewhere = browser("bob"), browser("bob")
    here.post("/password", data={"current": PASSWORD, "password": "one of my own", "again": "one of my own"})
    assert [here.get("/api/nothing").status_code, elsewhere.get("/api/nothing").status_code] == [404, 401]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"current": "a wrong one"}, "current password is wrong"),
        ({"again": "another one"}, "differ"),
        ({"password": PASSWORD, "again": PASSWORD}, "is the current one"),
        ({"password": "short", "again": "short"}, "too short"),
        ({"password": "password1234", "again": "password1234"}, "guessed first"),
    ],
)
def test_a_new_password_that_will_not_do_is_refused(browser: Browser, sent: dict[str, str], said: str) -> None:
    bob = browser("bob")
    answer = bob.post("/password", data={"current": PASSWORD, "password": "one of my own", "again": "one of my own", **sent})
    assert (answer.status_code in (400, 401), said in answer.text) == (True, True)
    assert bob.get("/api/nothing").status_code == 404


def test_an_account_of_the_identity_provider_has_no_password_to_change(browser: Browser, signing_in: Store) -> None:
    carl = accounts.create(signing_in, "carl", "", subject="https://provider 1")
    client = browser()
    client.cookies.set("fieldmark_session", sessions.open_session(signing_in, carl, "", ""))
    assert "keeps your password" in client.get("/password").text
    assert client.post("/password", data={"password": "one of my own", "again": "one of my own"}).status_code == 200
    assert accounts.ACCOUNTS.get(signing_in, "carl")[1].password is None


@pytest.mark.parametrize(("header", "language"), [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("de,en;q=0.5", "en"), ("en;q=x,*", "en"), ("", "en")])
def test_the_page_speaks_the_browsers_language(browser: Browser, header: str, language: str) -> None:
    text = browser().get("/sign-in", headers={"accept-language": header}).text
    assert f'<html lang="{language}">' in text
    assert f"<button>{catalogue(language).gettext('Sign in')}</button>" in text


def test_the_accounts_own_language_comes_before_the_browsers(browser: Browser, signing_in: Store) -> None:
    accounts.change(signing_in, "bob", "ann", language="ru")
    assert '<html lang="ru">' in browser("bob").get("/password", headers={"accept-language": "en"}).text


def test_a_token_opens_the_routes_that_its_rights_allow_and_no_page(
    browser: Browser, signing_in: Store, project: Project, image: Image
) -> None:
    ann = accounts.ACCOUNTS.get(signing_in, "ann")[1]
    _token, text = tokens.create(signing_in, ann.id, "script", frozenset({("images", "view")}), 30)
    script, headers = browser(), {"authorization": f"Bearer {text}"}
    assert script.get(f"/api/projects/{project.id}/images", headers=headers).json()["total"] == 1
    assert script.get(f"/app/static/images/{project.id}/{image.id}", headers=headers).status_code == 200
    assert [script.get(path, headers=headers).status_code for path in ("/", "/password", "/media/x")] == [403, 403, 403]
    with pytest.raises(WebSocketDisconnect), script.websocket_connect("ws://here/_stcore/stream", headers=headers):
        pass


def test_a_token_that_was_revoked_is_nobodys(browser: Browser, signing_in: Store) -> None:
    ann = accounts.ACCOUNTS.get(signing_in, "ann")[1]
    token, text = tokens.create(signing_in, ann.id, "script", frozenset({("images", "view")}), 30)
    tokens.revoke(signing_in, token.digest)
    assert browser().get("/api/nothing", headers={"authorization": f"Bearer {text}"}).status_code == 401


def test_a_wrong_token_is_not_made_up_for_by_the_cookie(browser: Browser) -> None:
    assert browser("ann").get("/api/nothing", headers={"authorization": "Bearer fm_wrong"}).status_code == 401


def test_what_a_proxy_asks_for_does_not_stand_in_the_cookies_way(browser: Browser) -> None:
    assert browser("ann").get("/api/nothing", headers={"authorization": "Basic YW5uOng="}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/projects/{project}/images", "/app/static/images/{project}/{image}", "/api/projects/{project}/uploads"]
)
def test_a_project_that_is_hidden_is_not_there(browser: Browser, signing_in: Store, project: Project, image: Image, path: str) -> None:
    address = path.format(project=project.id, image=image.id)
    method = "POST" if path.endswith("uploads") else "GET"
    bob, unknown = browser("bob"), address.replace(project.id, "0" * 26)
    access.write(signing_in, project.id, 0, (), "ann")
    answer, missing = (bob.request(method, each, params={"name": "x.png"}) for each in (address, unknown))
    assert answer.status_code == 404
    assert answer.text == missing.text.replace("0" * 26, project.id)
    assert browser("ann").request(method, address, params={"name": "x.png"}).status_code != 404


def test_what_belongs_to_a_hidden_project_is_not_there(browser: Browser, signing_in: Store) -> None:
    runs = Runs(signing_in.root)
    process = runs.running(3)
    accounts.change(signing_in, "bob", "ann", roles=("viewer",))
    bob, address = browser("bob"), f"/api/processes/{process.id}/metrics.csv"
    assert bob.get(address).status_code == 200
    access.write(signing_in, processes.get(signing_in, process.id).spec.project, 0, (), "ann")
    assert bob.get(address).status_code == 404


def test_every_answer_forbids_guessing_types_and_foreign_frames(browser: Browser) -> None:
    for path in ("/sign-in", "/api/nothing", "/api/health"):
        headers = browser().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] in ("DENY", "SAMEORIGIN")
        assert headers["referrer-policy"] == "same-origin"


def test_the_pages_of_the_server_run_no_script_and_are_kept_nowhere(browser: Browser) -> None:
    headers = browser().get("/sign-in").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "script" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_where_nobody_signs_in_there_is_nothing_to_sign_in_to(client: TestClient) -> None:
    assert client.get("/sign-in", follow_redirects=False).headers["location"] == "/"


def test_local_mode_is_for_this_host_alone(served: Store) -> None:
    elsewhere = TestClient(app, base_url="http://here", client=("192.0.2.7", 50000))
    assert "--sign-in" in elsewhere.get("/").json()["error"]
    with pytest.raises(WebSocketDisconnect), elsewhere.websocket_connect("ws://here/_stcore/stream"):
        pass


def test_a_refused_name_waits_longer_each_time_and_then_is_heard_again(browser: Browser, clock: list[float]) -> None:
    client, waits = browser(), []
    for _ in range(5):
        client.post("/sign-in", data={"name": "bob", "password": "a wrong one"})
    for _ in range(3):
        answer = client.post("/sign-in", data={"name": "bob", "password": "a wrong one"})
        waits.append(int(answer.headers["retry-after"]))
        clock[0] += waits[-1]
        assert client.post("/sign-in", data={"name": "bob", "password": "a wrong one"}).status_code == 401
    assert waits[0] * 4 - 4 <= waits[1] * 2 <= waits[2] + 4
    clock[0] += 3600
    assert client.post("/sign-in", data={"name": "bob", "password": PASSWORD}).status_code == 303


def test_signing_in_from_one_office_is_not_counted_against_it(browser: Browser) -> None:
    client = browser()
    for _ in range(ADDRESS_FAILURES + 1):
        assert client.post("/sign-in", data={"name": "ann", "password": PASSWORD}).status_code == 303


def test_what_a_person_adds_bears_their_account(browser: Browser, signing_in: Store, paths: ProjectPaths, document: Callable) -> None:
    answer = browser("bob").post(f"/api/projects/{paths.folder.name}/uploads?name=a.png", content=document("7"))
    assert images.get(paths, answer.json()["image"]).author == accounts.ACCOUNTS.get(signing_in, "bob")[1].id
