"""Average precision, limits and thresholds from held-out labels, and what is right on each image."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storage import detections, evaluations, labels, models
from storage.evaluations import JudgedImage
from storage.labels import Box
from storage.projects import Field
from tests.worker import house
from worker.data import Example, limits
from worker.detect import Detections
from worker.evaluate import FieldScore, Judgement, expected_thresholds, judge, score, thresholds, with_counts
from worker.examples import labelled_example
from worker.judging import Judge

BOX = [10.0, 10.0, 60.0, 30.0]
FAR = [100.0, 100.0, 150.0, 120.0]


def labelled(image, *fields):
    """An image with the box of each field name at its own place."""
    xyxy = np.array([[10, 10 + 40 * field, 60, 30 + 40 * field] for field in fields], np.float32).reshape(-1, 4)
    return Example(image, Path(image), 400, 400, xyxy, np.array(fields, np.int64))


def found(image, *rows):
    """Detections from (field, score, right?)."""
    rows = sorted(rows, key=lambda row: -row[1])
    xyxy = [[10, 10 + 40 * field, 60, 30 + 40 * field] if right else [300, 300, 320, 320] for field, _, right in rows]
    return Detections(
        image,
        np.array(xyxy, np.float32).reshape(-1, 4),
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float32),
    )


def test_perfect_detections_score_one():
    result = score([found("a", (0, 0.9, True), (1, 0.8, True))], [labelled("a", 0, 1)], 2)
    assert result.map_50 == pytest.approx(1.0)
    assert result.map_50_95 == pytest.approx(1.0)
    assert [field.ap_50 for field in result.per_field] == pytest.approx([1.0, 1.0])


def test_a_missed_field_scores_zero_and_an_absent_one_none():
    result = score([found("a", (0, 0.9, True), (2, 0.9, False))], [labelled("a", 0, 1)], 3)
    assert [field.ap for field in result.per_field] == [pytest.approx(1.0), 0.0, None]
    assert result.map_50 == pytest.approx(0.5)


def test_a_loose_box_counts_at_half_overlap_only():
    loose = Detections("a", np.array([[10, 10, 60, 36]], np.float32), np.array([0]), np.array([0.9], np.float32))
    result = score([loose], [labelled("a", 0)], 1)
    assert result.map_50 == pytest.approx(1.0)
    assert 0.4 < result.map_50_95 < 0.8


def test_images_without_detections_count_as_missed():
    result = score([found("a", (0, 0.9, True))], [labelled("a", 0), labelled("b", 0)], 1)
    assert result.map_50 == pytest.approx(0.5, abs=0.01)


def test_no_labels_at_all_is_no_error():
    assert score([], [], 2).map_50 == 0.0


def test_the_limit_is_the_most_seen_on_one_image():
    assert limits([labelled("a", 0, 0, 1), labelled("b", 1)], 3) == [2, 1, 1]


def test_no_labelled_image_limits_to_one():
    assert limits([], 2) == [1, 1]


def test_the_threshold_lies_between_right_and_wrong():
    examples = [labelled(str(i), 0) for i in range(8)]
    detections = [found(str(i), (0, 0.6, True)) if i else found("0", (0, 0.2, False)) for i in range(8)]
    assert thresholds(detections, examples, [1])[0] == pytest.approx(0.4)


def test_boxes_beyond_the_limit_do_not_raise_the_threshold():
    examples = [labelled(str(i), 0) for i in range(4)]
    detections = [found(str(i), (0, 0.5, True), (0, 0.4, False)) for i in range(4)]
    assert thresholds(detections, examples, [1])[0] < 0.4
    assert thresholds(detections, examples, [2])[0] > 0.4


def test_a_rare_field_is_drawn_to_what_all_fields_say():
    examples = [labelled(str(i), 0) for i in range(20)] + [labelled("last", 0, 1)]
    detections = [found(str(i), (0, 0.4, True)) for i in range(20)] + [found("last", (0, 0.4, True), (1, 0.95, True))]
    common, rare = thresholds(detections, examples, [1, 1])
    alone = 0.5  # the middle between 0.95 and 0.05, seen on one box only
    assert common < rare < (common + alone) / 2


@pytest.mark.parametrize("detections", [[], [found("a", (0, 0.9, False))]])
def test_without_one_right_box_the_threshold_is_careful(detections):
    assert thresholds(detections, [labelled("a", 0)], [1]) == [0.5]


def test_a_box_can_be_found_once_only():
    twice = Detections("a", np.array([BOX, BOX, FAR], np.float32), np.array([0, 0, 0]), np.array([0.9, 0.8, 0.3], np.float32))
    # The second box of the same place is wrong, so only scores above 0.8 are worth keeping.
    assert thresholds([twice], [labelled("a", 0)], [3])[0] > 0.3


def test_of_probabilities_everything_over_a_fifth_of_the_best_expected_f2_is_applied():
    examples = [labelled(str(i), 0, 1) for i in range(5)]
    detections = [found(str(i), (0, 0.9, True), (1, 0.3, i > 3)) for i in range(5)]
    # Keeping all ten boxes is best: 5 · (4.5 + 1.5) / (10 + 4 · 10).
    assert expected_thresholds(detections, examples, [1, 1]) == pytest.approx([0.6 / 5] * 2)


def test_probabilities_of_boxes_beyond_the_limit_do_not_count():
    examples = [labelled(str(i), 0) for i in range(4)]
    once = [found(str(i), (0, 0.9, True)) for i in range(4)]
    twice = [found(str(i), (0, 0.9, True), (0, 0.6, False)) for i in range(4)]
    assert expected_thresholds(twice, examples, [1]) == expected_thresholds(once, examples, [1])


@pytest.mark.parametrize(("detections", "least"), [([], 0.5), ([found("a", (0, 0.05, False))], 0.1)])
def test_a_model_that_is_sure_of_nothing_does_not_apply_everything(detections, least):
    assert expected_thresholds(detections, [labelled("a", 0)], [1]) == [least]


def test_an_image_is_judged_field_by_field():
    boxes = found("a", (0, 0.9, True), (1, 0.8, False))
    assert judge(boxes, labelled("a", 0, 1, 2), [0.5] * 3, [1] * 3) == Judgement(right=[0], missing=[1, 2], wrong=[1])


def test_a_box_below_its_threshold_is_not_applied_so_its_field_is_missing():
    boxes = found("a", (0, 0.4, True), (1, 0.4, True))
    assert judge(boxes, labelled("a", 0, 1), [0.3, 0.5], [1, 1]) == Judgement(right=[0], missing=[1], wrong=[])


def test_boxes_beyond_the_limit_are_not_judged():
    boxes = found("a", (0, 0.9, True), (0, 0.8, False), (0, 0.7, False))
    assert judge(boxes, labelled("a", 0), [0.5], [2]).wrong == [0]


def test_a_second_box_on_a_field_that_was_found_is_wrong():
    boxes = found("a", (0, 0.9, True), (0, 0.8, True))
    assert judge(boxes, labelled("a", 0), [0.5], [2]) == Judgement(right=[0], missing=[], wrong=[0])


def test_a_run_leaves_its_test_images_with_what_is_right_on_them(completed_run):
    evaluation = evaluations.read(completed_run.process.last.paths)
    model = models.get(completed_run.store, completed_run.process.id)
    assert len(evaluation.images) == model.test_images
    assert evaluation.rule == model.rule
    assert all(len(image.right) + len(image.missing) == 2 for image in evaluation.images)  # a page has two fields


def test_what_is_judged_are_the_boxes_that_would_be_applied(completed_run):
    evaluation = evaluations.read(completed_run.process.last.paths)

    def applied(image: JudgedImage):
        return detections.select(detections.ImageDetections(image=image.image, detections=image.detections), evaluation.rule)

    assert all(len(applied(image)) == len(image.right) + len(image.wrong) for image in evaluation.images)


def texts(*values):
    """What is read in boxes, with the reader's certainty."""
    return {"texts": values, "read": tuple(None if value is None else 0.9 for value in values)}


