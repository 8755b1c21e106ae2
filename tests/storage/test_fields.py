"""Taking a field's boxes off a project's labels, or moving them to another field."""

import pytest

from storage import fields, images, labels, projects, uploads
from storage.core.errors import Conflict, InvalidValue
from storage.core.revisions import revision_path
from storage.index import Index
from storage.labels import Box
from tests.worker import house


class Labelled:
    """Four pages with a date and two totals each: drawn, found, accepted and corrected."""

    def __init__(self, store):
        self.store, self.index = store, Index(store)
        self.project, self.images = house.fill(store, "pages", 5, 0)
        self.paths = store.project(self.project.id)
        self.date, self.total = (field.id for field in self.project.fields)
        self.save(0, "person")
        self.save(1, "auto", apply="apply")
        self.save(2, "auto", reviewed_by="bob")
        self.save(3, "person", corrects="run")

    def save(self, number, origin, **options):
        score = None if origin == "person" else 0.5
        boxes = [Box(field=field, xyxy=(0, at, 5, at + 5), origin=origin, score=score) for at, field in enumerate(self.all_fields)]
        image = self.images[number]
        labels.save(self.paths, image, labels.head_rev(self.paths, image), tuple(boxes), "bob", origin=origin, **options)

    @property
    def all_fields(self):
        return [self.date, self.total, self.total]

    def clear(self, field, to=None, on_progress=lambda *_: None):
        return fields.clear_field(self.store, self.project, self.index, field, "ann", to, on_progress)

    def heads(self):
        return [labels.head(self.paths, image) for image in self.images]

    def fields_of(self, number):
        return [box.field for box in self.heads()[number].boxes]


@pytest.fixture
def labelled(store):
    return Labelled(store)


def test_images_and_boxes_of_a_field_are_counted_without_the_deleted_ones(labelled):
    assert fields.count_boxes(labelled.project, labelled.index, labelled.total) == (4, 8)
    images.change(labelled.paths, images.get(labelled.paths, labelled.images[0]), "ann", deleted=True)
    assert fields.count_boxes(labelled.project, labelled.index, labelled.total) == (3, 6)
    assert fields.count_boxes(labelled.project, labelled.index, "unknown") == (0, 0)


def test_boxes_are_dropped_and_all_else_about_the_labels_stays(labelled):
    before = labelled.heads()
    assert labelled.clear(labelled.total) == 4
    for old, new in zip(before[:4], labelled.heads()[:4], strict=True):
        assert new == old.model_copy(update={"rev": old.rev + 1, "boxes": old.boxes[:1], "author": "ann", "at": new.at})
    assert labelled.heads()[4] is None


def test_boxes_are_moved_with_their_scores_and_origins(labelled):
    before = labelled.heads()
    labelled.clear(labelled.total, to=labelled.date)
    assert labelled.heads()[1].boxes == tuple(box.model_copy(update={"field": labelled.date}) for box in before[1].boxes)
    assert fields.count_boxes(labelled.project, labelled.index, labelled.total) == (0, 0)
    assert fields.count_boxes(labelled.project, labelled.index, labelled.date) == (4, 12)


def test_an_automatic_label_of_which_nothing_is_left_is_none_and_a_persons_says_no_fields(labelled):
    labelled.clear(labelled.date)
    labelled.clear(labelled.total)
    assert [head.state for head in labelled.heads()[:4]] == ["labelled", "unlabelled", "reviewed", "corrected"]
    assert [head.boxes for head in labelled.heads()[:4]] == [(), None, (), ()]


def test_what_is_left_of_an_apply_can_still_be_told_to_be_its(labelled):
    labelled.clear(labelled.date)
    assert labelled.heads()[1].apply == "apply"


def test_clearing_again_changes_nothing(labelled):
    labelled.clear(labelled.total)
    before = labelled.heads()
    assert labelled.clear(labelled.total) == 0
    assert labelled.heads() == before


def test_clearing_goes_on_after_a_cut(labelled):
    def cut(done, _):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        labelled.clear(labelled.total, on_progress=cut)
    assert labelled.clear(labelled.total) == 2
    assert {head.rev for head in labelled.heads()[:4]} == {2}


def test_progress_counts_the_images_that_have_the_field(labelled):
    seen = []
    labelled.clear(labelled.total, on_progress=lambda *counts: seen.append(counts))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_label_saved_at_that_moment_is_kept_and_cleared_too(labelled, monkeypatch):
    create, rivals = labels.create_revision, [lambda: labelled.save(0, "person")]

    def create_after_a_rival(*arguments):
        if rivals:
            rivals.pop()()
        return create(*arguments)

    monkeypatch.setattr(labels, "create_revision", create_after_a_rival)
    labelled.clear(labelled.total)
    assert {labelled.heads()[0].rev, *labelled.fields_of(0)} == {3, labelled.date}
    with pytest.raises(Conflict):
        labels.save(labelled.paths, labelled.images[0], 2, (), "bob")


