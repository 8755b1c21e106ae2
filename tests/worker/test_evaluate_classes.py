"""Classes: accuracy, what is right at a threshold, precision, recall and F1, and the thresholds themselves."""

from pathlib import Path

import numpy as np
import pytest

from storage.plans import Rule
from storage.projects import Field
from worker.data import Example
from worker.detect import Detections
from worker.evaluate import FieldScore, Judgement, with_counts
from worker.evaluate_classes import judge, score, thresholds
from worker.judging import Judge, judge_all

FIELDS = tuple(Field(id=name, name=name, colour="#000000") for name in ("form", "letter", "note"))


def page(image, true):
    return Example(image, Path(image), 10, 10, np.zeros((0, 4), np.float32), np.array([true]))


def found(image, best, certainty):
    """The likeliest class of an image, the other two behind it."""
    order = [best, *(other for other in range(3) if other != best)]
    rest = (1 - certainty) / 2
    return Detections(image, np.zeros((0, 4), np.float32), np.array(order), np.array([certainty, rest, rest], np.float32))


def test_accuracy_is_the_share_of_images_whose_likeliest_class_is_right():
    result = score([found("a", 0, 0.9), found("b", 0, 0.4)], [page("a", 0), page("b", 1), page("c", 1)], 3)
    assert result.accuracy == pytest.approx(1 / 3)
    assert (result.map_50, result.quality) == (None, result.accuracy)
    assert [each.recall for each in result.per_field] == [1.0, 0.0, None]


def test_no_test_image_is_no_error():
    assert score([], [], 3).accuracy == 0


@pytest.mark.parametrize(
    ("best", "certainty", "expected"),
    [
        (1, 0.8, Judgement([1], [], [])),
        (0, 0.8, Judgement([], [1], [0])),
        (1, 0.49, Judgement([], [1], [])),
        (0, 0.49, Judgement([], [1], [])),
    ],
    ids=["right", "another class", "not sure enough", "wrong and not sure enough"],
)
def test_an_image_is_right_wrong_or_left_unlabelled(best, certainty, expected):
    assert judge(found("a", best, certainty), page("a", 1), [0.5, 0.5, 0.5]) == expected


def test_precision_counts_what_was_applied_recall_what_was_there():
    judgements = [Judgement([0], [], []), Judgement([], [0], [1]), Judgement([], [1], []), Judgement([1], [], [])]
    first, second, third = with_counts([FieldScore(ap_50=0.7)] * 3, judgements)
    assert (first.precision, first.recall, first.f1, first.ap_50) == (1.0, 0.5, pytest.approx(2 / 3), 0.7)
    assert (second.precision, second.recall, second.f1) == (0.5, 0.5, 0.5)
    assert (third.precision, third.recall, third.f1) == (None, None, None)


def test_the_store_keeps_the_likeliest_class_alone_and_truth_and_find_of_every_test_image():
    judged = Judge("classes", FIELDS)
    rule = Rule(thresholds=dict.fromkeys(("form", "letter", "note"), 0.5))
    pages = [page("a", 0), page("b", 1)]
    kept, judgements = judge_all(judged, [found("a", 0, 0.9), found("b", 2, 0.7)], pages, {"a": 3, "b": 1}, rule)
    right, wrong = kept.images
    assert [(each.field, each.xyxy, each.score) for each in right.detections] == [("form", None, 0.9)]
    assert (right.right, right.rev, wrong.missing, wrong.wrong) == (("form",), 3, ("letter",), ("note",))
    assert len(judgements) == 2


def held_out(*rows):
    """Thresholds of three classes from images of the first: (found class, certainty)."""
    names = [str(number) for number in range(len(rows))]
    return thresholds([found(name, *row) for name, row in zip(names, rows, strict=True)], [page(name, 0) for name in names], 3)


def test_without_held_out_images_a_class_is_applied_well_before_it_is_certain():
    assert held_out() == pytest.approx([7 / 15] * 3)  # a fifth of the way from a third to one


def test_right_images_alone_leave_the_threshold_low():
    assert held_out((0, 0.99), (0, 0.98)) == pytest.approx(held_out())


def test_a_class_often_taken_for_another_needs_more_certainty():
    wrong, none = held_out(*[(1, 0.8)] * 20), held_out()
    assert wrong[1] > 0.7
    assert (wrong[0], wrong[2]) == pytest.approx((none[0], none[2]))


def test_many_held_out_images_part_right_from_wrong():
    right = [(0, 0.9 + 0.001 * number) for number in range(60)]
    examples = [page(str(number), 0 if number < 60 else 1) for number in range(120)]
    detections = [found(str(number), *row) for number, row in enumerate([*right, *[(0, 0.7)] * 60])]
    assert 0.7 < thresholds(detections, examples, 3)[0] < 0.9
