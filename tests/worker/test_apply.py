"""Applying what a run found, and rolling it back: on real labels, with people in between."""

import os
import subprocess
import sys

import pytest

from storage import actions, applies, images, labels, plans, processes
from storage.core import files, revisions
from storage.index import Index
from storage.labels import Box
from storage.processes import State
from storage.projects import PROJECTS
from tests.worker import house
from worker.apply import carry_out

PERSON = (Box(field="f", xyxy=(0, 0, 5, 5)),)


class Bench:
    """Six pages, all unlabelled, and a completed process that found both fields on each."""

    def __init__(self, store, count=6, turns=()):
        self.store = store
        self.project, self.images = house.fill(store, "pages", count, 0)
        self.paths = store.project(self.project.id)
        self.process = house.completed(store, self.project, self.images, turns=dict(zip(self.images, turns, strict=False)))

    def ask(self, what, **options):
        """Ask to apply or roll back, and carry it out → how it went."""
        what(self.store, processes.get(self.store, self.process), "ann", **options)
        return self.again()

    def again(self):
        """Carry out the newest request → how it went."""
        carry_out(self.store, processes.get(self.store, self.process))
        request = processes.label_request(processes.get(self.store, self.process).requests)
        return plans.outcome(self.store.process(self.process), request.action, request.apply)

    def label(self, image):
        """A person labels the image, whatever is on it."""
        return labels.save(self.paths, image, labels.head_rev(self.paths, image), PERSON, "bob")

    def heads(self):
        return [labels.head(self.paths, image) for image in self.images]


@pytest.fixture
def bench(store):
    return Bench(store)


def test_applied_boxes_say_which_process_and_model_found_them_and_how_surely(bench):
    assert bench.ask(actions.apply).changed == 6
    box = bench.heads()[0].boxes[0]
    assert (box.origin, box.process, box.model, box.score) == ("auto", bench.process, bench.process, 0.9)
    assert [(box.text, box.read) for box in bench.heads()[0].boxes] == [("date 5", 0.7), ("total 5", 0.7)]
    assert not bench.heads()[0].is_confirmed


def test_a_threshold_given_with_the_request_replaces_the_computed_one(bench):
    first, second = bench.project.fields
    bench.ask(actions.apply, thresholds={first.id: 0.95})
    assert {box.field for head in bench.heads() for box in head.boxes} == {second.id}


def test_an_apply_in_which_nothing_reaches_its_threshold_is_applied_and_changes_nothing(bench):
    done = bench.ask(actions.apply, thresholds={field.id: 1.0 for field in bench.project.fields})
    assert done.changed == 0
    assert processes.get(bench.store, bench.process).state == State.APPLIED


def test_an_apply_that_is_repeated_changes_nothing(bench):
    bench.ask(actions.apply)
    before = bench.heads()
    request = processes.label_request(processes.get(bench.store, bench.process).requests)
    (bench.store.process(bench.process).apply(request.apply).applied).unlink()  # as if killed just before its last step
    assert bench.again().changed == 6
    assert bench.heads() == before


def test_an_image_labelled_before_the_apply_is_left_out_and_named(bench):
    bench.label(bench.images[2])
    assert bench.ask(actions.apply).changed == 5
    assert bench.heads()[2].author == "bob"


def test_an_image_labelled_after_the_plan_was_made_is_kept_and_listed(bench):
    bench.ask(actions.apply)
    bench.ask(actions.roll_back)
    request = actions.apply(bench.store, processes.get(bench.store, bench.process), "ann")
    paths = bench.store.process(bench.process).apply(request.apply)
    attempt = processes.get(bench.store, bench.process).attempts[-1]
    rule = actions.rule_for(bench.store, processes.get(bench.store, bench.process), None)
    found = applies.preview(bench.store, bench.project, attempt, rule, Index(bench.store))
    values = {"process": bench.process, "attempt": 1, "author": "ann", "rule": rule, "at": request.at}
    plans.make_plan(paths, plans.Plan(id=request.apply, base=found.base, skipped=found.skipped, **values))
    bench.label(bench.images[0])
    assert bench.again().kept == (bench.images[0],)
    assert bench.heads()[0].author == "bob"


def test_an_image_deleted_meanwhile_is_passed_over(bench):
    images.change(bench.paths, images.get(bench.paths, bench.images[1]), "ann", deleted=True)
    assert bench.ask(actions.apply).changed == 5
    assert labels.head_rev(bench.paths, bench.images[1]) == 0


