"""A store, and the dashboard opened on it without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.runs import Runs

MAIN = Path(__file__).resolve().parents[2] / "pages" / "main.py"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """An empty store that the pages will open."""
    monkeypatch.setenv("FIELDMARK_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    return Runs(tmp_path / "store")


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Open a page by its file's name as an account, with parameters in the address."""

    def opened(name: str, *, account: str = "local", language: str = "en-GB", **address: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        app.user = {"account": account}
        app.context["locale"] = language
        app.run()
        for parameter, value in address.items():
            app.query_params[parameter] = value
        return app.switch_page(name).run() if account == "local" else app

    return opened
