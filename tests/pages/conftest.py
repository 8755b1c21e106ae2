"""A store, and the dashboard opened on it without a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from storage.accounts import Account
from storage.rights import Rights
from tests.pages.people import account_with, signed_in
from tests.runs import Runs

MAIN = Path(__file__).resolve().parents[2] / "pages" / "main.py"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """An empty store that the pages will open."""
    monkeypatch.setenv("FIELDMARK_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    return Runs(tmp_path / "store")


@pytest.fixture
def open_page(runs: Runs) -> Callable[..., AppTest]:
    """Open a page by its file's name, with parameters in the address: where nobody signs in, or signed in as somebody.

    ``user`` is what the server says of the browser; ``account`` signs that one in, ``rights`` somebody who has just these.
    """

    def opened(
        name: str,
        *,
        user: dict[str, str] | None = None,
        account: Account | None = None,
        rights: Rights | None = None,
        language: str = "en-GB",
        **address: str,
    ) -> AppTest:
        store = runs.store
        if rights is not None:
            account = account_with(store, "eve", rights=rights)
        app = AppTest.from_file(str(MAIN), default_timeout=30)
        app.user = signed_in(store, account) if account else user or {"account": "local"}
        app.context["locale"] = language
        app.run()
        for parameter, value in address.items():
            app.query_params[parameter] = value
        return app.run() if user else app.switch_page(name).run()

    return opened


@pytest.fixture
def first_toast_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the run that shows the first toast end there, as a press at that moment would."""
    toast, cut_off = st.toast, list[str]()

    def first_is_lost(body: str, **look: Any) -> None:
        if not cut_off:
            cut_off.append(body)
            st.rerun()
        toast(body, **look)

    monkeypatch.setattr(st, "toast", first_is_lost)
