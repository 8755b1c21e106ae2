"""Signing in and out in a real browser, by password and through an identity provider."""

import re
import signal
from collections.abc import Iterator

import httpx
import pytest
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import Browser, BrowserContext, Page, expect

from storage import accounts
from storage.core import Store, open_store
from tests.browser.program import Dashboard

PASSWORD = "correct horse battery"
CONFIG = """
[oidc]
issuer = "{issuer}"
client_id = "fieldmark"
client_secret = "of the test"
name = "Example"
roles = {{ people = "viewer" }}
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An identity provider that takes everybody's word."""
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Dashboard]:
    """A dashboard that people sign in to, with the administrator ann."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "fieldmark.toml").write_text(CONFIG.format(issuer=issuer))
    store = open_store(folder / "store")
    accounts.create(store, "ann", "", password=PASSWORD, roles=("administrator",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_SIGN_IN", "1")
        patch.setenv("FIELDMARK_CONFIG", str(folder / "fieldmark.toml"))
        dashboard = Dashboard(store, folder / "server.log")
    dashboard.start()
    yield dashboard
    dashboard.end(signal.SIGTERM)


@pytest.fixture
def context(chromium: Browser, house: Dashboard) -> Iterator[BrowserContext]:
    """Somebody's browser."""
    opened = chromium.new_context(base_url=house.address, locale="en-GB")
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()


def sign_in(page: Page, name: str = "ann") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_link_to_a_page_leads_there_after_signing_in(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/processes?state=Created")
    sign_in(page)
    expect(page.get_by_role("heading", name="Auto-labelling processes")).to_be_visible()
    assert page.url.endswith("/processes?state=Created")
    assert page.evaluate("document.cookie").count("fieldmark") == 0


def test_signing_out_in_one_window_ends_the_other_at_its_next_click(context: BrowserContext) -> None:
    page, other = context.new_page(), context.new_page()
    page.goto("/models")
    sign_in(page)
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    other.goto("/sign-out")
    other.get_by_role("button", name="Sign out").click()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Machines").click()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_person_of_the_identity_provider_comes_back_to_what_they_wanted(context: BrowserContext, house: Dashboard, issuer: str) -> None:
    httpx.put(f"{issuer}/users/kate", json={"preferred_username": "kate", "groups": ["people"]}).raise_for_status()
    page = context.new_page()
    page.goto("/models?name=x")
    page.get_by_role("link", name="Sign in with Example").click()
    page.locator("input[name=sub]").fill("kate")
    page.locator("input[name=sub]").press("Enter")
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    assert page.url == f"{house.address}/models?name=x"
    assert roles(house.store, "kate") == ("viewer",)


def test_the_sign_in_page_needs_no_mouse(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_label("Name")).to_be_focused()  # by itself, and a moment after the page is there
    page.keyboard.type("ann")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()


def roles(store: Store, name: str) -> tuple[str, ...]:
    return accounts.ACCOUNTS.get(store, name)[1].roles
