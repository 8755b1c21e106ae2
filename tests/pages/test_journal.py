"""The Journal page as whoever answers for the deployment uses it."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from streamlit.testing.v1 import AppTest

from storage import access, journal, labels, processes, projects
from storage.accounts import ACCOUNTS
from storage.attempts import Outcome
from storage.core import Kind, acting_as, record
from storage.journal import Filter
from storage.machines import MACHINES
from storage.model_types import MODEL_TYPES
from storage.processes import Action
from storage.projects import PROJECTS
from storage.roles import ROLES
from storage.templates import TEMPLATES
from tests.finished import add_page
from tests.runs import Runs

Open = Callable[..., AppTest]
ROOT = Path(__file__).parents[2]
# But models, whose changes have operations of their own.
KINDS: tuple[Kind[Any], ...] = (PROJECTS, TEMPLATES, MACHINES, MODEL_TYPES, ACCOUNTS, ROLES)


def rows(app: AppTest) -> list[dict[str, Any]]:
    """What stands in the table, newest first."""
    return list(app.dataframe[0].value.to_dict("records")) if app.dataframe else []


def operations(app: AppTest) -> list[str]:
    return [row["operation"] for row in rows(app)]


def place(runs: Runs, operation: str) -> str:
    """Where the newest entry of this operation is written."""
    return journal.read(runs.store, Filter(operation=operation)).found[0].place


def said(app: AppTest) -> str:
    return "\n".join(each.value for kind in (app.info, app.warning, app.caption, app.error) for each in kind)


def test_the_newest_comes_first_with_names_in_place_of_ids(runs: Runs, open_page: Open) -> None:
    image = add_page(runs, "receipt.png")
    with acting_as(f"worker:{runs.machine.id}"):
        labels.save(runs.store.project(runs.project.id), image.id, 1, (), "x")
    first = rows(open_page("journal.py"))[0]
    expected = {"by": f"Worker {runs.machine.name}", "operation": "Label saved", "name": "receipt.png", "project": runs.project.name}
    assert {key: first[key] for key in expected} == expected


def test_what_a_button_of_a_page_does_is_recorded_as_whoever_pressed_it(runs: Runs, open_page: Open) -> None:
    process = runs.created()
    app = open_page("processes.py", process=process.id)
    next(button for button in app.button if button.label == "Disable").click().run()
    assert not app.exception
    entry = next(journal.entries(runs.store, Filter(operation="process.disable")))
    assert (entry.by, entry.id) == ("local", process.id)


def test_one_process_is_followed_from_its_page(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.FAILED)
    runs.created()
    app = open_page("journal.py", thread=process.id)
    assert operations(app) == ["Run ended", "Run began", "Start asked for", "Process created"]
    assert {row["project"] for row in rows(app)} == {runs.project.name}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"by": "ann"}, ["Project created"]),
        ({"entity": "template"}, ["Template created"]),
        ({"operation": "machine.create"}, ["Machine added"]),
        ({"from": "2026-01-01", "to": "2026-01-02"}, []),
        ({"from": "yesterday"}, ["Project created", "Machine added", "Template created", "Project created"]),
    ],
    ids=str,
)
def test_filters_stand_in_the_address(runs: Runs, open_page: Open, address: dict[str, str], expected: list[str]) -> None:
    with acting_as("ann"):
        projects.create(runs.store, "bills", "fields")
    app = open_page("journal.py", **address)
    assert not app.exception
    assert sorted(operations(app)) == sorted(expected)


def test_a_filter_is_chosen_and_taken_off_again(runs: Runs, open_page: Open) -> None:
    app = open_page("journal.py", before="2030-01-01")
    next(box for box in app.selectbox if box.label == "About").select("machine").run()
    assert operations(app) == ["Machine added"]
    assert app.query_params["entity"] == "machine"
    assert "before" not in app.query_params
    app.button(key="clear_filters").click().run()
    assert len(rows(app)) == 3


def test_an_operation_of_another_kind_is_given_up_with_the_kind(runs: Runs, open_page: Open) -> None:
    app = open_page("journal.py", entity="machine", operation="machine.create")
    next(box for box in app.selectbox if box.label == "About").select("template").run()
    assert operations(app) == ["Template created"]


def test_older_entries_come_page_by_page(runs: Runs, open_page: Open) -> None:
    for number in range(60):
        record(runs.store, "label.save", "label", f"{number}")
    app = open_page("journal.py")
    assert len(rows(app)) == 50
    app.button(key="older").click().run()
    assert len(rows(app)) == 10 + 3
    app.button(key="newest").click().run()
    assert len(rows(app)) == 50


def test_a_row_shows_its_details_and_narrows_the_list(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.FAILED)
    app = open_page("journal.py", entry=place(runs, "process.end"))
    assert app.subheader[0].value == "Run ended"
    details = {row["field"]: row["value"] for row in app.dataframe[1].value.to_dict("records")}
    assert (details["outcome"], details["attempt"], details["thread"]) == ("Failed", "1", process.id)
    app.button(key="only_thread").click().run()
    assert app.query_params["thread"] == process.id
    assert len(rows(app)) == 4


def test_a_row_that_is_on_an_older_page_opens_all_the_same(runs: Runs, open_page: Open) -> None:
    before = place(runs, "project.create")
    for number in range(60):
        record(runs.store, "label.save", "label", f"{number}")
    assert open_page("journal.py", entry=before).subheader[0].value == "Project created"


def test_an_entry_that_is_not_there_is_said(runs: Runs, open_page: Open) -> None:
    assert "does not exist" in said(open_page("journal.py", entry="vm-2026-01-01~7"))


def test_filters_that_nothing_fits_say_so(runs: Runs, open_page: Open) -> None:
    assert "Nothing in the journal fits" in said(open_page("journal.py", by="nobody"))


def test_an_empty_journal_says_what_will_be_here(runs: Runs, open_page: Open) -> None:
    for path in runs.store.journal.iterdir():
        path.unlink()
    assert "Nothing is in the journal yet" in said(open_page("journal.py"))


def test_names_are_shown_as_they_are(runs: Runs, open_page: Open) -> None:
    record(runs.store, "image.add", "image", "a" * 64, "**bold** :material/home: <b>.png")
    app = open_page("journal.py", entry=place(runs, "image.add"))
    assert r"\*\*bold\*\*" in said(app)


def test_it_is_for_those_with_the_right_alone(runs: Runs, open_page: Open) -> None:
    with pytest.raises(ValueError, match="journal"):
        open_page("journal.py", rights=frozenset({("projects", "view")}))


def test_what_is_about_a_hidden_project_is_not_shown(runs: Runs, open_page: Open) -> None:
    hidden = projects.create(runs.store, "secret", "fields")
    access.write(runs.store, hidden.id, 0, (), "local")
    process = processes.create(runs.store, hidden, runs.template, runs.machine.id, "local")
    processes.ask(runs.store, processes.get(runs.store, process.id), "start", "local")
    entry = place(runs, "process.start")
    right = frozenset({("journal", "view")})
    app = open_page("journal.py", rights=right, entry=entry)
    assert {row["project"] for row in rows(app) if row["project"]} == {runs.project.name}
    assert "Start asked for" not in operations(app)
    assert "does not exist" in said(app)


def recorded() -> set[str]:
    """Operations named in calls that record, of all sources but the pages, which record nothing themselves."""
    found = set[str]()
    for path in (path for folder in ("storage", "server", "worker") for path in (ROOT / folder).rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        for call in calls:
            if ast.unparse(call.func).rpartition(".")[2] in ("record", "_journal"):
                texts = {node.value for part in call.args[:2] for node in ast.walk(part) if isinstance(node, ast.Constant)}
                found |= {text for text in texts if isinstance(text, str) and re.fullmatch("[a-z]+[.][a-z_]+", text)}
    return found


def test_every_operation_that_the_source_records_has_a_name() -> None:
    literal = recorded()
    assert {"label.save", "session.open", "project.export"} <= literal
    kinds = {f"{kind.stem}.{verb}" for kind in KINDS for verb in ("create", "change", "rename", "delete", "restore")}
    asked = {f"process.{action}" for action in get_args(Action)}
    app = AppTest.from_string("import streamlit as st\nfrom pages.parts.journal_texts import operation_names\nst.json(operation_names())")
    shown = app.run().json[0].value
    assert not {operation for operation in literal | kinds | asked if f'"{operation}"' not in shown}


def test_a_renamed_project_keeps_the_name_it_had(runs: Runs, open_page: Open) -> None:
    rev, project = PROJECTS.get(runs.store, runs.project.id)
    PROJECTS.rename(runs.store, rev, project, "bills")
    app = open_page("journal.py", entity="project")
    assert [row["name"] for row in rows(app)] == ["bills", runs.project.name]
