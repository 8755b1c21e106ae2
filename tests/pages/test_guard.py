"""Every page asks who is looking before it does anything else, and whatever changes something asks again."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from storage import accounts, processes, roles, sessions
from storage.processes import State
from storage.rights import PAGES as NEEDS
from storage.rights import READY_ROLES
from tests.finished import finish
from tests.pages.people import account_with, signed_in
from tests.runs import Runs

FOLDER = Path(__file__).resolve().parents[2] / "pages"
PAGES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "main"))
Open = Callable[..., AppTest]

# What pages call to change something, by the module (or kind) of storage; each is preceded by a `demand` in its function.
MUTATORS = {
    "actions": {"create", "start", "stop", "apply", "roll_back", "run_again", "enable", "give_up", "delete"},
    "accounts": {"create", "change", "set_password", "delete"},
    "access": {"write"},
    "images": {"change"},
    "jobs": {"ask", "ask_again"},
    "labels": {"save", "save_class", "accept"},
    "machine_deletion": {"delete"},
    "machines": {"create", "switch"},
    "model_deletion": {"delete"},
    "model_types": {"create", "describe", "delete"},
    "models": {"change", "restore"},
    "project_deletion": {"delete"},
    "projects": {"create", "change"},
    "fields": {"clear_field"},
    "roles": {"create", "change", "delete"},
    "sessions": {"end", "end_all"},
    "templates": {"change", "duplicate"},
    "tokens": {"create", "revoke"},
    **{kind: {"create", "change", "rename", "delete", "restore"} for kind in ("ACCOUNTS", "MACHINES", "PROJECTS", "ROLES", "TEMPLATES")},
}
# About one's own account, which needs no right; and what is called only by a function that has asked.
ONES_OWN = {
    "sidebar._keep_language",
    "my_profile.render_profile",
    "my_profile._change_password",
    "my_sessions._end",
    "my_sessions._end_others",
    "my_tokens._create",
    "my_tokens._revoke",
}
AFTER_ASKING = {"image_actions._set_deleted", "image_classes.restore", "process_templates._create"}


def calls(node: ast.AST) -> set[str]:
    """Every call below ``node``, as "module.function" or "function"."""
    return {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of the pages, as module.function."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.stem}.{node.name}", node


def mutates(function: ast.FunctionDef) -> bool:
    return any(call.split(".")[-1] in MUTATORS.get(call.split(".")[0], ()) for call in calls(function) if "." in call)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_first_statement_of_a_page_is_its_guard(page: Path) -> None:
    body = ast.parse(page.read_text(encoding="utf-8")).body
    first = next(node for node in body[1:] if not isinstance(node, ast.Import | ast.ImportFrom))
    asked = ast.unparse(first).removeprefix("user = ")
    assert asked == (f"require{NEEDS[page.stem]!r}" if page.stem in NEEDS else "require(None)")


def test_every_page_is_in_the_one_table_but_ones_own() -> None:
    assert {page.stem for page in PAGES} - NEEDS.keys() == {"my_account"}


def test_whatever_changes_something_asks_just_before_it_does() -> None:
    changing = {name: function for name, function in functions() if mutates(function)}
    silent = {name for name, function in changing.items() if not calls(function) & {"demand", "change_all"}}
    assert len(changing) > 30
    assert silent == ONES_OWN | AFTER_ASKING


def test_the_main_script_lies_inside_pages_and_nothing_lies_where_streamlit_looks_for_pages() -> None:
    assert (FOLDER / "main.py").is_file()
    assert not (FOLDER / "pages").exists()


@pytest.mark.parametrize(
    "user", [{"account": "mallory"}, {"account": ""}, {"account": "", "session": "0" * 64}], ids=["name", "nobody", "session"]
)
def test_whoever_is_not_signed_in_sees_nothing_and_is_led_to_the_sign_in(runs: Runs, open_page: Open, user: dict[str, str]) -> None:
    runs.created()
    app = open_page("processes.py", user=user)
    assert app.info[0].value == "You are not signed in, or your session has ended."
    assert not app.title
    assert not app.sidebar.caption


def test_an_account_with_the_right_sees_the_page_and_one_without_a_role_sees_none(runs: Runs, open_page: Open) -> None:
    ann, bob = account_with(runs.store, "ann", "viewer"), account_with(runs.store, "bob")
    assert open_page("processes.py", account=ann).title[0].value == "Auto-labelling processes"
    nothing = AppTest.from_file(str(FOLDER / "main.py"))
    nothing.user = signed_in(runs.store, bob)
    assert nothing.run().error[0].value.startswith("You may not see this page")


@pytest.mark.parametrize("role", READY_ROLES)
def test_every_page_a_role_may_see_is_drawn_whole_and_no_other_is_there(runs: Runs, open_page: Open, role: str) -> None:
    process = finish(runs, [])
    person = account_with(runs.store, "ann", role)
    app = open_page("projects.py", account=person)
    for page, needs in NEEDS.items():
        if needs not in READY_ROLES[role]:
            with pytest.raises(ValueError, match="Could not find a navigation page"):
                app.switch_page(f"{page}.py")
            continue
        app.query_params.update({"project": runs.project.id, "process": process.id, "model": process.id, "template": runs.template.id})
        app.switch_page(f"{page}.py").run()
        assert not app.exception, page
        assert app.title, page


def test_a_page_that_is_run_without_the_router_refuses_by_itself(runs: Runs) -> None:
    eve = account_with(runs.store, "eve", rights=frozenset({("projects", "view")}))
    app = AppTest.from_file(str(FOLDER / "processes.py"))
    app.user = signed_in(runs.store, eve)
    app.run()
    assert app.error[0].value.startswith("You may not see this page")
    assert not app.title


@pytest.mark.parametrize("ending", ["end", "block", "password"])
def test_a_session_that_ended_ends_an_open_page_at_the_next_click(runs: Runs, open_page: Open, ending: str) -> None:
    ann = account_with(runs.store, "ann", "viewer")
    app = open_page("projects.py", account=ann)
    if ending == "end":
        sessions.end_all(runs.store, ann.id)
    elif ending == "block":
        accounts.change(runs.store, ann.id, "local", blocked=True)
    else:
        accounts.set_password(runs.store, ann.id, "some long password", "local")
    app.run()
    assert app.info[0].value == "You are not signed in, or your session has ended."
    assert not app.title


def test_a_session_is_in_use_while_its_page_is(runs: Runs, open_page: Open) -> None:
    user = signed_in(runs.store, account_with(runs.store, "ann", "viewer"))
    session = sessions.find(runs.store, user["session"])
    assert session is not None
    seen_file = runs.store.session_seen(session.digest)
    before = seen_file.exists()
    open_page("projects.py", user=user)
    assert (before, seen_file.exists()) == (False, True)


def test_who_has_to_set_a_password_is_led_to_it_before_anything_else(runs: Runs, open_page: Open) -> None:
    ann = account_with(runs.store, "ann", "administrator")
    app = open_page("projects.py", account=ann)
    accounts.change(runs.store, ann.id, "local", must_change=True)
    app.run()
    assert app.info[0].value == "Choose a password of your own before you go on."
    assert not app.title


def test_who_may_view_but_not_manage_finds_the_buttons_disabled_with_the_reason(runs: Runs, open_page: Open) -> None:
    process = runs.created()
    app = open_page("processes.py", rights=frozenset({("processes", "view")}), process=process.id)
    start = app.button(key=f"start_{process.id}")
    assert start.disabled
    assert start.help == "You need the right to manage processes; ask the administrator"


def test_a_right_taken_away_while_the_page_is_open_is_missed_by_the_button_pressed_then(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    process = runs.created()
    app = open_page("processes.py", rights=frozenset({("processes", "view"), ("processes", "manage")}), process=process.id)
    rev, role = roles.ROLES.get(runs.store, "role-of-eve")
    roles.change(runs.store, rev, role, role.model_copy(update={"rights": frozenset({("processes", "view")})}))
    app.button(key=f"start_{process.id}").click().run()
    assert app.error[0].value == "You need the right to manage processes; ask the administrator"
    assert processes.get(runs.store, process.id).state == State.CREATED


def test_the_menu_says_who_is_signed_in(runs: Runs, open_page: Open) -> None:
    accounts.change(runs.store, account_with(runs.store, "ann", "viewer").id, "local", full_name="Ann Bell")
    app = open_page("projects.py", account=accounts.find(runs.store, "ann"))
    assert [menu.label for menu in app.sidebar.get("menu_button")] == ["Ann Bell"]


def test_where_nobody_signs_in_only_the_words_local_administrator_are_shown(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py")
    assert [caption.value for caption in app.sidebar.caption] == ["Local administrator"]
    assert not app.sidebar.get("menu_button")


def test_the_language_of_the_account_comes_before_the_browsers_and_the_switch_is_saved(runs: Runs, open_page: Open) -> None:
    ann = account_with(runs.store, "ann", "viewer")
    accounts.change(runs.store, ann.id, ann.id, language="ru")
    app = open_page("projects.py", account=ann, language="en-GB")
    assert app.title[0].value == "Проекты"
    app.sidebar.get("button_group")[0].set_value("en").run()
    assert app.title[0].value == "Projects"
    found = accounts.find(runs.store, ann.id)
    assert found is not None
    assert found.language == "en"
