"""Parts of a page that ask for themselves every few seconds never cost what else was drawn."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionClient

from server import ticks

MAIN = """
import streamlit as st

def first():
    st.text("first page")

def second():
    st.text("second page")
    for number in range(50):
        st.text(f"line {number}")

@st.fragment(run_every=3600)
def bell():
    st.text("bell")

page = st.navigation([st.Page(first, default=True), st.Page(second)])
bell()
page.run()
"""


class Tab(SessionClient):
    """What a browser's tab gets, and what it asks for."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.got = runtime, list[ForwardMsg]()
        self.session = runtime.connect_session(client=self, user_info={})

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        """Keep a message; the script may change it later."""
        copy = ForwardMsg()
        copy.CopyFrom(msg)
        self.got.append(copy)

    def ask(self, page: str, *, tick: str = "") -> None:
        """Ask for a page, or for one part of it."""
        wanted = BackMsg()
        wanted.rerun_script.page_script_hash = page
        if tick:
            wanted.rerun_script.fragment_id = tick
            wanted.rerun_script.is_auto_rerun = True
        self.runtime.handle_backmsg(self.session, wanted)

    async def wait(self, is_there: Callable[[], object]) -> None:
        """Wait until something has come."""
        async with asyncio.timeout(30):
            while not is_there():
                await asyncio.sleep(0.005)

    @property
    def texts(self) -> list[str]:
        """All lines drawn so far."""
        return [each.delta.new_element.text.body for each in self.got if each.delta.new_element.HasField("text")]

    @property
    def finished(self) -> int:
        """How many runs are over, as far as the browser knows."""
        return sum(each.HasField("script_finished") for each in self.got)

    @property
    def bell(self) -> str:
        """The part that asks for itself."""
        return next(each.auto_rerun.fragment_id for each in self.got if each.HasField("auto_rerun"))

    @property
    def pages(self) -> list[str]:
        """Which page each run was of."""
        return [each.new_session.page_script_hash for each in self.got if each.HasField("new_session")]


Run = Callable[[Callable[[Tab], Awaitable[None]]], None]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a test in a tab that has opened the first page."""
    monkeypatch.setattr(Runtime, "_instance", None)
    monkeypatch.setattr(ticks.AppSession, "request_rerun", ticks.AppSession.request_rerun)  # as it is: put back afterwards
    ticks.put_in_turn()
    (tmp_path / "main.py").write_text(MAIN)

    async def in_tab(test: Callable[[Tab], Awaitable[None]]) -> None:
        config = RuntimeConfig(
            script_path=str(tmp_path / "main.py"),
            media_file_storage=MemoryMediaFileStorage("/media"),
            uploaded_file_manager=MemoryUploadedFileManager("/upload"),
        )
        runtime = Runtime(config)
        await runtime.start()
        tab = Tab(runtime)
        try:
            tab.ask("")
            await tab.wait(lambda: tab.finished)
            await test(tab)
        finally:
            runtime.stop()
            await runtime.stopped

    # In a thread of its own: where browser tests ran before, that of the tests has a loop that runs for ever.
    with ThreadPoolExecutor(1) as thread:
        yield lambda test: thread.submit(asyncio.run, in_tab(test)).result()


def test_a_tick_at_the_end_of_a_run_costs_nothing_of_what_it_drew(run: Run) -> None:
    async def test(tab: Tab) -> None:
        _, second = page_hashes(tab)
        tab.ask(second)
        session = tab.runtime._session_mgr.get_active_session_info(tab.session).session
        # The loop is kept busy until the run is over, as many people at once keep it.
        session._scriptrunner._script_thread.join(30)
        tab.ask(second, tick=tab.bell)
        await tab.wait(lambda: tab.texts.count("bell") == 3)
        assert tab.texts == ["bell", "first page", "bell", "second page", *(f"line {number}" for number in range(50)), "bell"]

    run(test)


def test_a_tick_of_a_page_that_was_left_leaves_the_new_one_alone(run: Run) -> None:
    async def test(tab: Tab) -> None:
        first, second = page_hashes(tab)
        tab.ask(second)
        await tab.wait(lambda: tab.finished == 2)
        tab.ask(first, tick=tab.bell)
        tab.ask(second, tick=tab.bell)
        await tab.wait(lambda: tab.finished == 3)
        assert tab.pages[1:] == [second, second]

    run(test)


def page_hashes(tab: Tab) -> list[str]:
    """Both pages of the script, as the browser is told of them."""
    return next([page.page_script_hash for page in each.navigation.app_pages] for each in tab.got if each.HasField("navigation"))
