"""What is said before labels are applied or rolled back, and that it comes true."""

import pytest

from storage import actions, applies, images, labels, plans, processes, uploads
from storage.core.records import now
from storage.index import Index
from storage.labels import Box
from tests.worker import house
from worker.apply import carry_out

MINE = (Box(field="f", xyxy=(0, 0, 5, 5)),)


class Bench:
    """Five unlabelled pages and a completed process that found both fields on each."""

    def __init__(self, store):
        self.store, self.index = store, Index(store)
        self.project, self.images = house.fill(store, "pages", 5, 0)
        self.paths = store.project(self.project.id)
        self.process = house.completed(store, self.project, self.images)

    @property
    def found(self):
        return processes.get(self.store, self.process)

    def ask(self, what):
        """Apply or roll back → how it went."""
        request = what(self.store, self.found, "ann")
        carry_out(self.store, self.found)
        return request, plans.outcome(self.store.process(self.process), request.action, request.apply)

    def preview(self):
        rule = actions.rule_for(self.store, self.found, None)
        return applies.preview(self.store, self.project, self.found.last, rule, self.index)

    def preview_roll_back(self, request):
        return applies.preview_roll_back(self.store, self.project, self.process, request.apply, self.index)

    def label(self, image):
        return labels.save(self.paths, image, labels.head_rev(self.paths, image), MINE, "bob")


@pytest.fixture
def bench(store):
    return Bench(store)


def test_an_image_that_people_touched_is_left_out_and_counted_nowhere_else(bench):
    bench.label(bench.images[0])
    images.change(bench.paths, images.get(bench.paths, bench.images[1]), "bob", deleted=True)
    found = bench.preview()
    assert (list(found.base), found.skipped, found.nothing_found) == (bench.images[2:], tuple(bench.images[:2]), 0)


def test_an_image_added_after_the_run_began_is_no_candidate(bench):
    added = uploads.add(bench.paths, "late.png", house.page(77), "bob").id
    found = applies.candidates(bench.store, bench.project, bench.found.last, bench.index)
    assert (found.added, added in found.free) == ((added,), False)


def test_what_an_apply_does_is_what_its_preview_said(bench):
    bench.label(bench.images[3])
    said = bench.preview()
    _, done = bench.ask(actions.apply)
    assert (len(said.base), sum(said.boxes.values())) == (done.changed, 2 * done.changed) == (4, 8)


def test_what_a_roll_back_does_is_what_its_preview_said(bench):
    request, _ = bench.ask(actions.apply)
    accepted, corrected, cleared, *_ = bench.images
    labels.accept(bench.paths, accepted, 1, "bob")
    bench.label(corrected)
    labels.save(bench.paths, cleared, 1, None, "bob")
    said = bench.preview_roll_back(request)
    _, done = bench.ask(actions.roll_back)
    assert (said.restored, {row.image for row in said.kept}) == (done.changed, set(done.kept)) == (2, {accepted, corrected, cleared})


def test_an_image_deleted_since_gets_its_earlier_label_back_all_the_same(bench):
    request, _ = bench.ask(actions.apply)
    images.change(bench.paths, images.get(bench.paths, bench.images[0]), "bob", deleted=True)
    said = bench.preview_roll_back(request)
    _, done = bench.ask(actions.roll_back)
    assert (said.restored, said.kept) == (done.changed, ()) == (5, ())


def test_an_image_the_apply_came_too_late_for_is_neither_restored_nor_kept(bench):
    request = actions.apply(bench.store, bench.found, "ann")
    rule, base = actions.rule_for(bench.store, bench.found, None), dict.fromkeys(bench.images, 0)
    plan = plans.Plan(id=request.apply, process=bench.process, attempt=1, author="ann", rule=rule, base=base, skipped=(), at=now())
    plans.make_plan(bench.store.process(bench.process).apply(request.apply), plan)
    bench.label(bench.images[0])
    carry_out(bench.store, bench.found)
    said = bench.preview_roll_back(request)
    _, done = bench.ask(actions.roll_back)
    assert (said.restored, said.kept) == (done.changed, done.kept) == (4, ())


def test_a_label_that_cannot_be_read_is_kept(bench):
    request, _ = bench.ask(actions.apply)
    (bench.paths.label_shard(bench.images[0]) / f"{bench.images[0]}.000001.json").write_text("{")
    said = bench.preview_roll_back(request)
    _, done = bench.ask(actions.roll_back)
    assert (said.restored, [row.image for row in said.kept]) == (done.changed, list(done.kept)) == (4, [bench.images[0]])
