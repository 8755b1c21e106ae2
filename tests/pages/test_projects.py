"""The Projects page as a person uses it."""

import io
from collections.abc import Callable

import PIL.Image
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.doughnut import Slice, doughnut, share_bar
from storage import labels, projects, uploads
from storage.attempts import Outcome
from storage.core import NotFound
from storage.projects import PROJECTS, Field, Project, Task
from tests.runs import Runs

Open = Callable[..., AppTest]


def keys(app: AppTest) -> list[str]:
    """The keys of all buttons on the page."""
    return [button.key for button in app.button]


def shown(app: AppTest) -> str:
    """Every text on the page."""
    elements = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.title, *app.get("html")]
    return "\n".join(str(getattr(element, "value", None) or element.proto.body) for element in elements)


def typed(app: AppTest, what: str, field: Field, turn: int = 0) -> str:
    """The key of a widget in a field's row."""
    return f"{what}_{field.id}_{turn}"


# The list


def test_each_project_is_a_card_with_its_images_and_its_next_step(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    app = open_page("projects.py")
    links = [link.proto.label for link in app.get("page_link")]
    assert links == ["**receipts**", "Use the labels"]
    assert any(caption.value == "1 image · Labelled 1" for caption in app.caption)


def test_a_store_without_projects_explains_what_to_do(runs: Runs, open_page: Open) -> None:
    PROJECTS.delete(runs.store, 1, runs.project)
    text = shown(open_page("projects.py"))
    assert "There is no project yet" in text
    assert "3. Review" in text


def test_a_damaged_project_is_named_and_hides_no_other(runs: Runs, open_page: Open) -> None:
    damaged = projects.create(runs.store, "damaged", "fields")
    (runs.store.project(damaged.id).folder / "project.000001.json").write_text("{")
    app = open_page("projects.py")
    assert damaged.id in app.warning[0].value
    assert "**receipts**" in [link.proto.label for link in app.get("page_link")]


def test_many_projects_can_be_searched_by_name(runs: Runs, open_page: Open) -> None:
    for number in range(9):
        projects.create(runs.store, f"invoices-{number}", "fields")
    app = open_page("projects.py")
    app.text_input(key="project_search").set_value("ICES-7").run()
    assert next(link.proto.label for link in app.get("page_link")) == "**invoices-7**"


def test_a_project_is_created_with_its_first_fields_and_opened(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py")
    app.button(key="new_project").click().run()
    app.text_input(key="new_name").set_value("invoices")
    app.text_area(key="new_fields").set_value("number, date\ntotal")
    app.number_input(key="new_gate").set_value(20)
    app.button(key="confirm_creation").click().run()
    _, made = PROJECTS.get(runs.store, "invoices")
    assert ([field.name for field in made.fields], made.gate) == (["number", "date", "total"], 0.2)
    assert app.query_params["project"] == made.id
    assert app.title[0].value == "invoices"


def test_a_name_that_is_taken_is_refused_in_the_dialog(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py")
    app.button(key="new_project").click().run()
    app.text_input(key="new_name").set_value("RECEIPTS")
    app.button(key="confirm_creation").click().run()
    assert "is taken" in app.error[0].value


def test_a_deleted_project_is_restored_from_the_list(runs: Runs, open_page: Open) -> None:
    PROJECTS.delete(runs.store, 1, runs.project)
    open_page("projects.py").button(key=f"restore_{runs.project.id}").click().run()
    assert PROJECTS.get(runs.store, "receipts")[1] == runs.project


def test_a_project_whose_name_went_to_another_says_so_when_restored(runs: Runs, open_page: Open) -> None:
    PROJECTS.delete(runs.store, 1, runs.project)
    projects.create(runs.store, "receipts", "fields")
    app = open_page("projects.py").button(key=f"restore_{runs.project.id}").click().run()
    assert "Rename that one first" in app.error[0].value


# One project


def test_a_link_to_a_project_that_is_not_there_says_so(runs: Runs, open_page: Open) -> None:
    PROJECTS.delete(runs.store, 1, runs.project)
    assert "does not exist" in open_page("projects.py", project=runs.project.id).error[0].value


def test_the_overview_shows_images_by_state_and_the_next_step(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id)
    assert app.button(key="next_step").label == "Add images"
    runs.label_one()
    app.run()
    assert app.button(key="next_step").label == "Export"
    assert 'aria-label="Labelled: 1"' in shown(app)


def test_a_project_is_renamed(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id)
    app.button(key="ask_rename").click().run()
    app.text_input(key="other_name").set_value("invoices")
    app.button(key="confirm_renaming").click().run()
    assert PROJECTS.get(runs.store, "invoices")[1].id == runs.project.id
    assert app.title[0].value == "invoices"


def test_deleting_says_what_goes_and_wants_the_name_typed(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    runs.ended(Outcome.STOPPED)
    app = open_page("projects.py", project=runs.project.id)
    app.button(key="ask_delete").click().run()
    assert "1 image, 1 with a label" in shown(app)
    assert "1 process stays" in shown(app)
    assert app.button(key="confirm_deletion").disabled
    app.text_input(key="typed_name").set_value("receipts").run()
    app.button(key="confirm_deletion").click().run()
    with pytest.raises(NotFound):
        PROJECTS.get(runs.store, runs.project.id)


def test_a_project_whose_process_runs_is_not_deleted(runs: Runs, open_page: Open) -> None:
    process = runs.running()
    app = open_page("projects.py", project=runs.project.id)
    app.button(key="ask_delete").click().run()
    app.text_input(key="typed_name").set_value("receipts").run()
    app.button(key="confirm_deletion").click().run()
    assert process.id in app.error[0].value
    assert PROJECTS.get(runs.store, runs.project.id)[0] == 1


def test_the_share_to_be_labelled_by_hand_is_changed(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id, view="settings")
    app.number_input(key="gate_percent").set_value(25)
    app.button(key="save_gate").click().run()
    assert PROJECTS.get(runs.store, runs.project.id)[1].gate == 0.25
    assert "at least 25\N{NO-BREAK SPACE}%" in shown(app)


# The field scheme


def test_fields_are_renamed_and_added_and_saved_at_once(runs: Runs, open_page: Open) -> None:
    first = runs.project.fields[0]
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.text_input(key=typed(app, "name", first)).set_value("seller").run()
    app.text_input(key=f"add_{runs.project.id}").set_value("tax, currency").run()
    assert PROJECTS.get(runs.store, runs.project.id)[0] == 1  # nothing is written before it is saved
    app.button(key="save_scheme").click().run()
    fields = PROJECTS.get(runs.store, runs.project.id)[1].fields
    assert [field.name for field in fields] == ["seller", "date", "address", "total", "tax", "currency"]
    assert fields[0].id == first.id


def test_fields_change_places(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.button(key=typed(app, "arrow_downward", runs.project.fields[0])).click().run()
    app.button(key="save_scheme").click().run()
    assert [field.name for field in PROJECTS.get(runs.store, runs.project.id)[1].fields] == ["date", "company", "address", "total"]


def test_two_fields_of_one_key_are_refused_while_one_types(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.selectbox(key=typed(app, "key", runs.project.fields[0])).set_value("2").run()
    assert "both have the key 2" in app.error[0].value
    app.button(key="save_scheme").click().run()
    assert PROJECTS.get(runs.store, runs.project.id)[0] == 1


def test_unsaved_changes_are_seen_survive_other_pages_and_can_be_discarded(runs: Runs, open_page: Open) -> None:
    first = runs.project.fields[0]
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.text_input(key=typed(app, "name", first)).set_value("seller").run()
    app.switch_page("templates.py").run()
    app.query_params["project"], app.query_params["view"] = runs.project.id, "fields"
    app.switch_page("projects.py").run()
    assert "Unsaved changes" in shown(app)
    assert app.text_input(key=typed(app, "name", first)).value == "seller"
    app.button(key="discard_scheme").click().run()
    assert app.text_input(key=typed(app, "name", first, 1)).value == "company"


def test_a_stale_scheme_shows_what_the_other_person_changed_and_keeps_what_was_typed(runs: Runs, open_page: Open) -> None:
    company, date, *others = runs.project.fields
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.text_input(key=typed(app, "name", company)).set_value("seller").run()
    theirs = (company, date.model_copy(update={"name": "issued"}), *others, projects.new_field(runs.project.fields, "tax"))
    projects.change(runs.store, 1, runs.project, fields=theirs)
    app.button(key="save_scheme").click().run()
    assert "“tax” was added" in app.warning[0].value
    assert "“date” is now called “issued”" in app.warning[0].value
    app.button(key="save_scheme").click().run()
    rev, saved = PROJECTS.get(runs.store, runs.project.id)
    assert (rev, [field.name for field in saved.fields]) == (3, ["seller", "issued", "address", "total", "tax"])


def test_what_is_typed_after_somebody_else_saved_is_not_lost(runs: Runs, open_page: Open) -> None:
    company, *others = runs.project.fields
    app = open_page("projects.py", project=runs.project.id, view="fields")
    projects.change(runs.store, 1, runs.project, fields=(company, *others[:-1]))
    app.text_input(key=typed(app, "name", company)).set_value("seller")
    app.button(key="save_scheme").click().run()
    assert "“total” was removed" in app.warning[0].value
    assert app.text_input(key=typed(app, "name", company, 1)).value == "seller"


def test_a_scheme_that_nobody_edits_follows_what_others_save(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id, view="fields")
    projects.change(runs.store, 1, runs.project, fields=runs.project.fields[:1])
    app.run()
    assert "Everything is saved." in shown(app)
    assert len(app.color_picker) == 1


def test_a_new_name_of_the_project_is_not_in_the_way_of_its_fields(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.text_input(key=typed(app, "name", runs.project.fields[0])).set_value("seller").run()
    PROJECTS.rename(runs.store, 1, runs.project, "invoices")
    app.button(key="save_scheme").click().run()
    _, saved = PROJECTS.get(runs.store, runs.project.id)
    assert (saved.name, saved.fields[0].name) == ("invoices", "seller")


def test_a_field_without_boxes_is_removed_without_a_question(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.button(key=typed(app, "close", runs.project.fields[1])).click().run()
    app.button(key="save_scheme").click().run()
    assert [field.name for field in PROJECTS.get(runs.store, runs.project.id)[1].fields] == ["company", "address", "total"]


@pytest.fixture
def asked(runs: Runs, open_page: Open) -> AppTest:
    """The question about the boxes of the first field, which is about to be removed."""
    runs.label_one()
    app = open_page("projects.py", project=runs.project.id, view="fields")
    app.button(key=typed(app, "close", runs.project.fields[0])).click().run()
    return app.button(key="save_scheme").click().run()


def decide(app: AppTest, runs: Runs, choice: str, to: Field | None = None) -> tuple[list[str], list[str]]:
    """Answer the question; returns the scheme's names and the names of the image's boxes."""
    app.radio(key=f"boxes_of_{runs.project.fields[0].id}").set_value(choice).run()
    if to:
        app.selectbox(key=f"move_{runs.project.fields[0].id}").set_value(to.id).run()
    app.button(key="confirm_removal").click().run()
    paths = runs.store.project(runs.project.id)
    label = labels.head(paths, next(path.stem for path in paths.images.rglob("*.orig")))
    names = {field.id: field.name for field in runs.project.fields}
    assert label is not None
    return [field.name for field in PROJECTS.get(runs.store, runs.project.id)[1].fields], [names[box.field] for box in label.boxes or ()]


def test_removing_a_field_with_boxes_asks_before_anything_is_written(asked: AppTest, runs: Runs) -> None:
    assert "**company** has 1 box on 1 image" in shown(asked)
    assert asked.button(key="confirm_removal").disabled
    assert PROJECTS.get(runs.store, runs.project.id)[0] == 1


def test_boxes_of_a_removed_field_are_deleted(asked: AppTest, runs: Runs) -> None:
    assert decide(asked, runs, "delete") == (["date", "address", "total"], [])


def test_boxes_of_a_removed_field_move_to_another(asked: AppTest, runs: Runs) -> None:
    assert decide(asked, runs, "move", runs.project.fields[3]) == (["date", "address", "total"], ["total"])


def test_a_field_may_be_kept_after_all(asked: AppTest, runs: Runs) -> None:
    assert decide(asked, runs, "keep") == (["company", "date", "address", "total"], ["company"])


def test_no_box_is_touched_when_somebody_else_changed_the_scheme_meanwhile(asked: AppTest, runs: Runs) -> None:
    projects.change(runs.store, 1, runs.project, fields=runs.project.fields[::-1])
    names, boxes = decide(asked, runs, "delete")
    assert (names, boxes) == (["total", "address", "date", "company"], ["company"])
    assert "the order was changed" in asked.warning[0].value


# Classes


@pytest.fixture
def kinds(runs: Runs) -> Project:
    """A project of two classes with an image of the first."""
    made = projects.create(runs.store, "kinds", "classes", ("invoice", "contract"))
    picture = io.BytesIO()
    PIL.Image.new("RGB", (20, 30), "white").save(picture, "PNG")
    image = uploads.add(runs.store.project(made.id), "page.png", picture.getvalue(), "ann")
    labels.save_class(runs.store.project(made.id), made, image.id, 0, made.fields[0].id, "ann")
    return made


def test_a_project_of_classes_is_created(runs: Runs, open_page: Open) -> None:
    app = open_page("projects.py", dialog="create")
    app.text_input(key="new_name").set_value("kinds")
    app.radio(key="new_task").set_value("classes")
    app.text_area(key="new_fields").set_value("invoice, contract")
    app.button(key="confirm_creation").click().run()
    _, made = PROJECTS.get(runs.store, "kinds")
    assert (made.task, [known.name for known in made.fields]) == ("classes", ["invoice", "contract"])
    assert app.button(key="next_step").label == "Add images"


def test_the_overview_counts_the_images_of_each_class(kinds: Project, open_page: Open) -> None:
    app = open_page("projects.py", project=kinds.id)
    assert "Classes" in [heading.value for heading in app.subheader]
    assert shown(app).count('aria-label="Labelled: 1"') == 2  # of all images, and of those of the class


@pytest.mark.parametrize(("choice", "left"), [("delete", None), ("move", "contract"), ("keep", "invoice")])
def test_removing_a_class_asks_what_becomes_of_its_images(
    choice: str, left: str | None, kinds: Project, runs: Runs, open_page: Open
) -> None:
    invoice, contract = kinds.fields
    app = open_page("projects.py", project=kinds.id, view="fields")
    app.button(key=typed(app, "close", invoice)).click().run()
    app.button(key="save_scheme").click().run()
    assert "**invoice** is the class of 1 image" in shown(app)
    app.radio(key=f"boxes_of_{invoice.id}").set_value(choice).run()
    if choice == "move":
        app.selectbox(key=f"move_{invoice.id}").set_value(contract.id).run()
    app.button(key="confirm_removal").click().run()
    paths = runs.store.project(kinds.id)
    label = labels.head(paths, next(path.stem for path in paths.images.rglob("*.orig")))
    assert label is not None
    assert {known.id: known.name for known in kinds.fields}.get(label.class_id or "") == left
    assert len(PROJECTS.get(runs.store, kinds.id)[1].fields) == (2 if choice == "keep" else 1)


@pytest.mark.parametrize(
    ("task", "offered"),
    [("fields", ["Download values (CSV)", "Download boxes (CSV)", "Download COCO JSON"]), ("classes", ["Download CSV"])],
)
def test_what_can_be_exported_goes_by_the_task(task: Task, offered: list[str], runs: Runs, open_page: Open) -> None:
    made = projects.create(runs.store, "other", task)
    app = open_page("projects.py", project=made.id, view="settings")
    assert [button.proto.label for button in app.get("download_button")] == offered


# Figures


def test_the_doughnut_has_a_slice_for_each_part_that_counts() -> None:
    ring = doughnut([Slice("Labelled", "#1971c2", 1), Slice("Reviewed", "#2f9e44", 0), Slice("a < b", "#adb5bd", 3)])
    assert "conic-gradient(#1971c2 0 25.000%, #adb5bd 0 100.000%)" in ring
    assert 'aria-label="Labelled: 1, a &lt; b: 3"' in ring
    assert ">4</b>" in ring


def test_an_empty_doughnut_is_a_plain_ring() -> None:
    assert "conic-gradient" not in doughnut([Slice("Labelled", "#1971c2", 0)])
    assert share_bar([Slice("Labelled", "#1971c2", 0)]).count("<div") == 1
