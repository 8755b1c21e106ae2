"""Signing in through an identity provider, one that runs beside the test and takes everybody's word for who they are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import run_server_in_thread
from starlette.responses import Response
from starlette.testclient import TestClient

from server import oidc
from storage import accounts, people
from storage.accounts import ACCOUNTS, Account
from storage.core import Store, sha256
from storage.settings import settings
from tests.server.conftest import Browser

Come = Callable[..., Response]
CONFIG = """
[oidc]
issuer = "{issuer}"
client_id = "fieldmark"
client_secret = "of the test"
name = "Example"
claim = "groups"
[oidc.roles]
fm-admins = "administrator"
fm-people = ["labeller", "reviewer"]
fm-lost = "no-such-role"
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider's address."""
    with run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def configured(issuer: str, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The dashboard's settings, which name the provider."""
    path = tmp_path / "fieldmark.toml"
    path.write_text(CONFIG.format(issuer=issuer))
    monkeypatch.setenv("FIELDMARK_CONFIG", str(path))
    settings.cache_clear()
    oidc._client.cache_clear()
    yield path
    oidc._client.cache_clear()


@pytest.fixture
def come(issuer: str, configured: Path, browser: Browser) -> Come:
    """Sign in as the person with these claims; the last answer of the dashboard."""

    def coming(sub: str, wanted: str = "/", client: TestClient | None = None, **claims: object) -> Response:
        client = client or browser()
        httpx.put(f"{issuer}/users/{sub}", json=claims).raise_for_status()
        return client.get(back(client.get(f"/oidc/start?next={wanted}").headers["location"], sub))

    return coming


def back(asked: str, sub: str) -> str:
    """What the provider sends the browser back to, after the person said who they are."""
    return httpx.post(asked, data={"sub": sub}).headers["location"]


def account(store: Store, name: str) -> Account:
    return ACCOUNTS.get(store, name)[1]


def test_the_provider_is_asked_with_state_nonce_and_pkce(configured: Path, browser: Browser, issuer: str) -> None:
    asked = browser().get("/oidc/start")
    query = parse_qs(urlsplit(asked.headers["location"]).query)
    assert asked.headers["location"].startswith(f"{issuer}/")
    assert query["redirect_uri"] == ["http://here/oidc/callback"]
    assert query["code_challenge_method"] == ["S256"]
    assert all(query[name][0] for name in ("state", "nonce", "code_challenge"))


def test_the_sign_in_page_offers_the_provider_and_keeps_the_deep_link(configured: Path, browser: Browser) -> None:
    text = browser().get("/sign-in?next=/processes?process=1").text
    assert 'href="/oidc/start?next=%2Fprocesses%3Fprocess%3D1">Sign in with Example</a>' in text


def test_a_person_who_comes_first_gets_an_account_and_goes_on_to_what_they_wanted(come: Come, browser: Browser, signing_in: Store) -> None:
    client = browser()
    answer = come("1", "/data", client, preferred_username="kate", name="Kate B.", email="kate@example.org", groups=["fm-people", "other"])
    kate = account(signing_in, "kate")
    assert (answer.status_code, answer.headers["location"]) == (303, "/data")
    assert (kate.full_name, kate.email, kate.roles, kate.password) == ("Kate B.", "kate@example.org", ("labeller", "reviewer"), None)
    assert people.person_of_session(signing_in, sha256(client.cookies["fieldmark_session"].encode())).account == kate.id


def test_a_person_who_comes_again_has_the_same_account_with_the_roles_of_now(come: Come, signing_in: Store) -> None:
    come("2", preferred_username="lena", groups=["fm-people"])
    come("2", preferred_username="renamed", groups=["fm-admins"])
    assert account(signing_in, "lena").roles == ("administrator",)
    come("2", preferred_username="lena", groups=[])
    assert account(signing_in, "lena").roles == ()


def test_a_name_that_is_taken_opens_nobodys_account(come: Come, signing_in: Store) -> None:
    come("3", preferred_username="ann", email="ann@example.org", groups=["fm-people"])
    assert account(signing_in, "ann").roles == ("administrator",)
    assert account(signing_in, "ann-2").roles == ("labeller", "reviewer")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "maria.k@example.org"}, "maria.k"),
        ({"preferred_username": "Мария К"}, "Мария-К"),
        ({"preferred_username": "<b>../x"}, "b-..-x"),
        ({"preferred_username": "..."}, "person"),
    ],
)
def test_the_accounts_name_is_made_of_what_names_may_have(come: Come, signing_in: Store, claims: dict[str, str], name: str) -> None:
    assert come(f"of {name}", **claims).status_code == 303
    assert account(signing_in, name).subject.endswith(f"of {name}")


