"""The Data page as a person uses it, without a browser."""

import io
from collections.abc import Callable, Sequence

import PIL.Image
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.image_classes import remembered
from pages.parts.image_list import PAGE
from storage import images, labels, projects, uploads
from storage.core.paths import ProjectPaths
from storage.images import Image
from storage.labels import Box
from storage.projects import Project, Task
from storage.words import words
from storage.words.words import Reader, Words
from tests.runs import Runs

Open = Callable[..., AppTest]
CONFIRMED = ("one.png", "two.png")


class Pages:
    """A project of blank pages, found by their file names."""

    def __init__(self, runs: Runs, task: Task = "fields", *names: str) -> None:
        self.project: Project = projects.create(runs.store, "pages", task, names or ("total",))
        self.paths: ProjectPaths = runs.store.project(self.project.id)
        self.ids: dict[str, str] = {}

    def add(self, *names: str) -> None:
        """Pages that differ in their colour."""
        for name in names:
            picture = io.BytesIO()
            PIL.Image.new("RGB", (20, 30), (len(self.ids), 9, 9)).save(picture, "PNG")
            self.ids[name] = uploads.add(self.paths, name, picture.getvalue(), "ann").id

    def label(self, *names: str) -> None:
        """Give each a person's label of one box."""
        for name in names:
            labels.save(self.paths, self.ids[name], 0, (Box(field=self.project.fields[0].id, xyxy=(1, 1, 9, 9)),), "ann")

    def __getitem__(self, name: str) -> Image:
        return images.find(self.paths, self.ids[name])


@pytest.fixture
def pages(runs: Runs) -> Pages:
    """Three pages, of which two are labelled."""
    made = Pages(runs)
    made.add("one.png", "two.png", "three.png")
    made.label(*CONFIRMED)
    return made


def names(app: AppTest) -> list[str]:
    """The file names in the table."""
    return list(app.dataframe[0].value["name"])


def classes(app: AppTest) -> list[list[str]]:
    """The classes in the table, one or none an image."""
    return [list(cell) for cell in app.dataframe[0].value["class"]]


def press(app: AppTest, *keys: str) -> AppTest:
    """Press buttons one after the other."""
    for key in keys:
        app = app.button(key=key).click().run()
    return app


def narrow(app: AppTest, **address: str) -> AppTest:
    """Follow a link to the same page."""
    for parameter, value in address.items():
        app.query_params[parameter] = value
    return app.run()


def choose(app: AppTest, rows: Sequence[int]) -> AppTest:
    """Choose rows of the table, which the test client cannot click."""
    shown = [address.split("/")[-1].split("?")[0] for address in app.dataframe[0].value["thumb"]]
    app.session_state["chosen_images"] = [shown[row] for row in rows]
    return app.run()


def test_an_empty_project_offers_nothing_but_to_add_images(runs: Runs, open_page: Open) -> None:
    app = open_page("data.py", project=Pages(runs).project.id)
    assert app.expander[0].label == "Add images"
    assert not app.dataframe
    assert not app.selectbox(key="linked_project").disabled


def test_images_are_listed_by_name_with_their_state(pages: Pages, open_page: Open) -> None:
    app = open_page("data.py", project=pages.project.id)
    assert names(app) == ["one.png", "three.png", "two.png"]
    assert list(app.dataframe[0].value["state"]) == [["Labelled"], ["Unlabelled"], ["Labelled"]]


def test_states_are_offered_with_how_many_images_are_in_them(pages: Pages, open_page: Open) -> None:
    offered = open_page("data.py", project=pages.project.id).button_group(key="linked_state").options
    assert [option.split(":")[-1].strip() for option in offered] == [
        "All 3",
        "Unlabelled 1",
        "Labelled 2",
        "Auto-labelled 0",
        "Reviewed 0",
        "Corrected 0",
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({"state": "labelled"}, ["one.png", "two.png"]),
        ({"state": "confirmed"}, ["one.png", "two.png"]),  # a link of another page
        ({"origin": "person"}, ["one.png", "two.png"]),
        ({"split": "test"}, ["two.png"]),
        ({"split": "none"}, ["one.png", "three.png"]),
        ({"name": "T"}, ["three.png", "two.png"]),  # case does not count
        ({"order": "-name"}, ["two.png", "three.png", "one.png"]),
        ({"state": "nonsense", "order": "nonsense", "page": "-7"}, ["one.png", "three.png", "two.png"]),
    ],
)
def test_the_address_says_what_is_listed_and_how(pages: Pages, open_page: Open, address: dict[str, str], expected: list[str]) -> None:
    images.change(pages.paths, pages["two.png"], "ann", split="test")
    assert names(narrow(open_page("data.py", project=pages.project.id), **address)) == expected


def test_a_filter_that_is_chosen_goes_into_the_address(pages: Pages, open_page: Open) -> None:
    app = open_page("data.py", project=pages.project.id, page="1")
    app.text_input(key="linked_name").set_value("three").run()
    assert names(app) == ["three.png"]
    assert app.query_params["name"] == "three"
    assert "page" not in app.query_params


