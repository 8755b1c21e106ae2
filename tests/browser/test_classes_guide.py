"""Both guides for classes, step by step by clicks: labelled by keys, applied, reviewed, rolled back; then a model of its own, tried."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.drawing import await_saved, editor
from tests.browser.house import ROOT, SAMPLE, House, documents_of
from tests.browser.pages_drawn import shrink
from tests.browser.walk import await_completed, choose, create_project, fill_template, go_to, start, upload, watch

REAL = ROOT.parent / "shared" / "data" / "doc_classes"
EACH, LABELLED = 7, 5  # pages of a class, and those of them that are labelled by hand: one of them is a test image
FIGURES = {"Iterations": 20, "Refresh interval, s": 1, "Data loader processes": 2}


@pytest.fixture
def papers(tmp_path: Path) -> dict[str, list[Path]]:
    """Small pages by class: real forms where they lie beside the checkout, else the sample's pages, upright and upside down."""
    if REAL.is_dir():
        pages = {folder.name: sorted(folder.iterdir())[:EACH] for folder in sorted(REAL.iterdir()) if folder.is_dir()}
        return {name: [shrink(path, tmp_path / path.name) for path in paths] for name, paths in pages.items()}
    pages = [document.path for document in documents_of(SAMPLE)[:EACH]]
    turned = [shrink(path, tmp_path / f"turned-{path.name}", turn=180) for path in pages]
    return {"upright": [shrink(path, tmp_path / path.name) for path in pages], "upside-down": turned}


@pytest.mark.timeout(900)
def test_pages_are_sorted_into_classes_and_a_model_of_them_is_trained(page: Page, house: House, papers: dict[str, list[Path]]) -> None:
    count = sum(map(len, papers.values()))
    create_project(page, "papers", list(papers), task="Classes: one class an image")
    upload(page, [path for paths in papers.values() for path in paths])
    label_by_keys(page, papers)
    go_to(page, "Templates")
    page.get_by_role("button", name="Add template").click()
    choose(page.get_by_test_id("stMain"), "Base model", re.compile("base-Classifier-01"))
    fill_template(page, "sorter", FIGURES)
    auto_label(page)
    watch(page, house, FIGURES["Iterations"])
    expect(page.get_by_text("Accuracy").first).to_be_visible()
    apply(page)
    corrected = review(page)
    roll_back(page)
    states = [image["state"] for image in images_of(page)]
    # The reviewed and the corrected one are what a person vouches for, and stay.
    assert sorted(set(states)) == ["corrected", "labelled", "reviewed", "unlabelled"]
    assert (states.count("labelled"), len(states)) == (LABELLED * len(papers), count)
    assert next(image for image in images_of(page) if image["image"] == corrected)["state"] == "corrected"
    train_and_try(page, next(iter(papers.values()))[-1])


def label_by_keys(page: Page, papers: dict[str, list[Path]]) -> None:
    """Label a few of each class, each by its number key."""
    go_to(page, "Labelling")
    expect(page.get_by_role("button", name=re.compile("labels? to go"))).to_be_disabled()
    for key, paths in enumerate(papers.values(), start=1):
        for path in paths[:LABELLED]:
            editor(page)
            page.locator(f".box-editor .cell[aria-label='{path.name}']").click()
            page.locator(f".box-editor[data-ready=yes] .cell[aria-label='{path.name}'][aria-current]").wait_for()
            page.keyboard.press(str(key))
            page.locator(f".box-editor[data-ready=yes][data-saved=yes] .cell:not([aria-label='{path.name}'])[aria-current]").wait_for()
    expect(page.get_by_role("button", name=re.compile(r"Auto-label \d+ images"))).to_be_enabled()


def auto_label(page: Page) -> None:
    go_to(page, "Labelling")
    page.get_by_role("button", name=re.compile(r"Auto-label \d+ images")).click()
    start(page.get_by_role("dialog"))


def apply(page: Page) -> None:
    """Apply from the lowest thresholds, so that no image stays unlabelled."""
    page.get_by_role("button", name="Apply labels").click()
    page.wait_for_url("**/processes?*")
    expect(page.get_by_role("button", name="Roll back labels").or_(page.get_by_role("button", name="Run again")).first).to_be_visible()
    page.get_by_role("button", name="Apply labels").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("slider").first.wait_for()
    for slider in dialog.get_by_role("slider").all():
        slider.press("Home")
    dialog.get_by_role("button", name=re.compile(r"Apply to [1-9]\d* images?")).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(re.compile(r"Labels applied to \d+ images?")).first).to_be_visible(timeout=60_000)


def review(page: Page) -> str:
    """Accept the most doubtful image, and give the next one another class; the id of that one."""
    go_to(page, "Review")
    first = editor(page).get_attribute("data-image")
    page.keyboard.press("Enter")
    page.locator(f".box-editor[data-ready=yes]:not([data-image='{first}'])").wait_for()
    second = editor(page).get_attribute("data-image")
    assert second
    has = page.locator(".classes [aria-pressed=true]").first.inner_text()
    page.keyboard.press("2" if has.startswith("1") else "1")
    page.locator(f".box-editor[data-ready=yes]:not([data-image='{second}'])").wait_for()
    await_saved(page)
    return second


def roll_back(page: Page) -> None:
    go_to(page, "Processes")
    page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 52})
    page.get_by_role("button", name="Roll back labels").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("2 images stay as they are"))).to_be_visible()
    dialog.get_by_role("button", name="Roll back labels").click()
    expect(page.get_by_text(re.compile(r"Labels of \d+ images? rolled back")).first).to_be_visible(timeout=60_000)
    go_to(page, "Data")


def train_and_try(page: Page, paper: Path) -> None:
    """A model type, its template, its training, and the model's word on one page."""
    go_to(page, "Templates", "Training")
    page.get_by_role("button", name="Add template").click()
    choose(page.get_by_test_id("stMain"), "Model type", re.compile("^classifier"))
    fill_template(page, "classifier-1", {**FIGURES, "Iterations": 5})
    go_to(page, "Processes", "Training")
    page.get_by_role("button", name="Add process").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, "Template", "classifier-1")
    start(dialog)
    page.get_by_test_id("stMain").get_by_role("link", name="Monitoring").click()
    await_completed(page)
    page.get_by_role("button", name="Show the model").click()
    page.get_by_role("button", name="Try it").click()
    page.locator("input[type=file]").first.set_input_files(paper)
    expect(page.get_by_text(re.compile("answered in"))).to_be_visible(timeout=60_000)


def images_of(page: Page) -> list[dict[str, str]]:
    project = page.evaluate("() => new URL(location.href).searchParams.get('project')")
    found: list[dict[str, str]] = page.request.get(f"/api/projects/{project}/images?limit=100").json()["images"]
    return found
