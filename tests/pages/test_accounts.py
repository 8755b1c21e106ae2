"""The page of accounts: the list, and what can be done with an account."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from storage import accounts, people, sessions
from storage.accounts import ACCOUNTS, Account
from storage.core import Store
from tests.pages.people import PASSWORD, account_with, signed_in
from tests.runs import Runs

Open = Callable[..., AppTest]


@pytest.fixture
def admin(runs: Runs) -> Account:
    """The only administrator who can sign in."""
    return accounts.create(runs.store, "admin", "local", password=PASSWORD, roles=("administrator",))


def rows(app: AppTest) -> dict[str, dict[str, Any]]:
    """The table's rows by account."""
    return {row["name"]: row for row in app.dataframe[0].value.to_dict("records")} if app.dataframe else {}


def found(store: Store, name: str) -> Account:
    account = accounts.find(store, name)
    assert account is not None
    return account


def opened(open_page: Open, who: Account, about: Account, **address: str) -> AppTest:
    """The page with this account chosen in it."""
    app = open_page("accounts.py", account=who)
    for name, value in {"account": about.id, **address}.items():
        app.query_params[name] = value
    return app.run()


def test_the_list_shows_state_roles_and_when_each_was_last_seen(runs: Runs, open_page: Open, admin: Account) -> None:
    account_with(runs.store, "ann", "labeller", "reviewer")
    accounts.change(runs.store, account_with(runs.store, "bob").id, "local", blocked=True)
    shown = rows(open_page("accounts.py", account=admin))
    assert list(shown) == ["admin", "ann", "bob"]
    assert [row["state"] for row in shown.values()] == [["Active"], ["To set a password"], ["Blocked"]]
    assert shown["ann"]["roles"] == "Labeller, Reviewer"
    assert (shown["admin"]["seen"] == "–", shown["ann"]["seen"]) == (False, "–")


def test_the_search_finds_by_full_name_and_role(runs: Runs, open_page: Open, admin: Account) -> None:
    accounts.change(runs.store, account_with(runs.store, "ann").id, "local", full_name="Ann Bell")
    account_with(runs.store, "bob", "trainer")
    app = open_page("accounts.py", account=admin)
    assert list(rows(app.text_input(key="account_search").set_value("bell").run())) == ["ann"]
    assert list(rows(app.text_input(key="account_search").set_value("trai").run())) == ["bob"]
    assert app.text_input(key="account_search").set_value("nobody").run().info[0].value == "No account matches."


def test_a_new_account_gets_a_password_that_is_shown_once_and_has_to_be_changed(runs: Runs, open_page: Open, admin: Account) -> None:
    app = open_page("accounts.py", account=admin)
    app.button(key="new_account").click().run()
    app.text_input(key="account_name").set_value("carl")
    app.multiselect(key="account_roles_chosen").set_value(["viewer"])
    app.button(key="confirm").click().run()
    password = app.code[0].value
    made = accounts.check_password(runs.store, "carl", password)
    assert made is not None
    assert (made.must_change, made.roles, made.author) == (True, ("viewer",), admin.id)
    app.button(key="confirm").click().run()
    assert not app.code
    assert app.query_params["account"] == made.id


def test_a_name_in_use_is_refused_in_the_dialog(runs: Runs, open_page: Open, admin: Account) -> None:
    app = open_page("accounts.py", account=admin, dialog="create")
    app.text_input(key="account_name").set_value("Admin")
    app.button(key="confirm").click().run()
    assert "is taken" in app.error[0].value


def test_full_name_and_e_mail_are_changed(runs: Runs, open_page: Open, admin: Account) -> None:
    ann = account_with(runs.store, "ann")
    app = opened(open_page, admin, ann, dialog="edit")
    app.text_input(key="account_full_name").set_value("Ann Bell")
    app.text_input(key="account_email").set_value("ann@example.org")
    app.button(key="confirm").click().run()
    assert (found(runs.store, "ann").full_name, found(runs.store, "ann").email) == ("Ann Bell", "ann@example.org")


def test_roles_are_given_and_count_at_the_next_question(runs: Runs, open_page: Open, admin: Account) -> None:
    ann = account_with(runs.store, "ann")
    app = opened(open_page, admin, ann, dialog="roles")
    app.multiselect(key="account_roles_chosen").set_value(["trainer"])
    app.button(key="confirm").click().run()
    assert people.person(runs.store, ann.id).may("processes", "manage")


def test_block_signs_out_everywhere_and_unblock_does_not_bring_the_sessions_back(runs: Runs, open_page: Open, admin: Account) -> None:
    ann = account_with(runs.store, "ann", "viewer")
    session = signed_in(runs.store, ann)["session"]
    app = opened(open_page, admin, ann)
    app.button(key="account_block").click().run()
    assert found(runs.store, "ann").blocked
    app.button(key="account_unblock").click().run()
    assert not found(runs.store, "ann").blocked
    assert people.person_of_session(runs.store, session) == people.NOBODY


