"""What a page puts into a widget stays there, also where somebody types on before it is drawn."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import serving
from tests.runs import Runs

# The second input follows the first; after "b" was chosen, the run comes to draw it only once something was typed.
SCRIPT = """
import time

import streamlit as st

from pages.parts.widget_state import begin, start_of

if "second_start" not in st.session_state:
    begin("second", "of a")
first = st.selectbox("First", ["a", "b"], key="first", on_change=lambda: begin("second", "of " + st.session_state["first"]))
typed = st.text_input("Typed")
place = st.empty()
while first == "b" and not typed:
    time.sleep(0.01)
    place.empty()
key, value = start_of("second")
held = st.text_input("Second", value, key=key)
st.markdown(f"Held: {held}")
"""


@pytest.fixture
def page(chromium: Browser, runs: Runs, tmp_path: Path) -> Iterator[Page]:
    """Open the page of the script, as it is before anybody has chosen."""
    script = tmp_path / "app.py"
    script.write_text(SCRIPT)
    with serving(script, runs, tmp_path / "server.log") as address:
        opened = chromium.new_page()
        opened.goto(address)
        expect(opened.get_by_text("Held: of a")).to_be_visible()
        yield opened
        opened.close()


def test_what_follows_a_choice_stays_though_typing_cuts_off_the_run_that_would_have_drawn_it(page: Page) -> None:
    page.get_by_role("combobox", name="First").click()
    page.get_by_role("option", name="b").click()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "running")
    page.get_by_label("Typed").fill("on")
    page.get_by_label("Typed").press("Enter")
    expect(page.get_by_text("Held: of b")).to_be_visible()
    expect(page.get_by_label("Second")).to_have_value("of b")
