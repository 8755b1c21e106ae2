"""Somebody else changed or deleted what a page or dialog is about: it says so, leads on, and nothing typed is lost."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from storage import (
    actions,
    machine_deletion,
    machines,
    model_deletion,
    model_types,
    models,
    processes,
    project_deletion,
    projects,
    templates,
)
from storage.attempts import Outcome
from storage.machines import MACHINES
from storage.model_types import MODEL_TYPES
from storage.projects import PROJECTS
from storage.templates import TEMPLATES
from tests.finished import finish
from tests.pages.widgets import drawn
from tests.runs import Runs

Open = Callable[..., AppTest]
Deed = Callable[[Runs], object]


def said(app: AppTest) -> str:
    """Everything that the page warns of or refuses."""
    return "\n".join(element.value for element in (*app.warning, *app.error))


def delete_project(runs: Runs) -> None:
    project_deletion.delete(runs.store, *PROJECTS.get(runs.store, runs.project.id))


def delete_template(runs: Runs) -> None:
    TEMPLATES.delete(runs.store, *TEMPLATES.get(runs.store, runs.template.id))


def change_template(runs: Runs) -> None:
    rev, template = TEMPLATES.get(runs.store, runs.template.id)
    parameters = template.parameters.model_copy(update={"iterations": 3000})
    templates.change(runs.store, rev, template, template.model_copy(update={"parameters": parameters}))


def disable_machine(runs: Runs) -> None:
    rev, machine = MACHINES.get(runs.store, runs.machine.id)
    MACHINES.change(runs.store, rev, machine.model_copy(update={"enabled": False}))


# Templates


def test_the_form_says_at_once_that_somebody_else_saved_the_template(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, "template_description").set_value("mine").run()
    change_template(runs)
    app.run()
    assert "Somebody else saved this template" in said(app)
    assert app.table[0].value.to_numpy().tolist() == [["Description", "mine", ""], ["Iterations", "1,000", "3,000"]]
    assert drawn(app, "template_description").value == "mine"


def test_what_was_typed_into_a_template_that_was_deleted_can_be_made_a_new_one(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, "template_iterations").set_value(2000).run()
    delete_template(runs)
    app.button(key="save").click().run()
    assert "deleted by somebody else" in said(app)
    assert drawn(app, "template_iterations").value == 2000
    app.button(key="save").click().run()
    assert TEMPLATES.get(runs.store, "quick")[1].parameters.iterations == 2000


def test_a_template_deleted_with_nothing_typed_is_said_to_be_gone(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    delete_template(runs)
    assert "does not exist" in said(app.run())


# Adding a process


@pytest.mark.parametrize("change", [delete_template, change_template, disable_machine])
def test_nothing_is_created_from_what_changed_since_it_was_drawn(runs: Runs, open_page: Open, change: Deed) -> None:
    templates.create(runs.store, "another", "auto-label")
    app = open_page("processes.py", add="1")
    drawn(app, "add_template").set_value(runs.template.id).run()
    change(runs)
    app.button(key="create").click().run()
    assert processes.list_ids(runs.store) == []


def test_after_a_change_meanwhile_a_second_press_creates_what_is_seen(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py", add="1")
    change_template(runs)
    app.button(key="create").click().run()
    assert "Look at it again" in said(app)
    app.button(key="create").click().run()
    (process,) = processes.list_processes(runs.store)[0]
    assert process.spec.template.parameters.iterations == 3000


def test_no_process_is_created_in_a_project_deleted_a_moment_ago(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py", add="1")
    delete_project(runs)
    app.button(key="create").click().run()
    assert "does not exist" in said(app)
    assert processes.list_ids(runs.store) == []


def test_duplicating_a_process_that_was_deleted_says_so(runs: Runs, open_page: Open) -> None:
    process = runs.created()
    actions.delete(runs.store, process, "ann")
    assert "does not exist any more" in said(open_page("processes.py", add=process.id))


# A process


@pytest.mark.parametrize("button", ["start", "stop", "delete", "disable"])
def test_pressing_a_button_of_a_process_deleted_meanwhile_says_that_it_is_gone(runs: Runs, open_page: Open, button: str) -> None:
    process = runs.queued() if button == "stop" else runs.created()
    if button == "start":
        runs.label_one()
    app = open_page("processes.py", process=process.id)
    if button == "stop":
        actions.stop(runs.store, process, "ann")
    actions.delete(runs.store, processes.get(runs.store, process.id), "ann")
    app.button(key=f"{button}_{process.id}").click().run()
    assert "does not exist" in said(app)
    assert not app.exception


def test_a_question_about_a_process_deleted_meanwhile_is_answered_in_words(runs: Runs, open_page: Open) -> None:
    process = runs.created()
    app = open_page("processes.py", process=process.id)
    app.button(key=f"delete_{process.id}").click().run()
    actions.delete(runs.store, process, "bob")
    app.button(key="confirm").click().run()
    assert "does not exist" in said(app)
    assert not app.exception


def test_monitoring_says_that_the_process_was_deleted_and_offers_others(runs: Runs, open_page: Open) -> None:
    process, _other = runs.ended(Outcome.FAILED), runs.ended(Outcome.FAILED)
    app = open_page("monitoring.py", process=process.id)
    actions.delete(runs.store, process, "ann")
    app.run()
    assert "may have been deleted" in said(app)
    assert len(app.selectbox(key="linked_process").options) == 1


# Projects, machines, models, types


@pytest.mark.parametrize("page", ["data.py", "labelling.py", "review.py"])
def test_a_page_of_a_deleted_project_says_so(runs: Runs, open_page: Open, page: str) -> None:
    projects.create(runs.store, "others", "fields", ("date",))
    delete_project(runs)
    assert "may have been deleted" in said(open_page(page, project=runs.project.id))


@pytest.mark.parametrize("dialog", ["rename", "delete"])
def test_a_dialog_about_a_project_deleted_meanwhile_says_so(runs: Runs, open_page: Open, dialog: str) -> None:
    app = open_page("projects.py", project=runs.project.id, dialog=dialog)
    delete_project(runs)
    assert "does not exist" in said(app.run())
    assert not app.exception


@pytest.mark.parametrize(("view", "button"), [("settings", "save_gate"), ("fields", "save_scheme")])
def test_settings_and_fields_of_a_project_deleted_meanwhile_are_refused_in_words(
    runs: Runs, open_page: Open, view: str, button: str
) -> None:
    app = open_page("projects.py", project=runs.project.id, view=view)
    delete_project(runs)
    keys = {element.key for element in app.button}
    app.run() if button not in keys else app.button(key=button).click().run()
    assert "does not exist" in said(app)
    assert not app.exception


@pytest.mark.parametrize("dialog", ["edit", "disable", "delete"])
def test_a_dialog_about_a_machine_deleted_meanwhile_says_so(runs: Runs, open_page: Open, dialog: str) -> None:
    machines.register(runs.store, "another")
    runs.heartbeat(left=True)
    app = open_page("machines.py", machine=runs.machine.id, dialog=dialog)
    machine_deletion.delete(runs.store, runs.machine.id)
    app.run()
    assert "does not exist" in said(app)
    assert not app.exception


@pytest.mark.parametrize("dialog", ["entry", "delete"])
def test_a_dialog_about_a_model_deleted_meanwhile_leaves_its_page_standing(runs: Runs, open_page: Open, dialog: str) -> None:
    process = finish(runs, [])
    app = open_page("models.py", model=process.id, dialog=dialog, all="1")
    model_deletion.delete(runs.store, models.find(runs.store, process.id), "bob")
    app.run()
    assert not app.exception
    assert said(app) or app.button(key="restore_model")


def test_a_dialog_about_a_model_type_deleted_meanwhile_says_so(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "stamps", "fields", "")
    app = open_page("model_types.py", type=made.id, dialog="describe")
    MODEL_TYPES.delete(runs.store, *MODEL_TYPES.get(runs.store, made.id))
    assert "does not exist" in said(app.run())
    assert not app.exception


def test_nothing_of_this_is_a_fault(runs: Runs, open_page: Open) -> None:
    delete_project(runs)
    for page in ("processes.py", "monitoring.py", "models.py", "testing.py", "machines.py", "data.py"):
        assert not open_page(page, project=runs.project.id, process="0" * 26, model="0" * 26, machine="0" * 26).exception