def test_a_new_password_is_shown_once_and_ends_all_sessions(runs: Runs, open_page: Open, admin: Account) -> None:
    ann = accounts.create(runs.store, "ann", "local", password=PASSWORD)
    session = signed_in(runs.store, ann)["session"]
    app = opened(open_page, admin, ann, dialog="password")
    app.button(key="confirm").click().run()
    assert accounts.check_password(runs.store, "ann", app.code[0].value)
    assert accounts.check_password(runs.store, "ann", PASSWORD) is None
    assert people.person_of_session(runs.store, session) == people.NOBODY


def test_sessions_are_ended(runs: Runs, open_page: Open, admin: Account) -> None:
    ann = account_with(runs.store, "ann", "viewer")
    signed_in(runs.store, ann)
    opened(open_page, admin, ann).button(key="account_end").click().run()
    assert sessions.list_sessions(runs.store, ann.id) == []


def test_delete_asks_first_and_the_account_can_be_restored(runs: Runs, open_page: Open, admin: Account) -> None:
    ann = account_with(runs.store, "ann", "viewer")
    app = opened(open_page, admin, ann)
    app.button(key="account_delete").click().run()
    assert accounts.find(runs.store, "ann")
    app.button(key="confirm").click().run()
    assert accounts.find(runs.store, "ann") is None
    app = opened(open_page, admin, ann, deleted="1")
    assert list(rows(app)) == ["ann"]
    app.button(key="account_restore").click().run()
    assert accounts.find(runs.store, "ann")


def test_the_last_administrator_cannot_be_taken_away_and_the_buttons_say_so(runs: Runs, open_page: Open, admin: Account) -> None:
    app = opened(open_page, admin, admin)
    for key in ("account_block", "account_delete"):
        assert app.button(key=key).disabled
        assert app.button(key=key).help.startswith("The last administrator who can sign in cannot be taken away")


def test_nor_can_the_administrator_role_be_taken_from_the_last_one(runs: Runs, open_page: Open, admin: Account) -> None:
    app = opened(open_page, admin, admin, dialog="roles")
    app.multiselect(key="account_roles_chosen").set_value(["viewer"])
    app.button(key="confirm").click().run()
    assert "is the only administrator who can sign in" in app.error[0].value
    assert found(runs.store, "admin").roles == ("administrator",)


def test_who_may_only_view_finds_every_button_disabled_with_its_reason(runs: Runs, open_page: Open, admin: Account) -> None:
    clerk = account_with(runs.store, "clerk", rights=frozenset({("accounts", "view")}))
    bob = account_with(runs.store, "bob")
    app = opened(open_page, clerk, bob)
    buttons = {button.key: button.help for button in app.button if button.disabled}
    assert len(buttons) == len(list(app.button)) == 7
    assert buttons["account_block"] == "You need the right to manage accounts; ask the administrator"
    assert buttons["account_edit"] == "You need the right to edit accounts; ask the administrator"
    assert buttons["account_delete"] == "You need the right to delete accounts; ask the administrator"


def test_nobody_takes_over_an_account_that_may_do_more_or_gives_more_than_they_have(runs: Runs, open_page: Open, admin: Account) -> None:
    rights = frozenset({("accounts", right) for right in ("view", "create", "edit", "delete", "manage")})
    clerk, ann = account_with(runs.store, "clerk", rights=rights), account_with(runs.store, "ann")
    app = opened(open_page, clerk, admin)
    assert app.button(key="account_password").help == "This account may do more than you; ask the administrator"
    app = opened(open_page, clerk, ann, dialog="roles")
    app.multiselect(key="account_roles_chosen").set_value(["administrator"])
    app.button(key="confirm").click().run()
    assert "You cannot give rights that you do not have yourself" in app.error[0].value
    assert found(runs.store, "ann").roles == ()


def test_a_right_lost_while_the_dialog_is_open_is_missed_when_it_is_confirmed(runs: Runs, open_page: Open, admin: Account) -> None:
    second, ann = account_with(runs.store, "second", "administrator"), account_with(runs.store, "ann")
    app = opened(open_page, second, ann)
    accounts.change(runs.store, second.id, admin.id, roles=("viewer",))
    app.button(key="account_block").click().run()
    assert not found(runs.store, "ann").blocked


def test_a_link_to_no_account_says_so(runs: Runs, open_page: Open, admin: Account) -> None:
    app = opened(open_page, admin, admin.model_copy(update={"id": "0" * 26}))
    assert app.warning[0].value == "The account in the address does not exist. Choose one from the table."


def test_where_nobody_signs_in_the_page_says_how_the_first_account_is_made(runs: Runs, open_page: Open) -> None:
    assert open_page("accounts.py").info[0].value.startswith("There is no account yet")


def test_a_damaged_account_is_named_and_hides_no_other(runs: Runs, open_page: Open, admin: Account) -> None:
    bad = account_with(runs.store, "bad")
    (runs.store.account(bad.id) / f"{ACCOUNTS.stem}.000001.json").write_text("{")
    app = open_page("accounts.py", account=admin)
    assert bad.id in app.warning[0].value
    assert list(rows(app)) == ["admin"]
