"""What a model is sure of on a page that nobody labelled counts a little; what it is not sure of counts nothing."""

import torch

from worker.text.guesses import guess_classes


def guessed(*chances):
    classes, counts = guess_classes(torch.tensor(chances))
    return classes.tolist(), [round(count, 2) for count in counts.tolist()]


def test_a_word_that_is_surely_of_a_field_counts_a_fifth_of_a_labelled_one():
    classes, counts = guessed([0.95, 0.0], [0.0, 0.9], [0.01, 0.02])
    assert classes == [1, 2, 0]
    assert counts == [0.2, 0.2, 0.2]


def test_a_word_that_may_be_of_a_field_or_not_counts_nothing():
    classes, counts = guessed([0.6], [0.3], [0.01])
    assert classes == [0, 0, 0]
    assert counts == [0, 0, 0.2]


def test_rows_that_share_the_chance_of_a_field_between_them_do_not_count_as_none():
    _, counts = guessed(*[[0.03]] * 30, [0.001])
    assert counts == [*[0] * 30, 0.2]


def test_of_a_field_that_stands_in_no_words_nothing_is_guessed():
    classes, counts = guessed([0.9, 0.0], [0.0, 0.0])
    assert (classes, counts) == ([1, 0], [0.2, 0.2])
