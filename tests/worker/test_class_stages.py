"""The stages of a run that tells classes apart, and of runs that go on from a model of the store."""

import io

import pytest
import torch
from PIL import Image
from safetensors.torch import load

from storage import detections, evaluations, labels, models, processes, progress, projects, uploads
from storage.attempts import Outcome
from storage.core.errors import Refused
from storage.words import words
from tests.worker import house
from tests.worker.conftest import StopAfter, run_here
from tests.worker.text.letters import words_of
from worker.reading.languages import reader_of

CLASSES = {"base_model": "base-Classifier-01", "augment": "none"}
READING = {"base_model": "base-Classifier-02", "augment": "none"}


@pytest.fixture
def forms(store):
    return house.fill_classes(store, "forms", 14, 10)


def last(store, process):
    return processes.get(store, process).last.paths


def said(store, process):
    return " ".join(str(notice) for notice in progress.read_status(last(store, process)).notices)


def test_a_class_run_finds_the_class_of_every_image_and_publishes_what_it_is_worth(store, forms):
    project, images = forms
    process = house.new_process(store, project, iterations=30, **CLASSES)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    found = {line.image: line.detections for line in detections.read_detections(last(store, process).detections)}
    assert {image: [each.field for each in found[image]] for image in images[10:]} == {
        image: [project.fields[number % 2].id] for number, image in enumerate(images[10:])
    }
    assert all(each.xyxy is None and 0 <= each.score <= 1 for line in found.values() for each in line)
    model = models.get(store, process)
    assert (model.task, model.accuracy, model.map_50, model.test_images) == ("classes", 1.0, None, 2)
    assert set(model.per_field) == {field.id for field in project.fields}
    assert sum(len(image.right) for image in evaluations.read(last(store, process)).images) == 2


@pytest.fixture
def read(store):
    """A project of sheets that all look alike; what was read on them tells their class. Ten of fourteen are labelled."""
    project = projects.create(store, "sheets", "classes", ("invoice", "contract"), gate=0)
    paths = store.project(project.id)
    said = (("invoice", "total", "payable"), ("contract", "party", "agrees"))
    added = [uploads.add(paths, f"{number}.png", blank(number), "ann").id for number in range(14)]
    for number, image in enumerate(added):
        found = words_of([(20, [(word, 10) for word in (*said[number % 2], f"name{number % 5}")])], image)
        words.keep(paths, found.model_copy(update={"turn_certainty": 0.9}), reader_of(project), None)
        if number < 10:
            labels.save(paths, image, 0, None, "ann", class_id=project.fields[number % 2].id)
    return project, added


def blank(number):
    page = Image.new("RGB", (64, 96), "white")
    page.putpixel((number, 0), (254, 254, 254))  # two images that are the same would be one
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_class_run_that_reads_tells_pages_apart_that_look_alike(store, read):
    project, images = read
    process = house.new_process(store, project, iterations=4, **READING)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    found = {line.image: line for line in detections.read_detections(last(store, process).detections)}
    best = {image: max(line.detections, key=lambda each: each.score).field for image, line in found.items()}
    assert best == {image: project.fields[number % 2].id for number, image in enumerate(images[10:])}
    assert {line.turn for line in found.values()} == {0}
    model = models.get(store, process)
    assert (model.base_model, model.accuracy) == ("base-Classifier-02", 1.0)


def test_a_class_run_that_reads_finds_the_same_when_it_was_stopped_and_resumed(store, read):
    whole, halved = (house.new_process(store, read[0], iterations=6, refresh=60, **READING) for _ in range(2))
    run_here(store, whole)
    assert run_here(store, halved, StopAfter(4)).outcome == Outcome.STOPPED
    assert run_here(store, halved).outcome == Outcome.COMPLETED
    one, other = (scores(store, process) for process in (whole, halved))
    assert one == pytest.approx(other, abs=1e-3)


def scores(store, process):
    found = detections.read_detections(last(store, process).detections)
    return {(line.image, each.field): each.score for line in found for each in line.detections}


def test_a_class_run_goes_on_from_the_words_that_a_model_knows(store, read):
    parent = house.new_process(store, read[0], iterations=2, **READING)
    run_here(store, parent)
    child = house.new_process(store, read[0], base_model=parent, iterations=2, refresh=0.2)
    assert run_here(store, child).outcome == Outcome.COMPLETED
    assert "which knows 2 of 2: invoice, contract" in said(store, child)
    assert models.get(store, child).base_model == "base-Classifier-02"


def test_a_resumed_class_run_continues_its_curve(store, forms):
    process = house.new_process(store, forms[0], iterations=6, refresh=60, **CLASSES)
    assert run_here(store, process, StopAfter(2)).outcome == Outcome.STOPPED
    assert run_here(store, process).outcome == Outcome.COMPLETED
    points = progress.read_curves(processes.get(store, process).attempts)
    assert [point.iteration for point in points if point.loss is not None] == [1, 2, 3, 4, 5, 6]
    assert [(point.iteration, point.ap is not None, point.ap_50_95) for point in points if point.loss is None] == [(6, True, None)]
    assert models.get(store, process).attempt == 2


def test_a_run_goes_on_from_the_weights_of_a_model_by_the_names_of_its_fields(store):
    first, _ = house.fill(store, "pages", 6, 5)
    parent = house.new_process(store, first, iterations=3)
    run_here(store, parent)
    second, _ = house.fill(store, "others", 6, 5)
    rev, project = projects.PROJECTS.get(store, second.id)
    date, total = project.fields
    swapped = (total.model_copy(update={"name": "TOTAL"}), date.model_copy(update={"name": "day"}))
    projects.change(store, rev, project, fields=swapped)
    # Next to no learning, so that what it began with is still to be seen.
    process = house.new_process(store, second, "training", base_model=parent, iterations=1, lr=1e-9)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert "which knows 1 of 2: TOTAL" in said(store, process)
    model = models.get(store, process)
    assert (model.parent, model.base_model) == (parent, "base-SmartOCR-01")
    theirs, own = (load(store.model(each).weights.read_bytes()) for each in (parent, process))
    torch.testing.assert_close(own["head.score.weight"][0], theirs["head.score.weight"][1], atol=1e-5, rtol=1e-3)
    assert not torch.allclose(own["head.score.weight"][1], theirs["head.score.weight"][0], atol=1e-3)
    torch.testing.assert_close(own["refiner.look.weight"], theirs["refiner.look.weight"], atol=1e-5, rtol=1e-3)


def test_a_model_that_knows_none_of_the_fields_is_gone_on_from_all_the_same_and_that_is_said(store):
    first, _ = house.fill(store, "pages", 6, 5)
    parent = house.new_process(store, first, iterations=1)
    run_here(store, parent)
    second, _ = house.fill(store, "others", 6, 5)
    rev, project = projects.PROJECTS.get(store, second.id)
    renamed = tuple(field.model_copy(update={"name": f"new-{field.name}"}) for field in project.fields)
    projects.change(store, rev, project, fields=renamed)
    process = house.new_process(store, second, base_model=parent, iterations=1)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert "none of the names here: all are learned anew" in said(store, process)


def test_a_model_of_another_task_is_no_beginning(store, forms):
    fields, _ = house.fill(store, "pages", 4, 3)
    parent = house.new_process(store, fields, iterations=1)
    run_here(store, parent)
    process = house.new_process(store, forms[0], base_model=parent)
    with pytest.raises(Refused, match="finds fields; project 'forms' needs one that tells classes apart"):
        run_here(store, process)
