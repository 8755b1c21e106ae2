"""Notices in a real browser: what happens while a page is open comes to it by itself."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from storage import notice_events, notice_settings, notices, processes
from storage.attempts import Outcome
from storage.notice_settings import NoticeSettings
from storage.notices import Board
from tests.browser.conftest import Visit
from tests.runs import Runs
from tests.server.receivers import Hook, serving


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    with serving(server):
        yield server


def bell(page: Page) -> Locator:
    """The number of unread notices beside the bell."""
    expect(page.locator(".st-key-inbox_open button")).to_be_visible()
    return page.locator(".st-key-inbox").locator(".stMarkdown")


def test_a_process_that_ends_while_a_page_is_open_is_a_toast_and_counted_by_the_bell(runs: Runs, visit: Visit) -> None:
    process = runs.running(7)
    notices.mark_read(runs.store, "local", Board(runs.store).load())  # other tests' processes have ended
    page = visit("/data")
    expect(bell(page)).to_have_count(0)
    # What stands on the page must not be drawn anew when the bell looks.
    page.get_by_role("heading", name="Data").evaluate("heading => heading.dataset.seen = 'yes'")
    runs.end(process, Outcome.COMPLETED)
    notice_events.tell_process(runs.store, processes.get(runs.store, process.id))
    toast = page.get_by_test_id("stToast").filter(has_text="The run completed")
    expect(toast).to_contain_text("receipts · quick")
    expect(bell(page)).to_have_text("1")
    expect(page.locator("[data-seen=yes]")).to_have_count(1)
    page.locator(".st-key-inbox_open button").click()
    page.locator(".st-key-inbox_list").get_by_role("button", name="Open").first.click()
    page.wait_for_url(f"**/processes?process={process.id}")
    expect(page.locator(".st-key-inbox_list")).to_be_hidden()
    expect(page.get_by_role("heading", name="Auto-labelling processes")).to_be_visible()
    expect(bell(page)).to_have_count(0)


def test_a_test_goes_out_by_the_running_dashboard_and_its_outcome_is_shown(runs: Runs, visit: Visit, hook: Hook) -> None:
    page = visit("/machines")
    page.locator(".st-key-inbox_open button").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("textbox", name="Webhook address").fill(hook.url)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your notice settings are saved")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("Webhook: the test was delivered")).to_be_visible()
    assert [json.loads(body)["code"] for body, _ in hook.taken] == ["test"]
    rev, _ = notice_settings.read(runs.store, "local")
    notice_settings.write(runs.store, "local", rev, NoticeSettings())  # the store is shared with other tests
