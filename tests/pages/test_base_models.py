"""The Base models page as an administrator uses it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from storage import models, templates
from tests.finished import finish
from tests.runs import Runs

Open = Callable[..., AppTest]


@pytest.fixture
def marked(runs: Runs) -> str:
    """The id of a trained model that is listed as a base model."""
    process = finish(runs, [], "training")
    models.change(runs.store, models.find(runs.store, process.id), "ann", name="start-here", base=True)
    return process.id


def table(app: AppTest) -> list[str]:
    """The name of each row."""
    return list(app.dataframe[0].value["name"])


def test_those_that_come_with_the_program_are_always_there(runs: Runs, open_page: Open) -> None:
    app = open_page("base_models.py", base_model="base-Classifier-01")
    assert table(app) == ["base-SmartOCR-02", "base-SmartOCR-01", "base-Classifier-02", "base-Classifier-01"]
    assert any("It cannot be changed, deleted or downloaded" in text.value for text in app.markdown)
    assert [button.key for button in app.button] == ["model_upload"]


def test_a_model_that_is_marked_is_listed_with_who_uses_it(runs: Runs, open_page: Open, marked: str) -> None:
    finish(runs, [], "training")  # another model, which is none
    templates.create(runs.store, "goes-on", "training", base_model=marked)
    row = open_page("base_models.py").dataframe[0].value.iloc[4]
    shown = [row[column] for column in ("name", "purpose", "origin", "score", "templates")]
    assert shown == ["start-here", "finds fields", "trained here", "0.750", "1"]


def test_one_is_renamed(runs: Runs, open_page: Open, marked: str) -> None:
    app = open_page("base_models.py", base_model=marked)
    app.button(key="model_entry").click().run()
    app.text_input[0].set_value("better-name")
    next(button for button in app.button if button.label == "Save").click().run()
    assert table(app)[4] == "better-name"


def test_one_is_taken_out_of_the_list_and_stays_a_model(runs: Runs, open_page: Open, marked: str) -> None:
    app = open_page("base_models.py", base_model=marked)
    app.button(key="unmark").click().run()
    assert "start-here" not in table(app)
    assert models.find(runs.store, marked).entry.promoted
    assert "is none any more" in app.warning[0].value


def test_one_is_deleted(runs: Runs, open_page: Open, marked: str) -> None:
    app = open_page("base_models.py", base_model=marked)
    app.button(key="model_delete").click().run()
    app.button(key="confirm").click().run()
    assert "start-here" not in table(app)
    assert models.read(runs.store, marked).entry.deleted


def test_who_may_only_view_finds_every_button_disabled(runs: Runs, open_page: Open, marked: str) -> None:
    rights = frozenset({("base_models", "view"), ("models", "view"), ("projects", "view")})
    app = open_page("base_models.py", rights=rights, base_model=marked)
    assert [(button.key, button.disabled) for button in app.button] == [
        ("model_upload", True),
        ("model_entry", True),
        ("unmark", True),
        ("model_delete", True),
    ]
