"""What is written in boxes: read at once, typed over, fitted to the words, and never lost between two people."""

import json
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from storage import labels
from storage.attempts import Message
from storage.images import Image
from storage.projects import Project
from storage.words import words
from storage.words.words import Reader, Words
from tests.browser.drawing import await_saved, drag, draw_box, editor, near, on_screen, saved_label
from tests.browser.labelling.conftest import Open, Take
from tests.browser.labelling.labels import BOX, OTHER, label_by_hand, label_by_model, read_page
from tests.browser.program import ROOT
from tests.runs import Runs

AROUND_BOX = (70, 60, 220, 100)  # of the words in BOX


def texts(page: Page) -> list[tuple[str | None, float | None]]:
    """What the server has of the image shown, box by box."""
    return [(box["text"], box["read"]) for box in saved_label(page)["boxes"]]


def type_text(page: Page, text: str) -> None:
    """Type over the text of the selected box, or of the one just drawn."""
    page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="Edit the box's text")
    field.fill(text)
    field.press("Enter")


def test_the_browser_finds_the_same_text_in_a_box_as_the_store(chromium: Browser) -> None:
    table = json.loads(Path(ROOT / "tests/storage/words/values.json").read_text("utf-8"))
    source = (ROOT / "pages/parts/box_editor/values.js").read_text("utf-8")
    script = """async ([source, { words, cases }]) => {
        const { textIn, snapped } = await import("data:text/javascript;charset=utf-8," + encodeURIComponent(source))
        return cases.map(({ xyxy }) => ({ text: null, read: null, ...textIn(words, xyxy), snapped: snapped(words, xyxy) ?? xyxy }))
    }"""
    page = chromium.new_page()
    found = page.evaluate(script, [source, table])
    page.close()
    assert found == [{key: case[key] for key in ("text", "read", "snapped")} for case in table["cases"]]


def test_a_value_is_read_as_the_box_is_drawn_and_stays_as_somebody_corrected_it(
    runs: Runs, project: Project, take: Take, person: BrowserContext
) -> None:
    (image,) = take(1)
    read_page(runs, project, image)
    page = person.new_page()
    page.goto("/")
    page.get_by_test_id("stMain").get_by_role("link", name=project.name).click()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Labelling").click()
    editor(page)
    page.locator(f".cell[data-image='{image.id}']").click()
    page.locator(f".box-editor[data-ready=yes][data-image='{image.id}']").wait_for()
    draw_box(page, BOX)
    row = page.locator(".fields .row")
    expect(row).to_contain_text("Acme Ltd.", timeout=1000)
    expect(row).to_contain_text("read 91 %")
    row.get_by_text("Acme Ltd.").click()
    page.keyboard.type("Acme Limited")
    page.keyboard.press("Enter")
    await_saved(page, 2)
    page.reload()
    editor(page)
    expect(row).to_contain_text("Acme Limited")
    expect(row).to_contain_text("typed")
    assert texts(page) == [("Acme Limited", None)]
    page.close()


