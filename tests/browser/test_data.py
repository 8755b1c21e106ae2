"""The Data page in a real browser: uploads with a server that dies, the grid, and what is done with chosen images."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, Route, expect

from storage import images, projects, uploads
from storage.core.root import open_store
from storage.images import Image
from storage.index import Index
from tests.browser.program import Dashboard

TESTS = ("upload", "folder", "away", "killed", "delete", "turn", "split", "keys", "table")
LISTED = 3

Open = Callable[..., Page]


class Server(Dashboard):
    """A dashboard over a store with an empty project for each test."""

    def __init__(self, folder: Path) -> None:
        super().__init__(open_store(folder / "store"), folder / "server.log")
        self.projects = {name: projects.create(self.store, name, "fields", ("total",)).id for name in TESTS}

    def add(self, project: str, count: int) -> list[Image]:
        """Pages in a project."""
        paths = self.store.project(self.projects[project])
        return [uploads.add(paths, f"{project}{number}.png", page_bytes(f"{project} {number}"), "ann") for number in range(count)]

    def image(self, project: str, image: Image) -> Image:
        """Its record as it is now."""
        return images.find(self.store.project(self.projects[project]), image.id)

    def names(self, project: str) -> list[str]:
        """The file names of the project's images."""
        index = Index(self.store)
        index.refresh(self.projects[project], full=True)
        return [row.name for row in index.images(self.projects[project], "all")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over a store with an empty project for each test."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache of the test"))
        made = Server(folder)
        made.start()
        yield made
        made.kill()


@pytest.fixture(scope="module")
def context(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    """One person's browser for all tests: the dashboard's scripts are loaded once."""
    made = chromium.new_context(base_url=server.address, viewport={"width": 1280, "height": 1000}, locale="en-GB")
    made.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)  # its own 5 s are short on a busy machine
    yield made
    made.close()


