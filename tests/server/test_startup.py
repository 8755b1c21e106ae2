"""Who may come in is decided by where the dashboard listens, and the first administrator's link is printed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from streamlit import config

from server import assets, mode, startup
from storage import first_account
from storage.core import Store
from storage.settings import settings

ADDRESSES = {"127.0.0.1": False, "127.1.2.3": False, "localhost": False, "::1": False, "0.0.0.0": True, "::": True, "192.0.2.7": True}


@pytest.fixture
def option() -> Iterator[Callable[[str, object], None]]:
    """Set an option of Streamlit's for the test."""
    before: dict[str, object] = {}

    def set_option(name: str, value: object) -> None:
        before.setdefault(name, config.get_option(name))
        config.set_option(name, value)

    yield set_option
    for name, value in before.items():
        config.set_option(name, value)


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Give the deployment these settings."""

    def configure(text: str) -> None:
        (tmp_path / "fieldmark.toml").write_text(text, "utf-8")
        monkeypatch.setenv("FIELDMARK_CONFIG", str(tmp_path / "fieldmark.toml"))
        settings.cache_clear()

    yield configure
    settings.cache_clear()


@pytest.mark.parametrize(("address", "asked"), ADDRESSES.items())
def test_people_sign_in_wherever_others_can_reach_the_dashboard(option: Callable, address: str, asked: bool) -> None:
    option("server.address", address)
    assert mode.is_sign_in() == asked


def test_people_sign_in_where_the_dashboard_listens_on_every_address(option: Callable) -> None:
    option("server.address", None)
    assert mode.is_sign_in()


@pytest.mark.parametrize(("value", "asked"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_people_sign_in_where_it_was_asked_for(monkeypatch: pytest.MonkeyPatch, value: str, asked: bool) -> None:
    monkeypatch.setenv("FIELDMARK_SIGN_IN", value)
    assert mode.is_sign_in() == asked


def test_asking_for_local_mode_opens_no_network(monkeypatch: pytest.MonkeyPatch, option: Callable) -> None:
    monkeypatch.setenv("FIELDMARK_SIGN_IN", "0")
    option("server.address", "0.0.0.0")
    assert mode.is_sign_in()


def test_the_name_in_the_settings_is_one_the_dashboard_is_served_under(option: Callable, configured: Callable) -> None:
    option("server.allowedHosts", ["localhost"])
    option("server.address", "192.0.2.7")
    configured('[server]\nurl = "https://fieldmark.example.org:8443/"\n')
    mode.allow_own_hosts()
    assert config.get_option("server.allowedHosts")[:3] == ["localhost", "fieldmark.example.org", "192.0.2.7"]


def test_the_first_start_prints_a_link_that_works_once_people_sign_in(
    served: Store, monkeypatch: pytest.MonkeyPatch, configured: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIELDMARK_SIGN_IN", "1")
    configured('[server]\nurl = "https://fieldmark.example.org"\n')
    anyio.run(started)
    link = next(word for word in capsys.readouterr().out.split() if "/setup?code=" in word)
    assert link.startswith("https://fieldmark.example.org/")
    assert first_account.is_open(served, link.split("=")[1])


def test_local_mode_prints_no_link(served: Store, capsys: pytest.CaptureFixture[str]) -> None:
    anyio.run(started)
    assert "/setup" not in capsys.readouterr().out


async def started() -> None:
    """The dashboard's start and end, without what is loaded on the way."""
    async with startup.lifespan(assets):  # type: ignore[arg-type]  # of the app it needs nothing
        pass
