"""Labelling of classes: by number keys, by name, in bulk, against a model's word, and by two people at once."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from storage import labels, projects
from storage.core import new_id
from storage.images import Image
from storage.labels import Label
from storage.projects import Project
from tests.browser.conftest import Visit
from tests.browser.drawing import await_saved, label_address
from tests.browser.labelling.conftest import Open, Take, await_known
from tests.browser.labelling.labels import MODEL, PROCESS
from tests.runs import Runs

CLASSES = ("invoice", "contract", "letter", *(f"form-{number}" for number in range(4, 13)))


@pytest.fixture(scope="module")
def project(runs: Runs, person: BrowserContext) -> Project:
    """A project of twelve classes, of which the first nine have keys."""
    made = projects.create(runs.store, f"sorting-{new_id()[-6:]}", "classes", CLASSES)
    await_known(person, made)
    return made


# One after the other


def test_number_keys_label_and_go_on_to_the_next_unlabelled_image(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, second, done, last = take(4)
    label(runs, project, done, "letter")
    page = open_image(first)
    page.keyboard.press("2")
    await_image(page, second)
    page.keyboard.press("1")
    await_image(page, last)  # past the one that somebody labelled
    page.keyboard.press("Control+z")
    await_image(page, second)
    await_saved(page, 2)
    assert [class_of(runs, project, image) for image in (first, second, last)] == ["contract", None, None]
    page.keyboard.press("Control+Shift+z")
    await_saved(page, 3)
    assert class_of(runs, project, second) == "invoice"
    page.keyboard.press("0")
    await_saved(page, 4)
    assert class_of(runs, project, second) is None


def test_a_number_key_that_is_held_down_labels_one_image(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, second = take(2)
    page = open_image(first)
    page.keyboard.down("1")
    await_image(page, second)
    page.keyboard.down("1")  # as a keyboard repeats a key
    page.keyboard.up("1")
    page.keyboard.press("d")
    await_image(page, first)
    assert class_of(runs, project, second) is None


def test_keys_walk_under_a_russian_layout(take: Take, open_image: Open) -> None:
    first, second = take(2)
    page = open_image(first)
    press(page, "KeyF", "а")
    await_image(page, second)
    press(page, "KeyD", "в")
    await_image(page, first)
    page.keyboard.press("ArrowRight")
    await_image(page, second)
    page.keyboard.press("ArrowLeft")
    await_image(page, first)


def test_a_class_without_a_key_is_found_by_its_name(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, second = take(2)
    page = open_image(first)
    press(page, "Slash", ".")
    page.keyboard.type("FORM-1")
    expect(page.locator(".classes .field")).to_have_text([f"·form-{number}0" for number in range(10, 13)])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    await_image(page, second)
    expect(page.locator(".classes .field")).to_have_count(len(CLASSES))
    page.keyboard.press("d")
    await_image(page, first)
    await_saved(page, 1)
    assert class_of(runs, project, first) == "form-11"


# Against a model's word


def test_review_accepts_and_corrects_the_least_certain_first(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    sure, doubtful, wrong = take(3)
    for image, score in ((sure, 0.95), (doubtful, 0.3), (wrong, 0.5)):
        label_by_model(runs, project, image, "invoice", score)
    page = open_image(doubtful, "review")
    expect(page.locator(".position")).to_have_text("1 of 3")
    expect(page.locator(".badge")).to_have_text("invoice")
    expect(page.locator(".origin")).to_contain_text("30 %")
    page.keyboard.press("Enter")
    await_image(page, wrong)
    page.keyboard.press("2")
    await_image(page, sure)
    page.keyboard.press("1")  # the class that it has: right as it is
    expect(page.get_by_text("Reviewed: 3 of 3")).to_be_visible()
    heads = [head(runs, project, image) for image in (doubtful, wrong, sure)]
    assert [found.state for found in heads] == ["reviewed", "corrected", "reviewed"]
    assert heads[1].corrects == PROCESS


# Two people


@pytest.mark.parametrize(("choice", "left"), [("Keep theirs", "contract"), ("Keep mine", "invoice")])
def test_a_stale_save_shows_both_classes_and_loses_neither(
    choice: str, left: str, runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    image, following = take(2)
    page = open_image(image)
    label(runs, project, image, "contract")
    page.keyboard.press("1")
    await_image(page, following)  # nobody waits for the answer
    page.locator(".banner").get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Changed by somebody else")).to_be_visible()
    expect(page.locator(".version.theirs")).to_contain_text("contract")
    expect(page.locator(".version.mine")).to_contain_text("invoice")
    page.get_by_role("button", name=choice).click()
    await_saved(page)
    assert class_of(runs, project, image) == left
    page.keyboard.press("Control+z")
    await_saved(page, 2 if choice == "Keep theirs" else 3)
    assert class_of(runs, project, image) == ("invoice" if choice == "Keep theirs" else "contract")
    revisions = page.request.get(f"{label_address(page)}/history").json()["revisions"]
    names = {field.id: field.name for field in project.fields}
    assert {"invoice", "contract"} <= {names[revision["class_id"]] for revision in revisions}


# In bulk


def test_chosen_images_get_a_class_and_it_can_be_undone(runs: Runs, project: Project, take: Take, visit: Visit) -> None:
    images = take(4)
    page = visit(f"/data?project={project.id}")
    choose(page, images)
    page.keyboard.press("3")
    expect(page.get_by_text("4 images labelled: letter")).to_be_visible()
    expect(tile(page, images[0]).locator(".class")).to_have_text("letter")
    assert [class_of(runs, project, image) for image in images] == ["letter"] * 4
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("4 images are as they were")).to_be_visible()
    assert [class_of(runs, project, image) for image in images] == [None] * 4


def test_an_image_that_somebody_else_labelled_meanwhile_is_said_and_stays_chosen(
    runs: Runs, project: Project, take: Take, visit: Visit
) -> None:
    images = take(3)
    page = visit(f"/data?project={project.id}")
    choose(page, images)
    label(runs, project, images[1], "contract")
    page.locator(".bar").get_by_role("button", name="invoice").click()
    expect(page.get_by_text("1 image was changed by somebody else meanwhile")).to_be_visible()
    expect(page.locator(".tile[aria-selected=true]")).to_have_attribute("data-image", images[1].id)
    expect(tile(page, images[1]).locator(".class")).to_have_text("contract")
    assert [class_of(runs, project, image) for image in images] == ["invoice", "contract", "invoice"]


def test_everything_that_a_filter_passes_gets_a_class(runs: Runs, project: Project, take: Take, visit: Visit) -> None:
    images = take(2)
    for image in images:
        label(runs, project, image, "form-9")
    page = visit(f"/data?project={project.id}&class={project.field('form-9').id}")
    expect(page.locator(".tile")).to_have_count(2)
    page.get_by_role("button", name="Choose all").click()
    expect(page.get_by_text("2 of 2 chosen")).to_be_visible()
    page.get_by_role("combobox", name="Other class").select_option("form-10")
    expect(page.get_by_text("2 images labelled: form-10")).to_be_visible()
    expect(page.get_by_text("No image matches these filters")).to_be_visible()
    assert [class_of(runs, project, image) for image in images] == ["form-10"] * 2


def label(runs: Runs, project: Project, image: Image, name: str) -> None:
    """Somebody gives the image a class."""
    paths = runs.store.project(project.id)
    labels.save_class(paths, project, image.id, labels.head_rev(paths, image.id), project.field(name).id, "bob")


def label_by_model(runs: Runs, project: Project, image: Image, name: str, score: float) -> None:
    """A process gives an image a class that nobody labelled."""
    found = {"class_id": project.field(name).id, "score": score, "process": PROCESS, "model": MODEL}
    labels.save(runs.store.project(project.id), image.id, 0, None, "worker", origin="auto", apply=PROCESS, **found)


def head(runs: Runs, project: Project, image: Image) -> Label:
    """The image's label in the store."""
    found = labels.head(runs.store.project(project.id), image.id)
    assert found
    return found


def class_of(runs: Runs, project: Project, image: Image) -> str | None:
    """The name of the image's class in the store."""
    found = labels.head(runs.store.project(project.id), image.id)
    return next((field.name for field in project.fields if found and field.id == found.class_id), None)


def await_image(page: Page, image: Image) -> None:
    """Wait until the editor shows the image and takes keys for it."""
    expect(page.locator(".box-editor[data-ready=yes]")).to_have_attribute("data-image", image.id)


def press(page: Page, code: str, key: str) -> None:
    """A key at this place that types this letter."""
    script = "([code, key]) => document.body.dispatchEvent(new KeyboardEvent('keydown', { code, key, bubbles: true, composed: true }))"
    page.evaluate(script, [code, key])


def tile(page: Page, image: Image) -> Locator:
    """The image in the grid."""
    return page.locator(f".tile[data-image='{image.id}']")


def choose(page: Page, images: Sequence[Image]) -> None:
    """Choose all from the first to the last, which stand side by side, and wait until the page has heard of it."""
    tile(page, images[0]).click()
    tile(page, images[-1]).click(modifiers=["Shift"])
    expect(page.get_by_text(f"{len(images)} of ")).to_be_visible()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
