"""Templates and processes by clicks: add with the machine picker, apply with a moved threshold, run again, delete."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from storage import actions, images, labels, processes, uploads
from storage.attempts import Outcome
from storage.index import Index
from storage.labels import Box
from storage.processes import State
from storage.projects import Project
from storage.templates import TEMPLATES
from tests.browser.conftest import Visit
from tests.runs import Runs
from tests.worker import house
from worker.apply import carry_out


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this process keeps its own index; the server has one, too."""
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def found(runs: Runs, request: pytest.FixtureRequest) -> tuple[Project, str]:
    """A project of four pages and a completed process that found two fields on each, both with score 0.9."""
    project, images = house.fill(runs.store, f"pages-{request.node.name[:60]}", 4, 0)
    return project, house.completed(runs.store, project, images)


@pytest.fixture(scope="module")
def labelled(runs: Runs) -> None:
    """A label in the shared project, so that its processes may start."""
    paths = runs.store.project(runs.project.id)
    image = uploads.add(paths, "labelled.png", house.page(901), "ann")
    labels.save(paths, image.id, 0, (Box(field=runs.project.fields[0].id, xyxy=(10, 10, 60, 30)),), "ann")


def opened(page: Page, button: str) -> Locator:
    """The dialog that a button of the process opens."""
    page.get_by_role("button", name=button).click()
    return page.get_by_role("dialog")


def drag_to(page: Page, slider: Locator, share: float) -> None:
    """Take hold of the slider and move it there, without letting go."""
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    # The button is taken where it stands, or the press alone would already move it.
    page.mouse.move(box["x"] + 0.5 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + share * box["width"], middle, steps=5)


def test_a_template_is_made_with_the_advice_beside_it(runs: Runs, visit: Visit) -> None:
    page = visit("/templates")
    page.get_by_role("button", name="Add template").click()
    page.get_by_label("Name").fill("by click")
    expect(page.get_by_text("is not allowed: use letters, digits")).to_be_visible()
    page.get_by_label("Name").fill("by-click")
    page.get_by_label("Iterations", exact=True).fill("6000")
    page.get_by_label("Iterations", exact=True).press("Tab")
    expect(page.get_by_text("More than 5,000 iterations")).to_be_visible()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Template by-click is saved")).to_be_visible()
    assert TEMPLATES.get(runs.store, "by-click")[1].parameters.iterations == 6000
    assert "template=" in page.url


def test_a_process_is_added_and_started_on_the_machine_picked(runs: Runs, labelled: None, visit: Visit) -> None:
    runs.heartbeat()
    page = visit(f"/processes?add=1&project={runs.project.id}")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("no graphics card").first).to_be_visible()
    dialog.get_by_text("bench", exact=True).click()
    dialog.get_by_role("button", name="Create and start").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Waiting for machine bench to take it.")).to_be_visible()
    newest = processes.list_processes(runs.store)[0][0]
    assert (newest.state, newest.spec.machine) == (State.QUEUED, runs.machine.id)
    assert f"process={newest.id}" in page.url


def test_closing_the_dialog_takes_it_out_of_the_address(runs: Runs, visit: Visit) -> None:
    page = visit("/processes?add=1")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_function("() => !location.search.includes('add')")


def test_counts_follow_a_threshold_while_it_is_dragged(runs: Runs, found: tuple[Project, str], visit: Visit) -> None:
    project, process = found
    page = visit(f"/processes?process={process}")
    dialog = opened(page, "Apply labels")
    sliders = dialog.locator(".thresholds")
    expect(sliders.get_by_text("4 of 4")).to_be_visible()
    expect(sliders.locator(".total", has_text="Expected to be right")).to_have_text("Expected to be right90%")
    drag_to(page, dialog.get_by_role("slider", name=project.fields[0].name), 1)
    expect(sliders.locator(".row", has_text=project.fields[0].name).locator(".boxes")).to_have_text("0")
    page.mouse.up()
    drag_to(page, dialog.get_by_role("slider", name=project.fields[1].name), 1)
    expect(sliders.get_by_text("0 of 4")).to_be_visible()
    expect(sliders.locator(".total", has_text="Expected to be right")).to_have_text("Expected to be right–")
    page.mouse.up()