def test_a_blocked_person_is_refused(come: Come, signing_in: Store) -> None:
    come("4", preferred_username="mallory", groups=["fm-people"])
    accounts.change(signing_in, "mallory", "ann", blocked=True)
    answer = come("4", preferred_username="mallory", groups=["fm-admins"])
    assert (answer.status_code, "is blocked" in answer.text) == (400, True)
    assert "fieldmark_session" not in answer.headers["set-cookie"]
    assert account(signing_in, "mallory").roles == ("labeller", "reviewer")


def test_the_only_administrator_stays_one(come: Come, signing_in: Store) -> None:
    come("5", preferred_username="olga", groups=["fm-admins"])
    accounts.change(signing_in, "ann", "olga", roles=())
    assert come("5", preferred_username="olga", groups=[]).status_code == 303
    assert account(signing_in, "olga").roles == ("administrator",)


def test_roles_given_here_stay_where_the_provider_gives_none(come: Come, configured: Path, issuer: str, signing_in: Store) -> None:
    configured.write_text(CONFIG.format(issuer=issuer).split("[oidc.roles]")[0])
    settings.cache_clear()
    come("6", preferred_username="pia", groups=["fm-admins"])
    accounts.change(signing_in, "pia", "ann", roles=("viewer",))
    come("6", preferred_username="pia", groups=["fm-admins"])
    assert account(signing_in, "pia").roles == ("viewer",)


def test_signing_out_ends_the_session(come: Come, browser: Browser) -> None:
    client = browser()
    come("7", "/", client, preferred_username="quinn")
    kept = client.cookies["fieldmark_session"]
    client.post("/sign-out")
    assert browser().get("/api/nothing", headers={"cookie": f"fieldmark_session={kept}"}).status_code == 401


def test_an_answer_that_another_browser_asked_for_is_refused(configured: Path, browser: Browser) -> None:
    # Or a link from somebody else would sign one in to their account, to upload there.
    answer = browser().get(back(browser().get("/oidc/start").headers["location"], "8"))
    assert (answer.status_code, "failed" in answer.text) == (401, True)


def test_an_answer_is_taken_once(configured: Path, browser: Browser) -> None:
    client = browser()
    address = back(client.get("/oidc/start").headers["location"], "9")
    assert [client.get(address).status_code, client.get(address).status_code] == [303, 401]


def test_a_provider_that_refuses_or_is_not_there_is_said(configured: Path, browser: Browser, issuer: str) -> None:
    client = browser()
    assert "Example failed" in client.get("/oidc/callback?error=access_denied&error_description=<b>").text
    configured.write_text(CONFIG.format(issuer="http://localhost:9"))
    settings.cache_clear()
    oidc._client.cache_clear()
    answer = client.get("/oidc/start")
    assert (answer.status_code, "Example failed" in answer.text) == (502, True)


def test_a_provider_that_says_it_is_another_one_is_refused(
    configured: Path, browser: Browser, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This one calls itself by whatever name it is asked under.
    other = issuer.replace("localhost", "127.0.0.1")
    monkeypatch.setattr(oidc._client(), "_server_metadata_url", f"{other}/.well-known/openid-configuration")
    client = browser()
    assert client.get(back(client.get("/oidc/start").headers["location"], "10")).status_code == 401


def test_without_a_provider_there_is_nothing_to_start(browser: Browser) -> None:
    assert browser().get("/oidc/start").status_code == 400