@pytest.mark.parametrize(("task", "label", "found"), [("fields", "File name or value", ["two.png"]), ("classes", "File name", [])])
def test_images_are_found_by_what_is_written_in_their_boxes(runs: Runs, open_page: Open, task: Task, label: str, found: list[str]) -> None:
    pages = Pages(runs, task)
    pages.add("one.png", "two.png")
    if task == "fields":
        box = Box(field=pages.project.fields[0].id, xyxy=(1, 1, 9, 9), text="Ромашка", read=0.9)
        labels.save(pages.paths, pages.ids["two.png"], 0, (box,), "ann")
    app = open_page("data.py", project=pages.project.id)
    assert app.text_input(key="linked_name").label == label
    app.text_input(key="linked_name").set_value("ромаш").run()
    assert [name for frame in app.dataframe for name in frame.value["name"]] == found


def test_filters_that_nothing_matches_can_be_cleared(pages: Pages, open_page: Open) -> None:
    app = narrow(open_page("data.py", project=pages.project.id), name="four", split="test", order="-name")
    assert "No image matches" in app.info[0].value
    assert names(press(app, "clear_filters")) == ["two.png", "three.png", "one.png"]


def test_a_page_has_fifty_rows_and_the_address_names_the_page(pages: Pages, open_page: Open) -> None:
    pages.add(*(f"x{number:02}.png" for number in range(PAGE["table"])))
    assert len(names(open_page("data.py", project=pages.project.id))) == 50
    assert names(open_page("data.py", project=pages.project.id, page="2")) == ["x47.png", "x48.png", "x49.png"]
    assert len(names(open_page("data.py", project=pages.project.id, page="99"))) == 3


def test_without_a_choice_the_buttons_say_what_to_do(pages: Pages, open_page: Open) -> None:
    button = open_page("data.py", project=pages.project.id).button(key="images_delete")
    assert button.disabled
    assert "Choose images first" in button.help


def test_deleting_asks_first_and_says_how_many_have_labels(pages: Pages, open_page: Open) -> None:
    app = press(choose(open_page("data.py", project=pages.project.id), [0, 1]), "images_delete")
    assert any("2 images are taken out of the project. 1 of them has a label." in text.value for text in app.markdown)
    assert not pages["one.png"].deleted
    assert names(press(app, "confirm")) == ["two.png"]
    assert pages["one.png"].deleted
    assert pages["three.png"].deleted


def test_a_deletion_can_be_undone(pages: Pages, open_page: Open) -> None:
    app = press(choose(open_page("data.py", project=pages.project.id), [0]), "images_delete", "confirm", "undo_delete")
    assert names(app) == ["one.png", "three.png", "two.png"]
    assert app.toast[0].value == "1 image restored"


def test_all_images_can_be_deleted_and_restored_later(pages: Pages, open_page: Open) -> None:
    press(open_page("data.py", project=pages.project.id), "choose_all", "images_delete", "confirm")
    app = open_page("data.py", project=pages.project.id, state="deleted")
    assert len(names(app)) == 3
    press(app, "choose_all", "images_restore")
    assert not any(pages[name].deleted for name in pages.ids)
    assert len(labels.history(pages.paths, pages.ids["one.png"])) == 1


def test_chosen_images_are_turned_and_no_others(pages: Pages, open_page: Open) -> None:
    app = press(choose(open_page("data.py", project=pages.project.id), [1]), "images_right", "images_right", "images_left")
    assert [pages[name].turn for name in ("one.png", "three.png", "two.png")] == [0, 90, 0]
    assert list(app.dataframe[0].value["size"]) == ["20 × 30", "30 × 20", "20 × 30"]
    assert app.dataframe[0].value["thumb"][1].endswith("?turn=90")


def test_everything_that_matches_is_changed_on_other_pages_too(pages: Pages, open_page: Open) -> None:
    pages.add(*(f"x{number:02}.png" for number in range(PAGE["table"] + 5)))
    press(narrow(open_page("data.py", project=pages.project.id), name="X"), "choose_all", "images_left")
    turns = {name: pages[name].turn for name in pages.ids}
    assert {name for name, turn in turns.items() if turn == 270} == {name for name in pages.ids if name.startswith("x")}


def test_a_split_is_set_by_hand_and_said_to_matter(pages: Pages, open_page: Open) -> None:
    app = press(choose(open_page("data.py", project=pages.project.id), [2]), "images_split")
    app.radio(key="split_choice").set_value("test").run()
    assert "AP cannot be compared" in app.warning[0].value
    app = press(app, "confirm")
    assert pages["two.png"].split == "test"
    assert list(app.dataframe[0].value["split"]) == ["–", "–", "Test"]


def test_a_split_can_be_taken_away(pages: Pages, open_page: Open) -> None:
    images.change(pages.paths, pages["one.png"], "ann", split="train")
    app = press(choose(open_page("data.py", project=pages.project.id), [0]), "images_split")
    app.radio(key="split_choice").set_value("none").run()
    press(app, "confirm")
    assert pages["one.png"].split is None


