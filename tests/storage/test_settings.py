"""The settings of a deployment, and the one sentence that says what is wrong with them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.core import Refused
from storage.settings import Settings, settings

WHOLE = """
[server]
url = "https://fieldmark.example.org/"
[sign_in]
idle_hours = 1
[oidc]
issuer = "https://login.example.org/"
client_id = "fieldmark"
client_secret = "hush"
[oidc.roles]
admins = "administrator"
people = ["labeller", "reviewer"]
[smtp]
host = "mail.example.org"
from = "fieldmark@example.org"
password = "hush"
"""
WRONG = {
    "[server]\nurl = 1": "server.url",
    '[server]\nurl = "fieldmark.example.org"': "such as https://fieldmark.example.org",
    '[server]\nurl = "https://example.org/fieldmark"': "without a path",
    "[servers]\n": "servers: there is no such setting",
    "[sign_in]\nidle_hours = 0": "sign_in.idle_hours",
    '[oidc]\nissuer = "x"': "oidc.client_id: it is missing",
    "[server\n": "cannot be used",
}


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Settings]]:
    """The settings in a file of this text."""

    def reading(text: str) -> Settings:
        (tmp_path / "fieldmark.toml").write_text(text, "utf-8")
        monkeypatch.setenv("FIELDMARK_CONFIG", str(tmp_path / "fieldmark.toml"))
        settings.cache_clear()
        return settings()

    yield reading
    settings.cache_clear()


def test_every_section_is_read(read: Callable[[str], Settings]) -> None:
    found = read(WHOLE)
    assert (found.server.url, found.server.host, found.server.is_https) == (
        "https://fieldmark.example.org",
        "fieldmark.example.org",
        True,
    )
    assert (found.sign_in.idle_hours, found.sign_in.absolute_days) == (1, 7)
    assert found.oidc is not None
    assert found.oidc.roles == {"admins": ("administrator",), "people": ("labeller", "reviewer")}
    assert found.smtp is not None
    assert (found.smtp.from_address, found.smtp.port) == ("fieldmark@example.org", 587)


def test_secrets_are_not_printed_with_the_settings(read: Callable[[str], Settings]) -> None:
    assert "hush" not in repr(read(WHOLE))


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_setting_that_is_wrong_is_named(read: Callable[[str], Settings], text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text)
    assert said in str(refused.value)
    assert "fieldmark.toml" in str(refused.value)


def test_a_misspelt_secret_is_not_shown(read: Callable[[str], Settings]) -> None:
    with pytest.raises(Refused) as refused:
        read(WHOLE.replace("client_secret", "client_secrt"))
    assert "oidc.client_secrt: there is no such setting" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_file_that_was_named_and_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDMARK_CONFIG", str(tmp_path / "gone.toml"))
    settings.cache_clear()
    with pytest.raises(Refused, match="it is not there"):
        settings()


def test_without_a_file_there_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIELDMARK_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    assert settings() == Settings()