def test_deleted_images_are_cleared_too_as_they_may_come_back(labelled):
    gone = images.change(labelled.paths, images.get(labelled.paths, labelled.images[0]), "ann", deleted=True)
    assert labelled.clear(labelled.total) == 4
    images.change(labelled.paths, gone, "ann", deleted=False)
    assert labelled.fields_of(0) == [labelled.date]


def test_a_damaged_label_does_not_stop_the_others(labelled):
    labelled.index.refresh(labelled.project.id)
    path = revision_path(labelled.paths.label_shard(labelled.images[0]), labelled.images[0], 1)
    path.write_bytes(b"{}")
    assert labelled.clear(labelled.total) == 3


@pytest.mark.parametrize("to", ["unknown", "itself"])
def test_boxes_move_to_another_field_of_the_project_only(labelled, to):
    with pytest.raises(InvalidValue, match="Choose another field"):
        labelled.clear(labelled.total, to=labelled.total if to == "itself" else to)
    assert {head.rev for head in labelled.heads()[:4]} == {1}


class Sorted:
    """Five pages of a project of classes: a receipt drawn, found, accepted and corrected each, and an invoice."""

    def __init__(self, store):
        self.store, self.index = store, Index(store)
        self.project = projects.create(store, "forms", "classes", ("invoice", "receipt"))
        self.paths = store.project(self.project.id)
        self.images = [uploads.add(self.paths, f"{number}.png", house.page(number), "ann").id for number in range(5)]
        self.invoice, self.receipt = (field.id for field in self.project.fields)
        found = {"origin": "auto", "score": 0.7, "process": "run", "model": "run"}
        self.save(0, self.receipt)
        self.save(1, self.receipt, **found, apply="apply")
        self.save(2, self.receipt, **found, reviewed_by="bob")
        self.save(3, self.receipt, corrects="run")
        self.save(4, self.invoice)

    def save(self, number, class_id, **said):
        labels.save(self.paths, self.images[number], 0, None, "bob", class_id=class_id, **said)

    def clear(self, to=None):
        return fields.clear_field(self.store, self.project, self.index, self.receipt, "ann", to, lambda *_: None)

    def heads(self):
        return [labels.head(self.paths, image) for image in self.images]


@pytest.fixture
def forms(store):
    return Sorted(store)


def test_images_of_a_class_are_counted_without_the_deleted_ones(forms):
    assert fields.count_boxes(forms.project, forms.index, forms.receipt) == (4, 4)
    images.change(forms.paths, images.get(forms.paths, forms.images[0]), "ann", deleted=True)
    assert fields.count_boxes(forms.project, forms.index, forms.receipt) == (3, 3)
    assert fields.count_boxes(forms.project, forms.index, "unknown") == (0, 0)


def test_images_of_a_class_that_goes_are_unlabelled_again_in_a_new_revision(forms):
    assert forms.clear() == 4
    assert [(head.state, head.rev, head.author) for head in forms.heads()[:4]] == [("unlabelled", 2, "ann")] * 4
    assert [(head.score, head.process, head.model) for head in forms.heads()[:4]] == [(None, None, None)] * 4
    assert (forms.heads()[4].class_id, forms.heads()[1].apply) == (forms.invoice, "apply")
    assert forms.clear() == 0


def test_images_move_to_another_class_with_all_else_about_their_labels(forms):
    before = forms.heads()
    assert forms.clear(to=forms.invoice) == 4
    for old, new in zip(before[:4], forms.heads()[:4], strict=True):
        assert new == old.model_copy(update={"rev": 2, "class_id": forms.invoice, "author": "ann", "at": new.at})
    assert fields.count_boxes(forms.project, forms.index, forms.invoice) == (5, 5)


def test_labels_move_to_another_class_of_the_project_only(forms):
    with pytest.raises(InvalidValue, match="Choose another class"):
        forms.clear(to="unknown")


def test_a_class_that_is_renamed_keeps_its_images(forms):
    invoice, receipt = forms.project.fields
    rev, project = projects.PROJECTS.get(forms.store, forms.project.id)
    projects.change(forms.store, rev, project, fields=[invoice, receipt.model_copy(update={"name": "till-receipt"})])
    assert fields.count_boxes(forms.project, forms.index, forms.receipt) == (4, 4)
