"""The training guide for fields, step by step by clicks: template, process, monitoring, a model taken along and tried, fine-tuning."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from storage import labels, projects, uploads
from storage.core import make
from storage.labels import Box
from tests.browser.house import SAMPLE, House, documents_of, running
from tests.browser.pages_drawn import shrink
from tests.browser.walk import await_completed, choose, fill_template, go_to, start, watch

FIGURES = {"Iterations": 12, "Refresh interval, s": 1, "Data loader processes": 2}
NAMES = tuple(documents_of(SAMPLE)[0].boxes)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A machine with a project of small pages that are labelled: the first half of the other guide."""
    with running(tmp_path, "--no-sample") as started:
        project = projects.create(started.store, "invoices", "fields", NAMES)
        paths = started.store.project(project.id)
        for document in documents_of(SAMPLE)[:12]:
            image = uploads.add(paths, document.path.name, shrink(document.path, tmp_path / document.path.name).read_bytes(), "ann").id
            found = [(field.id, document.boxes[field.name]) for field in project.fields if field.name in document.boxes]
            boxes = tuple(make(Box, field=field, xyxy=[side / 3 for side in xyxy]) for field, xyxy in found)
            labels.save(paths, image, 0, boxes, "ann")
        yield started


@pytest.mark.timeout(900)
def test_a_model_is_trained_watched_taken_along_tried_and_gone_on_from(page: Page, house: House, tmp_path: Path) -> None:
    go_to(page, "Machines")
    expect(page.get_by_text("1 machine ·")).to_be_visible()  # the table itself is a picture
    make_template(page, "first", FIGURES)
    add_process(page, "first")
    watch(page, house, FIGURES["Iterations"])
    expect(page.get_by_role("link", name="Download metrics (CSV)")).to_be_visible()
    archive = take_along(page, tmp_path / "model.zip")
    bring_back(page, archive)
    try_on_a_pdf(page, tmp_path / "two.pdf")
    go_to(page, "Templates", "Training")
    page.get_by_role("button", name="Add template").click()
    choose(page.get_by_test_id("stMain"), "Base model", re.compile("brought-back"))
    fill_template(page, "second", {**FIGURES, "Iterations": 5})
    add_process(page, "second")
    compare(page)


def make_template(page: Page, name: str, figures: dict[str, int]) -> None:
    go_to(page, "Templates", "Training")
    page.get_by_role("button", name="Add template").click()
    expect(page.get_by_role("combobox", name="Model type")).to_have_value(re.compile("^fields"))
    fill_template(page, name, figures)


def add_process(page: Page, template: str) -> None:
    """A process of the template on the one project and machine there are, started."""
    go_to(page, "Processes", "Training")
    page.get_by_role("button", name="Add process").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, "Template", template)
    start(dialog)


def take_along(page: Page, target: Path) -> Path:
    """Download the model that the run published."""
    page.get_by_role("button", name="Show the model").click()
    page.wait_for_url("**/models?*")
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(target)
    return target


def bring_back(page: Page, archive: Path) -> None:
    """Upload it as another model."""
    page.get_by_role("button", name="Upload").click()
    form = page.locator(".model-upload")
    form.locator(".file").set_input_files(archive)
    form.get_by_label("Name").fill("brought-back")
    form.get_by_role("button", name="Upload").click()
    expect(page.get_by_test_id("stMain").get_by_role("heading", name="brought-back")).to_be_visible(timeout=60_000)


def try_on_a_pdf(page: Page, target: Path) -> None:
    """Two pages in one PDF, each shown with what the model finds on it."""
    first, second = (Image.open(document.path).convert("RGB") for document in documents_of(SAMPLE)[:2])
    first.save(target, save_all=True, append_images=[second])
    go_to(page, "Testing")
    page.locator("input[type=file]").first.set_input_files(target)
    expect(page.get_by_text(re.compile("answered in"))).to_be_visible(timeout=60_000)
    expect(page.get_by_text("2 pages")).to_be_visible()


def compare(page: Page) -> None:
    """Both runs in one chart, once the second is through."""
    page.get_by_test_id("stMain").get_by_role("link", name="Monitoring").click()
    await_completed(page)
    page.get_by_role("button", name="Compare").click()
    page.get_by_label("Compare with up to four other processes").click()
    page.get_by_role("option", name=re.compile("first")).click()
    expect(page).to_have_url(re.compile("compare="))
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
