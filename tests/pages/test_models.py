"""The Models page as a person uses it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import guard
from pages.parts.guard import User
from pages.parts.model_table import ModelCache
from storage import models
from tests.finished import finish
from tests.runs import Runs

Open = Callable[..., AppTest]


def table(app: AppTest) -> list[str]:
    """The name of each row."""
    return list(app.dataframe[0].value["name"]) if app.dataframe else []


def button(app: AppTest, label: str) -> Any:
    """The newest button with this text: a dialog's comes after that of the page."""
    return [button for button in app.button if button.label == label][-1]


def test_without_a_model_the_page_says_where_they_come_from(runs: Runs, open_page: Open) -> None:
    assert "There is no model yet" in open_page("models.py").info[0].value


def test_models_of_auto_labelling_are_offered_while_none_is_promoted(runs: Runs, open_page: Open) -> None:
    finish(runs, [])
    app = open_page("models.py")
    assert app.info[0].value.startswith("1 model of an auto-labelling process. None of them was promoted to Models yet")
    assert table(app) == []
    button(app, "Show them").click().run()
    assert len(table(app)) == 1
    assert app.query_params["all"] == "1"


def test_the_list_shows_what_is_kept_and_on_demand_all(runs: Runs, open_page: Open) -> None:
    finish(runs, [])
    training = finish(runs, [], "training")
    name = models.find(runs.store, training.id).entry.name
    app = open_page("models.py")
    assert table(app) == [name]
    app.toggle[0].set_value(True).run()
    assert len(table(app)) == 2


def test_a_row_tells_where_a_model_comes_from_and_how_good_it_is(runs: Runs, open_page: Open) -> None:
    finish(runs, [], "training")
    row = open_page("models.py").dataframe[0].value.iloc[0]
    origin = [row[column] for column in ("promoted", "project", "kind", "template", "machine", "author")]
    assert origin == ["★", "receipts", "Training", "quick", "bench", "ann"]
    assert (row["ap_50"], row["ap"], row["images"], row["iterations"]) == ("0.750", "0.600", "45 + 11", "1,000")


def test_a_link_opens_a_model_though_it_is_not_in_the_list(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    app = open_page("models.py", model=process.id)
    assert app.subheader[0].value == models.find(runs.store, process.id).entry.name
    assert any("Trained on 45 images of project **receipts** by template **quick** on machine bench" in text.value for text in app.markdown)
    assert list(app.table[0].value["Score from"]) == ["0.40"] * 4


def test_a_model_tested_on_a_handful_of_images_comes_with_a_warning(runs: Runs, open_page: Open) -> None:
    few, enough = finish(runs, [], test_images=3), finish(runs, [], test_images=5)
    assert open_page("models.py", model=few.id).warning[0].value.startswith("AP was measured on 3 test images only")
    assert not open_page("models.py", model=enough.id).warning


def test_promoting_gives_a_model_a_name_and_puts_it_into_the_list(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    app = open_page("models.py", model=process.id)
    button(app, "Promote to Models").click().run()
    app.text_input[0].set_value("receipts-best")
    app.text_area[0].set_value("For the shop")
    button(app, "Promote to Models").click().run()
    assert table(app) == ["receipts-best"]
    assert app.toast[0].value == "receipts-best is in Models now"
    assert models.find(runs.store, process.id).entry.description == "For the shop"


def test_a_name_that_is_taken_is_refused_in_the_dialog(runs: Runs, open_page: Open) -> None:
    first, second = finish(runs, []), finish(runs, [])
    models.change(runs.store, models.find(runs.store, first.id), "ann", name="best", promoted=True)
    app = open_page("models.py", model=second.id)
    button(app, "Promote to Models").click().run()
    app.text_input[0].set_value("Best")
    button(app, "Promote to Models").click().run()
    assert "name 'Best' is taken" in app.error[0].value
    assert not models.find(runs.store, second.id).entry.promoted


def test_a_promoted_model_can_be_taken_out_and_stays_on_demand(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("models.py", model=process.id)
    button(app, "Take out of Models").click().run()
    assert table(app) == []
    assert not models.find(runs.store, process.id).entry.promoted
    assert app.subheader[0].value  # still open, so that a slip can be undone


def test_somebody_elses_change_is_not_overwritten(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("models.py", model=process.id)
    button(app, "Name and description").click().run()
    models.change(runs.store, models.find(runs.store, process.id), "bob", name="of-bob")
    app.text_input[0].set_value("of-ann")
    button(app, "Save").click().run()
    assert models.find(runs.store, process.id).entry.name == "of-bob"


def test_who_may_only_view_finds_promoting_disabled(runs: Runs, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    process = finish(runs, [])
    rights = frozenset({("projects", "view"), ("models", "view")})
    monkeypatch.setattr(guard, "current_user", lambda: User("eve", "eve", rights))  # type: ignore[arg-type]
    promote = button(open_page("models.py", model=process.id), "Promote to Models")
    assert promote.disabled
    assert promote.help == "You need the right to edit models"


def test_a_model_whose_weights_are_gone_says_so(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    runs.store.model(process.id).weights.unlink()
    assert "The weights are missing" in open_page("models.py", model=process.id).error[0].value


def test_a_damaged_model_is_named_and_hides_no_other(runs: Runs, open_page: Open) -> None:
    whole, damaged = finish(runs, [], "training"), finish(runs, [], "training")
    runs.store.model(damaged.id).record.write_text("{")
    app = open_page("models.py")
    assert damaged.id in app.warning[0].value
    assert table(app) == [models.find(runs.store, whole.id).entry.name]


def test_a_link_to_no_model_says_so(runs: Runs, open_page: Open) -> None:
    finish(runs, [], "training")
    assert "does not exist" in open_page("models.py", model="0" * 26).warning[0].value


def test_the_cache_sees_every_change_of_an_entry(runs: Runs) -> None:
    process, cache = finish(runs, []), ModelCache(runs.store)
    before = cache.load()[0][0]
    models.change(runs.store, before, "ann", name="best")
    assert before.entry.name != "best"
    assert cache.load()[0][0].entry.name == "best"
    assert cache.load()[0][0].model.id == process.id
