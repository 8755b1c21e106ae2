"""Machines and model types in a real browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from storage import machine_load, machines
from storage.core.records import now
from storage.machines import MACHINES, Info
from storage.model_types import MODEL_TYPES
from tests.browser.conftest import Visit
from tests.browser.test_pages import await_points
from tests.runs import Runs


@pytest.fixture
def machine(runs: Runs, request: pytest.FixtureRequest) -> Iterator[str]:
    """A machine of the test's own; afterwards its worker has gone, so that other tests do not choose it."""
    made = machines.create(runs.store, request.node.name[:60])
    yield made.id
    report(runs, made.id, 0, left=True)


def report(runs: Runs, machine: str, load: float, minutes_ago: int = 0, *, left: bool = False) -> Info:
    """The worker of a machine reports this load."""
    at = now() - timedelta(minutes=minutes_ago)
    info = Info(host="h", pid=1, worker="w", seq=1, cores=4, memory=4 * 2**30, memory_used=2**30, load=load, since=at, at=at, left=left)
    machines.report(runs.store, machine, info)
    return info


def test_an_open_page_follows_the_load_by_itself_and_leaves_the_chart_in_place(runs: Runs, machine: str, visit: Visit) -> None:
    for minute in range(20, 0, -1):
        machine_load.append(runs.store, machine, report(runs, machine, 0.25, minute))
    page = visit(f"/machines?machine={machine}")
    await_points(page, 20)
    expect(page.get_by_test_id("stMetric").get_by_text("25 %").first).to_be_visible()
    page.locator(".live-chart").evaluate("chart => { chart.dataset.mark = 'the same' }")
    machine_load.append(runs.store, machine, report(runs, machine, 0.75))
    await_points(page, 21)
    expect(page.get_by_test_id("stMetric").get_by_text("75 %")).to_be_visible()
    assert page.locator(".live-chart").get_attribute("data-mark") == "the same"


def test_the_chart_shows_a_day_on_demand_and_the_address_keeps_that(runs: Runs, machine: str, visit: Visit) -> None:
    for hour in (20, 10, 0):
        machine_load.append(runs.store, machine, report(runs, machine, 0.5, 60 * hour))
    page = visit(f"/machines?machine={machine}")
    await_points(page, 1)
    page.get_by_role("radio", name="Last day").click()
    await_points(page, 5)  # with one without figures after each that nothing followed for a while
    assert "hours=24" in page.url
    page.reload()
    await_points(page, 5)


def test_a_machine_is_disabled_after_a_question_and_enabled_by_one_press(runs: Runs, machine: str, visit: Visit) -> None:
    page = visit(f"/machines?machine={machine}")
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_text("is disabled")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not MACHINES.get(runs.store, machine)[1].enabled
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("The machine is enabled")).to_be_visible()
    assert MACHINES.get(runs.store, machine)[1].enabled


def test_a_question_stays_open_while_the_page_refreshes_itself(runs: Runs, machine: str, visit: Visit) -> None:
    report(runs, machine, 0.1)
    page = visit(f"/machines?machine={machine}")
    page.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    report(runs, machine, 0.9)
    expect(page.get_by_test_id("stMetric").get_by_text("90 %")).to_be_attached()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.wait_for_function("() => !location.search.includes('dialog')")


def test_a_machine_added_by_hand_shows_the_command_for_its_worker(runs: Runs, visit: Visit) -> None:
    page = visit("/machines")
    page.get_by_role("button", name="Add machine").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("by-hand")
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_text(f"python cli.py worker --machine by-hand --store {runs.store.root}")).to_be_visible()
    assert machine_in(page) == MACHINES.get(runs.store, "by-hand")[1].id


def test_a_model_type_is_added_and_chosen_in_the_table(runs: Runs, visit: Visit) -> None:
    page = visit("/model_types")
    page.get_by_role("button", name="Add model type").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("mail")
    dialog.get_by_text("Sort into classes").click()
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="mail", exact=True)).to_be_visible()
    assert MODEL_TYPES.get(runs.store, "mail")[1].purpose == "classes"
    # Of the list before the change a moment's trace is left.
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
    page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 52})  # the first row
    expect(page.get_by_role("heading", name="fields", exact=True)).to_be_visible()
    assert "type=fields" in page.url


def machine_in(page: Page) -> str:
    """The machine that the address names."""
    return page.url.partition("machine=")[2].partition("&")[0]
