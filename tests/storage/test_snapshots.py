"""Snapshots: which labels a run is trained and tested on, and which images it is to label."""

import pytest

from storage import images, labels, projects, snapshots, uploads
from storage.index import Index
from storage.projects import PROJECTS
from tests.worker import house


@pytest.fixture
def pages(store):
    return house.fill(store, "pages", 12, 10)


def take(store, project, use_unreviewed=False):
    return snapshots.take(store, project, Index(store), use_unreviewed, "ann")


def splits(store, project, ids):
    return [images.get(store.project(project.id), image).split for image in ids]


def test_a_fifth_of_what_people_labelled_is_for_testing_and_the_rest_for_training(store, pages):
    project, ids = pages
    snapshot = take(store, project)
    assert [item.split for item in snapshot.labelled].count("test") == 2
    assert {item.image for item in snapshot.labelled} == set(ids[:10])
    assert {(item.image, item.rev) for item in snapshot.unlabelled} == {(image, 0) for image in ids[10:]}


def test_an_image_keeps_its_split_when_more_labels_come(store, pages):
    project, ids = pages
    take(store, project)
    before = splits(store, project, ids[:10])
    for image in ids[10:]:
        labels.save(store.project(project.id), image, 0, (), "bob")
    take(store, project)
    assert splits(store, project, ids[:10]) == before
    assert None not in splits(store, project, ids)


@pytest.mark.parametrize(("labelled", "test"), [(1, 0), (2, 1), (7, 1), (8, 2), (10, 2)])
def test_few_labels_are_mostly_for_training(store, labelled, test):
    project, ids = house.fill(store, "pages", 10, labelled)
    take(store, project)
    assert splits(store, project, ids).count("test") == test


def test_labels_nobody_reviewed_are_never_for_testing_and_train_only_if_asked(store, pages):
    project, ids = pages
    labels.save(store.project(project.id), ids[11], 0, (), "ann", origin="auto")
    assert ids[11] not in {item.image for item in take(store, project).labelled}
    with_them = {item.image: item.split for item in take(store, project, use_unreviewed=True).labelled}
    assert with_them[ids[11]] == "train"


@pytest.fixture
def meanwhile(monkeypatch):
    """Let somebody else act once between the reading and the writing of an image's record."""
    read, actions = images.get, []

    def get_and_be_overtaken(paths, image):
        record = read(paths, image)
        if actions:
            actions.pop()()
        return record

    monkeypatch.setattr(images, "get", get_and_be_overtaken)
    return actions


def test_two_runs_that_start_on_the_same_labels_at_once_agree_on_the_split(store, pages, meanwhile):
    project, ids = pages
    meanwhile.append(lambda: take(store, project))
    take(store, project)
    assert sorted(map(str, splits(store, project, ids[:10]))) == ["test"] * 2 + ["train"] * 8


def test_an_image_deleted_at_that_moment_does_not_stop_the_run(store, pages, meanwhile):
    project, ids = pages
    paths = store.project(project.id)
    meanwhile.append(lambda: [images.change(paths, images.get(paths, image), "bob", deleted=True) for image in ids[:10:3]])
    snapshot = take(store, project)
    assert not {item.image for item in snapshot.labelled} & set(ids[:10:3])
    assert len(snapshot.labelled) == 6


def sorted_pages(store, *sizes):
    """A project of classes with so many images labelled of each; their ids by class id."""
    project = projects.create(store, "forms", "classes", tuple(f"class{number}" for number in range(len(sizes))))
    paths, numbers = store.project(project.id), iter(range(1000))
    found = {}
    for field, size in zip(project.fields, sizes, strict=True):
        found[field.id] = [uploads.add(paths, f"{field.name}.png", house.page(next(numbers)), "ann").id for _ in range(size)]
        for image in found[field.id]:
            labels.save(paths, image, 0, None, "ann", class_id=field.id)
    return project, found


@pytest.mark.parametrize(
    ("sizes", "test"),
    [
        ((5, 5, 5, 5), [1, 1, 1, 1]),
        ((5, 4, 4, 4), [1, 0, 0, 0]),
        ((11, 8), [2, 2]),
        ((16, 1, 1, 1, 1), [4, 0, 0, 0, 0]),
        ((4, 4, 4, 4), [0, 0, 0, 0]),
        ((1, 1, 1), [0, 0, 0]),
        ((3, 1), [0, 0]),
    ],
    ids=str,
)
def test_classes_have_their_share_of_the_test_images_and_keep_four_for_training(store, sizes, test):
    project, found = sorted_pages(store, *sizes)
    snapshot = take(store, project)
    tested = {item.image for item in snapshot.labelled if item.split == "test"}
    assert sorted((len(tested & set(ids)) for ids in found.values()), reverse=True) == sorted(test, reverse=True)
    assert len(snapshot.labelled) == sum(sizes)


def test_images_of_a_class_that_left_the_scheme_are_neither_trained_on_nor_labelled(store):
    project, found = sorted_pages(store, 3, 2)
    rev, current = PROJECTS.get(store, project.id)
    smaller = projects.change(store, rev, current, fields=current.fields[:1])
    snapshot = take(store, smaller)
    assert {item.image for item in snapshot.labelled} == set(found[project.fields[0].id])
    assert snapshot.unlabelled == ()
