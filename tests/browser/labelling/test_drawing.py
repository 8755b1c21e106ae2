"""The box editor in a real browser: drawing, keys, whole labels, walking, review."""

import pytest
from playwright.sync_api import Browser, Page, expect

from storage import images
from storage.projects import Project
from tests.browser.conftest import Visit
from tests.browser.drawing import await_saved, drag, draw_box, editor, near, on_screen, saved_label
from tests.browser.labelling.conftest import Open, Take
from tests.browser.labelling.labels import BOX, OTHER, label_by_hand, label_by_model, state_of
from tests.runs import Runs

# Drawing


def test_a_box_drawn_by_mouse_is_there_after_a_reload(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX, "2")
    expect(page.locator("g.box[data-field=date]")).to_have_count(1)
    await_saved(page, 1)
    page.reload()
    editor(page)
    expect(page.locator("g.box[data-field=date]")).to_have_count(1)
    assert near(saved_label(page)["boxes"][0]["xyxy"], BOX)


def test_a_box_is_moved_resized_and_nudged(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX)
    drag(page, (BOX[2], BOX[3]), (400, 160))  # a corner of the box just drawn
    page.keyboard.press("v")
    drag(page, (200, 100), (220, 130))
    page.keyboard.press("Shift+ArrowRight")
    await_saved(page, 4)
    assert near(saved_label(page)["boxes"][0]["xyxy"], (90, 80, 430, 190))


def test_a_box_ends_at_the_page_and_a_click_draws_none(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, (400, 700, 900, 2000))
    await_saved(page, 1)
    page.mouse.click(*on_screen(page, 100, 300))
    drag(page, (100, 300), (101, 301))
    assert near(saved_label(page)["boxes"][0]["xyxy"], (400, 700, 600, 800))
    assert editor(page).get_attribute("data-rev") == "1"


