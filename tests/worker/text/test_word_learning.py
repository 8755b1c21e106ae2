"""What is learned of words is the least loss that there is, and no farther from what was known than the words ask."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from worker.text.word_learning import fit_words

WORDS, FEATURES, FIELDS = 60, 12, 2
NOTHING = (np.zeros((FEATURES, FIELDS), np.float32), np.zeros(FIELDS, np.float32))


@pytest.fixture
def described():
    """Words of two features each; whoever has the first one is of field 1, the second of field 2."""
    rng = np.random.default_rng(1)
    columns = np.stack([rng.integers(0, 3, WORDS), rng.integers(3, FEATURES - 1, WORDS)], axis=1).ravel()
    table = csr_array((np.ones(2 * WORDS, np.float32), columns, np.arange(0, 2 * WORDS + 1, 2)), shape=(WORDS, FEATURES))
    first = columns[::2]
    return table, np.where(first < 2, first + 1, 0)


def loss(table, classes, weight, bias):
    logits = np.hstack([np.zeros((WORDS, 1)), table @ weight + bias])
    right = logits[np.arange(WORDS), classes]
    return (np.log(np.exp(logits).sum(axis=1)) - right).sum() + (weight**2).sum() / 24


def test_no_step_from_what_was_learned_makes_the_loss_less(described):
    table, classes = described
    weight, bias = fit_words(table, classes, np.ones(WORDS, np.float32), *NOTHING)
    least = loss(table, classes, weight, bias)
    rng = np.random.default_rng(2)
    for _ in range(200):
        step = 0.1 * rng.standard_normal(weight.shape)
        assert loss(table, classes, weight + step, bias) > least
        assert loss(table, classes, weight, bias + 0.1 * rng.standard_normal(FIELDS)) > least


def test_words_that_do_not_count_leave_no_trace(described):
    table, classes = described
    counting = np.ones(WORDS, np.float32)
    counting[40:] = 0
    some = fit_words(table, classes, counting, *NOTHING)
    others = classes.copy()
    others[40:] = 2 - others[40:]
    for one, other in zip(some, fit_words(table, others, counting, *NOTHING), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_no_word_speaks_of_stays_as_it_was_known(described):
    known = np.zeros((FEATURES, FIELDS), np.float32)
    known[-1] = 3, -2  # a feature that no word has
    weight, _ = fit_words(*described, np.ones(WORDS, np.float32), known, NOTHING[1])
    assert weight[-1].tolist() == [3, -2]
    assert weight[0, 0] > 1
