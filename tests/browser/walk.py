"""Steps of the guides that several of them take, as a person takes them by mouse and keys."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.house import MACHINE, House
from tests.browser.test_pages import await_points, x_range, zoom_by_mouse

TRAINING_MS = 420_000  # at most, on a busy machine; waited for by what is seen, not slept through


def go_to(page: Page, name: str, section: str = "") -> None:
    """The page of this name in the sidebar; two are called alike, each in its section."""
    links = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
    (links.last if section == "Training" else links.first).click()
    expect(page.get_by_test_id("stMain").get_by_role("heading", name=re.compile(name, re.I)).first).to_be_visible()


def choose(where: Locator, label: str, option: str | re.Pattern[str]) -> None:
    """Choose in the select box of this dialog or part of a page: one of the same name may stand below a dialog that is yet to open."""
    box = where.get_by_role("combobox", name=label)
    box.click()
    if isinstance(option, str):
        box.fill(option)  # of a long list, only what is near is drawn
    where.page.get_by_role("option", name=option).first.click()


def create_project(page: Page, name: str, parts: Sequence[str], task: str = "") -> None:
    """A project with these fields, or with another ``task`` named as on the page, classes."""
    go_to(page, "Projects")
    page.get_by_role("button", name="New project").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(name)
    if task:
        dialog.get_by_text(task, exact=True).click()
    dialog.get_by_label("First fields or classes (optional)").fill("\n".join(parts))
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def upload(page: Page, files: Sequence[Path]) -> None:
    """Images into the project that is open."""
    go_to(page, "Data")
    page.locator(".uploader input[type=file]").set_input_files(list(files))
    expect(page.get_by_text(f"{len(files)} added")).to_be_visible(timeout=60_000)


def fill_template(page: Page, name: str, figures: Mapping[str, float]) -> None:
    """Name and numbers of the template whose form is open, and Create."""
    page.get_by_label("Name", exact=True).fill(name)
    for label, value in figures.items():
        page.get_by_label(label, exact=True).fill(str(value))
        page.get_by_label(label, exact=True).press("Tab")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", name=f"Template {name}")).to_be_visible()


def start(dialog: Locator) -> None:
    """Create and start in the dialog that adds a process, on the one machine there is."""
    expect(dialog.get_by_text(MACHINE)).to_be_visible()
    dialog.get_by_role("button", name="Create and start").click()
    expect(dialog).to_be_hidden()


def await_completed(page: Page) -> None:
    """On Monitoring: until the run is through."""
    expect(page.get_by_test_id("stMarkdown").get_by_text("Completed")).to_be_visible(timeout=TRAINING_MS)


def watch(page: Page, house: House, iterations: int) -> None:
    """From a process to Monitoring while it learns: zoom into the curves; they grow to so many iterations, and the zoom stays."""
    with house.paused():
        page.get_by_test_id("stMain").get_by_role("link", name="Monitoring").last.click()
        chart = page.locator(".live-chart[data-points]").first
        chart.wait_for()
        zoom_by_mouse(page)
        zoomed, seen = x_range(page), int(chart.get_attribute("data-points") or 0)
    await_completed(page)
    await_points(page, iterations)
    assert seen < iterations
    assert x_range(page) == zoomed
