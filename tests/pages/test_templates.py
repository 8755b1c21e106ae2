"""The Templates page as a person uses it."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import i18n
from storage import model_types, templates
from storage.core.ids import new_id
from storage.templates import TEMPLATES, Parameters, Template
from tests.finished import finish
from tests.pages.widgets import drawn
from tests.runs import Runs

Open = Callable[..., AppTest]


def stored(runs: Runs, name: str) -> Template:
    return TEMPLATES.get(runs.store, name)[1]


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def problems(app: AppTest) -> list[str]:
    """What is marked red beside the inputs."""
    return [element.value for element in app.markdown if element.value.startswith(":red[")]


def test_templates_are_listed_with_their_values_and_the_processes_made_from_them(runs: Runs, open_page: Open) -> None:
    runs.created()
    templates.create(runs.store, "exact", "auto-label", "overnight", iterations=4000, device="cpu")
    templates.create(runs.store, "for-training", "training")
    rows = open_page("templates.py").dataframe[0].value.to_dict("records")
    assert [(row["name"], row["iterations"], row["device"], row["processes"]) for row in rows] == [
        ("exact", "4,000", "CPU", "0"),
        ("quick", "1,000", "CUDA", "1"),
    ]


def test_without_a_template_the_page_says_what_to_do(runs: Runs, open_page: Open) -> None:
    TEMPLATES.delete(runs.store, 1, runs.template)
    assert "Add one: its defaults suit most documents." in open_page("templates.py").info[0].value


def test_a_new_template_begins_with_the_defaults_and_is_opened_once_it_is_made(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py")
    app.button(key="add").click().run()
    drawn(app, "template_name").set_value("exact").run()
    app.button(key="save").click().run()
    made = stored(runs, "exact")
    assert (made.kind, made.parameters) == ("auto-label", Parameters())
    assert app.query_params["template"] == made.id
    assert app.toast[0].value == "Template exact is saved"


@pytest.mark.usefixtures("first_toast_cut_off")
def test_what_is_said_of_a_save_whose_run_is_cut_off_comes_with_the_next(open_page: Open) -> None:
    app = open_page("templates.py", add="1")
    drawn(app, "template_name").set_value("exact").run()
    app.button(key="save").click().run()
    assert app.toast[0].value == "Template exact is saved"


def test_who_types_before_the_whole_form_is_drawn_finds_the_rest_as_it_was() -> None:
    app = AppTest.from_function(cut_off_form).run()
    # The run was cut off by the first letter, when half of the form was drawn.
    app.text_input[0].set_value("exact").run()
    assert app.json[0].value == json.dumps({"name": "exact", "batch": Parameters().batch})


def cut_off_form() -> None:
    """A form whose runs come to draw the name alone, and say what it holds."""
    import streamlit as st

    from pages.parts.template_draft import held_values, open_form, widget_of
    from pages.parts.widget_state import start_of
    from storage.templates import Parameters, Template

    template = Template(id="0" * 26, name="", kind="auto-label", parameters=Parameters())
    open_form(template, 0)
    key, value = start_of(widget_of("name"))
    st.text_input("Name", value, key=key)
    st.json({name: held_values(template)[name] for name in ("name", "batch")})


def test_every_parameter_can_be_set(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", add="1")
    drawn(app, "template_name").set_value("exact")
    drawn(app, "template_description").set_value("for *bad* scans")
    numbers = {"loaders": 2, "batch": 4, "iterations": 3000, "lr": 0.002, "refresh": 10.0, "seed": 7}
    for name, value in numbers.items():
        drawn(app, f"template_{name}").set_value(value)
    drawn(app, "template_augment").set_value("none")
    drawn(app, "template_device").set_value("cpu")
    drawn(app, "template_use_unreviewed").set_value(True)
    app.run().button(key="save").click().run()
    made = stored(runs, "exact")
    assert made.description == "for *bad* scans"
    assert made.parameters == Parameters(**numbers, augment="none", device="cpu", use_unreviewed=True)


def test_a_template_in_the_address_is_open_and_saving_it_is_a_new_revision(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    assert drawn(app, "template_name").value == "quick"
    assert app.button(key="save").disabled  # nothing was changed yet
    drawn(app, "template_iterations").set_value(2000).run().button(key="save").click().run()
    rev, template = TEMPLATES.get(runs.store, runs.template.id)
    assert (rev, template.parameters.iterations) == (2, 2000)
    assert app.button(key="save").disabled


def test_a_template_can_be_renamed_and_changed_again(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    for name in ("exact", "very-exact"):
        drawn(app, "template_name").set_value(name).run().button(key="save").click().run()
    assert TEMPLATES.get(runs.store, runs.template.id) == (3, runs.template.model_copy(update={"name": "very-exact"}))


def test_undo_puts_back_what_is_saved(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, "template_iterations").set_value(2000).run()
    app.button(key="cancel").click().run()
    assert drawn(app, "template_iterations").value == 1000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a b", "is not allowed: use letters, digits"),
        ("-a", "is not allowed: use letters, digits"),
        ("QUICK", "There is a template QUICK already; case does not count."),
    ],
)
def test_a_name_that_cannot_be_is_told_as_it_is_typed(runs: Runs, open_page: Open, name: str, words: str) -> None:
    app = open_page("templates.py", add="1")
    drawn(app, "template_name").set_value(name).run()
    assert words in problems(app)[0]
    assert app.button(key="save").disabled


@pytest.mark.parametrize(
    ("parameter", "value", "words"),
    [
        ("iterations", 0, "Give a number from 1 to 1,000,000."),
        ("lr", 1.5, "Give a number from 0.00001 to 1."),
        ("lr", 0.0, "Give a number from 0.00001 to 1."),
        ("refresh", 0.1, "Give a number from 0.2 to 3,600."),
        ("loaders", 257, "Give a number from 0 to 256."),
    ],
)
def test_a_number_out_of_its_range_is_told_with_the_range(runs: Runs, open_page: Open, parameter: str, value: float, words: str) -> None:
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, f"template_{parameter}").set_value(value).run()
    assert words in problems(app)[0]
    assert app.button(key="save").disabled


def test_what_is_seldom_wise_is_advised_against_in_the_readers_language(
    runs: Runs, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For the test's own part, too, which asks outside of a page run for the texts of a select box's choices.
    monkeypatch.setattr(i18n, "language", lambda: "ru")
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, "template_iterations").set_value(6000).run()
    assert [warning.value for warning in app.warning] == ["Больше 5000 итераций: модель может заучить обучающие изображения"]


def test_loaders_above_the_cores_of_every_machine_are_noted(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    assert "No machine has more than 2 cores: the worker lowers it to that." in captions(app)
    drawn(app, "template_loaders").set_value(2).run()
    assert "No machine has more" not in captions(app)


def test_a_duplicate_is_opened_under_a_name_of_its_own(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    app.button(key="duplicate").click().run()
    assert app.query_params["template"] == stored(runs, "quick-2").id
    assert drawn(app, "template_name").value == "quick-2"


def test_delete_says_that_processes_keep_their_copy_and_asks(runs: Runs, open_page: Open) -> None:
    runs.created()
    app = open_page("templates.py", template=runs.template.id)
    app.button(key="delete").click().run()
    assert any("keeps its own copy of the values" in element.value for element in app.markdown)
    app.button(key="confirm").click().run()
    assert TEMPLATES.list(runs.store).items == []
    assert "template" not in app.query_params


def test_a_save_after_somebody_elses_is_refused_and_both_versions_are_shown(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, "template_iterations").set_value(2000).run()
    change_elsewhere(runs, 3000)
    app.button(key="save").click().run()
    assert stored(runs, "quick").parameters.iterations == 3000
    assert "Somebody else saved this template" in app.warning[0].value
    assert app.table[0].value.to_numpy().tolist() == [["Iterations", "2,000", "3,000"]]


@pytest.mark.parametrize(("button", "iterations"), [("take_theirs", 3000), ("keep_mine", 2000)])
def test_after_that_one_takes_theirs_or_goes_on_with_ones_own(runs: Runs, open_page: Open, button: str, iterations: int) -> None:
    app = open_page("templates.py", template=runs.template.id)
    drawn(app, "template_iterations").set_value(2000).run()
    change_elsewhere(runs, 3000)
    app.button(key="save").click().run()
    app.button(key=button).click().run()
    assert drawn(app, "template_iterations").value == iterations
    if not app.button(key="save").disabled:
        app.button(key="save").click().run()
    assert stored(runs, "quick").parameters.iterations == iterations


def test_what_somebody_else_saved_is_shown_where_nothing_was_typed(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    change_elsewhere(runs, 3000)
    assert drawn(app.run(), "template_iterations").value == 3000


def test_a_link_to_no_template_says_so(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=new_id())
    assert app.warning[0].value == "The template in the address does not exist. Choose one from the table."


def test_who_may_only_look_can_change_nothing(runs: Runs, open_page: Open) -> None:
    rights = frozenset({("projects", "view"), ("templates", "view")})
    app = open_page("templates.py", rights=rights, template=runs.template.id)
    assert drawn(app, "template_iterations").disabled
    assert all(app.button(key=key).disabled for key in ("add", "save", "duplicate", "delete"))


def test_a_new_training_template_makes_a_model_of_fields_from_the_base_model_of_the_program(runs: Runs, open_page: Open) -> None:
    app = open_page("training_templates.py")
    app.button(key="add").click().run()
    drawn(app, "template_name").set_value("exact").run().button(key="save").click().run()
    made = stored(runs, "exact")
    assert (made.kind, made.model_type, made.parameters) == ("training", "fields", Parameters())
    assert app.query_params["template"] == made.id


def test_training_templates_are_listed_with_model_type_and_base_model(runs: Runs, open_page: Open) -> None:
    first = finish(runs, [], "training")
    templates.create(runs.store, "finer", "training", model_type="fields", base_model=first.id)
    (row,) = open_page("training_templates.py").dataframe[0].value.to_dict("records")
    assert (row["name"], row["type"]) == ("finer", "fields")
    assert row["base"].startswith("receipts-quick-")


def test_every_model_trained_here_can_be_gone_on_from_and_tells_how_good_it_is(runs: Runs, open_page: Open) -> None:
    first = finish(runs, [], "training")
    app = open_page("training_templates.py", add="1")
    base = drawn(app, "template_base_model")
    (offered,) = [option for option in base.options if option.startswith("receipts-quick-")]
    assert " · AP 0.750 · " in offered
    drawn(app, "template_name").set_value("finer")
    base.set_value(first.id).run().button(key="save").click().run()
    assert stored(runs, "finer").parameters.base_model == first.id


def test_a_model_type_of_the_other_purpose_brings_its_base_model(runs: Runs, open_page: Open) -> None:
    app = open_page("training_templates.py", add="1")
    drawn(app, "template_model_type").set_value("classifier").run()
    assert drawn(app, "template_base_model").value == "base-Classifier-02"
    assert drawn(app, "template_base_model").options == [
        "base-Classifier-02 · reads pages and tells classes apart",
        "base-Classifier-01 · tells classes apart",
    ]


def test_a_model_type_of_the_same_purpose_leaves_the_base_model_as_it_is(runs: Runs, open_page: Open) -> None:
    model_types.create(runs.store, "invoice", "fields")
    first = finish(runs, [], "training")
    app = open_page("training_templates.py", add="1")
    drawn(app, "template_base_model").set_value(first.id).run()
    drawn(app, "template_model_type").set_value("invoice").run()
    assert drawn(app, "template_base_model").value == first.id


def test_a_base_model_that_is_gone_is_told_and_has_to_be_chosen_anew(runs: Runs, open_page: Open) -> None:
    template = templates.create(runs.store, "finer", "training", model_type="fields", base_model=new_id())
    app = open_page("training_templates.py", template=template.id)
    assert "This base model was deleted or cannot be read. Choose another." in problems(app)[0]
    drawn(app, "template_iterations").set_value(2000).run()
    assert app.button(key="save").disabled
    drawn(app, "template_base_model").set_value("base-SmartOCR-02").run().button(key="save").click().run()
    assert stored(runs, "finer").parameters == Parameters(iterations=2000)


@pytest.mark.parametrize(
    ("model_type", "words"),
    [
        ("gone", "There is no such model type any more. Choose another."),
        (None, "Choose a model type."),  # as the command line may make it
        ("classifier", "this base model finds fields. Choose another."),
    ],
)
def test_a_model_type_that_is_gone_or_does_not_fit_is_told(runs: Runs, open_page: Open, model_type: str | None, words: str) -> None:
    template = templates.create(runs.store, "odd", "training", model_type=model_type)
    app = open_page("training_templates.py", template=template.id)
    assert words in problems(app)[0]
    drawn(app, "template_iterations").set_value(2000).run()
    assert app.button(key="save").disabled


def test_auto_labelling_chooses_among_base_models_of_both_tasks_and_has_no_model_type(runs: Runs, open_page: Open) -> None:
    app = open_page("templates.py", template=runs.template.id)
    assert drawn(app, "template_base_model").options == [
        "base-SmartOCR-02 · reads pages and finds fields",
        "base-SmartOCR-01 · finds fields by their looks alone",
        "base-Classifier-02 · reads pages and tells classes apart",
        "base-Classifier-01 · tells classes apart",
    ]
    assert "one that tells classes apart for projects of classes" in captions(app)
    drawn(app, "template_base_model").set_value("base-Classifier-01").run().button(key="save").click().run()
    assert stored(runs, "quick").parameters.base_model == "base-Classifier-01"
    assert "Model type" not in [box.label for box in app.selectbox]


def test_a_name_that_a_template_of_the_other_kind_has_is_told(runs: Runs, open_page: Open) -> None:
    app = open_page("training_templates.py", add="1")
    drawn(app, "template_name").set_value("quick").run()
    assert "There is a template quick already" in problems(app)[0]


def test_a_link_to_a_template_of_the_other_kind_goes_on_to_its_page(runs: Runs, open_page: Open) -> None:
    app = open_page("training_templates.py", template=runs.template.id)
    assert app.title[0].value == "Auto-labelling templates"
    assert drawn(app, "template_name").value == "quick"


def change_elsewhere(runs: Runs, iterations: int) -> None:
    rev, template = TEMPLATES.get(runs.store, runs.template.id)
    parameters = template.parameters.model_copy(update={"iterations": iterations})
    TEMPLATES.change(runs.store, rev, template.model_copy(update={"parameters": parameters}))
