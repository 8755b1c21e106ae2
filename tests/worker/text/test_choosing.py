"""From chances of spans to fields: what covers nearly the same is one find, and a box that is seen says which of it."""

import numpy as np

from tests.worker.text.letters import example
from worker.text.choosing import NOTHING_SEEN, Seen, choose
from worker.text.prepared import prepare_page
from worker.text.targets import RIGHT_IOU, iou, moved

OFFSETS, TEXTUAL = np.zeros((1, 4), np.float32), np.ones(1, np.float32)
PAGE = prepare_page(example(1))
BOXES = moved(PAGE.spans, OFFSETS[0])


def nearly_the_same():
    """A span, and one that holds a little more or less."""
    overlaps = np.array([iou(box, BOXES) for box in BOXES])
    one, other = np.argwhere((overlaps > RIGHT_IOU) & (overlaps < 0.9))[0]
    return int(one), int(other)


def chosen(seen, likelier, less_likely):
    chances = np.zeros((len(BOXES) + 1, 1), np.float32)
    chances[[likelier, less_likely], 0] = 0.5, 0.4
    (found,) = choose(PAGE, chances, OFFSETS, TEXTUAL, seen)
    assert found.chance == np.float32(0.5) + np.float32(0.4)
    return found.span


def seen_at(span, label=0):
    return Seen(BOXES[[span]], np.array([label]), np.array([0.8], np.float32))


def test_of_spans_that_nearly_cover_each_other_the_likeliest_stands_for_all():
    one, other = nearly_the_same()
    assert chosen(NOTHING_SEEN, one, other) == one
    assert chosen(NOTHING_SEEN, other, one) == other


def test_a_box_that_is_seen_says_which_of_them_it_is():
    one, other = nearly_the_same()
    assert chosen(seen_at(one), other, one) == one
    assert chosen(seen_at(other), one, other) == other


def test_a_box_seen_of_another_field_says_nothing():
    one, other = nearly_the_same()
    assert chosen(seen_at(other, label=1), one, other) == one
