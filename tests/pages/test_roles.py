"""The page of roles: the matrix, own roles, and who has them."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from storage import accounts, people, roles
from storage.rights import READY_ROLES
from storage.roles import ROLES, Role
from tests.pages.people import account_with
from tests.runs import Runs

Open = Callable[..., AppTest]


@pytest.fixture
def night(runs: Runs) -> Role:
    """A role of one's own that may look at projects and run processes."""
    rights = frozenset({("projects", "view"), ("processes", "view"), ("processes", "manage")})
    return roles.create(runs.store, "night-shift", rights, "Runs processes at night")


def test_ready_made_and_own_roles_are_listed_with_how_many_have_them(runs: Runs, open_page: Open, night: Role) -> None:
    account_with(runs.store, "ann", "viewer")
    shown = open_page("roles.py").dataframe[0].value.set_index("name")
    assert list(shown.index) == ["Administrator", "Trainer", "Labeller", "Reviewer", "Viewer", "night-shift"]
    assert shown.loc["Viewer", "accounts"] == "1"
    assert shown.loc["night-shift", "rights"] == "3"


def test_the_matrix_of_a_ready_made_role_is_that_of_the_one_table_and_cannot_be_changed(runs: Runs, open_page: Open) -> None:
    app = open_page("roles.py", role="labeller")
    matrix = app.table[0].value.set_index("")
    assert matrix.loc["Images"].tolist() == ["✓", "✓", "✓", "✓", "–"]
    assert matrix.loc["Accounts"].tolist() == ["–"] * 5
    assert not app.checkbox
    assert app.button(key="role_delete").help == "It comes with the program and cannot be deleted"


def test_a_role_of_ones_own_is_made_by_copying(runs: Runs, open_page: Open) -> None:
    app = open_page("roles.py", role="reviewer", dialog="copy")
    app.text_input(key="role_copy_name").set_value("checker")
    app.button(key="confirm").click().run()
    _rev, made = ROLES.get(runs.store, "checker")
    assert made.rights == READY_ROLES["reviewer"]
    assert app.query_params["role"] == made.id


def test_a_name_of_a_ready_made_role_is_refused(runs: Runs, open_page: Open) -> None:
    app = open_page("roles.py", role="reviewer", dialog="copy")
    app.text_input(key="role_copy_name").set_value("Trainer")
    app.button(key="confirm").click().run()
    assert "is taken" in app.error[0].value


def test_rights_are_ticked_and_saved_and_bring_the_right_to_view_along(runs: Runs, open_page: Open, night: Role) -> None:
    ann = accounts.create(runs.store, "ann", "local", roles=(night.id,))
    app = open_page("roles.py", role=night.id)
    app.checkbox(key=f"right_{night.id}_1_models_delete").check()
    app.checkbox(key=f"right_{night.id}_1_processes_manage").uncheck()
    app.button(key="save_role").click().run()
    person = people.person(runs.store, ann.id)
    assert (person.may("models", "delete"), person.may("models", "view"), person.may("processes", "manage")) == (True, True, False)


def test_who_has_the_role_is_said_and_keeps_it_from_being_deleted(runs: Runs, open_page: Open, night: Role) -> None:
    ann = accounts.create(runs.store, "ann", "local", roles=(night.id,))
    app = open_page("roles.py", role=night.id)
    assert any("1 account has this role" in caption.value for caption in app.caption)
    assert app.button(key="role_delete").help == "Not while an account has it"
    accounts.change(runs.store, ann.id, "local", roles=())
    app.run().button(key="role_delete").click().run()
    app.button(key="confirm").click().run()
    assert [role.name for role in roles.list_roles(runs.store) if role.id == night.id] == []


def test_who_may_only_view_changes_nothing(runs: Runs, open_page: Open, night: Role) -> None:
    app = open_page("roles.py", rights=frozenset({("roles", "view")}), role=night.id)
    assert all(box.disabled for box in app.checkbox)
    assert {button.key: button.help for button in app.button} == {
        "role_copy": "You need the right to create roles; ask the administrator",
        "role_delete": "You need the right to delete roles; ask the administrator",
        "save_role": "You need the right to edit roles; ask the administrator",
    }


def test_nobody_gives_a_right_that_they_do_not_have(runs: Runs, open_page: Open, night: Role) -> None:
    rights = frozenset({("roles", "view"), ("roles", "edit"), ("roles", "create"), ("images", "view")})
    app = open_page("roles.py", rights=rights, role=night.id)
    assert app.checkbox(key=f"right_{night.id}_1_accounts_manage").disabled
    assert not app.checkbox(key=f"right_{night.id}_1_images_view").disabled
    app.query_params["dialog"] = "copy"
    app.run()
    app.text_input(key="role_copy_name").set_value("mine")
    app.button(key="confirm").click().run()
    assert "You cannot give rights that you do not have yourself" in app.error[0].value


def test_a_save_on_top_of_somebody_elses_is_refused_and_theirs_is_shown(runs: Runs, open_page: Open, night: Role) -> None:
    app = open_page("roles.py", role=night.id)
    app.checkbox(key=f"right_{night.id}_1_models_view").check()
    rev, role = ROLES.get(runs.store, night.id)
    roles.change(runs.store, rev, role, role.model_copy(update={"description": "theirs"}))
    app.button(key="save_role").click().run()
    assert ROLES.get(runs.store, night.id)[1].description == "theirs"
    assert app.toast[0].value.startswith("Somebody else saved this role meanwhile")
    assert app.text_input(key=f"role_description_{night.id}_2").value == "theirs"
