"""A project that somebody may not see is, on every page and under every address, as if it did not exist."""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.project_settings import _content
from storage import access, accounts, jobs, models, processes, projects
from storage.accounts import Account
from storage.base_models import list_all
from storage.core import Refused
from storage.jobs import Page
from storage.processes import Process
from storage.projects import Project
from storage.rights import EVERYTHING
from tests.finished import finish
from tests.pages.people import account_with
from tests.pages.widgets import drawn
from tests.runs import FIELDS, Runs

Open = Callable[..., AppTest]
SECRET = "secret-contracts"
# All but the right that sees every project.
NEARLY_ALL = EVERYTHING - {("accounts", "manage")}


@pytest.fixture
def eve(runs: Runs) -> Account:
    """Who may do everything, but sees only what they are meant to."""
    return account_with(runs.store, "eve", rights=NEARLY_ALL)


@pytest.fixture
def secret(runs: Runs, eve: Account) -> Project:
    """A project that others see, and eve does not."""
    made = projects.create(runs.store, SECRET, "fields", FIELDS)
    access.write(runs.store, made.id, 0, (account_with(runs.store, "ann").id,), "local")
    return made


@pytest.fixture
def theirs(runs: Runs, secret: Project) -> Process:
    """A process of that project which published a model."""
    ours, runs.project = runs.project, secret
    process = finish(runs, [])
    runs.project = ours
    return process


def words(app: AppTest) -> str:
    """Everything that the page shows, tables and choices too."""
    shown = [str(element.proto) for element in app.main] + [str(element.proto) for element in app.sidebar]
    return "\n".join([*shown, *(frame.value.to_csv() for frame in app.dataframe)])


PLACES: list[tuple[str, str | None]] = [
    ("projects.py", "project"),
    ("data.py", "project"),
    ("labelling.py", "project"),
    ("review.py", "project"),
    ("processes.py", "process"),
    ("monitoring.py", "process"),
    ("models.py", "model"),
    ("models.py", "compare"),
    ("testing.py", "model"),
    ("templates.py", "template"),
    ("machines.py", "machine"),
    ("base_models.py", None),
]


@pytest.mark.parametrize(("page", "parameter"), PLACES, ids=[f"{page}-{parameter}" for page, parameter in PLACES])
def test_no_page_and_no_address_tells_of_it(
    runs: Runs, open_page: Open, eve: Account, theirs: Process, page: str, parameter: str | None
) -> None:
    runs.created()
    values = {
        "project": theirs.spec.project,
        "process": theirs.id,
        "model": theirs.id,
        "compare": "1",
        "template": runs.template.id,
        "machine": runs.machine.id,
    }
    app = open_page(page, account=eve)
    if parameter:
        app.query_params[parameter] = values[parameter]
        app.query_params["all"] = "1"
        app.run()
    assert not app.exception
    assert SECRET not in words(app)


@pytest.mark.parametrize(("page", "parameter"), [("projects.py", "project"), ("processes.py", "process"), ("models.py", "model")])
def test_a_deep_link_is_answered_as_if_there_were_nothing(
    runs: Runs, open_page: Open, eve: Account, theirs: Process, page: str, parameter: str
) -> None:
    runs.created()
    app = open_page(page, account=eve, **{parameter: theirs.spec.project if parameter == "project" else theirs.id})
    said = [
        *(element.value for element in app.warning),
        *(element.value for element in app.error),
        *(element.value for element in app.info),
    ]
    assert any("does not exist" in words or "no model yet" in words for words in said)


def test_nor_does_the_name_open_it(runs: Runs, open_page: Open, eve: Account, secret: Project) -> None:
    app = open_page("projects.py", account=eve, project=SECRET)
    assert "does not exist" in app.error[0].value


def test_who_may_see_it_does(runs: Runs, open_page: Open, secret: Project) -> None:
    ann = accounts.find(runs.store, "ann")
    assert ann is not None
    accounts.change(runs.store, ann.id, "local", roles=("viewer",))
    assert open_page("projects.py", account=ann, project=secret.id).title[0].value == SECRET


def test_who_manages_accounts_sees_every_project(runs: Runs, open_page: Open, secret: Project) -> None:
    boss = account_with(runs.store, "boss", "administrator")
    assert SECRET in words(open_page("projects.py", account=boss))


def test_its_processes_cannot_be_duplicated_by_an_address(runs: Runs, open_page: Open, eve: Account, theirs: Process) -> None:
    app = open_page("processes.py", account=eve, add=theirs.id)
    assert drawn(app, "add_project").value == runs.project.id