def value_shares(boxes, example, fields):
    judgement = judge(boxes, example, [0.5] * fields, [1] * fields)
    return [each.value_right for each in with_counts([FieldScore()] * fields, [judgement])]


def test_a_value_is_right_where_the_same_is_read_but_for_spaces_and_case():
    example = replace(labelled("a", 0, 1, 2), texts=("12 Мая", "Total", "5.00"))
    boxes = replace(found("a", (0, 0.9, True), (1, 0.8, True), (2, 0.7, True)), **texts("12МАЯ", "totai", "5.00 "))
    assert value_shares(boxes, example, 3) == [1.0, 0.0, 1.0]


def test_a_field_of_a_page_where_nothing_was_read_has_a_wrong_value():
    example = replace(labelled("a", 0, 1), texts=("x", ""))
    boxes = replace(found("a", (0, 0.9, True), (1, 0.8, True)), **texts(None, None))
    assert value_shares(boxes, example, 2) == [0.0, 1.0]  # where a person says that nothing is written, nothing is right


def test_values_are_compared_in_right_boxes_with_a_text_alone():
    example = replace(labelled("a", 0, 1, 2), texts=("x", None, "z"))
    boxes = replace(found("a", (0, 0.9, False), (1, 0.8, True), (2, 0.4, True)), **texts("x", "y", "z"))
    assert value_shares(boxes, example, 3) == [None, None, None]


def test_a_model_that_reads_nothing_has_no_figure_of_values():
    assert value_shares(found("a", (0, 0.9, True)), replace(labelled("a", 0), texts=("x",)), 1) == [None]


def test_of_boxes_out_of_order_each_is_compared_with_its_own_label():
    example = replace(labelled("a", 0, 1), texts=("first", "second"))
    boxes = replace(found("a", (1, 0.9, True), (0, 0.8, True)), **texts("second", "first"))
    assert value_shares(boxes, example, 2) == [1.0, 1.0]


def test_the_texts_of_a_label_are_those_that_values_are_compared_with(store):
    project, (image,) = house.fill(store, "pages", 1, 0)
    paths, (date, total) = store.project(project.id), (field.id for field in project.fields)
    boxes = (
        Box(field=total, xyxy=(1, 1, 9, 9), text="5"),
        Box(field="left", xyxy=(1, 1, 9, 9), text="x"),
        Box(field=date, xyxy=(1, 1, 9, 9)),
    )
    labels.save(paths, image, 0, boxes, "ann")
    example = labelled_example(paths, image, 1, project.fields)
    assert (example.class_id.tolist(), example.texts) == ([1, 0], ("5", None))


def test_what_was_read_is_kept_with_its_box():
    boxes = replace(found("a", (0, 0.9, True), (1, 0.8, True)), **texts("12.05", None))
    fields = (Field(id="d", name="date", colour="#000000"), Field(id="t", name="total", colour="#ffffff"))
    kept = Judge("fields", fields).record(boxes).detections
    assert [(each.field, each.text, each.read) for each in kept] == [("d", "12.05", 0.9), ("t", None, None)]
