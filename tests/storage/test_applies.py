"""The apply transaction, step by step; whole applies and roll backs are in tests/worker/test_apply.py."""

import pytest

from storage import applies, images, labels, plans
from storage.core import files
from storage.core.ids import new_id
from storage.core.records import now
from storage.labels import Box
from storage.plans import Plan, Rule
from tests.worker import house

FOUND = (Box(field="f", xyxy=(1, 1, 9, 9), origin="auto"),)
MINE = (Box(field="f", xyxy=(0, 0, 5, 5)),)


class Planned:
    """Three unlabelled pages and a plan to label them."""

    def __init__(self, store):
        project, self.images = house.fill(store, "pages", 3, 0)
        self.of, self.project = project, store.project(project.id)
        self.paths = store.process("0" * 26).apply(new_id())
        self.plan = plans.make_plan(self.paths, self.new_plan())
        self.seen = []

    def new_plan(self, **changes):
        values = {"attempt": 1, "author": "ann", "rule": Rule(thresholds={}), "skipped": (), "at": now()}
        return Plan(**{"id": self.paths.folder.name, "process": "p", "base": dict.fromkeys(self.images, 0), **values, **changes})

    def carry_out(self, images=None):
        found = [(image, (FOUND, {})) for image in images or self.images]
        return applies.carry_out(self.project, self.paths, self.plan, found, lambda *counts: self.seen.append(counts))

    def roll_back(self):
        return applies.roll_back(self.project, self.paths, self.plan, "ann", lambda *counts: self.seen.append(counts))

    def turn(self, *turns):
        """Make a plan that turns the first pages by these."""
        self.paths = self.project.store.process("0" * 26).apply(new_id())
        self.plan = plans.make_plan(self.paths, self.new_plan(turns=dict(zip(self.images, turns, strict=False))))

    def turns(self):
        return [images.find(self.project, image).turn for image in self.images]

    def revs(self):
        return [labels.head_rev(self.project, image) for image in self.images]


@pytest.fixture
def planned(store):
    return Planned(store)


def test_a_plan_is_fixed_once_and_whoever_comes_later_gets_that_one(planned):
    assert plans.make_plan(planned.paths, planned.new_plan(author="bob")) == planned.plan


def test_progress_counts_every_image_of_the_plan(planned):
    planned.carry_out()
    assert planned.seen == [(1, 3), (2, 3), (3, 3)]


def test_what_was_applied_before_a_cut_is_counted_and_not_done_again(planned):
    for image in planned.images[:2]:
        labels.save(planned.project, image, 0, FOUND, "ann", origin="auto", apply=planned.plan.id)
    assert planned.carry_out().changed == 3
    assert planned.revs() == [1, 1, 1]


def test_an_image_for_which_no_boxes_are_left_is_kept(planned):
    assert planned.carry_out(planned.images[:2]).kept == (planned.images[2],)


def test_a_second_outcome_does_not_replace_the_first(planned):
    first = planned.carry_out()
    assert planned.carry_out(planned.images[:1]) == first


def test_a_label_cleared_by_a_person_after_the_apply_stays_cleared(planned):
    planned.carry_out()
    labels.save(planned.project, planned.images[0], 1, None, "bob")
    assert planned.roll_back().kept == (planned.images[0],)
    assert labels.head(planned.project, planned.images[0]).author == "bob"


def test_a_roll_back_keeps_what_people_accepted_and_what_they_corrected(planned):
    planned.carry_out()
    accepted, corrected, _ = planned.images
    labels.accept(planned.project, accepted, 1, "bob")
    page = images.get(planned.project, corrected)
    labels.save_by_person(planned.project, planned.of, page, 1, [(planned.of.fields[0].id, (1, 1, 5, 5))], "bob")
    done = planned.roll_back()
    assert (done.changed, set(done.kept)) == (1, {accepted, corrected})
    assert [labels.head(planned.project, image).state for image in planned.images] == ["reviewed", "corrected", "unlabelled"]


def test_a_roll_back_that_is_repeated_changes_nothing(planned):
    planned.carry_out()
    first = planned.roll_back()
    files.remove_file(planned.paths.rolledback)
    assert planned.roll_back().changed == first.changed
    assert planned.revs() == [2, 2, 2]