def test_a_page_shown_turned_keeps_its_boxes_in_pixels_of_the_unturned_one(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    (image,) = take(1)
    images.change(runs.store.project(project.id), image, "ann", turn=90)
    page = open_image(image)
    shown = page.locator(".paper img").bounding_box()
    assert shown is not None
    assert shown["width"] > shown["height"]
    # The page's top left corner is now at the top right; a tenth inwards from there.
    scale = shown["width"] / 800
    right, top = shown["x"] + shown["width"], shown["y"]
    page.mouse.move(right - 50 * scale, top + 60 * scale)
    page.mouse.down()
    page.mouse.move(right - 110 * scale, top + 300 * scale, steps=3)
    page.mouse.up()
    await_saved(page, 1)
    assert near(saved_label(page)["boxes"][0]["xyxy"], BOX)


def test_a_digit_changes_the_selected_box_or_else_the_next_one_drawn(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX, "1")
    draw_box(page, OTHER, "3")
    expect(page.locator("g.box[data-field=company]")).to_have_count(1)
    expect(page.locator("g.box[data-field=total]")).to_have_count(1)
    page.mouse.click(*on_screen(page, 150, 225))
    page.keyboard.press("2")
    expect(page.locator("g.box[data-field=date]")).to_have_count(1)
    expect(page.locator("g.box[data-field=total]")).to_have_count(0)


def test_undo_and_redo_are_saved_too(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX)
    draw_box(page, OTHER)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("g.box")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    expect(page.locator("g.box")).to_have_count(2)
    page.keyboard.press("Control+z")
    await_saved(page)
    assert len(saved_label(page)["boxes"]) == 1


def test_the_list_of_boxes_stays_where_it_was_scrolled_to_while_one_draws(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    (image,) = take(1)
    label_by_hand(runs, project, image, *((60.0, 20.0 * line, 300.0, 20.0 * line + 15) for line in range(1, 31)))
    page = open_image(image)
    rows = page.locator(".fields")
    expect(rows.locator(".row")).to_have_count(30)
    # Into the middle: at either end it would be there whatever happened.
    scrolled = rows.evaluate("list => list.scrollTop = Math.round((list.scrollHeight - list.clientHeight) / 2)")
    assert scrolled > 0
    draw_box(page, (350, 650, 550, 750), "2")
    await_saved(page, 2)
    expect(rows.locator(".row")).to_have_count(31)
    assert rows.evaluate("list => list.scrollTop") == scrolled


# Keys


@pytest.mark.parametrize("letters", ["vdzbfrn", "мвяиакт"], ids=["latin", "russian"])
def test_keys_go_by_their_place_on_any_keyboard(letters: str, take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    host, stage = editor(page), page.locator(".stage")
    keys = dict(zip("VDZBFRN", letters, strict=True))
    press(page, "KeyV", keys["V"])
    expect(host).to_have_attribute("data-tool", "select")
    press(page, "KeyD", keys["D"])
    expect(host).to_have_attribute("data-tool", "draw")
    press(page, "KeyZ", keys["Z"])
    expect(host).to_have_attribute("data-tool", "zoom")
    press(page, "KeyB", keys["B"])
    expect(host).to_have_class("box-editor blank")
    whole = stage.get_attribute("data-zoom")
    press(page, "KeyF", keys["F"])
    expect(stage).not_to_have_attribute("data-zoom", str(whole))
    press(page, "KeyR", keys["R"])
    expect(stage).to_have_attribute("data-turn", "90")
    press(page, "KeyN", keys["N"])
    await_saved(page, 1)


def press(page: Page, code: str, key: str) -> None:
    """A key at this place that types this letter."""
    script = "([code, key]) => ['keydown', 'keyup'].forEach(type => document.body.dispatchEvent(new KeyboardEvent(type, EVENT)))"
    page.evaluate(script.replace("EVENT", "{ code, key, bubbles: true, composed: true, cancelable: true }"), [code, key])


def test_tab_goes_from_box_to_box_and_delete_removes_the_selected_one(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX, "1")
    draw_box(page, OTHER, "2")
    page.keyboard.press("Tab")
    expect(page.locator("g.box.selected")).to_have_attribute("data-field", "company")
    page.keyboard.press("Tab")
    expect(page.locator("g.box.selected")).to_have_attribute("data-field", "date")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Delete")
    await_saved(page, 3)
    expect(page.locator("g.box")).to_have_attribute("data-field", "date")


def test_the_wheel_zooms_about_the_pointer(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    spot = on_screen(page, 150, 200)
    page.mouse.move(*spot)
    before = page.locator(".stage").get_attribute("data-zoom")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    expect(page.locator(".stage")).not_to_have_attribute("data-zoom", str(before))
    after = on_screen(page, 150, 200)
    assert abs(after[0] - spot[0]) < 2
    assert abs(after[1] - spot[1]) < 2


def test_a_locked_box_stays_and_a_hidden_one_is_not_lost(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    draw_box(page, BOX, "1")
    draw_box(page, OTHER, "2")
    page.keyboard.press("v")
    page.mouse.click(*on_screen(page, 150, 80))
    page.keyboard.press("l")
    page.keyboard.press("Delete")
    drag(page, (150, 80), (200, 120))
    page.mouse.click(*on_screen(page, 150, 225))
    page.keyboard.press("h")
    expect(page.locator("g.box.hidden")).to_have_count(1)
    draw_box(page, (60, 300, 200, 340), "3")
    await_saved(page, 3)
    saved = saved_label(page)["boxes"]
    assert len(saved) == 3
    assert near(saved[0]["xyxy"], BOX)


def test_help_lists_the_keys(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    page.keyboard.press("F1")
    expect(page.get_by_role("dialog")).to_contain_text("Next unlabelled image")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


# Whole labels


def test_no_fields_is_a_label_and_clear_takes_it_back(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    page = open_image(image)
    page.get_by_role("button", name="No fields here").click()
    await_saved(page, 1)
    assert saved_label(page)["boxes"] == []
    page.keyboard.press("Shift+Delete")
    await_saved(page, 2)
    assert state_of(runs, project, image) == "unlabelled"
    page.keyboard.press("Control+z")
    await_saved(page, 3)
    assert state_of(runs, project, image) == "labelled"


def test_boxes_of_the_previous_image_are_copied(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, second = take(2)
    label_by_hand(runs, project, first, BOX, OTHER)
    page = open_image(second)
    page.keyboard.press("c")
    await_saved(page, 1)
    assert [box["xyxy"] for box in saved_label(page)["boxes"]] == [list(BOX), list(OTHER)]


# Walking


def test_images_follow_each_other_and_the_address_follows_them(take: Take, open_image: Open) -> None:
    first, second = take(2)
    page = open_image(first)
    page.keyboard.press("Shift+F")
    expect(page.locator(f".box-editor[data-ready=yes][data-image='{second.id}']")).to_be_visible()
    page.wait_for_url(f"**image={second.id}*")
    page.keyboard.press("Shift+D")
    expect(page.locator(".box-editor")).to_have_attribute("data-image", first.id)
    page.locator(f".cell[data-image='{second.id}']").click()
    expect(page.locator(".cell[aria-current]")).to_have_attribute("data-image", second.id)


def test_the_next_unlabelled_image_passes_over_labelled_ones(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, second, third = take(3)
    label_by_hand(runs, project, second, BOX)
    page = open_image(first)
    draw_box(page, BOX)
    page.keyboard.press("Control+Enter")  # leaving does not wait for the save
    expect(page.locator(".box-editor")).to_have_attribute("data-image", third.id)
    expect(page.locator(f".cell[data-image='{first.id}']")).to_have_attribute("data-state", "labelled")
    assert state_of(runs, project, first) == "labelled"


def test_labels_are_counted_as_they_are_made(take: Take, open_image: Open) -> None:
    page = open_image(*take(1))
    counter = page.locator(".counter[data-state=labelled] b")
    before = int(counter.inner_text())
    draw_box(page, BOX)
    expect(counter).to_have_text(str(before + 1))


def test_an_image_that_cannot_be_shown_says_so_and_lets_go_on(
    runs: Runs, project: Project, take: Take, chromium: Browser, server: str
) -> None:
    broken, following = take(2)
    runs.store.project(project.id).original(broken.id).write_bytes(b"not a picture")
    page = chromium.new_page(base_url=server)  # a browser reports the missing picture in its console
    page.goto(f"/labelling?project={project.id}&image={broken.id}")
    expect(page.locator(".message")).to_contain_text("This image cannot be shown")
    page.locator(".message").get_by_role("button", name="Next image").click()
    expect(page.locator(".box-editor")).to_have_attribute("data-image", following.id)
    page.close()


# Review and the way to auto-labelling


def test_review_accepts_and_corrects(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    sure, doubtful = take(2)
    label_by_model(runs, project, sure, 0.95)
    label_by_model(runs, project, doubtful, 0.3)
    page = open_image(doubtful, "review")
    expect(page.locator("g.box.auto")).to_have_count(1)
    expect(page.locator(".side")).to_contain_text("30 %")
    expect(page.locator(".position")).to_have_text("1 of 2")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".box-editor[data-ready=yes]")).to_have_attribute("data-image", sure.id)
    drag(page, (150, 80), (150, 120))
    await_saved(page, 2)
    expect(page.get_by_text("Reviewed: 2 of 2")).to_be_visible()
    assert (state_of(runs, project, doubtful), state_of(runs, project, sure)) == ("reviewed", "corrected")


def test_an_open_gate_leads_to_a_new_process(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    first, *others = take(7)
    for image in others:
        label_by_hand(runs, project, image, BOX)
    page = open_image(first)
    page.get_by_role("button", name="Auto-label").click()
    page.wait_for_url(f"**/processes?**project={project.id}**add=1**")


def test_the_editor_speaks_russian(project: Project, take: Take, visit: Visit) -> None:
    (image,) = take(1)
    page = visit(f"/labelling?project={project.id}&image={image.id}", locale="ru-RU")
    expect(page.get_by_role("button", name="Полей нет")).to_be_visible()
