"""What words and looks say of a page comes together where both mean the same, and stays apart where they do not."""

import numpy as np
import pytest

from tests.worker.text.letters import example
from worker.text.candidates import bring_together
from worker.text.choosing import Found, Seen
from worker.text.prepared import prepare_page

FIELD = 1
SPAN = (100.0, 100.0, 160.0, 120.0)
LOOSE = (80.0, 90.0, 200.0, 130.0)  # around the words and a good deal more, as people draw a cheque's number


def together(seen, fit):
    page = example(1)
    span = Found(FIELD, np.array(SPAN, np.float32), 0.9, 0)
    boxes = Seen(np.array([seen], np.float32), np.array([FIELD]), np.array([0.8], np.float32))
    return bring_together(page, prepare_page(page).page, [(span, np.array([0]))], boxes, np.array([0, fit], np.float32))


def test_words_inside_a_loosely_drawn_box_are_the_same_find():
    (both,) = together(LOOSE, fit=0.5)
    assert both.by_words > 0
    assert both.by_looks > 0


def test_the_farther_words_are_from_what_was_seen_the_less_of_the_box_is_theirs():
    (far,) = together(LOOSE, fit=1)
    assert far.xyxy[0] == pytest.approx(LOOSE[0], abs=5)
    (near,) = together((95.0, 98.0, 166.0, 122.0), fit=1)
    assert near.xyxy == pytest.approx(SPAN, abs=1)


def test_the_box_is_as_seen_where_labels_do_not_follow_their_words():
    (found,) = together((95.0, 98.0, 166.0, 122.0), fit=0)
    assert found.xyxy == pytest.approx((95, 98, 166, 122))


def test_what_stands_elsewhere_is_another_find():
    by_words, by_looks = together((300.0, 100.0, 360.0, 120.0), fit=1)
    assert by_words.by_looks is None
    assert by_looks.by_words is None
