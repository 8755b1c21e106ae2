"""The real server over a store of its own, and a browser."""

import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright, expect, sync_playwright

from storage.machines import MACHINES
from tests.browser.house import House, running
from tests.browser.program import ROOT, Dashboard
from tests.runs import Runs

CHROMIUM = "/usr/bin/chromium"
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=20_000)  # a page's first run on a busy machine takes seconds

Visit = Callable[..., Page]
_VISITED = pytest.StashKey[list[Page]]()  # of a test: its pages in the browser that others use, too


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the pages of a failed test show beside its traceback."""
    report = yield
    if report.when == "call" and report.failed:
        own = [page for context in item.funcargs["chromium"].contexts for page in context.pages] if "chromium" in item.funcargs else []
        for page in [*item.stash.get(_VISITED, []), *own]:
            report.sections.append((f"Page {page.url}", _shown(page)))
    return report


def _shown(page: Page) -> str:
    """Say what a page shows, or why it cannot be told."""
    try:
        return page.locator("body").aria_snapshot()
    except Error as error:
        return str(error)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The store that the server of this session serves."""
    made = Runs(tmp_path_factory.mktemp("browser") / "store")
    # Tests leave running processes behind; others may start beside them.
    MACHINES.change(made.store, 1, made.machine.model_copy(update={"queue": True}))
    return made


@pytest.fixture(scope="session")
def server(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard as people start it; its address."""
    with serving(ROOT / "app.py", runs, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers."""
    if not Path(CHROMIUM).is_file():
        pytest.skip(f"{CHROMIUM} is not there: apt-get install chromium")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for the session."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def reader(playwright: Playwright, server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], BrowserContext]]:
    """The browser of a person with this language, for all tests."""
    contexts: dict[str, BrowserContext] = {}

    def of(locale: str) -> BrowserContext:
        if locale not in contexts:
            # With a folder: what it has compiled of the dashboard's scripts it keeps there, which is a third of a page's cost.
            contexts[locale] = playwright.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("reader"),
                executable_path=CHROMIUM,
                args=_QUIET,
                base_url=server,
                viewport={"width": 1280, "height": 1000},
                locale=locale,
            )
            contexts[locale].set_default_timeout(15_000)
        return contexts[locale]

    yield of
    for context in contexts.values():
        context.close()


@pytest.fixture
def visit(reader: Callable[[str], BrowserContext], runs: Runs, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open a page as a person with this language; at the end, nothing may stand in the browser's console."""
    runs.heartbeat()  # other tests may have taken longer than a machine may be silent
    pages = request.node.stash[_VISITED] = list[Page]()
    errors: list[str] = []

    def opened(path: str, *, locale: str = "en-GB") -> Page:
        page = reader(locale).new_page()
        pages.append(page)
        page.on("console", lambda message: errors.append(f"{message.text} {message.location['url']}") if _is_error(message) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for page in pages:
        page.close()
    assert errors == []


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """`make run` on a fresh machine without the sample; some tests have a house of their own."""
    with running(tmp_path, "--no-sample") as started:
        yield started


@pytest.fixture
def page(chromium: Browser, house: House) -> Iterator[Page]:
    """The house's first page; at the end, no script of it may have failed."""
    context = chromium.new_context(base_url=house.address, viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(30_000)
    opened, errors = context.new_page(), []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto("/")
    yield opened
    context.close()
    assert errors == []


@contextmanager
def serving(script: Path, runs: Runs, log: Path) -> Iterator[str]:
    """A server of its own for ``script``; ends with the block."""
    dashboard = Dashboard(runs.store, log, script)
    dashboard.start()
    try:
        yield dashboard.address
    finally:
        dashboard.end(signal.SIGTERM)


def _is_error(message: ConsoleMessage) -> bool:
    # Streamlit looks for its base path below a deep link and takes the 404 as "not here".
    probe = message.location["url"].endswith(("/_stcore/health", "/_stcore/host-config"))
    return message.type == "error" and not probe
