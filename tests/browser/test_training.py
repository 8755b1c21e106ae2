"""Training by clicks: a template with model type and base model, its process, switched off and duplicated; classes applied."""

import pytest
from playwright.sync_api import expect

from storage import processes, projects
from storage.processes import Process, State
from storage.templates import TEMPLATES
from tests.browser.conftest import Visit
from tests.browser.walk import choose
from tests.found_classes import find_classes
from tests.runs import Runs


@pytest.fixture
def training(runs: Runs) -> Process:
    """A training that nobody started yet."""
    kept = runs.template
    runs.template = kept.model_copy(update={"kind": "training", "model_type": "fields"})
    process = runs.created()
    runs.template = kept  # the store is that of all tests
    return process


def test_a_training_template_leads_to_its_process(runs: Runs, visit: Visit) -> None:
    letters = projects.create(runs.store, "letters-to-train", "classes", ("invoice", "order"))
    page = visit("/training_templates")
    page.get_by_role("button", name="Add template").click()
    page.get_by_label("Name").fill("letters-by-class")
    expect(page.get_by_role("button", name="Create")).to_be_enabled()
    choose(page.get_by_test_id("stMain"), "Model type", "classifier · tells classes apart")
    expect(page.get_by_role("combobox", name="Base model")).to_have_value("base-Classifier-02 · reads pages and tells classes apart")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Template letters-by-class is saved")).to_be_visible()
    template = TEMPLATES.get(runs.store, "letters-by-class")[1]
    assert (template.model_type, template.parameters.base_model) == ("classifier", "base-Classifier-02")
    page.get_by_role("link", name="Add process").click()
    dialog = page.get_by_role("dialog")
    choose(dialog, "Project", "letters-to-train")
    expect(dialog.get_by_text("classifier · base-Classifier-02 · Iterations: 1,000")).to_be_visible()
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("Not started yet. Press Start.")).to_be_visible()
    process = processes.list_processes(runs.store)[0][0]
    assert (process.spec.kind, process.spec.project, process.spec.template) == ("training", letters.id, template)


def test_a_training_is_disabled_and_enabled_again(runs: Runs, training: Process, visit: Visit) -> None:
    page = visit(f"/training_processes?process={training.id}")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Not started yet. Press Enable, then Start.")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    assert not processes.get(runs.store, training.id).spec.enabled
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_a_duplicate_is_filled_in_and_created(runs: Runs, training: Process, visit: Visit) -> None:
    template = TEMPLATES.create(runs.store, training.spec.template.model_copy(update={"id": processes.new_id(), "name": "to-be-doubled"}))
    process = processes.create(runs.store, runs.project, template, runs.machine.id, "ann")
    page = visit(f"/training_processes?process={process.id}")
    page.get_by_role("button", name="Duplicate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Template")).to_have_value("to-be-doubled")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog).to_be_hidden()
    page.wait_for_function("id => !location.search.includes(id)", arg=process.id)
    copy = processes.list_processes(runs.store)[0][0]
    assert (copy.spec.template, copy.spec.project, copy.state) == (template, runs.project.id, State.CREATED)
    assert f"process={copy.id}" in page.url


def test_classes_are_counted_by_images_while_their_threshold_is_moved(runs: Runs, visit: Visit) -> None:
    _project, _images, process = find_classes(runs.store, "letters-to-count", (0.9, 0.7, 0.4))
    page = visit(f"/processes?process={process}")
    page.get_by_role("button", name="Apply labels").click()
    dialog = page.get_by_role("dialog")
    totals = dialog.locator(".thresholds .total")
    expect(totals).to_have_text(["Images that receive labels2 of 3", "Images that stay unlabelled1"])
    expect(dialog.get_by_text("invoice 0.40")).to_be_visible()
    dialog.get_by_role("slider", name="invoice").press("End")
    expect(totals).to_have_text(["Images that receive labels0 of 3", "Images that stay unlabelled3"])
    expect(dialog.get_by_role("button", name="Apply to 0 images")).to_be_disabled()