def test_an_image_the_apply_never_came_to_is_neither_changed_nor_kept(planned):
    planned.carry_out(planned.images[:2])
    done = planned.roll_back()
    assert (done.changed, done.kept, planned.revs()) == (2, (), [2, 2, 0])


def test_progress_that_cannot_be_read_is_none(planned):
    assert plans.read_progress(planned.paths) is None
    planned.paths.progress.write_bytes(b"{")
    assert plans.read_progress(planned.paths) is None


def test_pages_are_turned_with_their_labels_and_no_person_said_so(planned):
    planned.turn(90, 180)
    planned.carry_out()
    assert planned.turns() == [90, 180, 0]
    assert [images.get(planned.project, image).said_turn for image in planned.images] == [None] * 3


def test_a_plan_from_before_pages_were_turned_turns_none(planned):
    old = Plan.model_validate_json(planned.plan.model_dump_json(exclude={"turns"}))
    assert old.turns == {}


def test_taken_up_after_a_cut_an_apply_turns_what_was_labelled_already_and_nothing_twice(planned):
    planned.turn(90, 90, 90)
    first, second, _ = planned.images
    for image in (first, second):
        labels.save(planned.project, image, 0, FOUND, "ann", origin="auto", apply=planned.plan.id)
    images.turn_as_found(planned.project, images.get(planned.project, first), 90, planned.plan.id, "ann")
    planned.carry_out()
    assert planned.turns() == [90] * 3
    assert [images.get(planned.project, image).rev for image in planned.images] == [2] * 3


def test_a_page_that_a_person_turned_or_labelled_meanwhile_is_not_turned(planned):
    planned.turn(90, 90, 90)
    turned, labelled, _ = planned.images
    images.change(planned.project, images.get(planned.project, turned), "bob", turn=0)
    labels.save(planned.project, labelled, 0, MINE, "bob")
    planned.carry_out()
    assert planned.turns() == [0, 0, 90]


def test_a_page_that_is_saved_at_the_same_moment_is_turned_all_the_same(planned, monkeypatch):
    planned.turn(90)
    find, met = images.find, []

    def split_meanwhile(project, image):
        page = find(project, image)
        if not met:
            met.append(images.change(project, page, "bob", split="test"))
        return page

    monkeypatch.setattr(images, "find", split_meanwhile)
    planned.carry_out()
    page = find(planned.project, planned.images[0])
    assert (page.turn, page.split) == (90, "test")


def test_a_roll_back_turns_pages_back_and_an_executor_that_comes_late_does_not_turn_them_again(planned):
    planned.turn(90, 180)
    planned.carry_out()
    planned.roll_back()
    assert planned.turns() == [0, 0, 0]
    files.remove_file(planned.paths.applied)
    planned.carry_out()
    assert planned.turns() == [0, 0, 0]


def test_a_roll_back_cut_between_label_and_page_turns_the_page_when_it_is_repeated(planned):
    planned.turn(90)
    planned.carry_out()
    image = planned.images[0]
    labels.save(planned.project, image, 1, None, "ann", origin="auto", undoes=planned.plan.id)
    planned.roll_back()
    assert planned.turns()[0] == 0


def test_a_roll_back_leaves_pages_as_people_turned_them_and_those_whose_label_stays(planned):
    planned.turn(90, 90, 90)
    planned.carry_out()
    turned, accepted, _ = planned.images
    images.change(planned.project, images.get(planned.project, turned), "bob", turn=270)
    labels.accept(planned.project, accepted, 1, "bob")
    planned.roll_back()
    assert planned.turns() == [270, 90, 0]


def test_a_roll_back_gives_back_the_turn_of_an_earlier_apply(planned):
    earlier = images.turn_as_found(planned.project, images.get(planned.project, planned.images[0]), 270, "earlier", "ann")
    planned.turn(90)
    planned.carry_out()
    images.change(planned.project, images.get(planned.project, planned.images[0]), "bob", split="train")
    planned.roll_back()
    page = images.get(planned.project, planned.images[0])
    assert (page.turn, page.turned_by, page.split) == (earlier.turn, "earlier", "train")
