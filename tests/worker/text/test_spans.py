"""The candidates of a page, and what labels say of them."""

import numpy as np
import pytest

from tests.worker.text.letters import example, words_of
from worker.text import targets
from worker.text.page import make_page
from worker.text.prepared import prepare_page
from worker.text.spans import make_spans
from worker.text.targets import Boxes


def texts(page, spans):
    return {page.text(spans.of(number).tolist()) for number in range(len(spans))}


def test_runs_of_words_parts_of_a_row_and_runs_of_lines_are_candidates():
    page = make_page(words_of([(10, [("a", 10), ("b", 30)]), (11, [("c", 70)]), (40, [("d", 10)])]), 600, 400, 0)
    assert texts(page, make_spans(page)) == {"a", "b", "a b", "c", "a b c", "d", "a b d"}


def test_no_candidate_comes_twice():
    page = make_page(words_of([(10, [("a", 10)])]), 600, 400, 0)
    assert len(make_spans(page)) == 1


def test_every_box_of_a_letter_fits_some_candidate():
    pages = [example(number) for number in range(5)]
    boxes = [Boxes(each.xyxy, each.class_id) for each in pages]
    overlaps = targets.best_overlaps([prepare_page(each) for each in pages], boxes, np.zeros((3, 4), np.float32))
    np.testing.assert_allclose(np.concatenate(overlaps), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("overlaps", "stands"),
    [
        ((), True),  # nobody labelled it
        ((0.9, 0.9, 0.9, 0.9, 0.4), True),
        ((0.9, 0.9, 0.9, 0.9, 0.1), False),  # no words there
        ((0.9, 0.9, 0.9, 0.4, 0.4), False),
        ((0.9, 0.9, 0.4), False),  # of so few labels each says much
        ((*[0.9] * 9, 0.1), True),
        ((*[0.9] * 8, 0.4, 0.1), True),
        ((*[0.9] * 8, 0.1, 0.1), False),
    ],
)
def test_a_field_stands_in_words_that_fit_its_labels_but_for_one_that_they_touch(overlaps, stands):
    assert targets.stands_in_words(np.array(overlaps)) == stands


def test_labels_drawn_wider_than_the_words_are_learned_as_offsets():
    pages = [example(number) for number in range(4)]
    boxes = [Boxes(each.xyxy + np.array([-4, -2, 6, 2], np.float32), each.class_id) for each in pages]
    offsets = targets.learn_offsets([prepare_page(each) for each in pages], boxes, 3)
    np.testing.assert_allclose(offsets[0], [-0.2, -0.1, 0.3, 0.1], atol=0.01)


def test_a_field_that_is_not_on_the_page_is_none_of_its_spans():
    page, labelled = prepare_page(example(1, rows=0)), example(1, rows=0)
    wanted, known = targets.span_targets(page, Boxes(labelled.xyxy, labelled.class_id), np.zeros((3, 4), np.float32))
    assert (wanted[-1].tolist(), known.tolist()) == ([0, 1, 0], [1, 1, 1])


def test_of_a_repeated_field_every_box_has_its_share():
    labelled = example(1, rows=2)
    wanted, _ = targets.span_targets(prepare_page(labelled), Boxes(labelled.xyxy, labelled.class_id), np.zeros((3, 4), np.float32))
    np.testing.assert_allclose(wanted.sum(axis=0), 1, rtol=1e-5)
    assert (wanted[:, 1] > 0.3).sum() == 2


def test_nothing_is_known_of_a_field_whose_box_no_words_fit():
    labelled = example(1)
    boxes = Boxes(np.array([[400, 300, 500, 380]], np.float32), np.array([1]))
    _, known = targets.span_targets(prepare_page(labelled), boxes, np.zeros((3, 4), np.float32))
    assert known.tolist() == [1, 0, 1]
