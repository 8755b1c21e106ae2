"""The sample's guided path: each next step of the overview by its own button, from first start to applied labels."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from storage.projects import PROJECTS
from storage.templates import TEMPLATES
from tests.browser.drawing import await_saved, draw_box, editor
from tests.browser.house import SAMPLE, House, documents_of, running
from tests.browser.walk import await_completed


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """`make run` on a fresh machine, with the sample."""
    with running(tmp_path) as started:
        shorten(started)
        yield started


@pytest.mark.timeout(900)
def test_a_newcomer_is_led_from_the_sample_to_applied_labels(page: Page, house: House) -> None:
    page.get_by_test_id("stMain").get_by_role("link", name="sample-invoices").click()
    expect(page.get_by_text("Label 1 more image by hand")).to_be_visible()
    take_step(page, "Label")
    label_one(page, house)
    overview(page)
    take_step(page, "Add process")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Template")).to_have_value("sample-quick")
    dialog.get_by_role("button", name="Create and start").click()
    expect(dialog).to_be_hidden()
    overview(page)
    take_step(page, "Watch")
    await_completed(page)
    overview(page)
    take_step(page, "Open the process")
    page.get_by_role("button", name="Apply labels").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(r"Apply to \d+ images?")).click()
    expect(page.get_by_text(re.compile(r"Labels applied to \d+ images?")).first).to_be_visible(timeout=60_000)
    overview(page)
    take_step(page, "Review")
    first = editor(page).get_attribute("data-image")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f".box-editor[data-ready=yes]:not([data-image='{first}'])")).to_be_visible()


def shorten(house: House) -> None:
    """Fewer and steeper iterations than the sample's template has, and no page to be read: the path is the same, the wait is not."""
    rev, template = TEMPLATES.get(house.store, "sample-quick")
    parameters = template.parameters.model_copy(update={"iterations": 30, "lr": 0.02, "augment": "none", "base_model": "base-SmartOCR-01"})
    TEMPLATES.change(house.store, rev, template.model_copy(update={"parameters": parameters}))


def label_one(page: Page, house: House) -> None:
    """Walk to an unlabelled image and draw its boxes."""
    truth = {document.path.name: document.boxes for document in documents_of(SAMPLE)}
    keys = {field.name: field.key for field in PROJECTS.get(house.store, "sample-invoices")[1].fields}
    shown = editor(page)
    if shown.get_attribute("data-count") != "0":
        page.get_by_role("button", name="Next unlabelled", exact=True).first.click()
    expect(page.locator(".box-editor[data-ready=yes][data-count='0']")).to_be_visible()
    name = page.locator(".box-editor .cell[aria-current]").get_attribute("aria-label") or ""
    for field, xyxy in truth[name].items():
        draw_box(page, xyxy, keys[field])
    await_saved(page)
    expect(page.get_by_role("button", name=re.compile(r"Auto-label \d+ images"))).to_be_enabled()


def overview(page: Page) -> None:
    """The project's overview, by way of the list."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Projects").click()
    page.get_by_test_id("stMain").get_by_role("link", name="sample-invoices").click()
    expect(page.get_by_role("heading", name="Next step")).to_be_visible()


def take_step(page: Page, button: str) -> None:
    """Press the button of the step that the overview says is next."""
    page.get_by_test_id("stMain").get_by_role("link", name=button, exact=True).or_(
        page.get_by_test_id("stMain").get_by_role("button", name=button, exact=True)
    ).first.click()
