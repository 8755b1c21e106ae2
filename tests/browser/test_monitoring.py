"""Monitoring in a real browser, while a worker's files grow under it."""

import csv
import io

import pytest
from playwright.sync_api import Locator, Page, expect

from storage import projects
from storage.attempts import Outcome
from storage.processes import Process
from tests.browser.conftest import Visit
from tests.browser.test_pages import await_points, x_range, zoom_by_mouse
from tests.finished import CLASSES, add_classified, judge_classes
from tests.runs import Runs


@pytest.fixture(scope="module", autouse=True)
def classified(runs: Runs) -> Process:
    """A completed run of a project of classes, judged on nine pages; made before all tests, as pages learn of new projects after 5 s."""
    fields = runs.project
    runs.project = projects.create(runs.store, "papers-by-class", "classes", CLASSES)
    pages = [add_classified(runs, number, number % 3) for number in range(9)]
    process = runs.ended(Outcome.COMPLETED, iterations=100)
    judge_classes(runs, process, pages)
    runs.project = fields
    return process


def test_a_zoom_drawn_by_hand_stays_through_many_ticks_and_so_does_the_canvas(runs: Runs, visit: Visit) -> None:
    process = runs.running(300)
    page = visit(f"/monitoring?process={process.id}")
    await_points(page, 300)
    zoom_by_mouse(page)
    zoomed = x_range(page)
    mark(page.locator(".live-chart").first)
    for done in (340, 380, 420):
        runs.report(process, done, start=done - 40)
        await_points(page, done)
    assert x_range(page) == zoomed
    assert is_marked(page.locator(".live-chart").first)


def test_a_hidden_curve_stays_hidden_when_points_come(runs: Runs, visit: Visit) -> None:
    process = runs.running(20)
    page = visit(f"/monitoring?process={process.id}")
    await_points(page, 20)
    page.locator(".legendtoggle").first.click()
    page.wait_for_function("() => document.querySelector('.live-chart').data[0].visible === 'legendonly'")
    runs.report(process, 30, start=20)
    await_points(page, 30)
    assert page.evaluate("() => document.querySelector('.live-chart')._fullData[0].visible") == "legendonly"


def test_a_warning_that_comes_rebuilds_no_chart(runs: Runs, visit: Visit) -> None:
    process = runs.running(200)
    page = visit(f"/monitoring?process={process.id}")
    charts = page.locator(".live-chart[data-points]")
    expect(charts).to_have_count(2)
    await_points(page, 200)
    for chart in charts.all():
        mark(chart)
    runs.heartbeat(left=True)
    expect(page.get_by_text("does not respond")).to_be_visible()
    runs.report(process, 230, start=200)
    await_points(page, 230)
    assert all(is_marked(chart) for chart in charts.all())


def test_two_processes_are_chosen_to_be_compared_and_both_grow(runs: Runs, visit: Visit) -> None:
    other, watched = runs.running(150), runs.running(200)
    page = visit(f"/monitoring?process={watched.id}")
    await_points(page, 200)
    page.get_by_role("button", name="Compare").click()
    page.get_by_label("Compare with up to four other processes").click()
    page.get_by_role("option", name=other.id[-4:]).click()
    chart = comparison(page)
    assert lengths(chart) == {"quick …" + watched.id[-4:]: 200, "quick …" + other.id[-4:]: 150}
    assert f"compare={other.id}" in page.url
    page.keyboard.press("Escape")  # the list
    page.keyboard.press("Escape")  # what it is in, behind which the page cannot be read
    runs.report(other, 180, start=150)
    expect(page.get_by_role("cell", name="180 of 1,000")).to_be_visible()
    assert lengths(chart)["quick …" + other.id[-4:]] == 180


def test_a_zoom_into_a_comparison_stays_while_the_runs_go_on(runs: Runs, visit: Visit) -> None:
    other, watched = runs.ended(Outcome.STOPPED, iterations=150), runs.running(200)
    page = visit(f"/monitoring?process={watched.id}&compare={other.id}")
    comparison(page)
    zoom_by_mouse(page)  # into the first chart, which is the comparison
    zoomed = x_range(page)
    mark(comparison(page))
    runs.report(watched, 230, start=200)
    page.locator(".st-key-comparison .live-chart[data-points='230']").wait_for()
    assert x_range(page) == zoomed
    assert is_marked(comparison(page))


def test_the_metrics_that_are_downloaded_are_those_of_the_whole_run(runs: Runs, visit: Visit) -> None:
    process = runs.running(200)
    page = visit(f"/monitoring?process={process.id}")
    address = page.get_by_role("link", name="Download metrics (CSV)").get_attribute("href")
    assert address is not None
    answer = page.request.get(address)
    rows = list(csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig"))))
    assert [row["iteration"] for row in rows] == [str(number) for number in range(1, 201)]
    assert rows[-1]["ap company"]
    assert f"quick-{process.id}.csv" in answer.headers["content-disposition"]


def test_of_classes_the_matrix_counts_what_was_taken_for_what(classified: Process, visit: Visit) -> None:
    page = visit(f"/monitoring?process={classified.id}")
    matrix = page.locator(".live-chart", has=page.locator(".heatmaplayer"))
    expect(matrix.get_by_text("below its threshold")).to_be_visible()
    expect(matrix.get_by_text("1", exact=True)).to_have_count(9)  # each class once right, once wrong, once nothing
    expect(page.get_by_text("Found: letter, 0.91")).to_be_visible()


def comparison(page: Page) -> Locator:
    """The chart of several runs, which stands above that of the one watched."""
    chart = page.locator(".st-key-comparison .live-chart[data-points]")
    chart.wait_for()
    return chart


def lengths(chart: Locator) -> dict[str, int]:
    """Points of the losses compared, by name."""
    found: dict[str, int] = chart.evaluate(
        "chart => Object.fromEntries(chart._fullData.filter(trace => trace.yaxis === 'y').map(trace => [trace.name, trace._length]))"
    )
    return found


def mark(chart: Locator) -> None:
    """Leave a mark on what is drawn, which is gone if the chart is built anew."""
    chart.evaluate("chart => { chart.querySelector('.main-svg').dataset.mark = 'here' }")


def is_marked(chart: Locator) -> bool:
    """Whether what is drawn is still what was marked."""
    return bool(chart.evaluate("chart => chart.querySelector('.main-svg').dataset.mark === 'here'"))
