"""The dashboard dies while labels are applied: what was asked for is done, and said, once it is back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import labels, processes
from storage.core.root import open_store
from storage.index import Index
from storage.processes import State
from tests.browser.house import House
from tests.worker.house import MACHINE, completed, fill


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """`make run` on a store that holds one completed process, which found fields on sixty images."""
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "own"))
    store = open_store(tmp_path / "store")
    completed(store, *fill(store, "pages", 60, 0))
    house = House(tmp_path, "--no-sample", "--machine", MACHINE)
    house.start()
    yield house
    house.stop()


def test_an_apply_that_was_asked_for_is_carried_out_though_the_dashboard_dies(house: House, chromium: Browser) -> None:
    page = chromium.new_context(base_url=house.address, viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
    process = processes.list_ids(house.store)[0]
    confirm_apply(page, process)
    house.kill_dashboard()
    house.start()
    page.goto(f"/processes?process={process}")
    expect(page.get_by_text("Labels applied to 60 images").first).to_be_visible(timeout=60_000)
    assert processes.get(house.store, process).state == State.APPLIED
    project = processes.get(house.store, process).spec.project
    paths = house.store.project(project)
    revisions = [len(labels.history(paths, row.image)) for row in Index(house.store).images(project, "auto")]
    assert revisions == [1] * 60  # each once
    page.context.close()


def confirm_apply(page: Page, process: str) -> None:
    """Press through the dialog; when it closes, the request is on disk."""
    page.goto(f"/processes?process={process}")
    page.get_by_role("button", name="Apply labels").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(r"Apply to \d+ images")).click()
    expect(dialog).to_be_hidden()
