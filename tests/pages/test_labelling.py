"""The pages Labelling and Review without their editor: what they say when there is nothing to do, and the gate."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import image_states
from pages.parts.box_editor import script
from pages.parts.labelling_texts import editor_texts
from storage import labels, projects, uploads
from storage.images import Image
from storage.labels import Box
from storage.projects import Project
from storage.words import words
from storage.words.words import Reader, Words
from tests.runs import Runs

Open = Callable[..., AppTest]
Draw = Callable[..., bytes]


@pytest.fixture
def add(runs: Runs, document: Draw) -> Callable[[int], list[Image]]:
    """Add so many images to the project."""
    paths = runs.store.project(runs.project.id)
    return lambda count: [uploads.add(paths, f"{number}.png", document(str(number)), "ann") for number in range(count)]


def label(runs: Runs, image: Image, *, by_model: bool = False) -> None:
    box = Box(field=runs.project.fields[0].id, xyxy=(1, 1, 9, 9), origin="auto" if by_model else "person")
    labels.save(runs.store.project(runs.project.id), image.id, 0, (box,), "ann", origin=box.origin)


def test_a_project_without_images_leads_to_data(runs: Runs, open_page: Open) -> None:
    app = open_page("labelling.py", project=runs.project.id)
    assert "This project has no images yet" in app.info[0].value


@pytest.mark.parametrize(("task", "said"), [("fields", "This project has no fields yet"), ("classes", "This project has no classes yet")])
def test_a_project_that_cannot_be_labelled_says_why(task: projects.Task, said: str, runs: Runs, open_page: Open) -> None:
    project: Project = projects.create(runs.store, "other", task)
    assert said in open_page("labelling.py", project=project.id).info[0].value


def test_auto_labelling_is_closed_until_enough_is_labelled(runs: Runs, open_page: Open, add: Callable[[int], list[Image]]) -> None:
    images = add(20)
    label(runs, images[0])
    button = open_page("labelling.py", project=runs.project.id).button(key="auto_label")
    assert button.disabled
    assert button.label == "Auto-label · 1 label to go"
    assert button.help == "1 more label needed: 10\N{NO-BREAK SPACE}% of 20 images"


def test_auto_labelling_opens_with_the_last_label(runs: Runs, open_page: Open, add: Callable[[int], list[Image]]) -> None:
    for image in add(20)[:2]:
        label(runs, image)
    button = open_page("labelling.py", project=runs.project.id).button(key="auto_label")
    assert not button.disabled
    assert button.label == "Auto-label 18 images"


def test_a_filter_that_nothing_passes_says_so(runs: Runs, open_page: Open, add: Callable[[int], list[Image]]) -> None:
    add(1)
    app = open_page("labelling.py", project=runs.project.id, state="reviewed")
    assert app.info[0].value == "No image matches these filters."


def test_review_says_where_labels_to_review_come_from(runs: Runs, open_page: Open, add: Callable[[int], list[Image]]) -> None:
    add(1)
    assert "Nothing to review" in open_page("review.py", project=runs.project.id).info[0].value


def test_review_says_when_all_is_done(runs: Runs, open_page: Open, add: Callable[[int], list[Image]]) -> None:
    (image,) = add(1)
    label(runs, image, by_model=True)
    labels.accept(runs.store.project(runs.project.id), image.id, 1, "ann")
    app = open_page("review.py", project=runs.project.id)
    assert app.success[0].value == "All done: 1 applied label was reviewed"


def test_the_editor_is_one_script_with_one_export() -> None:
    joined = script()
    assert "import {" not in joined
    assert re.findall(r"^export .*", joined, re.MULTILINE) == ["export default function (component) {"]


def test_every_text_that_the_editor_asks_for_is_there() -> None:
    known = editor_texts("fields") | editor_texts("classes")
    # Commands are named by the table of keys, the rest by their names.
    assert set(re.findall(r'^    \["(\w+)", "', script(), re.MULTILINE)) < known.keys()
    assert not set(re.findall(r"\btexts\.(\w+)", script())) - known.keys()


def test_every_state_has_a_look_and_a_name() -> None:
    assert all(image_states.image_state_name(state) for state in image_states.IMAGE_STATES)


# Which to label next


@pytest.fixture
def read(runs: Runs, add: Callable[[int], list[Image]]) -> list[Image]:
    """Eight pages that were read: seven of one kind, the last of another."""
    added = add(8)
    for image in added:
        texts = ("letter", "dear") if image is added[-1] else ("receipt", "total")
        boxes = tuple((1.0, 10.0 * line, 30.0, 10.0 * line + 8) for line in range(len(texts)))
        found = Words(image=image.id, turn=0, texts=texts, boxes=boxes, confidences=(0.9, 0.9), lines=(0, 1), look=(200,) * 64)
        words.keep(runs.store.project(runs.project.id), found, Reader(runs.project.languages), None)
    return added


def test_pages_that_were_read_are_suggested_and_the_button_leads_to_them(runs: Runs, open_page: Open, read: list[Image]) -> None:
    app = open_page("labelling.py", project=runs.project.id)
    assert app.button(key="label_next").label == "Label next · 6"
    app.button(key="label_next").click().run()
    assert app.query_params["state"] == "suggested"
    assert app.selectbox(key="linked_state").value == "suggested"
    assert "label_next" not in [button.key for button in app.button]


def test_pages_that_were_not_read_are_labelled_as_they_come(runs: Runs, open_page: Open, add: Callable[[int], list[Image]]) -> None:
    add(8)
    app = open_page("labelling.py", project=runs.project.id)
    assert "label_next" not in [button.key for button in app.button]
    assert "suggested" not in app.selectbox(key="linked_state").options


def test_once_enough_are_labelled_nothing_is_suggested(runs: Runs, open_page: Open, read: list[Image]) -> None:
    for image in read[:6]:
        label(runs, image)
    app = open_page("labelling.py", project=runs.project.id, state="suggested")
    assert "No page is suggested" in app.info[0].value
