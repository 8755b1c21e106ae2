"""The stages of a run on real pages: what they leave behind, and what they do with images that are bad, gone or changed."""

import pytest
import torch
from safetensors.torch import load, save

from storage import attempts, checkpoints, detections, evaluations, images, labels, models, processes, progress
from storage.attempts import Ended, Outcome
from storage.core import files
from storage.core import records as store_records
from storage.core.errors import Refused
from storage.core.records import now
from storage.snapshots import Snapshot
from tests.worker import house
from tests.worker.conftest import StopAfter, run_here
from worker.data import NoExamples
from worker.models.detector import FieldDetector


def notices(store, process):
    return [str(notice) for notice in progress.read_status(processes.get(store, process).last.paths).notices]


def test_a_completed_run_went_through_every_stage(completed_run):
    status = progress.read_status(completed_run.process.last.paths)
    assert [(stage.name, stage.state) for stage in status.stages] == [(name, "done") for name in progress.StageName]
    assert (status.iteration, status.images, status.test_images) == (12, 8, 2)


def test_a_completed_run_published_a_model_whose_weights_are_whole(completed_run):
    model = models.get(completed_run.store, completed_run.process.id)
    weights = load(models.weights_path(completed_run.store, model).read_bytes())
    assert (model.fields, model.images, model.test_images) == (completed_run.project.fields, 8, 2)
    assert (model.task, model.kind, model.base_model, model.parent) == ("fields", "auto-label", "base-SmartOCR-01", None)
    assert all(torch.isfinite(value).all() for value in weights.values())


def test_a_model_tells_how_good_each_field_is_and_how_long_it_took(completed_run):
    model = models.get(completed_run.store, completed_run.process.id)
    images_judged = evaluations.read(completed_run.process.last.paths).images
    date = completed_run.project.fields[0].id
    right = sum(image.right.count(date) for image in images_judged)
    assert model.per_field[date].recall == pytest.approx(right / 2)
    assert model.per_field[date].ap_50 is not None
    assert (model.attempt, model.accuracy) == (1, None)
    assert model.seconds > 0


def test_a_completed_run_has_one_line_of_detections_for_each_image_that_was_unlabelled(completed_run):
    found = [line.image for line in detections.read_detections(completed_run.process.last.paths.detections)]
    assert sorted(found) == sorted(completed_run.images[10:])


def test_a_completed_run_has_a_point_for_each_iteration_and_its_evaluation(completed_run):
    points = progress.read_curves(completed_run.process.attempts)
    assert [point.iteration for point in points if point.loss is not None] == list(range(1, 13))
    assert [point.iteration for point in points if point.per_field is not None] == [12]


def test_what_the_machine_has_less_of_than_was_asked_for_is_said(completed_run):
    said = notices(completed_run.store, completed_run.process.id)
    assert any("loader processes lowered from 200" in notice for notice in said)
    assert torch.cuda.is_available() or "No CUDA device on this machine: running on the CPU" in said


@pytest.fixture
def pages(store):
    return house.fill(store, "pages", 8, 5)


def test_a_training_process_publishes_a_model_and_looks_at_no_unlabelled_image(store, pages):
    process = house.new_process(store, pages[0], "training", iterations=2)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert models.list_ids(store) == [process]
    assert not processes.get(store, process).last.paths.detections.is_file()


def test_a_stopped_run_goes_on_from_its_checkpoint_with_the_same_data(store, pages):
    process = house.new_process(store, pages[0], iterations=6, refresh=60)
    assert run_here(store, process, StopAfter(3)).outcome == Outcome.STOPPED
    assert checkpoints.newest(store.process(process), 1).manifest.iteration == 3
    labels.save(store.project(pages[0].id), pages[1][7], 0, (), "bob")  # labels made meanwhile are for the next run
    assert run_here(store, process).outcome == Outcome.COMPLETED
    made = processes.get(store, process).attempts
    first, second = (store_records.load(Snapshot, attempt.paths.snapshot) for attempt in made)
    assert first == second
    assert [point.iteration for point in progress.read_curves(made) if point.loss is not None] == [1, 2, 3, 4, 5, 6]


def spoil(store, project, image):
    store.project(project.id).original(image).write_bytes(b"no image")


