"""Every page asks who is looking before it does anything else."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import guard
from pages.parts.guard import User
from storage.rights import EVERYTHING
from tests.runs import Runs

PAGES = sorted(path for path in (Path(__file__).resolve().parents[2] / "pages").glob("*.py") if path.stem not in ("__init__", "main"))
Open = Callable[..., AppTest]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_first_statement_of_a_page_is_its_guard(page: Path) -> None:
    body = ast.parse(page.read_text(encoding="utf-8")).body
    first = next(node for node in body[1:] if not isinstance(node, ast.Import | ast.ImportFrom))
    assert ast.unparse(first).startswith("user = require(")


def test_the_main_script_lies_inside_pages_and_nothing_lies_where_streamlit_looks_for_pages() -> None:
    folder = PAGES[0].parent
    assert (folder / "main.py").is_file()
    assert not (folder / "pages").exists()


def test_an_account_nobody_knows_sees_no_page(runs: Runs, open_page: Open) -> None:
    runs.created()
    app = open_page("processes.py", account="mallory")
    assert app.error[0].value.startswith("You may not see this page")
    assert not app.title


def test_a_page_refuses_by_itself_when_the_router_would_let_it_pass(runs: Runs, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("processes.py")
    # The router sees somebody who may; the page asks again and sees somebody who may not.
    answers = iter([User("a", "a", EVERYTHING), User("a", "a", frozenset())])
    monkeypatch.setattr(guard, "current_user", lambda: next(answers))
    app.run()
    assert app.error[0].value.startswith("You may not see this page")
    assert not app.title


def test_who_may_view_but_not_manage_finds_the_buttons_disabled(runs: Runs, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    process = runs.created()
    monkeypatch.setattr(guard, "current_user", lambda: User("eve", "eve", frozenset({("processes", "view")})))
    app = open_page("processes.py", process=process.id)
    start = app.button(key=f"start_{process.id}")
    assert start.disabled
    assert start.help == "You need the right to manage processes"
