"""The journal from a shell."""

import getpass
import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

import cli
from storage import accounts, projects
from storage.core import Store, acting_as, record

Run = Callable[..., Result]


@pytest.fixture
def run(store: Store, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FIELDMARK_STORE", str(store.root))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(cli.app, list(arguments))


def listed(result: Result) -> list[str]:
    """The operations in the lines of JSON, newest first."""
    assert result.exit_code == 0, result.output
    return [json.loads(line)["operation"] for line in result.stdout.splitlines()]


def test_a_command_is_recorded_as_whoever_has_the_shell(run: Run) -> None:
    run("project", "create", "forms")
    (entry,) = map(json.loads, run("journal", "list", "--json").stdout.splitlines())
    assert (entry["operation"], entry["by"], entry["name"]) == ("project.create", f"shell:{getpass.getuser()}", "forms")


def test_a_command_in_an_accounts_name_is_recorded_as_the_account(run: Run, store: Store) -> None:
    ann = accounts.create(store, "ann", "", roles=("administrator",))
    assert run("--as", "ann", "project", "create", "forms").exit_code == 0
    assert listed(run("journal", "list", "--json", "--person", "ann")) == ["project.create"]
    assert listed(run("journal", "list", "--json", "--person", ann.id)) == ["project.create"]


def test_people_are_shown_by_name_and_text_as_it_is(run: Run, store: Store) -> None:
    ann = accounts.create(store, "ann", "", roles=("administrator",))
    with acting_as(ann.id):
        record(store, "image.add", "image", "a", "[red]1.png")
    shown = run("journal", "list", "--operation", "image.add").stdout
    assert "ann" in shown
    assert "[red]1.png" in shown


def test_the_list_is_narrowed_by_thread_and_time_and_number(run: Run, store: Store) -> None:
    record(store, "process.start", "process", "c", thread="t")
    record(store, "label.save", "label", "a")
    assert listed(run("journal", "list", "--json", "--thread", "t")) == ["process.start"]
    assert listed(run("journal", "list", "--json", "--since", "2999-01-01")) == []
    assert listed(run("journal", "list", "--json", "--limit", "1")) == ["label.save"]
    assert len(listed(run("journal", "list", "--json", "--limit", "0"))) == 2


def test_it_is_for_accounts_with_the_right_alone(run: Run, store: Store) -> None:
    projects.create(store, "forms", "fields")
    for name, role in {"ann": "administrator", "bob": "labeller"}.items():
        accounts.create(store, name, "", roles=(role,))
    assert run("--as", "ann", "journal", "list").exit_code == 0
    assert run("--as", "bob", "journal", "list").exit_code == 2


def test_a_changed_journal_fails_the_check(run: Run, store: Store) -> None:
    for name in ("a", "b"):
        run("project", "create", name)
    assert run("store", "check").exit_code == 0
    (path,) = store.journal.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"name":"a"', b'"name":"c"'))
    result = run("store", "check")
    assert (result.exit_code, f"journal/{path.name}" in result.stdout) == (1, True)
