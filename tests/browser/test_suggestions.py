"""The pages to label next, by clicks: from the front page to the first of them in the editor, and on to the second."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from storage import projects, uploads
from storage.core import open_store
from storage.words import words
from storage.words.words import Reader, Words
from tests.browser.drawing import await_saved, editor
from tests.browser.pages_drawn import page_of_text
from tests.browser.program import Dashboard

KINDS = (("shop", "receipt", "cash"), ("bank", "account", "balance"), ("court", "judge", "case"))
PAGES = 18


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Dashboard]:
    """A dashboard over one project whose pages were read; the last three are of three kinds, and all before of the first."""
    store = open_store(tmp_path / "store")
    project = projects.create(store, "mail", "fields", ("total",))
    paths = store.project(project.id)
    for number in range(PAGES):
        image = uploads.add(paths, f"page-{number:02d}.png", page_of_text(number), "ann").id
        texts = KINDS[max(0, number - PAGES + len(KINDS))]
        boxes = tuple((10.0, 50.0 * line, 90.0, 50.0 * line + 20) for line in range(len(texts)))
        read = Words(image=image, turn=0, texts=texts, boxes=boxes, confidences=(0.9,) * 3, lines=(0, 1, 2), look=(200,) * 64)
        words.keep(paths, read, Reader(project.languages), None)
    made = Dashboard(store, tmp_path / "server.log")
    made.start()
    yield made
    made.kill()


@pytest.mark.timeout(300)
def test_a_project_leads_to_the_pages_to_label_next_and_through_them(server: Dashboard, page: Page) -> None:
    page.goto(server.address)
    page.get_by_test_id("stMain").get_by_role("link", name="mail").click()
    expect(page.get_by_text("Which to label next is suggested")).to_be_visible()
    page.get_by_role("button", name="Label", exact=True).click()
    first = editor(page).get_attribute("data-image")
    expect(page.locator(".box-editor .cell")).to_have_count(6)
    page.keyboard.press("n")  # no fields here: labelled
    await_saved(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(f".box-editor[data-ready=yes]:not([data-image='{first}'])")).to_be_visible()
    page.reload()
    expect(page.locator(".box-editor .cell")).to_have_count(5)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Data").click()
    page.get_by_role("radio", name="Label next 5").click()
    expect(page.get_by_text("Together these pages are most like all the others")).to_be_visible()
    page.get_by_role("link", name="Label", exact=True).click()
    expect(page.locator(".box-editor .cell")).to_have_count(5)
