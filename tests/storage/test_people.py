"""Who may do what, as of now: a block, another role, an ended session count at the next question."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storage import access, accounts, roles, sessions, tokens
from storage.accounts import Account
from storage.core import Store, new_id, sha256
from storage.people import LOCAL, NOBODY, person, person_of_session
from storage.projects import Project
from storage.rights import ADMINISTRATOR, ENTITIES, EVERYTHING, PAGES, READY_ROLES, RIGHTS, Rights

PAGE_FILES = Path(__file__).parents[2] / "pages"


@pytest.fixture
def anna(store: Store) -> Account:
    return accounts.create(store, "anna", "local", full_name="Anna Petrova", subject="issuer anna", roles=("labeller",))


@pytest.fixture
def digest(store: Store, anna: Account) -> str:
    return sha256(sessions.open_session(store, anna, "", "").encode())


def test_where_nobody_signs_in_everybody_may_do_everything(store: Store) -> None:
    assert person(store, "local") == LOCAL
    assert LOCAL.rights == EVERYTHING
    assert LOCAL.sees(new_id())


def test_nobody_may_do_nothing_and_sees_nothing() -> None:
    assert not [(entity, right) for entity in ENTITIES for right in RIGHTS if NOBODY.may(entity, right)]
    assert not NOBODY.sees(new_id())


def test_a_person_has_the_rights_of_their_roles(store: Store, anna: Account) -> None:
    found = person(store, anna.id)
    assert (found.account, found.name, found.rights) == (anna.id, "Anna Petrova", READY_ROLES["labeller"])
    assert found.may("labels", "edit")
    assert not found.may("processes", "create")


@pytest.mark.parametrize("account", ["", "anna", "Local", "administrator", "../accounts", "0" * 26])
def test_what_is_no_id_of_an_account_is_nobody(store: Store, anna: Account, account: str) -> None:
    assert person(store, account) == NOBODY


LOSSES: dict[str, Callable[[Store, str], object]] = {
    "blocked": lambda store, account: accounts.change(store, account, "local", blocked=True),
    "deleted": lambda store, account: accounts.delete(store, account, "local"),
    "damaged": lambda store, account: (store.account(account) / "account.000001.json").write_bytes(b"{}"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_an_account_that_is_lost_is_nobody_at_the_next_question(store: Store, anna: Account, digest: str, loss: str) -> None:
    assert person_of_session(store, digest).account == anna.id
    LOSSES[loss](store, anna.id)
    assert person(store, anna.id) == NOBODY
    assert person_of_session(store, digest) == NOBODY


def test_unblocking_does_not_bring_sessions_back(store: Store, anna: Account, digest: str) -> None:
    accounts.change(store, anna.id, "local", blocked=True)
    accounts.change(store, anna.id, "local", blocked=False)
    assert person(store, anna.id) != NOBODY
    assert person_of_session(store, digest) == NOBODY


def test_another_password_ends_every_session(store: Store, anna: Account, digest: str) -> None:
    accounts.set_password(store, anna.id, "correct horse battery", "local")
    assert person_of_session(store, digest) == NOBODY


def test_a_password_changed_during_a_sign_in_ends_that_one_too(store: Store, anna: Account) -> None:
    accounts.set_password(store, anna.id, "correct horse battery", "local")
    text = sessions.open_session(store, anna, "", "")  # by the account as it was before
    assert person_of_session(store, sha256(text.encode())) == NOBODY


def test_signing_out_ends_one_session(store: Store, anna: Account, digest: str) -> None:
    other = sha256(sessions.open_session(store, anna, "", "").encode())
    sessions.end(store, digest)
    assert person_of_session(store, digest) == NOBODY
    assert person_of_session(store, other).account == anna.id


def test_other_roles_count_at_the_next_question(store: Store, anna: Account, digest: str) -> None:
    accounts.change(store, anna.id, "local", roles=("viewer",))
    assert person_of_session(store, digest).rights == READY_ROLES["viewer"]


def test_a_role_that_changes_counts_at_the_next_question(store: Store, anna: Account, digest: str) -> None:
    own = roles.create(store, "own", frozenset({("models", "view")}))
    accounts.change(store, anna.id, "local", roles=(own.id,))
    roles.change(store, 1, own, own.model_copy(update={"rights": frozenset({("models", "delete")})}))
    assert person_of_session(store, digest).rights == {("models", "delete")}


def test_who_has_to_change_the_password_may_do_nothing_before(store: Store, anna: Account, digest: str) -> None:
    accounts.change(store, anna.id, "local", must_change=True)
    found = person_of_session(store, digest)
    assert found.must_change
    assert found.rights == frozenset()


def test_a_token_has_the_rights_that_both_it_and_its_account_have(store: Store, anna: Account) -> None:
    given: Rights = frozenset({("labels", "view"), ("processes", "create")})
    token, _ = tokens.create(store, anna.id, "report", given, 1)
    assert person_of_session(store, token.digest).rights == {("labels", "view")}
    accounts.change(store, anna.id, "local", roles=())
    assert person_of_session(store, token.digest).rights == frozenset()


def test_a_token_is_nobody_once_it_is_revoked_or_its_account_blocked(store: Store, anna: Account) -> None:
    revoked, kept = (tokens.create(store, anna.id, "report", EVERYTHING, 1)[0].digest for _ in range(2))
    tokens.revoke(store, revoked)
    assert person_of_session(store, revoked) == NOBODY
    accounts.change(store, anna.id, "local", blocked=True)
    assert person_of_session(store, kept) == NOBODY


def test_a_token_of_local_mode_opens_nothing(store: Store) -> None:
    token, _ = tokens.create(store, "local", "report", EVERYTHING, 1)
    assert person_of_session(store, token.digest) == NOBODY


@pytest.mark.parametrize("digest", ["", "x", "../root", "0" * 64])
def test_no_session_and_no_token_is_nobody(store: Store, digest: str) -> None:
    assert person_of_session(store, digest) == NOBODY


def test_a_project_is_hidden_from_those_it_is_not_shown_to(store: Store, project: Project, anna: Account) -> None:
    bob = accounts.create(store, "bob", "local", roles=("trainer",))
    asked = person(store, bob.id)
    assert asked.sees(project.id)
    access.write(store, project.id, 0, (anna.id,), "local")
    assert not asked.sees(project.id)
    assert person(store, anna.id).sees(project.id)


def test_whoever_manages_accounts_sees_every_project(store: Store, project: Project) -> None:
    access.write(store, project.id, 0, (), "local")
    boss = accounts.create(store, "boss", "local", roles=(ADMINISTRATOR,))
    assert person(store, boss.id).sees(project.id)


def test_a_project_whose_access_file_is_damaged_is_hidden(store: Store, project: Project, anna: Account) -> None:
    access.write(store, project.id, 0, None, "local")
    (store.project(project.id).folder / "access.000001.json").write_bytes(b"{}")
    assert not person(store, anna.id).sees(project.id)


def test_every_page_is_in_the_table_with_the_right_to_view_something() -> None:
    # The router is no page; one's own account needs no right.
    others = {"__init__", "main", "my_account"}
    assert set(PAGES) == {path.stem for path in PAGE_FILES.glob("*.py")} - others
    assert {right for _, right in PAGES.values()} == {"view"}