def test_bad_images_are_listed_and_skipped(store, pages):
    project, added = pages
    for image in (added[0], added[6]):
        spoil(store, project, image)
    process = house.new_process(store, project, iterations=4)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    said = " ".join(notices(store, process))
    assert added[0] in said
    assert added[6] in said
    found = [line.image for line in detections.read_detections(processes.get(store, process).last.paths.detections)]
    assert sorted(found) == sorted({*added[5:]} - {added[6]})


def test_a_run_without_one_readable_image_says_so(store, pages):
    project, added = pages
    for image in added[:5]:
        spoil(store, project, image)
    process = house.new_process(store, project)
    with pytest.raises(NoExamples, match=r"None of the \d labelled images can be read"):
        run_here(store, process)


def test_a_damaged_label_costs_its_own_image_only(store, pages):
    project, added = pages
    process = house.new_process(store, project, iterations=6)
    run_here(store, process, StopAfter(1))
    shard = store.project(project.id).label_shard(added[0])
    next(shard.glob(f"{added[0]}.*.json")).write_bytes(b"{}")
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert any(added[0] in notice and "damaged" in notice for notice in notices(store, process))


def test_images_deleted_while_a_run_was_stopped_are_listed_and_skipped(store, pages):
    project, added = pages
    process = house.new_process(store, project, iterations=6)
    run_here(store, process, StopAfter(1))
    for image in (added[1], added[7]):
        paths = store.project(project.id)
        images.change(paths, images.get(paths, image), "ann", deleted=True)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert sum("is not in the project" in notice for notice in notices(store, process)) == 2


def test_a_run_whose_labelled_images_are_all_gone_is_refused_with_what_to_do(store, pages):
    project, added = pages
    process = house.new_process(store, project, iterations=6)
    run_here(store, process, StopAfter(1))
    paths = store.project(project.id)
    for image in added[:5]:
        images.change(paths, images.get(paths, image), "ann", deleted=True)
    with pytest.raises(Refused, match="has no labelled image to train on; label some"):
        run_here(store, process)


def test_an_attempt_that_was_given_up_keeps_and_publishes_nothing(store, pages):
    process = house.new_process(store, pages[0], iterations=2)
    made = house.claim(store, process)
    attempts.end(made.paths, Ended(outcome=Outcome.INTERRUPTED, at=now()))
    from worker import stages

    with pytest.raises(Refused, match="ended meanwhile"):
        stages.run(store, processes.get(store, process), made.number, StopAfter(99))
    assert (checkpoints.newest(store.process(process), 1), models.list_ids(store)) == (None, [])


def test_detections_of_a_killed_attempt_are_taken_over_but_for_damaged_lines(store, pages):
    process = house.new_process(store, pages[0], iterations=2)
    run_here(store, process)
    first = processes.get(store, process).last.paths
    first.end.unlink()  # as if worker and child had been killed just before
    attempts.end(first, Ended(outcome=Outcome.INTERRUPTED, at=now(), died=True))
    lines, _ = files.read_lines(first.detections)
    first.detections.write_bytes(b"\n".join([lines[0], b"\0" * 9, lines[2]]) + b"\n")
    assert run_here(store, process).outcome == Outcome.COMPLETED
    found = [line.image for line in detections.read_detections(processes.get(store, process).last.paths.detections)]
    assert sorted(found) == sorted(pages[1][5:])


def test_a_checkpoint_of_another_version_of_the_base_model_is_left_alone_and_said(store, pages):
    process = house.new_process(store, pages[0], iterations=3, refresh=60)
    run_here(store, process, StopAfter(1))
    paths = store.process(process).attempt(1)
    checkpoints.write(paths, 3, save({"model/old.weight": torch.ones(1)}), "{}")
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert any(
        "after iteration 3 is of another version of the base model: training begins anew" in said for said in notices(store, process)
    )
    made = processes.get(store, process).attempts
    assert [point.iteration for point in progress.read_curves(made) if point.loss is not None] == [1, 2, 3]


def test_out_of_memory_is_noted_on_the_process_and_the_run_completes(store, pages, monkeypatch):
    whole = FieldDetector.forward

    def short_of_memory(self, batch, targets=None):
        if targets is not None and len(batch) > 1:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")
        return whole(self, batch, targets)

    monkeypatch.setattr(FieldDetector, "forward", short_of_memory)
    process = house.new_process(store, pages[0], iterations=2)
    assert run_here(store, process).outcome == Outcome.COMPLETED
    assert any(notice.startswith("Out of memory: from now on 1 images at once") for notice in notices(store, process))
