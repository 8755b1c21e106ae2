"""Accounts, roles and tokens by commands, and commands in an account's name."""

import getpass
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

import cli
from storage import accounts, tokens
from storage.accounts import ACCOUNTS, Account
from storage.core import Store, sha256
from storage.people import person, person_of_session
from storage.rights import COMMANDS, READY_ROLES
from storage.roles import ROLES
from tests.runs import Runs

PASSWORD = "correct horse battery"
Run = Callable[..., Result]


@pytest.fixture
def run(store: Store, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FIELDMARK_STORE", str(store.root))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments, given=None: CliRunner().invoke(cli.app, list(arguments), input=given)


def made(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def account(store: Store, name: str, *roles: str) -> Account:
    return accounts.create(store, name, "local", roles=roles)


def journalled(store: Store, operation: str) -> list[dict[str, Any]]:
    lines = [line for path in store.root.glob("journal/*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return [entry for entry in map(json.loads, lines) if entry["operation"] == operation]


@pytest.fixture
def runs(store: Store) -> Runs:
    return Runs(store.root)


def commands(group: Any, above: str = "") -> Iterator[str]:
    """Every command's words, such as "process start"."""
    for name, command in getattr(group, "commands", {}).items():
        words = f"{above} {name}".strip()
        yield from commands(command, words) if hasattr(command, "commands") else [words]


def needed(words: str) -> list[str]:
    """Arguments with which the command is well-formed: a word that is a kind of template, and here the name of a folder."""
    command: Any = typer.main.get_command(cli.app)
    for word in words.split():
        command = command.commands[word]
    required = [parameter for parameter in command.params if parameter.required]
    return [text for each in required for text in ([each.opts[0]] if each.opts[0].startswith("--") else []) + ["auto-label"]]


def test_every_command_is_in_the_table_of_rights() -> None:
    assert set(commands(typer.main.get_command(cli.app))) == set(COMMANDS)


def test_an_account_is_created_with_roles_and_a_password_to_be_changed(run: Run, store: Store) -> None:
    made_id = made(run("user", "create", "anna", "--role", "labeller", "--role", "Viewer", given=f"{PASSWORD}\n"))
    created = accounts.check_password(store, "anna", PASSWORD)
    assert created
    assert (created.id, created.roles, created.must_change) == (made_id, ("labeller", "viewer"), True)
    assert created.author == getpass.getuser()


def test_an_account_for_oidc_needs_no_password(run: Run, store: Store) -> None:
    made(run("user", "create", "bob", "--no-password"))
    assert not ACCOUNTS.get(store, "bob")[1].must_change


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("user", "create", "anna"), "short\n", "too short"),
        (("user", "create", "anna", "--role", "king"), f"{PASSWORD}\n", "'king' does not exist"),
        (("user", "create", "two words"), f"{PASSWORD}\n", "not allowed"),
        (("user", "password", "nobody"), f"{PASSWORD}\n", "'nobody' does not exist"),
        (("user", "roles", "nobody", "viewer"), "", "'nobody' does not exist"),
        (("role", "create", "own", "--right", "moon:view"), "", "'moon:view' is not ENTITY:RIGHT"),
        (("role", "create", "own", "--right", "models"), "", "'models' is not ENTITY:RIGHT"),
        (("role", "create", "viewer"), "", "is taken"),
        (("token", "create", "nobody", "upload"), "", "'nobody' does not exist"),
        (("token", "revoke", "0"), "", "does not exist"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(run: Run, store: Store, arguments: tuple[str, ...], given: str, said: str) -> None:
    refused = run(*arguments, given=given)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert ACCOUNTS.list(store).items == []


def test_a_password_is_replaced(run: Run, store: Store) -> None:
    account(store, "anna")
    made(run("user", "password", "anna", "--final", given=f"{PASSWORD}\n"))
    found = accounts.check_password(store, "anna", PASSWORD)
    assert found
    assert not found.must_change


def test_an_account_is_blocked_unblocked_given_roles_and_deleted(run: Run, store: Store) -> None:
    anna = account(store, "anna")
    made(run("user", "block", "anna"))
    assert "blocked" in run("user", "list").stdout
    made(run("user", "unblock", "anna"))
    made(run("user", "roles", "anna", "trainer"))
    assert person(store, anna.id).rights == READY_ROLES["trainer"]
    made(run("user", "delete", "anna"))
    assert "anna" not in run("user", "list").stdout


def test_the_only_administrator_cannot_be_blocked(run: Run, store: Store) -> None:
    made(run("user", "create", "anna", "--role", "administrator", given=f"{PASSWORD}\n"))
    refused = run("user", "block", "anna")
    assert refused.exit_code == 2
    assert "the only administrator" in refused.stderr


def test_a_role_is_made_of_rights(run: Run, store: Store) -> None:
    made(run("role", "create", "runner", "--right", "templates:view,create", "--right", "processes:view,create,manage"))
    rights = {("templates", "view"), ("templates", "create"), *(("processes", right) for right in ("view", "create", "manage"))}
    assert ROLES.get(store, "runner")[1].rights == rights
    assert "processes:view,create,manage" in run("role", "list").stdout


def test_a_token_is_printed_once_and_alone(run: Run, store: Store) -> None:
    anna = account(store, "anna", "trainer")
    text = made(run("token", "create", "anna", "nightly", "--right", "models:view,delete,manage"))
    found = person_of_session(store, sha256(text.encode()))
    assert (found.account, found.rights) == (anna.id, {("models", right) for right in ("view", "delete", "manage")})
    assert text not in run("token", "list").stdout


def test_a_token_without_named_rights_has_those_of_its_account(run: Run, store: Store) -> None:
    account(store, "anna", "labeller")
    text = made(run("token", "create", "anna", "nightly"))
    token = tokens.find(store, sha256(text.encode()))
    assert token
    assert token.rights == READY_ROLES["labeller"]


def test_a_token_is_revoked_by_the_digits_that_the_list_shows(run: Run, store: Store) -> None:
    token, _ = tokens.create(store, account(store, "anna").id, "nightly", frozenset(), 1)
    shown = token.digest[:12]
    assert shown in run("token", "list", "anna").stdout
    made(run("token", "revoke", shown))
    assert tokens.list_tokens(store) == []


# In an account's name


def test_a_command_in_an_accounts_name_asks_for_its_right(run: Run, store: Store) -> None:
    account(store, "anna", "labeller")
    made(run("--as", "anna", "project", "list"))
    refused = run("--as", "anna", "project", "create", "receipts")
    assert refused.exit_code == 2
    assert "Account 'anna' may not do this: 'project create' needs the right to create projects" in refused.stderr
    assert "receipts" not in run("project", "list").stdout


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_no_command_is_open_to_an_account_without_rights(
    run: Run, store: Store, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(store, "eve")
    (tmp_path / "auto-label").mkdir()
    monkeypatch.chdir(tmp_path)
    refused = run("--as", "eve", *words.split(), *needed(words))
    entity, right = COMMANDS[words]
    assert refused.exit_code == 2
    assert f"needs the right to {right} {entity}" in refused.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"blocked": True}, "is blocked"), ({"must_change": True}, "has to change its password first")],
)
def test_an_account_that_may_not_sign_in_runs_no_command(run: Run, store: Store, changes: dict[str, bool], said: str) -> None:
    account(store, "anna", "viewer")
    accounts.change(store, "anna", "local", **changes)
    refused = run("--as", "anna", "project", "list")
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_an_account_that_is_not_there_runs_no_command(run: Run) -> None:
    refused = run("--as", "nobody", "project", "list")
    assert refused.exit_code == 2
    assert "Account 'nobody' does not exist" in refused.stderr


def test_what_is_done_in_an_accounts_name_is_that_accounts(run: Run, store: Store, runs: Runs) -> None:
    anna = account(store, "anna", "trainer")
    process = runs.created()
    made(run("--as", "anna", "process", "disable", process.spec.id))
    assert [entry["by"] for entry in journalled(store, "process.disable")] == [anna.id]


def test_without_a_name_it_is_that_of_the_shell(run: Run, store: Store) -> None:
    made(run("project", "create", "receipts"))
    assert [entry["by"] for entry in journalled(store, "project.create")] == [f"shell:{getpass.getuser()}"]
