"""Roles: those that come with the program, own ones, and what they add up to."""

import pytest

from storage import accounts, roles
from storage.core import Conflict, NameTaken, NotFound, Refused, Store
from storage.rights import ADMINISTRATOR, EVERYTHING, READY_ROLES, Rights
from storage.roles import ROLES, Role

LABELS: Rights = frozenset({("labels", "view"), ("labels", "edit")})


@pytest.fixture
def own(store: Store) -> Role:
    return roles.create(store, "checkers", LABELS, "Look twice")


def test_roles_that_come_with_the_program_are_listed_first(store: Store, own: Role) -> None:
    assert [role.name for role in roles.list_roles(store)] == ["administrator", "trainer", "labeller", "reviewer", "viewer", "checkers"]


def test_accounts_roles_and_journal_are_the_administrators_alone() -> None:
    assert READY_ROLES[ADMINISTRATOR] == EVERYTHING
    others: Rights = frozenset(need for name, rights in READY_ROLES.items() if name != ADMINISTRATOR for need in rights)
    assert not [need for need in others if need[0] in ("accounts", "roles", "journal")]


def test_a_right_to_do_something_comes_with_the_right_to_see_it() -> None:
    assert not [(name, entity) for name, rights in READY_ROLES.items() for entity, _ in rights if (entity, "view") not in rights]


def test_a_viewer_changes_nothing() -> None:
    assert {right for _, right in READY_ROLES["viewer"]} == {"view"}


def test_several_roles_add_up(store: Store, own: Role) -> None:
    assert roles.rights_of(store, ("viewer", own.id)) == READY_ROLES["viewer"] | LABELS
    assert roles.rights_of(store, ()) == frozenset()


@pytest.mark.parametrize("role", ["nobody", "", "../x", "0" * 26])
def test_a_role_that_is_not_there_allows_nothing(store: Store, role: str) -> None:
    assert roles.rights_of(store, (role,)) == frozenset()


def test_a_damaged_role_allows_nothing(store: Store, own: Role) -> None:
    (store.role(own.id) / "role.000001.json").write_bytes(b"")
    assert roles.rights_of(store, (own.id,)) == frozenset()


@pytest.mark.parametrize("name", ["Trainer", "ADMINISTRATOR", "viewer"])
def test_no_other_role_bears_the_name_of_one_that_comes_with_the_program(store: Store, own: Role, name: str) -> None:
    with pytest.raises(NameTaken):
        roles.create(store, name, LABELS)
    with pytest.raises(NameTaken):
        roles.change(store, 1, own, own.model_copy(update={"name": name}))


def test_a_role_that_comes_with_the_program_stays_as_it_is(store: Store) -> None:
    rev, viewer = roles.look_up(store, "viewer")
    with pytest.raises(Refused, match="comes with the program"):
        roles.change(store, rev, viewer, viewer.model_copy(update={"rights": EVERYTHING}))
    with pytest.raises(Refused, match="comes with the program"):
        roles.delete(store, rev, viewer)


def test_a_changed_role_counts_at_once(store: Store, own: Role) -> None:
    roles.change(store, 1, own, own.model_copy(update={"name": "judges", "rights": frozenset({("journal", "view")})}))
    assert roles.rights_of(store, (own.id,)) == {("journal", "view")}
    assert roles.look_up(store, "JUDGES")[0] == 2


def test_of_two_changes_at_once_the_later_is_refused(store: Store, own: Role) -> None:
    roles.change(store, 1, own, own.model_copy(update={"description": "first"}))
    with pytest.raises(Conflict):
        roles.change(store, 1, own, own.model_copy(update={"description": "second"}))


def test_a_role_that_an_account_has_is_not_deleted(store: Store, own: Role) -> None:
    accounts.create(store, "anna", "local", roles=(own.id,))
    with pytest.raises(Refused, match="'checkers' cannot be deleted while account 'anna' has it"):
        roles.delete(store, *ROLES.get(store, own.id))


def test_a_deleted_role_allows_nothing(store: Store, own: Role) -> None:
    roles.delete(store, *ROLES.get(store, own.id))
    assert roles.rights_of(store, (own.id,)) == frozenset()
    with pytest.raises(NotFound):
        roles.look_up(store, "checkers")
