"""One's own account: profile, password, sessions and tokens."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.my_sessions import browser_name
from storage import accounts, people, sessions, tokens
from storage.accounts import Account
from storage.core import Store, sha256
from storage.rights import READY_ROLES
from tests.pages.people import PASSWORD, signed_in
from tests.runs import Runs

Open = Callable[..., AppTest]


@pytest.fixture
def ann(runs: Runs) -> Account:
    """Who looks at projects, and has a password."""
    return accounts.create(runs.store, "ann", "local", password=PASSWORD, roles=("viewer",))


def found(store: Store) -> Account:
    account = accounts.find(store, "ann")
    assert account is not None
    return account


def test_the_menu_leads_there_and_no_right_is_needed(runs: Runs, open_page: Open) -> None:
    nobody = accounts.create(runs.store, "bob", "local", password=PASSWORD)
    app = open_page("my_account.py", account=nobody)
    assert app.title[0].value == "My account"


def test_name_e_mail_and_language_are_ones_own_to_change(runs: Runs, open_page: Open, ann: Account) -> None:
    app = open_page("my_account.py", account=ann)
    app.text_input(key="my_full_name").set_value("Ann Bell")
    app.text_input(key="my_email").set_value("ann@example.org")
    app.selectbox(key="my_language").set_value("ru")
    app.button(key="save_profile").click().run()
    assert (found(runs.store).full_name, found(runs.store).email, found(runs.store).language) == ("Ann Bell", "ann@example.org", "ru")
    assert app.button(key="save_profile").label == "Сохранить"


def change(app: AppTest, present: str, wanted: str, again: str) -> AppTest:
    """Fill in the form of the password and send it."""
    for key, value in (("present_password", present), ("new_password", wanted), ("new_password_again", again)):
        app.text_input(key=key).set_value(value)
    return app.button(key="save_password").click().run()


def test_another_password_ends_all_sessions_this_one_too(runs: Runs, open_page: Open, ann: Account) -> None:
    app = change(open_page("my_account.py", account=ann), PASSWORD, "quite another one", "quite another one")
    assert app.info[0].value == "You are not signed in, or your session has ended."
    assert accounts.check_password(runs.store, "ann", "quite another one")


@pytest.mark.parametrize(
    ("present", "wanted", "again", "refusal"),
    [
        ("wrong", "quite another one", "quite another one", "The current password is not right"),
        (PASSWORD, "quite another one", "quite another two", "The new password was not typed the same way twice"),
        (PASSWORD, "short", "short", "The password is too short"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(
    runs: Runs, open_page: Open, ann: Account, present: str, wanted: str, again: str, refusal: str
) -> None:
    app = change(open_page("my_account.py", account=ann), present, wanted, again)
    assert app.error[0].value.startswith(refusal)
    assert accounts.check_password(runs.store, "ann", PASSWORD)


def test_after_five_wrong_ones_the_right_one_is_refused_too(runs: Runs, open_page: Open, ann: Account) -> None:
    app = open_page("my_account.py", account=ann)
    for _attempt in range(5):
        change(app, "wrong", "quite another one", "quite another one")
    change(app, PASSWORD, "quite another one", "quite another one")
    assert app.error[0].value.startswith("The current password was wrong too often")
    assert accounts.check_password(runs.store, "ann", PASSWORD)


def test_other_sessions_are_ended_one_by_one_or_all_at_once(runs: Runs, open_page: Open, ann: Account) -> None:
    others = [signed_in(runs.store, ann)["session"] for _other in range(3)]
    app = open_page("my_account.py", account=ann)
    app.button(key=f"end_{others[0]}").click().run()
    assert sessions.find(runs.store, others[0]) is None
    assert sessions.find(runs.store, others[1])
    app.button(key="end_others").click().run()
    assert [sessions.find(runs.store, other) for other in others] == [None, None, None]
    assert app.title[0].value == "My account"


def test_a_token_has_the_rights_chosen_and_is_shown_once(runs: Runs, open_page: Open, ann: Account) -> None:
    app = open_page("my_account.py", account=ann)
    app.button(key="new_token").click().run()
    app.text_input(key="token_name").set_value("nightly")
    app.multiselect(key="token_rights").set_value([("projects", "view")])
    app.selectbox(key="token_days").set_value(7)
    app.button(key="confirm").click().run()
    text = app.code[-1].value
    person = people.person_of_session(runs.store, sha256(text.encode()))
    assert (person.account, person.rights) == (ann.id, {("projects", "view")})
    app.button(key="confirm").click().run()
    assert not [code for code in app.code if code.value == text]


def test_a_token_offers_no_right_that_its_owner_lacks(runs: Runs, open_page: Open, ann: Account) -> None:
    app = open_page("my_account.py", account=ann)
    app.button(key="new_token").click().run()
    assert len(app.multiselect(key="token_rights").options) == len(READY_ROLES["viewer"])


def test_a_token_is_revoked(runs: Runs, open_page: Open, ann: Account) -> None:
    made, _text = tokens.create(runs.store, ann.id, "nightly", READY_ROLES["viewer"], 7)
    app = open_page("my_account.py", account=ann)
    app.button(key=f"revoke_{made.digest}").click().run()
    assert tokens.list_tokens(runs.store, ann.id) == []


def test_who_was_blocked_meanwhile_revokes_nothing(runs: Runs, open_page: Open, ann: Account) -> None:
    made, _text = tokens.create(runs.store, ann.id, "nightly", READY_ROLES["viewer"], 7)
    app = open_page("my_account.py", account=ann)
    accounts.change(runs.store, ann.id, "local", blocked=True)
    app.button(key=f"revoke_{made.digest}").click().run()
    assert [token.digest for token in tokens.list_tokens(runs.store, ann.id)] == [made.digest]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 (KHTML, like Gecko) Version/18 Safari/605", "Safari, MacOS"),
        ("curl/8.5", "curl/8.5"),
    ],
)
def test_browsers_are_called_as_people_call_them(agent: str, name: str) -> None:
    assert browser_name(agent) == name