def test_a_field_deleted_meanwhile_gives_no_boxes(bench):
    rev, project = PROJECTS.get(bench.store, bench.project.id)
    PROJECTS.change(bench.store, rev, project.model_copy(update={"fields": project.fields[:1]}))
    bench.ask(actions.apply)
    assert {box.field for head in bench.heads() for box in head.boxes} == {project.fields[0].id}


def test_roll_back_puts_back_what_was_there_and_keeps_what_people_corrected(bench):
    bench.ask(actions.apply)
    bench.label(bench.images[3])
    done = bench.ask(actions.roll_back)
    assert (done.changed, done.kept) == (5, (bench.images[3],))
    assert [head.is_labelled for head in bench.heads()] == [False, False, False, True, False, False]


def test_what_was_rolled_back_can_be_applied_again_and_rolled_back_again(bench):
    for what, changed in ((actions.apply, 6), (actions.roll_back, 6)) * 2:
        assert bench.ask(what).changed == changed
    assert processes.get(bench.store, bench.process).state == State.ROLLED_BACK
    assert [len(labels.history(bench.paths, image)) for image in bench.images] == [4] * 6


def damage(bench, image, rev=1):
    revisions.revision_path(bench.paths.label_shard(image), image, rev).write_bytes(b"{}")


def test_a_damaged_label_stops_neither_the_apply_nor_the_roll_back_of_others(bench):
    bench.label(bench.images[0])
    damage(bench, bench.images[0])
    assert bench.ask(actions.apply).changed == 5
    damage(bench, bench.images[1])
    done = bench.ask(actions.roll_back)
    assert (done.changed, done.kept) == (4, (bench.images[1],))


def test_nothing_is_done_once_it_is_finished(bench):
    bench.ask(actions.apply)
    names = sorted(files.list_names(bench.paths.labels))
    carry_out(bench.store, processes.get(bench.store, bench.process))
    assert sorted(files.list_names(bench.paths.labels)) == names


@pytest.mark.parametrize("what", [actions.apply, actions.roll_back])
def test_two_executors_at_once_change_each_image_once(store, what):
    bench = Bench(store, 40)
    if what is actions.roll_back:
        bench.ask(actions.apply)
    what(store, processes.get(store, bench.process), "ann")
    command = [sys.executable, "-m", "worker.apply", str(store.root), bench.process, str(os.getpid())]
    both = [subprocess.Popen(command, cwd=house.ROOT) for _ in range(2)]
    assert [child.wait(60) for child in both] == [0, 0]
    assert {len(labels.history(bench.paths, image)) for image in bench.images} == {1 if what is actions.apply else 2}
    assert bench.again().changed == 40


def test_an_executor_whose_worker_is_gone_does_nothing(bench):
    actions.apply(bench.store, processes.get(bench.store, bench.process), "ann")
    command = [sys.executable, "-m", "worker.apply", str(bench.store.root), bench.process, "1"]
    done = subprocess.run(command, cwd=house.ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (1, "worker 1 is gone")
    assert bench.heads() == [None] * 6


def test_pages_found_lying_otherwise_than_they_are_shown_are_turned_unless_a_person_said_how(store):
    bench = Bench(store, turns=(90, 180, 270, 0))
    for image, turn in zip(bench.images[1:3], (0, 270), strict=True):
        images.change(bench.paths, images.get(bench.paths, image), "bob", turn=turn)
    bench.ask(actions.apply)
    pages = [images.get(bench.paths, image) for image in bench.images]
    assert [page.turn for page in pages] == [90, 0, 270, 0, 0, 0]
    assert [page.rev for page in pages] == [2, 2, 2, 1, 1, 1]
    # In pixels of the original, as ever.
    assert bench.heads()[0].boxes[0].xyxy == (1, 2, 30, 20)


def test_a_page_that_receives_no_label_is_not_turned(store):
    bench = Bench(store, turns=(90,))
    bench.ask(actions.apply, thresholds={field.id: 1.0 for field in bench.project.fields})
    assert images.get(bench.paths, bench.images[0]).turn == 0


def test_what_was_turned_is_turned_back_by_the_roll_back_and_again_by_the_next_apply(store):
    bench = Bench(store, turns=(90,))
    turns = []
    for what in (actions.apply, actions.roll_back, actions.apply):
        bench.ask(what)
        turns.append(images.get(bench.paths, bench.images[0]).turn)
    assert turns == [90, 0, 90]
