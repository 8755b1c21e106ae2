"""The pages in a real browser, on a real server."""

from playwright.sync_api import Page, expect

from storage import processes
from storage.attempts import Outcome
from storage.processes import State
from tests.browser.conftest import Visit
from tests.runs import Runs


def test_processes_shows_each_with_its_state(runs: Runs, visit: Visit) -> None:
    process = runs.running(120)
    page = visit(f"/processes?process={process.id}")
    # The table is a canvas; its cells are there for screen readers.
    expect(page.locator("[role=gridcell]", has_text="receipts").first).to_be_attached()
    expect(page.get_by_test_id("stMarkdown").get_by_text("Running")).to_be_visible()
    expect(page.get_by_role("cell", name="120 of 1,000")).to_be_visible()


def test_a_click_on_a_row_opens_its_details(runs: Runs, visit: Visit) -> None:
    runs.created()
    page = visit("/processes?state=Created")
    table = page.get_by_test_id("stDataFrame")
    expect(page.locator("[role=gridcell]", has_text="Created").first).to_be_attached()
    table.click(position={"x": 16, "y": 52})
    expect(page.get_by_text("Not started yet. Press Start.")).to_be_visible()
    assert "process=" in page.url


def test_start_presses_through_to_a_request_file(runs: Runs, visit: Visit) -> None:
    runs.label_one()
    runs.heartbeat()
    process = runs.created()
    page = visit(f"/processes?process={process.id}")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Start was asked for")).to_be_visible()
    expect(page.get_by_text("Waiting for machine bench to take it.")).to_be_visible()
    assert processes.get(runs.store, process.id).state == State.QUEUED


def test_stop_presses_through_its_question(runs: Runs, visit: Visit) -> None:
    process = runs.running(10)
    page = visit(f"/processes?process={process.id}")
    page.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stop was asked for")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert processes.get(runs.store, process.id).state == State.STOPPING


def test_monitoring_draws_three_curves_and_keeps_the_zoom_when_points_come(runs: Runs, visit: Visit) -> None:
    process = runs.running(300)
    page = visit(f"/monitoring?process={process.id}")
    await_points(page, 300)
    assert curves(page) == ["Loss of each iteration", "Training loss", "Learning rate", "Test AP"]
    zoom_by_mouse(page)
    zoomed = x_range(page)
    assert zoomed != [0, 1000]
    runs.report(process, 420, start=300)
    await_points(page, 420)
    assert x_range(page) == zoomed


def test_monitoring_stops_looking_when_the_run_is_over(runs: Runs, visit: Visit) -> None:
    process = runs.running(50)
    page = visit(f"/monitoring?process={process.id}")
    await_points(page, 50)
    runs.end(process, Outcome.COMPLETED)
    expect(page.get_by_test_id("stMarkdown").get_by_text("Completed")).to_be_visible()


def test_monitoring_speaks_russian_to_a_russian_browser(runs: Runs, visit: Visit) -> None:
    page = visit(f"/monitoring?process={runs.running(640).id}", locale="ru-RU")
    expect(page.get_by_role("heading", name="Мониторинг обучения")).to_be_visible()
    expect(page.get_by_text("640 из 1 000").first).to_be_visible()
    page.get_by_role("radio", name="EN").click()
    expect(page.get_by_role("heading", name="Training monitoring")).to_be_visible()


def test_the_language_stays_from_page_to_page(runs: Runs, visit: Visit) -> None:
    page = visit("/processes")
    page.get_by_role("radio", name="RU").click()
    page.get_by_role("link", name="Мониторинг").click()
    expect(page.get_by_role("heading", name="Мониторинг обучения")).to_be_visible()


def await_points(page: Page, count: int) -> None:
    """Wait until the curves have so many points."""
    page.locator(f".live-chart[data-points='{count}']").wait_for()


def curves(page: Page) -> list[str]:
    """Names of the curves drawn."""
    found: list[str] = page.locator(".live-chart").first.evaluate("chart => chart.data.map(trace => trace.name)")
    return found


def x_range(page: Page) -> list[float]:
    """The iterations shown."""
    found: list[float] = page.locator(".live-chart").first.evaluate("chart => chart.layout.xaxis.range")
    return found


def zoom_by_mouse(page: Page) -> None:
    """Drag over a part of the chart, as a person does."""
    box = page.locator(".live-chart").first.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.7 * box["height"], steps=8)
    page.mouse.up()
    page.wait_for_function("() => { const [a, b] = document.querySelector('.live-chart').layout.xaxis.range; return a > 0 && b < 1000 }")