@pytest.fixture
def open_data(context: BrowserContext, server: Server) -> Iterator[Open]:
    """Open the Data page of a project; no script on it may fail."""
    # Not `visit`, which takes an answer of 400 for an error: here refusals are meant.
    errors: list[str] = []

    def opened(project: str, **parameters: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        address = "&".join(f"{key}={value}" for key, value in {"project": server.projects[project], **parameters}.items())
        page.goto(f"/data?{address}")
        return page

    yield opened
    for page in context.pages:
        page.close()
    assert errors == []


def test_good_files_go_in_and_each_bad_one_is_named(server: Server, open_data: Open) -> None:
    page = open_data("upload")
    send(page, *(payload(f"page{number}.png", f"page {number}") for number in range(5)))
    expect(outcome(page)).to_have_text("5 added")
    pack = archive({"in/packed.png": page_bytes("packed"), "in/torn.png": b"\x89PNG", "__MACOSX/in/._packed.png": b"\0"})
    send(page, file("broken.jpg", b"\xff\xd8\xff\xe0"), payload("twice.png", "page 0"), file("pack.zip", pack))
    expect(outcome(page)).to_have_text("1 added, 3 refused")
    expect(page.get_by_text("“broken.jpg” is not an image")).to_be_visible()
    expect(page.get_by_text("“twice.png” is in the project already, as “page0.png”")).to_be_visible()
    expect(page.get_by_text("“torn.png” is not an image")).to_be_visible()
    expect(page.get_by_text("6 images")).to_be_visible()  # the list has heard of them
    assert server.names("upload") == ["packed.png", *(f"page{number}.png" for number in range(5))]


def test_files_can_be_dropped(server: Server, open_data: Open) -> None:
    page = open_data("folder")
    zone = page.locator(".zone")
    transfer = page.evaluate_handle(
        """async () => {
          const canvas = document.createElement("canvas"), transfer = new DataTransfer()
          const bytes = await new Promise((done) => canvas.toBlob(done))
          for (const name of ["dropped.png", ".DS_Store"]) transfer.items.add(new File([bytes], name))
          return transfer
        }"""
    )
    zone.dispatch_event("drop", {"dataTransfer": transfer})
    expect(outcome(page)).to_have_text("1 added")  # and nothing is said of what the file manager put there
    assert server.names("folder") == ["dropped.png"]


def test_uploads_go_on_while_another_page_is_looked_at(server: Server, open_data: Open) -> None:
    page = open_data("away")
    held: list[Route] = []
    page.route("**/uploads?name=late*", lambda route: held.append(route))
    send(page, payload("early.png", "early"), payload("late.png", "late"))
    expect(page.get_by_text("1 of 2")).to_be_visible()
    until_held(page, held, 1)
    page.get_by_role("link", name="Review").click()
    expect(page.locator(".zone")).to_be_hidden()
    page.get_by_role("link", name="Data").click()
    expect(page.get_by_text("1 of 2")).to_be_visible()
    held[0].continue_()
    expect(outcome(page)).to_have_text("2 added")


def test_a_server_killed_while_uploading_keeps_what_it_acknowledged_and_gets_the_rest(server: Server, open_data: Open) -> None:
    page = open_data("killed")
    held: list[Route] = []
    page.route("**/uploads?name=late*", lambda route: held.append(route))
    send(page, *(payload(f"{when}{number}.png", f"{when} {number}") for when in ("early", "late") for number in range(3)))
    expect(page.get_by_text("3 of 6")).to_be_visible()
    until_held(page, held, 3)
    server.kill()
    # This one is stored, and only the answer was lost.
    uploads.add(server.store.project(server.projects["killed"]), "late0.png", page_bytes("late 0"), "local")
    for route in held:
        route.abort("connectionreset")
    expect(page.get_by_text("Connection lost. Files not sent: 3")).to_be_visible()
    assert asks_before_it_is_left(page)
    assert server.names("killed") == ["early0.png", "early1.png", "early2.png", "late0.png"]

    server.start()
    page.unroute("**/uploads?name=late*")
    expect(page.get_by_text("4 images")).to_be_visible()  # drawn anew by a server that knows nothing of before
    page.get_by_role("button", name="Retry").click()
    expect(outcome(page)).to_have_text("6 added")
    expect(outcome(page)).to_be_visible()
    assert len(server.names("killed")) == 6
    expect(page.get_by_text("6 images")).to_be_visible()


def test_images_are_deleted_undone_deleted_again_and_restored(server: Server, open_data: Open) -> None:
    server.add("delete", LISTED)
    page = open_data("delete", view="grid")
    tile(page, "delete1.png").click()
    delete_chosen(page)
    expect(page.get_by_text("1 image deleted")).to_be_visible()
    expect(tile(page, "delete1.png")).to_be_hidden()
    press(page, "Undo")
    expect(tile(page, "delete1.png")).to_be_visible()
    tile(page, "delete1.png").click()
    delete_chosen(page)
    page.get_by_role("radio", name="Deleted 1").click()
    tile(page, "delete1.png").click()
    press(page, "Restore")
    expect(page.get_by_text("1 image restored")).to_be_visible()
    page.get_by_role("radio", name="All 3").click()
    expect(page.get_by_role("option")).to_have_count(LISTED)


def test_a_turn_turns_the_thumbnail_and_keeps_the_choice(server: Server, open_data: Open) -> None:
    image, *_ = server.add("turn", LISTED)
    page = open_data("turn", view="grid")
    tile(page, "turn0.png").click()
    assert shape(page, "turn0.png") == "lying"
    press(page, "Turn right")
    page.locator(".tile img[src$='turn=90']").wait_for()
    assert shape(page, "turn0.png") == "standing"
    press(page, "Turn left")
    expect(page.locator(".tile img[src$='turn=0']")).to_have_count(LISTED)
    assert server.image("turn", image).rev == 3


def test_a_split_is_set_by_hand(server: Server, open_data: Open) -> None:
    image, *_ = server.add("split", LISTED)
    page = open_data("split", view="grid")
    tile(page, "split0.png").click()
    press(page, "Split")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Test", exact=True).click()
    expect(dialog.get_by_text("AP cannot be compared")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Split of 1 image changed")).to_be_visible()
    expect(tile(page, "split0.png").get_by_text("Test")).to_be_visible()
    assert server.image("split", image).split == "test"


def test_the_grid_is_worked_by_keys_and_enter_opens_an_image(server: Server, open_data: Open) -> None:
    image, *_ = server.add("keys", LISTED)
    page = open_data("keys", view="grid")
    tile(page, "keys0.png").click()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 of 3 chosen")).to_be_visible()
    page.keyboard.press("Control+a")
    expect(page.get_by_text("3 of 3 chosen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("3 images")).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/labelling.*{image.id}"))


def test_rows_of_the_table_are_chosen_and_the_view_stays_in_the_address(server: Server, open_data: Open) -> None:
    server.add("table", LISTED)
    page = open_data("table")
    table = page.get_by_test_id("stDataFrame")
    expect(page.locator("[role=gridcell]", has_text="table2.png")).to_be_attached()
    table.click(position={"x": 16, "y": 62})
    expect(page.get_by_text("1 of 3 chosen")).to_be_visible()
    page.get_by_role("radio", name="Grid").click()
    expect(page.get_by_role("option", selected=True)).to_have_count(1)  # as in the table
    page.get_by_label("File name").fill("2")
    expect(page.get_by_role("option")).to_have_count(1)
    assert "view=grid" in page.url
    assert "name=2" in page.url


def page_bytes(text: str) -> bytes:
    """A small page that is wider than high, with this text."""
    picture = PIL.Image.new("RGB", (120, 80), "white")
    PIL.ImageDraw.Draw(picture).text((8, 8), text, fill="black")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def file(name: str, data: bytes) -> FilePayload:
    """A file to choose."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def payload(name: str, text: str) -> FilePayload:
    """A page to choose."""
    return file(name, page_bytes(text))


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def send(page: Page, *files: FilePayload) -> None:
    """Choose these files in the drop zone."""
    page.locator("input[type=file]").set_input_files(list(files))


def outcome(page: Page) -> Locator:
    """What the last upload came to."""
    return page.locator(".outcome")


def until_held(page: Page, held: Sequence[Route], count: int) -> None:
    """Wait until so many requests are held back."""
    while len(held) < count:
        page.wait_for_event("request")


def asks_before_it_is_left(page: Page) -> bool:
    """Whether the browser asks before the page is closed; the answer is no."""
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.close(run_before_unload=True)
    return asked.value.type == "beforeunload"


def tile(page: Page, name: str) -> Locator:
    """A tile of the grid."""
    return page.get_by_role("option").filter(has_text=name)


def press(page: Page, name: str) -> None:
    """Press a button as soon as it can be."""
    page.get_by_role("button", name=name, exact=True).click()


def delete_chosen(page: Page) -> None:
    """Delete, and confirm it."""
    press(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()


def shape(page: Page, name: str) -> str:
    """Whether the thumbnail is wider than high, once it is there."""
    picture = tile(page, name).locator("img")
    picture.evaluate("image => image.decode()")
    return "lying" if picture.evaluate("image => image.naturalWidth > image.naturalHeight") else "standing"
