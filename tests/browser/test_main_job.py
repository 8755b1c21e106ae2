"""The main job by clicks alone, on `make run`'s own processes: from an empty store to labels rolled back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.drawing import await_saved, draw_box, editor, saved_label
from tests.browser.house import Document, documents
from tests.browser.walk import TRAINING_MS, await_completed, choose, create_project, fill_template, go_to, start, upload

LABELLED = 4
# Steeper than advised and without augmentation: some boxes are found after a minute, however well.
FIGURES = {"Iterations": 32, "Initial learning rate": 0.02, "Refresh interval, s": 1, "Data loader processes": 2}


@pytest.mark.timeout(900)
def test_an_analyst_labels_trains_applies_corrects_and_rolls_back(page: Page) -> None:
    papers = documents(20)
    names = list(papers[0].boxes)
    create_project(page, "papers", names)
    upload(page, [paper.path for paper in papers])
    label_by_hand(page, papers[:LABELLED], names)
    make_template(page, "short")
    start_process(page)
    watch(page)
    apply_with_moved_threshold(page, names)
    corrected = correct_one(page)
    roll_back(page)
    assert label_of(page, corrected)["state"] == "corrected"
    states = states_of(page)
    assert states.count("labelled") == LABELLED
    assert states.count("unlabelled") == len(papers) - LABELLED - 1


def label_by_hand(page: Page, papers: list[Document], names: list[str]) -> None:
    """Draw every box of these images; the button for auto-labelling opens when a tenth is done."""
    go_to(page, "Labelling")
    expect(page.get_by_role("button", name="Auto-label · 2 labels to go")).to_be_disabled()
    for paper in papers:
        page.locator(f".box-editor .cell[aria-label='{paper.path.name}']").click()
        expect(page.locator(f".box-editor[data-ready=yes] .cell[aria-label='{paper.path.name}'][aria-current]")).to_be_visible()
        drawn = [(name, str(number)) for number, name in enumerate(names, start=1) if name in paper.boxes]
        for count, (name, key) in enumerate(drawn, start=1):
            draw_box(page, paper.boxes[name], key)
            expect(page.locator(".box-editor")).to_have_attribute("data-count", str(count))
        await_saved(page)
        assert len(saved_label(page)["boxes"]) == len(paper.boxes)
    expect(page.get_by_role("button", name=re.compile("Auto-label 16 images"))).to_be_enabled()


def make_template(page: Page, name: str) -> None:
    go_to(page, "Templates")
    page.get_by_role("button", name="Add template").click()
    choose(page.get_by_test_id("stMain"), "Augment the dataset", "none")
    fill_template(page, name, FIGURES)


def start_process(page: Page) -> None:
    go_to(page, "Labelling")
    page.get_by_role("button", name=re.compile("Auto-label 16 images")).click()
    start(page.get_by_role("dialog"))


def watch(page: Page) -> None:
    """Curves while it runs, and the state at its end."""
    page.get_by_test_id("stMain").get_by_role("link", name="Monitoring").last.click()
    expect(page.locator(".live-chart[data-points]").first).to_be_visible(timeout=TRAINING_MS)
    await_completed(page)


def apply_with_moved_threshold(page: Page, fields: list[str]) -> None:
    """Move each field's least score, see the number of boxes follow, and apply."""
    go_to(page, "Processes")
    page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 52})
    page.get_by_role("button", name="Apply labels").click()
    dialog = page.get_by_role("dialog")
    counts = [move_threshold(dialog, field) for field in fields]
    # After so short a training one field or another may not be found at all, which one depends on the draw.
    assert any(counts)
    dialog.get_by_role("button", name=re.compile(r"Apply to \d+ images?")).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(re.compile(r"Labels applied to \d+ images?")).first).to_be_visible(timeout=60_000)


def move_threshold(dialog: Locator, field: str) -> int:
    """Ask for no box of a field, then for all; how many those are."""
    slider = dialog.get_by_role("slider", name=field)
    boxes = dialog.locator(".thresholds .row", has=dialog.page.get_by_role("slider", name=field)).locator(".boxes")
    slider.press("End")
    expect(boxes).to_have_text("0")
    slider.press("Home")
    return int(boxes.inner_text())


def correct_one(page: Page) -> str:
    """Open an image that was unlabelled, see its boxes, delete one; the image's id."""
    go_to(page, "Review")
    found = editor(page)
    identifier, count = found.get_attribute("data-image"), int(found.get_attribute("data-count") or 0)
    assert identifier
    assert count > 0
    page.keyboard.press("Tab")
    page.keyboard.press("Delete")
    expect(found).to_have_attribute("data-count", str(count - 1))
    draw_box(page, (10, 10, 90, 60))
    await_saved(page)
    assert saved_label(page)["state"] == "corrected"
    return identifier


def roll_back(page: Page) -> None:
    go_to(page, "Processes")
    page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 52})
    page.get_by_role("button", name="Roll back labels").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 image stays as it is")).to_be_visible()
    dialog.get_by_role("button", name="Roll back labels").click()
    expect(page.get_by_text(re.compile(r"Labels of \d+ images? rolled back")).first).to_be_visible(timeout=60_000)


def project_of(page: Page) -> str:
    found: str = page.evaluate("() => new URL(location.href).searchParams.get('project')")
    return found


def label_of(page: Page, image: str) -> dict[str, Any]:
    go_to(page, "Data")
    found: dict[str, Any] = page.request.get(f"/api/projects/{project_of(page)}/images/{image}/label").json()
    return found


def states_of(page: Page) -> list[str]:
    listed = page.request.get(f"/api/projects/{project_of(page)}/images?limit=100").json()
    return [image["state"] for image in listed["images"]]
