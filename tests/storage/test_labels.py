"""Labels as compare-and-swap revisions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from storage import labels
from storage.core.errors import Conflict
from storage.labels import Box

IMAGE = "a" * 64


@pytest.fixture
def paths(store, project):
    return store.project(project.id)


def box(right=9.0, **values):
    return Box(field="f", xyxy=(1, 1, right, 9), **values)


def test_a_saved_label_is_the_head_and_knows_its_author(paths):
    saved = labels.save(paths, IMAGE, 0, (box(),), "ann")
    assert labels.head(paths, IMAGE) == saved
    assert (saved.rev, saved.author, saved.is_confirmed) == (1, "ann", True)


def test_a_stale_save_is_refused_and_both_versions_stay(paths):
    labels.save(paths, IMAGE, 0, (box(5),), "ann")
    with pytest.raises(Conflict):
        labels.save(paths, IMAGE, 0, (box(6),), "bob")
    labels.save(paths, IMAGE, 1, (box(6),), "bob")
    assert [label.author for label in labels.history(paths, IMAGE)] == ["ann", "bob"]


def test_eight_people_who_save_at_once_get_one_revision_each(paths):
    def save(author, times=10):
        saved = []
        while len(saved) < times:
            try:
                saved.append(labels.save(paths, IMAGE, labels.head_rev(paths, IMAGE), (box(),), author).rev)
            except Conflict:
                continue
        return saved

    with ThreadPoolExecutor(8) as pool:
        revs = sorted(rev for saved in pool.map(save, "abcdefgh") for rev in saved)
    assert revs == list(range(1, 81))


@pytest.mark.parametrize(
    ("values", "is_labelled", "is_confirmed"),
    [
        ({"boxes": None}, False, False),
        ({"boxes": ()}, True, True),
        ({"boxes": None, "class_id": "c"}, True, True),
        ({"boxes": (box(),), "origin": "auto"}, True, False),
        ({"boxes": (box(),), "origin": "auto", "reviewed_by": "ann"}, True, True),
        ({"boxes": None, "origin": "auto", "reviewed_by": "ann"}, False, False),
    ],
    ids=["unlabelled", "no fields here", "a class", "found, not reviewed", "found and reviewed", "rolled back"],
)
def test_what_counts_as_labelled_and_as_confirmed_by_a_person(paths, values, is_labelled, is_confirmed):
    label = labels.save(paths, IMAGE, 0, author="ann", **values)
    assert (label.is_labelled, label.is_confirmed) == (is_labelled, is_confirmed)


@pytest.mark.parametrize(
    "xyxy",
    [(5, 1, 5, 9), (9, 1, 5, 9), (1, 9, 9, 9), (-1, 1, 5, 9), (0, float("nan"), 5, 9), (0, 0, float("inf"), 9)],
    ids=["no width", "right of left", "no height", "outside", "not a number", "endless"],
)
def test_a_box_without_area_is_refused(xyxy):
    with pytest.raises(ValidationError):
        Box(field="f", xyxy=xyxy)


def test_an_image_never_labelled_has_no_head_and_no_history(paths):
    assert (labels.head(paths, IMAGE), labels.head_rev(paths, IMAGE), labels.history(paths, IMAGE)) == (None, 0, [])