def test_a_button_drawn_before_it_was_hidden_does_nothing_any_more(runs: Runs, open_page: Open, eve: Account) -> None:
    runs.label_one()
    process = runs.created()
    app = open_page("processes.py", account=eve, process=process.id)
    access.write(runs.store, runs.project.id, 0, (), "local")
    app.button(key=f"delete_{process.id}").click().run()
    assert not app.get("dialog")
    app.run()
    assert processes.get(runs.store, process.id)
    assert app.warning or app.info


def test_a_machine_that_works_for_it_says_only_that_it_is_busy(runs: Runs, open_page: Open, eve: Account, secret: Project) -> None:
    runs.project = secret
    runs.running()
    app = open_page("machines.py", account=eve, machine=runs.machine.id)
    assert app.dataframe[0].value.iloc[0]["process"] == "another project"
    assert SECRET not in words(app)


def test_its_model_is_offered_as_a_base_only_once_it_is_listed_as_one(runs: Runs, open_page: Open, eve: Account, theirs: Process) -> None:
    def offered() -> list[str]:
        app = open_page("templates.py", account=eve, template=runs.template.id)
        return list(drawn(app, "template_base_model").options)

    assert len(list_all(runs.store)) == len(offered()) + 1
    models.change(runs.store, models.find(runs.store, theirs.id), "local", base=True)
    st.cache_resource.clear()  # what is kept for five seconds
    assert len(list_all(runs.store)) == len(offered())


def test_the_choice_of_who_sees_a_project_is_saved(runs: Runs, open_page: Open) -> None:
    ann, boss = account_with(runs.store, "ann", "viewer"), account_with(runs.store, "boss", "administrator")
    app = open_page("projects.py", account=boss, project=runs.project.id, view="settings")
    drawn(app, "access_choice").set_value("chosen").run()
    drawn(app, "access_accounts").set_value([ann.id]).run()
    app.button(key="save_access").click().run()
    assert access.read(runs.store, runs.project.id)[1].accounts == (ann.id,)
    drawn(app, "access_choice").set_value("everybody").run()
    app.button(key="save_access").click().run()
    assert access.read(runs.store, runs.project.id)[1].accounts is None


def test_who_may_edit_projects_but_not_manage_accounts_is_told_why_the_choice_is_not_theirs(
    runs: Runs, open_page: Open, eve: Account
) -> None:
    app = open_page("projects.py", account=eve, project=runs.project.id, view="settings")
    save = app.button(key="save_access")
    assert (save.disabled, save.help) == (True, "You need the right to manage accounts; ask the administrator")


def test_an_export_offered_before_the_project_was_hidden_is_refused(runs: Runs, eve: Account) -> None:
    runs.label_one()
    assert b"page.png" in _content(runs.store, runs.project, "all", "values.csv", eve.id)
    access.write(runs.store, runs.project.id, 0, (), "local")
    with pytest.raises(Refused):
        _content(runs.store, runs.project, "all", "values.csv", eve.id)


def test_a_trial_with_a_model_of_it_is_shown_to_nobody_else(runs: Runs, open_page: Open, eve: Account, theirs: Process) -> None:
    finish(runs, [])  # one of the project that both see
    asked = jobs.ask(runs.store, "try", theirs.id, runs.machine.id, "ann", pages=[(Page(name="page.png", width=10, height=10), b"page")])
    ann = accounts.change(runs.store, "ann", "local", roles=("trainer",))
    gone = "What was tried under this address is not kept any more"
    assert gone not in words(open_page("testing.py", account=ann, job=asked.id))
    assert gone in words(open_page("testing.py", account=eve, job=asked.id))


def test_who_sees_a_project_still_stands_there_after_another_page(runs: Runs, open_page: Open) -> None:
    ann, boss = account_with(runs.store, "ann", "viewer"), account_with(runs.store, "boss", "administrator")
    access.write(runs.store, runs.project.id, 0, (ann.id,), "local")
    app = open_page("projects.py", account=boss, project=runs.project.id, view="settings")
    app.switch_page("templates.py").run()
    app.switch_page("projects.py")
    app.query_params["project"], app.query_params["view"] = runs.project.id, "settings"
    app.run()
    assert drawn(app, "access_choice").value == "chosen"
    assert drawn(app, "access_accounts").value == [ann.id]
