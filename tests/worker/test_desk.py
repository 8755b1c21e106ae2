"""The desk: answers of a real model, each in time, and one job's trouble is nobody else's."""

import logging
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import save

from storage import images, jobs, labels, machines, models, projects, uploads
from storage.core import encode, new_id, now, sha256
from storage.index import Filter, Index
from storage.jobs import Answer, Job, Page
from storage.labels import Box
from storage.snapshots import assign_split
from tests import untrained
from tests.worker import house
from worker.answers import Answers
from worker.desk import IDLE_S, Desk

SIZE = (128, 64)


@pytest.fixture
def machine(store) -> str:
    return machines.register(store, "mill").id


@pytest.fixture
def model(store, project):
    return untrained.publish(store, project, new_id())


@pytest.fixture
def ask(store, machine, model):
    """Ask for these pages, given as bytes, to be tried."""

    def asked(*pages: bytes, of: str = "") -> Job:
        named = [(Page(name=f"page-{number}.png", width=SIZE[0], height=SIZE[1]), data) for number, data in enumerate(pages)]
        return jobs.ask(store, "try", of or model.id, machine, "ann", pages=named)

    return asked


@pytest.fixture
def desk(store, machine):
    return Desk(store, machine, Answers(store).to, 0.0)


def add_test_image(store, project, *boxes: Box, number: int = 1, class_id: str | None = None) -> str:
    """A page among the project's test images, labelled by a person."""
    paths = store.project(project.id)
    image = uploads.add(paths, f"{number}.png", house.page(number), "ann")
    images.change(paths, image, "ann", split="test")
    if class_id:
        labels.save_class(paths, project, image.id, 0, class_id, "ann")
    else:
        labels.save(paths, image.id, 0, boxes, "ann")
    return image.id


def answer_of(store, job: Job) -> Answer:
    found = jobs.read_answer(store, job.id)
    assert found is not None
    return found


def test_what_is_found_comes_best_first_in_pixels_of_the_page(store, desk, ask, project):
    job = ask(house.page(1), house.page(2))
    desk.step(1)
    pages = answer_of(store, job).pages
    assert len(pages) == 2
    for page in pages:
        scores = [found.score for found in page.detections]
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= 0.05
        assert {found.field for found in page.detections} <= {field.id for field in project.fields}
        left, top, right, bottom = zip(*(found.xyxy for found in page.detections), strict=True)
        assert (min(left) >= 0, min(top) >= 0, max(right) <= SIZE[0], max(bottom) <= SIZE[1]) == (True,) * 4


CLASSIFIERS = ("base-Classifier-01", "base-Classifier-02")


@pytest.mark.parametrize("base", CLASSIFIERS)
def test_of_classes_every_one_comes_with_its_score(store, desk, ask, base):
    letters = projects.create(store, "letters", "classes", ("bill", "form", "letter"))
    job = ask(house.page(1), of=untrained.publish(store, letters, new_id(), base=base).id)
    desk.step(1)
    (page,) = answer_of(store, job).pages
    assert sorted(found.field for found in page.detections) == sorted(field.id for field in letters.fields)
    assert sum(found.score for found in page.detections) == pytest.approx(1, abs=0.001)
    assert all(found.xyxy is None for found in page.detections)


def test_a_page_that_cannot_be_read_says_why_and_the_others_are_answered(store, desk, ask):
    job = ask(house.page(1), b"no image", house.page(2))
    desk.step(1)
    good, bad, last = answer_of(store, job).pages
    assert good.detections
    assert last.detections
    assert str(bad.message).startswith("Page page-1.png cannot be read:")
    assert bad.detections == ()


def test_an_answer_says_how_long_it_took_and_on_what(store, desk, ask):
    job = ask(house.page(1))
    desk.step(1)
    answer = answer_of(store, job)
    assert answer.seconds > 0
    assert answer.device in ("cpu", "cuda")


def test_the_trouble_of_one_job_is_its_answer_and_the_next_has_its_turn(store, desk, ask, model, project, caplog):
    caplog.set_level(logging.CRITICAL)
    damaged = untrained.publish(store, project, new_id())
    store.model(damaged.id).weights.write_bytes(b"others")
    first, gone, good = ask(house.page(1), of=damaged.id), ask(house.page(1), of=new_id()), ask(house.page(1))
    desk.step(1)
    assert "does not match its SHA-256" in str(answer_of(store, first).message)
    assert "is not there" in str(answer_of(store, gone).message)
    assert answer_of(store, good).message is None


def test_an_error_nobody_foresaw_becomes_the_answer_too(store, machine, ask, caplog):
    caplog.set_level(logging.CRITICAL)

    def fail(job: Job) -> Answer:
        raise RuntimeError("shapes do not match")

    job = ask(house.page(1))
    Desk(store, machine, fail, 0.0).step(1)
    assert str(answer_of(store, job).message) == "RuntimeError: shapes do not match"


def test_weights_of_another_version_are_refused_in_words(store, desk, ask, model, project):
    weights = save({"head.score.bias": torch.zeros(2)})
    store.model(model.id).weights.write_bytes(weights)
    changed = model.model_copy(update={"weights_sha256": sha256(weights)})
    store.model(model.id).record.write_bytes(encode(changed))
    job = ask(house.page(1))
    desk.step(1)
    assert "was trained by another version" in str(answer_of(store, job).message)


def test_a_deleted_model_is_not_tried(store, desk, ask, model):
    models.delete(store, models.find(store, model.id), "ann")
    job = ask(house.page(1))
    desk.step(1)
    assert "was deleted" in str(answer_of(store, job).message)


