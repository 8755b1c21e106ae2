"""Applying classes that a run found, and rolling that back: as for boxes, with a label for each image."""

import pytest

from storage import actions, applies, attempts, images, labels, models, plans, processes, projects, uploads
from storage.attempts import Ended, Outcome
from storage.core import files
from storage.core.records import encode, now
from storage.detections import Detection, ImageDetections
from storage.index import Counts, Index
from storage.projects import PROJECTS
from storage.snapshots import Snapshot, UnlabelledImage
from tests.worker import house
from worker.apply import carry_out

SCORES = (0.95, 0.8, 0.6, 0.4, 0.2)


class Bench:
    """Five unlabelled pages and a completed process, ever less certain that they are invoices, receipts, invoices, …"""

    def __init__(self, store):
        self.store, self.index = store, Index(store)
        self.project = projects.create(store, "forms", "classes", ("invoice", "receipt"))
        self.invoice, self.receipt = (field.id for field in self.project.fields)
        self.paths = store.project(self.project.id)
        self.images = [uploads.add(self.paths, f"{number}.png", house.page(number), "ann").id for number in range(5)]
        self.process = self.run()

    def run(self):
        process = house.new_process(self.store, self.project)
        made = house.claim(self.store, process)
        unlabelled = tuple(UnlabelledImage(image=image, rev=labels.head_rev(self.paths, image)) for image in self.images)
        snapshot = Snapshot(project=self.project.id, fields=self.project.fields, labelled=(), unlabelled=unlabelled)
        files.create_once(made.paths.snapshot, encode(snapshot))
        with files.LineWriter(made.paths.detections) as writer:
            for number, (image, score) in enumerate(zip(self.images, SCORES, strict=True)):
                found = Detection(field=(self.invoice, self.receipt)[number % 2], xyxy=None, score=score)
                writer.write(ImageDetections(image=image, detections=(found,)).model_dump_json().encode())
        models.publish(self.store, house.model(process, self.project), b"weights")
        attempts.end(made.paths, Ended(outcome=Outcome.COMPLETED, at=now(), model=process))
        return process

    @property
    def found(self):
        return processes.get(self.store, self.process)

    def ask(self, what, **options):
        """Apply or roll back → the request and how it went."""
        request = what(self.store, self.found, "ann", **options)
        carry_out(self.store, self.found)
        return request, plans.outcome(self.store.process(self.process), request.action, request.apply)

    def choose(self, number, class_id):
        image = self.images[number]
        return labels.save_class(self.paths, self.project, image, labels.head_rev(self.paths, image), class_id, "bob")

    def heads(self):
        return [labels.head(self.paths, image) for image in self.images]

    def classes(self):
        return [head.class_id if head else None for head in self.heads()]


@pytest.fixture
def bench(store):
    return Bench(store)


def test_a_found_class_becomes_the_label_with_where_it_came_from_and_how_sure_it_is(bench):
    request, done = bench.ask(actions.apply)
    first = bench.heads()[0]
    assert done.changed == 3
    assert (first.class_id, first.score, first.process, first.model) == (bench.invoice, 0.95, bench.process, bench.process)
    assert (first.state, first.origin, first.boxes, first.apply) == ("auto", "auto", None, request.apply)


def test_under_its_threshold_an_image_stays_unlabelled(bench):
    bench.ask(actions.apply, thresholds={bench.invoice: 0.9, bench.receipt: 0.3})
    assert bench.classes() == [bench.invoice, bench.receipt, None, bench.receipt, None]


def test_an_apply_does_what_its_preview_said(bench):
    bench.choose(0, bench.receipt)
    rule = actions.rule_for(bench.store, bench.found, None)
    said = applies.preview(bench.store, bench.project, bench.found.last, rule, bench.index)
    _, done = bench.ask(actions.apply)
    assert said.boxes == {bench.invoice: 1, bench.receipt: 1}
    assert (len(said.base), said.skipped, said.nothing_found) == (done.changed, (bench.images[0],), 2) == (2, (bench.images[0],), 2)
    assert bench.heads()[0].author == "bob"


def test_a_class_deleted_meanwhile_is_given_to_no_image(bench):
    rev, project = PROJECTS.get(bench.store, bench.project.id)
    PROJECTS.change(bench.store, rev, project.model_copy(update={"fields": project.fields[:1]}))
    bench.ask(actions.apply)
    assert bench.classes() == [bench.invoice, None, bench.invoice, None, None]


def test_a_roll_back_takes_classes_away_and_keeps_what_people_accepted_and_corrected(bench):
    request, _ = bench.ask(actions.apply)
    bench.choose(0, bench.invoice)
    bench.choose(1, bench.invoice)
    said = applies.preview_roll_back(bench.store, bench.project, bench.process, request.apply, bench.index)
    _, done = bench.ask(actions.roll_back)
    assert (said.restored, {row.image for row in said.kept}) == (done.changed, set(done.kept)) == (1, set(bench.images[:2]))
    assert [head.state for head in bench.heads()[:3]] == ["reviewed", "corrected", "unlabelled"]
    assert (bench.heads()[2].score, bench.heads()[2].process) == (None, None)


def test_a_roll_back_puts_back_the_earlier_label_as_it_was(bench):
    bench.choose(0, bench.receipt)
    before = bench.choose(0, None)
    bench.process = bench.run()
    bench.ask(actions.apply)
    assert bench.heads()[0].rev == 3
    request, _ = bench.ask(actions.roll_back)
    after = bench.heads()[0]
    assert after == before.model_copy(update={"rev": 4, "author": "ann", "at": after.at, "undoes": request.apply})


def test_what_was_rolled_back_can_be_applied_again(bench):
    for what in (actions.apply, actions.roll_back) * 2:
        assert bench.ask(what)[1].changed == 3
    assert [len(labels.history(bench.paths, image)) for image in bench.images] == [4, 4, 4, 0, 0]


def test_the_index_counts_and_finds_what_was_applied(bench):
    bench.ask(actions.apply)
    bench.choose(0, bench.receipt)
    bench.index.refresh(bench.project.id)
    assert bench.index.classes(bench.project.id) == {bench.invoice: {"auto": 1}, bench.receipt: {"auto": 1, "corrected": 1}}
    counts = Counts(images=5, unlabelled=2, labelled=0, auto=2, reviewed=0, corrected=1, damaged=0, deleted=0)
    assert bench.index.counts(bench.project.id) == counts


def test_an_image_deleted_meanwhile_is_passed_over(bench):
    images.change(bench.paths, images.get(bench.paths, bench.images[0]), "ann", deleted=True)
    assert bench.ask(actions.apply)[1].changed == 2