def test_texts_come_when_the_page_is_read_while_somebody_draws(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    page = open_image(image)
    draw_box(page, BOX)
    expect(page.get_by_text("This page is not read yet")).to_be_visible()
    await_saved(page, 1)  # before it is read: a box that is saved later has its text from the words
    read_page(runs, project, image)
    expect(page.locator(".fields .row")).to_contain_text("Acme Ltd.")
    expect(page.get_by_text("This page is not read yet")).to_be_hidden()
    assert texts(page) == [(None, None)]  # what is known without it is not written anew


def test_a_page_that_could_not_be_read_says_why_and_is_read_once_more(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    why = Message(template="The reader ended with code {code} at this page", values={"code": -9})
    words.keep(runs.store.project(project.id), Words(image=image.id, turn=0, failed=why), Reader(project.languages), None)
    page = open_image(image)
    draw_box(page, BOX)
    expect(page.get_by_text("This page could not be read: The reader ended with code -9 at this page.")).to_be_visible()
    page.route("**/words", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("does not answer")).to_be_visible()
    expect(page.get_by_text("This page could not be read")).to_be_visible()  # nothing was forgotten
    page.unroute("**/words")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("This page is not read yet")).to_be_visible()
    expect(page.get_by_text("This page could not be read")).to_be_hidden()
    read_page(runs, project, image)
    expect(page.locator(".fields .row")).to_contain_text("Acme Ltd.")


def test_a_box_snaps_to_the_words_in_it_by_key_and_as_it_is_drawn(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    read_page(runs, project, image)
    page = open_image(image)
    draw_box(page, BOX)
    expect(page.locator(".fields .row")).to_contain_text("Acme Ltd.")
    page.keyboard.press("s")
    await_saved(page, 2)
    assert saved_label(page)["boxes"][0]["xyxy"] == list(AROUND_BOX)
    page.keyboard.press("2")
    page.keyboard.down("Shift")
    drag(page, (OTHER[0], OTHER[1]), (OTHER[2], OTHER[3]))
    page.keyboard.up("Shift")
    await_saved(page, 3)
    assert saved_label(page)["boxes"][1]["xyxy"] == [70, 205, 200, 240]
    for _ in range(2):
        page.keyboard.press("Control+z")
    await_saved(page)
    assert near(saved_label(page)["boxes"][0]["xyxy"], BOX)
    draw_box(page, (300, 400, 400, 450))
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_have_text("No word lies in this box")


def test_a_typed_text_goes_with_its_box_and_is_undone(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    read_page(runs, project, image)
    page = open_image(image)
    draw_box(page, BOX)
    await_saved(page, 1)
    type_text(page, "")
    await_saved(page, 2)
    assert texts(page) == [("", None)]
    type_text(page, " Acme   Limited ")
    page.keyboard.press("ArrowRight")
    await_saved(page, 4)
    assert texts(page) == [("Acme Limited", None)]
    for _ in range(3):
        page.keyboard.press("Control+z")
    await_saved(page)
    assert texts(page) == [("Acme Ltd.", 0.91)]
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="Edit the box's text").fill("never mind")
    page.keyboard.press("Escape")
    expect(page.locator(".fields .row")).to_contain_text("Acme Ltd.")
    await_saved(page)
    assert texts(page) == [("Acme Ltd.", 0.91)]


def test_tab_goes_from_text_to_text(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    label_by_hand(runs, project, image, BOX, OTHER)
    page = open_image(image)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for text in ("first", "second"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.locator(".name").click()  # left in any other way, it is kept too
    await_saved(page, 3)
    assert texts(page) == [("first", None), ("second", None)]


def test_review_begins_with_the_least_sure_reading_and_shows_both_confidences(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    sure, misread = take(2)
    label_by_model(runs, project, sure, 0.8, "Acme", 0.99)
    label_by_model(runs, project, misread, 0.9, "Acne", 0.5)
    page = open_image(misread, "review")
    expect(page.locator(".fields .row")).to_contain_text("found 90 % · read 50 %")
    page.keyboard.press("Tab")
    type_text(page, "Acme")
    await_saved(page, 2)
    head = labels.head(runs.store.project(project.id), misread.id)
    assert head is not None
    (box,) = head.boxes or ()
    assert (head.state, box.xyxy, box.score, box.text, box.read) == ("corrected", BOX, 0.9, "Acme", None)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".box-editor[data-ready=yes]")).to_have_attribute("data-image", sure.id)


# Two people at one text


def typed_behind(runs: Runs, project: Project, image: Image, text: str) -> None:
    """Somebody else types the text of the image's only box."""
    paths = runs.store.project(project.id)
    head = labels.head(paths, image.id)
    assert head is not None
    regions = [(box.field, box.xyxy, text) for box in head.boxes or ()]
    labels.save_by_person(paths, project, image, head.rev, regions, "bob")


def test_a_text_that_is_being_typed_while_somebody_else_saves_is_part_of_this_version(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    (image,) = take(1)
    page = open_image(image)
    label_by_hand(runs, project, image, OTHER)
    held: list[Route] = []
    page.route("**/label", lambda route: held.append(route) if not held else route.continue_())
    with page.expect_request("**/label"):
        draw_box(page, BOX)
    page.locator(".fields .row").wait_for()
    page.keyboard.press("F2")
    page.keyboard.type("mine")
    held[0].continue_()
    expect(page.locator(".version.mine")).to_contain_text("mine")
    page.get_by_role("button", name="Keep mine").click()
    await_saved(page, 2)
    assert texts(page) == [("mine", None)]


def test_a_typed_text_that_did_not_reach_the_server_is_sent_by_the_next_page(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    (image,) = take(1)
    label_by_hand(runs, project, image, BOX)
    page = open_image(image)
    page.route("**/label", lambda route: route.abort())
    page.keyboard.press("Tab")
    type_text(page, "мой текст")
    expect(page.locator(".banner")).to_contain_text("Not saved yet")
    page.unroute("**/label")
    page.goto("about:blank")
    page.go_back()
    await_saved(page, 2)
    assert texts(page) == [("мой текст", None)]


def test_of_two_texts_typed_for_one_box_somebody_chooses(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    label_by_hand(runs, project, image, BOX)
    page = open_image(image)
    typed_behind(runs, project, image, "theirs 1")
    page.keyboard.press("Tab")
    type_text(page, "mine 2")
    expect(page.locator(".version.theirs")).to_contain_text("theirs 1")
    expect(page.locator(".version.mine")).to_contain_text("mine 2")
    page.get_by_role("button", name="Merge both versions").click()
    page.get_by_role("radio", name="theirs 1").check()
    page.get_by_role("button", name="Save merged").click()
    await_saved(page)
    assert texts(page) == [("theirs 1", None)]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    await_saved(page)
    assert texts(page) == [("mine 2", None)]


def test_a_text_that_one_typed_and_a_box_that_the_other_moved_are_both_kept(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    (image,) = take(1)
    label_by_hand(runs, project, image, BOX)
    page = open_image(image)
    typed_behind(runs, project, image, "theirs")
    page.mouse.click(*on_screen(page, 150, 80))
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Merge both versions").click()
    page.get_by_role("button", name="Save merged").click()
    await_saved(page, 3)
    (box,) = saved_label(page)["boxes"]
    assert (box["text"], near(box["xyxy"], (61, 50, 301, 110))) == ("theirs", True)
