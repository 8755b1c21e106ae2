"""What is drawn is not lost: two people on one image, a dashboard that is killed, and the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from storage.projects import Project
from tests.browser.conftest import Visit
from tests.browser.drawing import await_saved, draw_box, label_address, near, saved_label
from tests.browser.labelling.conftest import Open, Take
from tests.browser.labelling.labels import BOX, OTHER, label_by_hand, state_of
from tests.browser.program import Dashboard
from tests.runs import Runs

# Two people


@pytest.mark.parametrize(("choice", "left"), [("Keep theirs", [OTHER]), ("Keep mine", [BOX]), ("Merge both versions", [OTHER, BOX])])
def test_a_stale_save_shows_both_versions_and_loses_neither(
    choice: str, left: list[tuple[float, ...]], project: Project, take: Take, open_image: Open, visit: Visit
) -> None:
    (image,) = take(1)
    mine, theirs = open_image(image), visit(f"/labelling?project={project.id}&image={image.id}")
    draw_box(theirs, OTHER)
    await_saved(theirs, 1)
    draw_box(mine, BOX)
    expect(mine.get_by_role("heading", name="Changed by somebody else")).to_be_visible()
    expect(mine.locator("g.ghost.theirs")).to_have_count(1)
    expect(mine.locator("g.ghost.mine")).to_have_count(1)
    mine.get_by_role("button", name=choice).click()
    await_saved(mine)
    found = saved_label(mine)["boxes"]
    assert len(found) == len(left)
    assert all(near(box["xyxy"], wanted) for box, wanted in zip(found, left, strict=True))
    mine.keyboard.press("Control+z")
    await_saved(mine)
    if choice == "Keep theirs":  # mine is one step back
        assert near(saved_label(mine)["boxes"][0]["xyxy"], BOX)
    revisions = mine.request.get(f"{label_address(mine)}/history").json()["revisions"]
    assert any(len(revision["boxes"] or []) == 1 and near(revision["boxes"][0]["xyxy"], OTHER) for revision in revisions)


def test_a_conflict_waits_on_its_image_until_somebody_decides(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, second = take(2)
    page = open_image(first)
    label_by_hand(runs, project, first, OTHER)
    draw_box(page, BOX)
    expect(page.get_by_role("heading", name="Changed by somebody else")).to_be_visible()
    page.keyboard.press("Shift+F")
    expect(page.locator(".box-editor")).to_have_attribute("data-image", second.id)
    page.locator(".banner").get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Changed by somebody else")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Changed by somebody else")).to_be_visible()


# Not answered


@pytest.fixture
def dashboard(runs: Runs, tmp_path: Path) -> Iterator[Dashboard]:
    made = Dashboard(runs.store, tmp_path / "server.log")
    made.start()
    yield made
    made.kill()


@pytest.mark.parametrize("reloaded", [False, True], ids=["same page", "reloaded page"])
def test_what_was_drawn_while_the_dashboard_was_killed_is_sent_when_it_is_back(
    reloaded: bool, runs: Runs, project: Project, take: Take, chromium: Browser, dashboard: Dashboard
) -> None:
    first, second = take(2)
    page = chromium.new_page(base_url=dashboard.address)
    page.goto(f"/labelling?project={project.id}&image={first.id}")
    draw_box(page, BOX)
    await_saved(page, 1)
    dashboard.kill()
    draw_box(page, OTHER)
    expect(page.locator(".banner")).to_contain_text("Kept in this browser")
    page.keyboard.press("Shift+F")  # prefetched, so it can be labelled too
    expect(page.locator(".box-editor")).to_have_attribute("data-image", second.id)
    draw_box(page, BOX)
    dashboard.start()
    if reloaded:
        page.reload()
    await_saved(page, 1)
    page.keyboard.press("Shift+D")
    await_saved(page, 2)
    assert len(saved_label(page)["boxes"]) == 2
    assert state_of(runs, project, second) == "labelled"
    page.close()


# History


def test_an_earlier_revision_is_previewed_and_restored(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX)
    await_saved(page, 1)
    page.keyboard.press("n")
    await_saved(page, 2)
    page.get_by_role("button", name="History of this image").click()
    row = page.locator(".revision[data-rev='1']")
    row.hover()
    expect(page.locator("g.ghost.past")).to_have_count(1)
    row.get_by_role("button", name="Restore").click()
    await_saved(page, 3)
    assert near(saved_label(page)["boxes"][0]["xyxy"], BOX)
    page.keyboard.press("Control+z")
    await_saved(page, 4)
    assert saved_label(page)["boxes"] == []