def test_a_model_as_onnx_is_made_once_it_is_asked_for(store, desk, machine):
    model = untrained.publish(store, projects.create(store, "letters", "classes", ("bill", "form")), new_id())
    job = jobs.ask(store, "onnx", model.id, machine, "ann")
    desk.step(1)
    assert answer_of(store, job).message is None
    assert store.model(model.id).onnx.is_file()


def test_a_model_is_judged_on_the_test_images_as_they_are_labelled_now(store, desk, machine):
    project, _ = house.fill(store, "pages", 6, 6)
    model = untrained.publish(store, project, new_id())
    assign_split(store, project, Index(store), "ann")
    job = jobs.ask(store, "evaluate", model.id, machine, "ann", project=project.id)
    desk.step(1)
    evaluated = answer_of(store, job).evaluated
    test_images = {row.image for row in Index(store).page(project.id, Filter(split="test"))}
    assert test_images
    assert {image.image for image in evaluated.evaluation.images} == test_images
    assert evaluated.per_field.keys() == {field.id for field in project.fields}
    assert 0 <= evaluated.map_50 <= 1
    assert all(len(image.right) + len(image.missing) == 2 for image in evaluated.evaluation.images)


def test_fields_of_another_project_are_matched_by_name_and_go_by_its_ids(store, desk, machine, model):
    project = projects.create(store, "others", "fields", ("Total", "company"))
    add_test_image(store, project, Box(field=project.field("Total").id, xyxy=(1, 1, 60, 30)))
    job = jobs.ask(store, "evaluate", model.id, machine, "ann", project=project.id)
    desk.step(1)
    evaluated = answer_of(store, job).evaluated
    assert list(evaluated.per_field) == [project.field("Total").id]
    assert evaluated.evaluation.rule.thresholds == {project.field("Total").id: 0.3}
    assert {found.field for image in evaluated.evaluation.images for found in image.detections} == {project.field("Total").id}


def test_without_anything_to_judge_by_there_are_no_figures(store, desk, machine, model):
    project = projects.create(store, "others", "fields", ("company",))
    add_test_image(store, project, Box(field=project.field("company").id, xyxy=(1, 1, 60, 30)))
    job = jobs.ask(store, "evaluate", model.id, machine, "ann", project=project.id)
    desk.step(1)
    evaluated = answer_of(store, job).evaluated
    assert (evaluated.evaluation.images, evaluated.map_50, evaluated.per_field) == ((), None, {})


def test_a_model_of_fields_is_not_judged_on_classes(store, desk, machine, model):
    letters = projects.create(store, "letters", "classes", ("bill", "form"))
    job = jobs.ask(store, "evaluate", model.id, machine, "ann", project=letters.id)
    desk.step(1)
    assert "another kind of model" in str(answer_of(store, job).message)


@pytest.mark.parametrize("base", CLASSIFIERS)
def test_a_model_of_classes_is_judged_by_its_accuracy(store, desk, machine, base):
    letters = projects.create(store, "letters", "classes", ("bill", "form"))
    model = untrained.publish(store, letters, new_id(), base=base)
    images_of = [add_test_image(store, letters, number=number, class_id=letters.fields[number % 2].id) for number in range(4)]
    job = jobs.ask(store, "evaluate", model.id, machine, "ann", project=letters.id)
    desk.step(1)
    evaluated = answer_of(store, job).evaluated
    assert {image.image for image in evaluated.evaluation.images} == set(images_of)
    assert evaluated.accuracy in (0, 0.25, 0.5, 0.75, 1)
    assert evaluated.map_50 is None


def test_nothing_is_left_of_a_job_of_two_days_ago(store, desk, ask, monkeypatch):
    old = ask(house.page(1))
    monkeypatch.setattr("worker.desk.now", lambda: now() + 2 * jobs.KEPT)
    desk.step(1)
    assert not store.job(old.id).folder.exists()


def test_it_goes_on_while_jobs_come_and_ends_when_none_came_for_minutes(store, machine, ask):
    desk = Desk(store, machine, lambda job: Answer(job=job.id, at=now(), seconds=0), time.monotonic())
    assert 0 < desk.step(time.monotonic()) < 1
    ask(house.page(1))
    assert desk.step(time.monotonic() + IDLE_S - 1)
    assert desk.step(time.monotonic() + IDLE_S + 1) == 0


def test_a_full_disk_is_tried_again_later(store, machine, ask, caplog):
    caplog.set_level(logging.CRITICAL)

    def gone(job: Job) -> Answer:
        # As when somebody deletes the store's folder under it: the answer finds no place.
        for path in store.job(job.id).folder.iterdir():
            path.unlink()
        store.job(job.id).folder.rmdir()
        return Answer(job=job.id, at=now(), seconds=0)

    ask(house.page(1))
    desk = Desk(store, machine, gone, 0.0)
    assert desk.step(1) > 1


def test_as_a_process_of_its_own_it_answers_and_dies_with_its_parent(store, machine, ask):
    job = ask(house.page(1))
    # The parent it is told of is not its parent: it must not begin.
    command = [sys.executable, "-m", "worker.desk", str(store.root), machine]
    assert subprocess.run([*command, "1"], cwd=house.ROOT, stderr=subprocess.DEVNULL).returncode == 1
    assert jobs.read_answer(store, job.id) is None
    # A shell that ends takes it along.
    parent = subprocess.Popen(["sh", "-c", '"$@" $$ & wait', "sh", *command], cwd=house.ROOT)
    house.until(lambda: jobs.read_answer(store, job.id), "the job is answered")
    parent.kill()
    parent.wait()
    house.until(lambda: not any("worker.desk" in line for line in running(str(store.root))), "the desk is gone")


def running(word: str) -> list[list[str]]:
    """Command lines of processes that name ``word``."""
    import psutil

    return [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE and word in (process.info["cmdline"] or [])
    ]
