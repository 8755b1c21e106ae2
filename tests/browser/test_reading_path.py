"""Pages that are read, by clicks: scanned in every direction, the proposed ones labelled, values found, corrected and exported."""

import csv
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from storage.turns import Turn, turn_box
from tests.browser.drawing import await_saved, draw_box, editor, saved_label
from tests.browser.house import SAMPLE, Document, documents_of
from tests.browser.walk import await_completed, create_project, fill_template, go_to, start, upload

NAMES = ("number", "date", "total")
# Invoices of four houses, English and Russian, and how each one is scanned. Three stand upright: whichever six are proposed,
# some of them lie, and so does one of the others.
SCANS: dict[str, Turn] = {
    "07": 0, "08": 180, "13": 90, "16": 180, "17": 0,
    "06": 0, "19": 270, "20": 270, "21": 90, "30": 90,
}  # fmt: skip
PROPOSED = 6
FIGURES = {"Iterations": 100, "Refresh interval, s": 1, "Data loader processes": 1}
VALUE = "seen by Ann"


@pytest.mark.timeout(900)
def test_sideways_invoices_become_upright_pages_with_values_and_a_corrected_one_is_exported(page: Page, tmp_path: Path) -> None:
    papers = {paper.path.name: paper for paper in scanned(tmp_path)}
    create_project(page, "invoices", NAMES)
    upload(page, [paper.path for paper in papers.values()])
    await_reading(page, len(papers))
    label_proposed(page, papers)
    train(page)
    apply(page)
    corrected = correct_a_turned_one(page, papers)
    rows = export_values(page)
    assert len(rows) == len(papers)
    assert corrected in {row["file"]: row for row in rows}
    assert {row["file"] for row in rows if VALUE in row.values()} == {corrected}


def scanned(folder: Path) -> list[Document]:
    """The invoices as they came from the scanner: some lie on a side or upside down, as pixels."""
    return [scan(paper, SCANS[number], folder) for paper in documents_of(SAMPLE) if (number := paper.path.stem[-2:]) in SCANS]


def scan(paper: Document, turn: Turn, folder: Path) -> Document:
    """A copy of the document turned clockwise, with its boxes."""
    image = Image.open(paper.path)
    target = folder / paper.path.name
    image.rotate(-turn, expand=True).save(target, quality=92)
    return Document(target, {name: turn_box(paper.boxes[name], *image.size, turn) for name in NAMES})


def await_reading(page: Page, count: int) -> None:
    """The overview counts the pages that are read, until all are, and names the pages to label."""
    overview(page)
    progress = page.get_by_text(re.compile(rf"\d+ of {count} pages read"))
    expect(progress).to_be_visible()
    expect(progress).to_be_hidden(timeout=300_000)
    expect(page.get_by_text("Which to label next is suggested")).to_be_visible()


def overview(page: Page) -> None:
    go_to(page, "Projects")
    page.get_by_test_id("stMain").get_by_role("link", name="invoices").click()
    expect(page.get_by_role("heading", name="Next step")).to_be_visible()


def label_proposed(page: Page, papers: dict[str, Document]) -> None:
    """Draw the boxes of each page that is proposed, as it lies; what is written in them stands beside at once."""
    page.get_by_role("button", name="Label", exact=True).click()
    lying = set[str]()
    for left in range(PROPOSED, 0, -1):
        editor(page)
        expect(page.locator(".box-editor .cell")).to_have_count(PROPOSED)
        name = shown_file(page)
        lying |= {name} & lie(papers)
        for key, field in enumerate(NAMES, start=1):
            draw_box(page, papers[name].boxes[field], str(key))
        expect(page.locator(".fields .row .source", has_text="read")).to_have_count(len(NAMES))
        await_saved(page)
        if left > 1:
            page.keyboard.press("u")
            page.locator(f".box-editor[data-ready=yes] .cell[aria-current]:not([aria-label='{name}'])").wait_for()
    assert lying


def shown_file(page: Page) -> str:
    return page.locator(".box-editor .cell[aria-current]").get_attribute("aria-label") or ""


def train(page: Page) -> None:
    """With the template's defaults but for the figures."""
    go_to(page, "Templates")
    page.get_by_role("button", name="Add template").click()
    expect(page.get_by_role("combobox", name="Base model")).to_have_value(re.compile("base-SmartOCR-02"))
    fill_template(page, "reads", FIGURES)
    go_to(page, "Labelling")
    page.get_by_role("button", name=re.compile(r"Auto-label \d+ images")).click()
    start(page.get_by_role("dialog"))
    page.get_by_test_id("stMain").get_by_role("link", name="Monitoring").last.click()
    await_completed(page)


def apply(page: Page) -> None:
    page.get_by_role("button", name="Apply labels").click()
    page.wait_for_url("**/processes?*")
    page.get_by_role("button", name="Apply labels").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile(r"Show \d+ pages? upright"))).to_be_visible()
    expect(dialog.get_by_text("Expected to be right")).to_be_visible()
    dialog.get_by_role("button", name=re.compile(r"Apply to \d+ images?")).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(re.compile(r"Labels applied to \d+ images?")).first).to_be_visible(timeout=60_000)


def correct_a_turned_one(page: Page, papers: dict[str, Document]) -> str:
    """Walk to an applied page that was scanned lying; it is upright with its values; give one of them another; the page's name."""
    go_to(page, "Review")
    editor(page)
    names = [cell.get_attribute("aria-label") or "" for cell in page.locator(".box-editor .cell").all()]
    name = next(name for name in names if name in lie(papers))
    page.locator(f".box-editor .cell[aria-label='{name}']").click()
    page.locator(f".box-editor[data-ready=yes] .cell[aria-label='{name}'][aria-current]").wait_for()
    picture = page.locator(".box-editor .paper img").bounding_box()
    assert picture is not None
    assert picture["height"] > picture["width"]
    expect(page.locator(".box-editor .stage")).not_to_have_attribute("data-turn", "0")
    values = page.locator(".fields .row .value")
    assert all(re.search(r"\d", value) for value in values.all_inner_texts())
    values.first.click()
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="Edit the box's text").fill(VALUE)
    page.keyboard.press("Enter")
    await_saved(page)
    assert saved_label(page)["state"] == "corrected"
    page.reload()
    editor(page)
    expect(values.first).to_have_text(VALUE)
    return name


def lie(papers: dict[str, Document]) -> set[str]:
    """The files of those that lie on a side or upside down."""
    return {name for name in papers if SCANS[Path(name).stem[-2:]]}


def export_values(page: Page) -> list[dict[str, str]]:
    overview(page)
    page.get_by_text("Settings", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download values (CSV)").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
