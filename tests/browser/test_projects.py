"""The Projects page in a real browser."""

import json
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from storage import projects, uploads
from storage.core import Store
from storage.projects import PROJECTS, Field, Project
from storage.words import words
from storage.words.words import Reader, Words
from tests.browser.conftest import Visit
from tests.browser.pages_drawn import page_of_text
from tests.runs import Runs


def open_fields(visit: Visit, project: Project) -> Page:
    """The project's field scheme, ready for typing."""
    page = visit(f"/projects?project={project.id}&view=fields")
    last = project.fields[-1]
    of(page, "name", last).wait_for()  # longer than `expect` waits, for a first page loads its widgets
    expect(of(page, "name", last)).to_have_value(last.name)
    return page


def of(page: Page, what: str, field: Field) -> Locator:
    """A widget in the row of a field."""
    return page.locator(f"[class*=st-key-{what}_{field.id}]").locator("input, button").first


def names(store: Store, project: Project) -> list[str]:
    """The names of the fields as they are saved."""
    return [field.name for field in PROJECTS.get(store, project.id)[1].fields]


def test_a_project_is_created_shown_the_first_step_and_given_fields(runs: Runs, visit: Visit) -> None:
    page = visit("/projects")
    page.get_by_role("button", name="New project").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("delivery-notes")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="delivery-notes")).to_be_visible()
    expect(page.get_by_role("button", name="Add images")).to_be_visible()
    expect(page.get_by_text("Project delivery-notes is created")).to_be_visible()
    page.get_by_role("radio", name="Fields").click()
    page.get_by_label("Add fields").fill("number, date")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The scheme is saved")).to_be_visible()
    _, made = PROJECTS.get(runs.store, "delivery-notes")
    assert names(runs.store, made) == ["number", "date"]


def test_what_was_typed_last_is_saved_by_the_very_next_press(runs: Runs, visit: Visit) -> None:
    made = projects.create(runs.store, "pressed-at-once", "fields", ("a", "b"))
    page = open_fields(visit, made)
    of(page, "name", made.fields[1]).fill("total")
    page.get_by_role("button", name="Save").click()  # the first thing after typing, which only now leaves the input
    expect(page.get_by_text("The scheme is saved")).to_be_visible()
    assert names(runs.store, made) == ["a", "total"]


def test_two_people_edit_one_scheme_and_nobody_loses_anything(runs: Runs, visit: Visit) -> None:
    made = projects.create(runs.store, "edited-by-two", "fields", ("date", "total"))
    ann, bob = open_fields(visit, made), open_fields(visit, made)
    of(ann, "name", made.fields[0]).fill("issued")
    ann.get_by_role("button", name="Save").click()
    # Before Bob does anything: it is said for some seconds only.
    expect(ann.get_by_text("The scheme is saved")).to_be_visible()
    of(bob, "name", made.fields[1]).fill("sum")
    bob.get_by_role("button", name="Save").click()
    expect(bob.get_by_text("“date” is now called “issued”")).to_be_visible()
    expect(of(bob, "name", made.fields[1])).to_have_value("sum")
    bob.get_by_role("button", name="Save").click()
    expect(bob.get_by_text("The scheme is saved")).to_be_visible()
    assert names(runs.store, made) == ["issued", "sum"]


def test_a_project_is_deleted_by_its_name_and_restored(runs: Runs, visit: Visit) -> None:
    made = projects.create(runs.store, "gone-and-back", "fields")
    page = visit(f"/projects?project={made.id}")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the project's name").fill("gone-and-back")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    page.get_by_text("1 deleted project").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("link", name="gone-and-back")).to_be_visible()


def test_the_labels_are_downloaded_as_coco(runs: Runs, visit: Visit) -> None:
    runs.label_one()
    page = visit(f"/projects?project={runs.project.id}&view=settings")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download COCO JSON").click()
    assert download.value.suggested_filename == "receipts.coco.json"
    content = json.loads(Path(download.value.path()).read_text())
    assert [category["name"] for category in content["categories"]] == [field.name for field in runs.project.fields]
    # Every labelled image has a box or more; other tests label some as well.
    assert {annotation["image_id"] for annotation in content["annotations"]} == {image["id"] for image in content["images"]}


def test_a_project_opened_from_the_list_stays_open_when_its_pages_are_read(runs: Runs, visit: Visit) -> None:
    made = projects.create(runs.store, "being-read", "fields", ("total",))
    paths = runs.store.project(made.id)
    image = uploads.add(paths, "page.png", page_of_text(1), "ann")
    runs.heartbeat()
    page = visit("/projects")
    page.get_by_test_id("stMain").get_by_role("link", name="being-read").click()
    expect(page.get_by_text("0 of 1 pages read")).to_be_visible()
    page.wait_for_url(f"**/projects?project={made.id}")
    words.keep(paths, Words(image=image.id, turn=0, texts=(), boxes=(), confidences=(), lines=()), Reader(made.languages), None)
    runs.heartbeat()
    expect(page.get_by_text("pages read")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", name="Next step")).to_be_visible()
    page.get_by_role("link", name="All projects").click()
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    page.wait_for_url("**/projects")