def test_what_was_chosen_is_forgotten_when_the_filter_changes(pages: Pages, open_page: Open) -> None:
    app = choose(open_page("data.py", project=pages.project.id), [0, 1, 2])
    app.text_input(key="linked_name").set_value("one").run()
    app.text_input(key="linked_name").set_value("").run()
    assert app.button(key="images_delete").disabled


def test_an_image_that_cannot_be_changed_is_said_and_the_others_are(pages: Pages, open_page: Open) -> None:
    app = choose(open_page("data.py", project=pages.project.id), [0, 1, 2])
    (pages.paths.image_shard(pages.ids["one.png"]) / f"{pages.ids['one.png']}.000001.json").write_text("{")
    app = press(app, "images_right")
    assert "1 image could not be changed" in app.error[0].value
    assert [pages[name].turn for name in ("three.png", "two.png")] == [90, 90]


def test_a_damaged_image_is_named_with_its_reason(pages: Pages, open_page: Open) -> None:
    shard = pages.paths.label_shard(pages.ids["one.png"])
    (shard / f"{pages.ids['one.png']}.000001.json").write_text("{")
    app = open_page("data.py", project=pages.project.id)
    assert "1 damaged image on this page" in [expander.label for expander in app.expander]
    assert any(text.value.startswith("**one.png**: ") and "is damaged" in text.value for text in app.markdown)


def test_a_person_without_rights_sees_no_image(pages: Pages, open_page: Open) -> None:
    app = open_page("data.py", user={"account": "stranger"}, project=pages.project.id)
    assert not app.dataframe


# Classes


@pytest.fixture
def sorted_pages(runs: Runs) -> Pages:
    """Three pages, of which the first is an invoice."""
    made = Pages(runs, "classes", "invoice", "contract")
    made.add("one.png", "two.png", "three.png")
    labels.save_class(made.paths, made.project, made.ids["one.png"], 0, made.project.fields[0].id, "ann")
    return made


def test_a_table_of_classified_images_has_their_class(sorted_pages: Pages, open_page: Open) -> None:
    app = open_page("data.py", project=sorted_pages.project.id, view="table")
    assert classes(app) == [["invoice"], [], []]
    assert "boxes" not in app.dataframe[0].value


def test_images_of_a_class_are_listed_by_the_address(sorted_pages: Pages, open_page: Open) -> None:
    found = open_page("data.py", project=sorted_pages.project.id, view="table", **{"class": sorted_pages.project.fields[0].id})
    assert names(found) == ["one.png"]
    assert names(press(narrow(found, name="four"), "clear_filters")) == ["one.png", "three.png", "two.png"]


def test_undoing_a_class_leaves_what_somebody_else_saved_since(sorted_pages: Pages, open_page: Open) -> None:
    invoice, contract = (known.id for known in sorted_pages.project.fields)
    one, two = sorted_pages.ids["one.png"], sorted_pages.ids["two.png"]
    for image, base in ((one, 1), (two, 0)):
        labels.save_class(sorted_pages.paths, sorted_pages.project, image, base, contract, "local")
    labels.save_class(sorted_pages.paths, sorted_pages.project, two, 1, None, "bob")
    app = open_page("data.py", project=sorted_pages.project.id, view="table")
    saved = [{"image": one, "rev": 2, "before": invoice}, {"image": two, "rev": 1, "before": None}]
    outcome = {"class": contract, "saved": saved, "stale": [], "failed": [], "error": None}
    app.session_state["assigned_classes"] = remembered(sorted_pages.project.id, outcome)
    app = press(app.run(), "undo_classes")
    assert classes(app) == [["invoice"], [], []]
    assert "1 image could not be changed" in app.error[0].value


# Which to label next


def read(runs: Runs, pages: Pages) -> None:
    """Keep words for every page: all are of one kind but the last."""
    for image in pages.ids.values():
        text = "letter" if image == list(pages.ids.values())[-1] else "receipt"
        found = Words(image=image, turn=0, texts=(text,), boxes=((1, 1, 9, 9),), confidences=(0.9,), lines=(0,), look=(200,) * 64)
        words.keep(pages.paths, found, Reader(pages.project.languages), None)


def test_the_pages_to_label_next_are_a_choice_like_a_state(runs: Runs, pages: Pages, open_page: Open) -> None:
    read(runs, pages)
    app = open_page("data.py", project=pages.project.id, state="suggested")
    assert names(app) == ["three.png"]
    assert any("resembles yet" in text.value for text in app.markdown)


def test_an_old_link_to_suggestions_says_why_there_are_none(pages: Pages, open_page: Open) -> None:
    app = open_page("data.py", project=pages.project.id, state="suggested")
    assert any("No page is suggested" in text.value for text in app.caption)


def test_without_words_there_is_no_such_choice(pages: Pages, open_page: Open) -> None:
    app = open_page("data.py", project=pages.project.id)
    assert not any("Label next" in option for option in app.button_group(key="linked_state").options)