def test_what_is_applied_is_what_the_moved_threshold_lets_through(runs: Runs, found: tuple[Project, str], visit: Visit) -> None:
    project, process = found
    page = visit(f"/processes?process={process}")
    dialog = opened(page, "Apply labels")
    dialog.get_by_role("slider", name=project.fields[0].name).press("End")
    # Faint and dashed on each picture now.
    expect(dialog.get_by_text("1 of 2").first).to_be_visible()
    expect(dialog.locator(".page-picture .box.found")).to_have_count(4)
    dialog.get_by_role("button", name="Apply to 4 images").click()
    expect(dialog).to_be_hidden()
    carry_out(runs.store, processes.get(runs.store, process))
    expect(page.get_by_test_id("stToast").get_by_text("Labels applied to 4 images")).to_be_visible()
    assert processes.get(runs.store, process).requests[-1].thresholds == {project.fields[0].id: 1.0}


def test_pictures_are_shown_and_can_be_enlarged(runs: Runs, found: tuple[Project, str], visit: Visit) -> None:
    page = visit(f"/processes?process={found[1]}")
    dialog = opened(page, "Apply labels")
    pictures = dialog.locator(".page-picture img")
    expect(pictures).to_have_count(4)
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stDialog] *')].flatMap(e => [...e.shadowRoot?.querySelectorAll('img') ?? []])"
        ".filter(image => image.naturalWidth).length === 4"
    )
    dialog.locator(".page-picture button.card").first.click()
    expect(dialog.get_by_text("below the least score")).to_be_visible()


def test_the_dialog_stays_as_it_is_while_the_page_behind_it_ticks(runs: Runs, found: tuple[Project, str], visit: Visit) -> None:
    project, process = found
    running = runs.running(10)
    page = visit(f"/processes?process={process}")
    dialog = opened(page, "Apply labels")
    slider = dialog.get_by_role("slider", name=project.fields[0].name)
    slider.press("End")
    runs.end(running, Outcome.COMPLETED)
    # Behind the dialog the table has moved on.
    expect(page.locator("[role=gridcell]", has_text="Completed").first).to_be_attached()
    expect(slider).to_have_value("100")


def test_run_again_goes_through_to_a_new_process(runs: Runs, labelled: None, visit: Visit) -> None:
    runs.heartbeat()
    first = runs.ended(Outcome.STOPPED)
    page = visit(f"/processes?process={first.id}")
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("A new process was made from it")).to_be_visible()
    page.wait_for_function("id => !location.search.includes(id)", arg=first.id)
    again = processes.list_processes(runs.store)[0][0]
    assert (again.spec.template, again.state) == (first.spec.template, State.QUEUED)


def test_delete_presses_through_its_question(runs: Runs, visit: Visit) -> None:
    process = runs.ended(Outcome.FAILED)
    page = visit(f"/processes?process={process.id}")
    dialog = opened(page, "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The process is deleted")).to_be_visible()
    assert process.id not in [other.id for other in processes.list_processes(runs.store)[0]]
    assert process.id not in page.url


def test_a_roll_back_names_what_stays_and_links_to_it(runs: Runs, found: tuple[Project, str], visit: Visit) -> None:
    project, process = found
    apply_and_correct(runs, project, process)
    page = visit(f"/processes?process={process}")
    dialog = opened(page, "Roll back labels")
    expect(dialog.get_by_text("3 images get back the label they had before.")).to_be_visible()
    dialog.get_by_role("link", name="Corrected: 1").click()
    page.wait_for_url(re.compile(rf"/data\?.*project={project.id}"))
    assert "state=corrected" in page.url


def apply_and_correct(runs: Runs, project: Project, process: str) -> None:
    """Apply the labels, and have a person change one of them."""
    actions.apply(runs.store, processes.get(runs.store, process), "ann")
    carry_out(runs.store, processes.get(runs.store, process))
    paths = runs.store.project(project.id)
    index = Index(runs.store)
    index.refresh(project.id, full=True)
    row = index.images(project.id, "auto")[0]
    labels.save_by_person(paths, project, images.get(paths, row.image), 1, [(project.fields[0].id, (1, 1, 20, 20))], "bob")
