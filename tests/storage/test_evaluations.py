"""Evaluations: what a model found on its test images, the worst first."""

import pytest

from storage import evaluations
from storage.core.paths import AttemptPaths
from storage.detections import Detection
from storage.evaluations import Evaluation, JudgedImage
from storage.plans import Rule


@pytest.fixture
def attempt(tmp_path):
    return AttemptPaths(tmp_path)


def judged(image, missing=(), wrong=()):
    detections = (Detection(field="f", xyxy=(0, 0, 1, 1), score=0.9),)
    return JudgedImage(image=image, rev=1, detections=detections, right=("f",), missing=missing, wrong=wrong)


def evaluation(*images):
    return Evaluation(rule=Rule(thresholds={"f": 0.5}), images=images)


def test_an_evaluation_is_read_as_it_was_kept(attempt):
    made = evaluation(judged("a"), judged("b", missing=("f", "g")))
    evaluations.keep(attempt, made)
    assert evaluations.read(attempt) == made


def test_before_the_first_there_is_none(attempt):
    assert evaluations.read(attempt) is None


def test_a_damaged_one_is_as_good_as_none(attempt):
    attempt.evaluation.write_bytes(b"{}")
    assert evaluations.read(attempt) is None


def test_the_worst_images_are_those_with_most_missing_and_wrong():
    images = judged("a", missing=("f",)), judged("b"), judged("c", missing=("f",), wrong=("g",)), judged("d", wrong=("g",) * 3)
    assert [image.image for image in evaluations.worst(evaluation(*images), 2)] == ["d", "c"]
    assert [image.image for image in evaluations.worst(evaluation(*images), 9)] == ["d", "c", "a"]


def test_of_equally_bad_images_the_same_are_shown_each_time():
    images = [judged(name, missing=("f",)) for name in "cab"]
    assert evaluations.worst(evaluation(*images), 2) == evaluations.worst(evaluation(*reversed(images)), 2)
