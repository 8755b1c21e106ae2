"""The Model types page as an administrator uses it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from storage import model_types, models, templates
from storage.core.ids import new_id
from storage.model_types import MODEL_TYPES
from tests.finished import finish
from tests.runs import Runs

Open = Callable[..., AppTest]


def rows(app: AppTest) -> dict[str, dict[str, Any]]:
    """The table's rows by the type's name."""
    return {row["name"]: row for row in app.dataframe[0].value.to_dict("records")}


def button(app: AppTest, label: str) -> Any:
    """The newest button with this text: a dialog's comes after that of the page."""
    return [button for button in app.button if button.label == label][-1]


def test_the_two_that_come_with_the_program_are_there_from_the_start(runs: Runs, open_page: Open) -> None:
    found = rows(open_page("model_types.py"))
    assert {name: (row["purpose"], row["origin"]) for name, row in found.items()} == {
        "fields": ("Find fields", "Comes with the program"),
        "classifier": ("Sort into classes", "Comes with the program"),
    }


@pytest.mark.parametrize("own", ["fields", "classifier"])
def test_they_cannot_be_changed_and_say_so(runs: Runs, open_page: Open, own: str) -> None:
    app = open_page("model_types.py", type=own, dialog="delete")
    assert app.subheader[0].value == own
    reasons = {each.label: each.help for each in app.button if each.disabled}
    assert reasons == dict.fromkeys(("Description", "Delete"), "It comes with the program and cannot be changed")


def test_a_type_is_added_and_opened(runs: Runs, open_page: Open) -> None:
    app = open_page("model_types.py")
    button(app, "Add model type").click().run()
    assert "It cannot be changed later: other programs choose a model by it." in [caption.value for caption in app.caption]
    app.text_input(key="type_name").set_value(" mail.sorting ")
    app.radio(key="type_purpose").set_value("classes")
    app.text_area(key="type_description").set_value("For the post room")
    button(app, "Add").click().run()
    made = MODEL_TYPES.get(runs.store, "mail.sorting")[1]
    assert (made.purpose, made.description) == ("classes", "For the post room")
    assert (app.query_params["type"], app.subheader[0].value) == (made.id, "mail.sorting")
    assert app.toast[0].value == "Model type mail.sorting is added"


@pytest.mark.parametrize(("name", "said"), [("Fields", "is taken: 'fields' exists"), ("two words", "is not allowed")])
def test_a_name_that_will_not_do_is_refused_in_the_dialog(runs: Runs, open_page: Open, name: str, said: str) -> None:
    app = open_page("model_types.py", dialog="add")
    app.text_input(key="type_name").set_value(name)
    button(app, "Add").click().run()
    assert said in app.error[0].value
    assert len(rows(app)) == 2


def test_a_description_is_changed(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "bills", "fields")
    app = open_page("model_types.py", type=made.id)
    button(app, "Description").click().run()
    app.text_area[0].set_value("For accounting")
    button(app, "Save").click().run()
    assert MODEL_TYPES.get(runs.store, "bills")[1].description == "For accounting"
    assert rows(app)["bills"]["description"] == "For accounting"


def test_what_uses_a_type_is_counted_and_its_templates_are_linked(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "bills", "fields")
    templates.create(runs.store, "nightly", "training", model_type="bills")
    model = models.get(runs.store, finish(runs, [], "training").id)
    models.publish(runs.store, model.model_copy(update={"id": new_id(), "model_type": "bills"}), b"weights")
    app = open_page("model_types.py", type=made.id)
    assert (rows(app)["bills"]["templates"], rows(app)["bills"]["models"]) == ("1", "1")
    assert [link.label for link in app.get("page_link")] == ["nightly"]
    assert "1 model was trained as this type." in [caption.value for caption in app.caption]
    delete = button(app, "Delete")
    assert (delete.disabled, delete.help) == (True, "Not while a template uses it")


def test_a_refusal_of_the_store_names_the_template(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "bills", "fields")
    app = open_page("model_types.py", type=made.id, dialog="delete")
    templates.create(runs.store, "nightly", "training", model_type="bills")  # by somebody else, meanwhile
    button(app, "Delete").click().run()
    assert "cannot be deleted while template 'nightly' uses it" in app.error[0].value


def test_deleting_asks_first(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "bills", "fields")
    app = open_page("model_types.py", type=made.id)
    button(app, "Delete").click().run()
    assert "bills" in rows(app)
    button(app, "Delete").click().run()
    assert list(rows(app)) == ["fields", "classifier"]
    assert app.toast[0].value == "Model type bills is deleted"


def test_who_may_only_view_finds_all_buttons_disabled_and_why(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "bills", "fields")
    app = open_page("model_types.py", rights=frozenset({("model_types", "view")}), type=made.id, dialog="delete")
    assert {(each.label, each.disabled, each.help) for each in app.button} == {
        ("Add model type", True, "You need the right to create model types; ask the administrator"),
        ("Description", True, "You need the right to edit model types; ask the administrator"),
        ("Delete", True, "You need the right to delete model types; ask the administrator"),
    }


def test_a_damaged_type_is_named_and_hides_no_other(runs: Runs, open_page: Open) -> None:
    made = model_types.create(runs.store, "bills", "fields")
    (runs.store.root / "modeltypes" / made.id / "modeltype.000001.json").write_text("{")
    app = open_page("model_types.py")
    assert made.id in app.warning[0].value
    assert list(rows(app)) == ["fields", "classifier"]


def test_a_link_to_no_type_says_so(runs: Runs, open_page: Open) -> None:
    assert "does not exist" in open_page("model_types.py", type=new_id()).warning[0].value
