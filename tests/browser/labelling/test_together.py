"""Two people at one image: each is told of the other, nobody is sent where somebody is, and two versions become one."""

from playwright.sync_api import Page, expect

from storage.projects import Project
from tests.browser.conftest import Visit
from tests.browser.drawing import await_saved, draw_box, near, saved_label
from tests.browser.labelling.conftest import Open, Take
from tests.browser.labelling.labels import BOX, OTHER, label_by_hand
from tests.runs import Runs

NEAR_BOX = (70.0, 55.0, 310.0, 115.0)  # IoU with BOX: 0.78
ELSEWHERE = "Also open in another window"


def ask_again(page: Page) -> None:
    """Have the editor ask who else is here now, as it does when its window comes to the front, and not only at its next turn."""
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def test_two_windows_at_one_image_are_told_of_each_other_until_one_leaves(
    project: Project, take: Take, open_image: Open, visit: Visit
) -> None:
    (image,) = take(1)
    one, other = open_image(image), visit(f"/labelling?project={project.id}&image={image.id}")
    expect(other.locator(".here")).to_have_text(ELSEWHERE)
    ask_again(one)
    expect(one.locator(".here")).to_have_text(ELSEWHERE)
    with other.expect_request("**/presence"):
        other.get_by_role("link", name="Projects", exact=True).click()
    ask_again(one)
    expect(one.locator(".here")).to_be_empty()


def tell(page: Page) -> None:
    """Have the editor say now which image it has open, and hear which ones others have."""
    with page.expect_response("**/presence") as answer:
        ask_again(page)
    answer.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")  # until what came is taken in, not only received


def test_the_next_unlabelled_image_is_one_that_nobody_has_open(project: Project, take: Take, open_image: Open, visit: Visit) -> None:
    first, second, third = take(3)
    other = visit(f"/labelling?project={project.id}&image={second.id}")
    other.locator(".box-editor[data-ready=yes]").wait_for()
    tell(other)
    page = open_image(first)
    tell(page)
    page.keyboard.press("u")
    expect(page.locator(".box-editor[data-ready=yes]")).to_have_attribute("data-image", third.id)


def test_an_image_that_somebody_has_open_can_be_labelled_all_the_same(take: Take, open_image: Open) -> None:
    (image,) = take(1)
    open_image(image)
    page = open_image(image)
    expect(page.locator(".here")).to_have_text(ELSEWHERE)
    draw_box(page, BOX)
    await_saved(page, 1)


def test_versions_are_merged_by_keyboard_with_a_choice_for_each_box_that_both_have(
    runs: Runs, project: Project, take: Take, open_image: Open
) -> None:
    (image,) = take(1)
    page = open_image(image)
    label_by_hand(runs, project, image, NEAR_BOX, OTHER)
    draw_box(page, BOX)
    expect(page.get_by_role("heading", name="Changed by somebody else")).to_be_visible()
    for key in ("Tab", "Tab", "Tab", "Enter"):  # past "Keep theirs" and "Keep mine"
        page.keyboard.press(key)
    expect(page.get_by_role("radio", name="Mine")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Theirs")).to_be_checked()
    expect(page.locator("g.ghost.asked")).to_have_count(2)
    for key in ("ArrowDown", "Tab", "Enter"):
        page.keyboard.press(key)
    await_saved(page, 2)
    found = [box["xyxy"] for box in saved_label(page)["boxes"]]
    assert len(found) == 2
    assert near(found[0], OTHER)
    assert near(found[1], BOX)


def test_a_merge_keeps_what_either_version_has_alone(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    label_by_hand(runs, project, image, OTHER)
    page = open_image(image)
    label_by_hand(runs, project, image, OTHER, NEAR_BOX)
    draw_box(page, BOX, "2")  # another field at the same place: nothing to ask
    page.get_by_role("button", name="Merge both versions").click()
    await_saved(page, 3)
    assert len(saved_label(page)["boxes"]) == 3


def test_a_merge_can_be_left_for_the_choice_between_versions(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    page = open_image(image)
    label_by_hand(runs, project, image, NEAR_BOX)
    draw_box(page, BOX)
    page.get_by_role("button", name="Merge both versions").click()
    page.get_by_role("radio", name="Theirs").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep mine").click()
    await_saved(page, 2)
    assert near(saved_label(page)["boxes"][0]["xyxy"], BOX)


def test_whoever_takes_all_of_theirs_in_a_merge_makes_no_new_revision(runs: Runs, project: Project, take: Take, open_image: Open) -> None:
    (image,) = take(1)
    page = open_image(image)
    label_by_hand(runs, project, image, NEAR_BOX)
    draw_box(page, BOX)
    page.get_by_role("button", name="Merge both versions").click()
    page.get_by_role("radio", name="Theirs").check()
    page.get_by_role("button", name="Save merged").click()
    await_saved(page, 1)
    assert near(saved_label(page)["boxes"][0]["xyxy"], NEAR_BOX)
