"""Models and worst test images in a real browser."""

import io
import zipfile

from playwright.sync_api import Page, expect

from storage import images, models
from tests.browser.conftest import Visit
from tests.browser.test_pages import await_points
from tests.finished import WEIGHTS, add_page, finish, judge
from tests.runs import Runs


def test_a_model_is_promoted_named_and_downloaded(runs: Runs, visit: Visit) -> None:
    process = finish(runs, [])
    page = visit(f"/models?model={process.id}")
    page.get_by_role("button", name="Promote to Models").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("receipts-by-clicks")
    dialog.get_by_role("button", name="Promote to Models").click()
    expect(page.get_by_text("receipts-by-clicks is in Models now")).to_be_visible()
    expect(page.locator("[role=gridcell]", has_text="receipts-by-clicks")).to_be_attached()
    with zipfile.ZipFile(io.BytesIO(downloaded(page))) as archive:
        assert archive.read("weights.safetensors") == WEIGHTS


def test_the_switch_for_all_models_stands_in_the_address_and_survives_a_reload(runs: Runs, visit: Visit) -> None:
    name = models.find(runs.store, finish(runs, []).id).entry.name
    page = visit("/models")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_text("Also models of auto-labelling").click()
    expect(page.locator("[role=gridcell]", has_text=name)).to_be_attached()
    assert "all=1" in page.url
    page.reload()
    expect(page.locator("[role=gridcell]", has_text=name)).to_be_attached()


def test_a_models_fields_are_drawn_as_bars(runs: Runs, visit: Visit) -> None:
    page = visit(f"/models?model={finish(runs, []).id}")
    page.locator(".live-chart[data-points='4']").wait_for()


def test_a_worst_image_is_shown_large_with_both_boxes_and_closed_by_a_key(runs: Runs, visit: Visit) -> None:
    process = finish(runs, [add_page(runs, "worst.png", 210), add_page(runs, "second.png", 211)])
    page = visit(f"/monitoring?process={process.id}")
    page.get_by_title("Enlarge worst.png").click()
    dialog = page.get_by_label("worst.png")
    expect(dialog.get_by_text("date 0.62")).to_be_visible()
    assert dialog.locator(".box").count() == 4
    assert dialog.locator(".box.found").count() == 2
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_news_of_the_run_leave_an_enlarged_image_open(runs: Runs, visit: Visit) -> None:
    process = runs.running(30)
    judge(runs, process, [add_page(runs, "open.png", 215)])
    page = visit(f"/monitoring?process={process.id}")
    page.get_by_title("Enlarge open.png").click()
    runs.report(process, 40, start=30)
    await_points(page, 40)
    expect(page.get_by_label("open.png")).to_be_visible()


def test_on_a_turned_page_the_boxes_lie_where_they_lay(runs: Runs, visit: Visit) -> None:
    image = add_page(runs, "turned.png", 220)
    process = finish(runs, [image])
    images.change(runs.store.project(runs.project.id), image, "ann", turn=90)
    page = visit(f"/monitoring?process={process.id}")
    card = page.get_by_title("Enlarge turned.png")
    paper, box = card.locator(".paper").bounding_box(), card.locator(".box").first.bounding_box()
    assert paper is not None
    assert box is not None
    # From 10, 10, 60, 30 on 120 × 160: a quarter clockwise takes it to 130, 10, 150, 60 on 160 × 120.
    assert abs((box["x"] - paper["x"]) / paper["width"] - 130 / 160) < 0.01
    assert abs((box["y"] - paper["y"]) / paper["height"] - 10 / 120) < 0.01


def test_a_worst_image_leads_to_its_label(runs: Runs, visit: Visit) -> None:
    image = add_page(runs, "label.png", 230)
    page = visit(f"/monitoring?process={finish(runs, [image]).id}")
    page.get_by_role("link", name="Is the label right?").click()
    page.wait_for_url(f"**/labelling?*image={image.id}*")
    assert f"project={runs.project.id}" in page.url


def downloaded(page: Page) -> bytes:
    """What the download button leads to."""
    address = page.get_by_role("link", name="Download").get_attribute("href")
    assert address is not None
    answer = page.request.get(address)
    assert answer.ok
    return answer.body()
