"""A project with untouched images, and a person who opens the editor on them."""

from collections.abc import Callable, Iterator
from itertools import islice

import pytest
from playwright.sync_api import BrowserContext, Page

from storage import projects, uploads
from storage.core import new_id
from storage.images import Image
from storage.projects import Project
from tests.browser.drawing import editor
from tests.browser.pages_drawn import page_of_text
from tests.runs import Runs

FIELDS = ("company", "date", "total")

Take = Callable[[int], list[Image]]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def project(runs: Runs, person: BrowserContext) -> Project:
    """A project that only the tests of one module use, once the dashboard knows it: it looks for new ones every 5 s."""
    made = projects.create(runs.store, f"drawing-{new_id()[-6:]}", "fields", FIELDS)
    await_known(person, made)
    return made


def await_known(person: BrowserContext, made: Project) -> None:
    """Wait until the dashboard knows of a new project without images."""
    page = person.new_page()
    page.goto(f"/labelling?project={made.id}")
    while not page.get_by_text("This project has no images yet").is_visible():
        page.reload()
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.close()


@pytest.fixture(scope="module")
def pool(runs: Runs, project: Project) -> Iterator[Image]:
    """Unlabelled images of that project, in the order in which the editor walks."""
    paths = runs.store.project(project.id)
    return iter([uploads.add(paths, f"page_{number:02}.png", page_of_text(number), "ann") for number in range(60)])


@pytest.fixture
def take(pool: Iterator[Image]) -> Take:
    """So many images that no test has touched, one after the other."""
    return lambda count: list(islice(pool, count))


@pytest.fixture(scope="module")
def person(reader: Callable[[str], BrowserContext]) -> BrowserContext:
    """One person's browser, which keeps what it has loaded from test to test."""
    return reader("en-GB")


@pytest.fixture
def open_image(person: BrowserContext, project: Project) -> Iterator[Open]:
    """The editor at an image; nothing may go wrong in its scripts."""
    pages: list[Page] = []
    errors: list[str] = []

    def opened(image: Image, page: str = "labelling") -> Page:
        pages.append(person.new_page())
        pages[-1].set_viewport_size({"width": 1280, "height": 900})  # low enough for a zoom to reach beyond it
        pages[-1].on("pageerror", lambda error: errors.append(str(error)))
        pages[-1].goto(f"/{page}?project={project.id}&image={image.id}")
        editor(pages[-1])
        return pages[-1]

    yield opened
    for page in pages:
        page.close()
    assert errors == []
