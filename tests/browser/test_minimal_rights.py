"""The least rights that the guide of training asks for are enough to follow it, and open nothing else."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import accounts, processes, roles
from storage.processes import Process, State
from storage.rights import PAGES
from storage.templates import TEMPLATES
from tests.askers import GUIDE
from tests.browser.program import Dashboard
from tests.browser.walk import fill_template, go_to, start
from tests.runs import Runs

PASSWORD = "correct horse battery"
SEEN = {name for name, need in PAGES.items() if need in GUIDE}


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """A project that is labelled enough, a machine, and nina with these rights."""
    made = Runs(tmp_path / "store")
    made.label_one()
    role = roles.create(made.store, "runs-trainings", GUIDE)
    accounts.create(made.store, "nina", "", password=PASSWORD, roles=(role.id,))
    return made


@pytest.fixture
def page(runs: Runs, chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Her browser, at a dashboard that people sign in to."""
    monkeypatch.setenv("FIELDMARK_SIGN_IN", "1")
    dashboard = Dashboard(runs.store, tmp_path / "server.log")
    dashboard.start()
    context = chromium.new_context(base_url=dashboard.address, viewport={"width": 1280, "height": 1000}, locale="en-GB")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()
    dashboard.end(signal.SIGTERM)


def test_the_least_rights_are_enough_to_train_and_for_nothing_else(page: Page, runs: Runs) -> None:
    page.goto("/")
    page.get_by_label("Name").fill("nina")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(links).to_have_count(len(SEEN))
    assert set(links.evaluate_all("links => links.map(link => new URL(link.href).pathname.slice(1))")) == SEEN
    make_template(page)
    process = start_process(page, runs)
    watch(page, runs, process)
    stop(page, runs, process)
    for name in PAGES.keys() - SEEN:
        page.goto(f"/{name}")
        expect(page.get_by_text("You may not see this page")).to_be_visible()
        expect(page.get_by_test_id("stMain")).not_to_contain_text(runs.project.name)


def make_template(page: Page) -> None:
    go_to(page, "Templates", "Training")
    page.get_by_role("button", name="Add template").click()
    fill_template(page, "short", {"Iterations": 60})


def start_process(page: Page, runs: Runs) -> Process:
    """Of that template; the project and the machine are to choose, though she may not see their pages."""
    runs.heartbeat()
    page.get_by_role("link", name="Add process").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Project")).to_have_value(runs.project.name)
    expect(dialog.get_by_role("combobox", name="Template")).to_have_value("short")
    start(dialog)
    expect(page.get_by_text("Waiting for machine bench to take it.")).to_be_visible()
    process = processes.list_processes(runs.store)[0][0]
    assert (process.state, process.spec.template) == (State.QUEUED, TEMPLATES.get(runs.store, "short")[1])
    return process


def watch(page: Page, runs: Runs, process: Process) -> None:
    """On Monitoring, while the machine is at it."""
    runs.attempt(process)
    runs.report(processes.get(runs.store, process.id), 40)
    page.get_by_test_id("stMain").get_by_role("link", name="Monitoring").click()
    expect(page.get_by_test_id("stMarkdown").get_by_text("Running")).to_be_visible()
    page.locator(".live-chart[data-points='40']").wait_for()


def stop(page: Page, runs: Runs, process: Process) -> None:
    page.go_back()
    page.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stop was asked for")).to_be_visible()
    expect(dialog).to_be_hidden()
    assert processes.get(runs.store, process.id).state == State.STOPPING
