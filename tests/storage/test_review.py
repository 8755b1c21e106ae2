"""Rules learned from labels: which fields are expected, and which may stand on a page more than once."""

import pytest

from storage.review import Rules, learn_rules


@pytest.mark.parametrize(
    ("labels", "expected", "repeated"),
    [
        ([({"a": 1}, 3)], {"a"}, set()),
        ([({"a": 1}, 9), ({}, 1)], {"a"}, set()),  # nine tenths are enough
        ([({"a": 1}, 8), ({}, 1)], set(), set()),
        ([({"a": 1, "b": 1}, 5), ({"a": 1}, 5)], {"a"}, set()),
        ([({"a": 1}, 99), ({"a": 2}, 1)], {"a"}, {"a"}),  # one label is enough
        ([({}, 5)], set(), set()),
    ],
)
def test_a_field_on_most_labels_is_expected_and_one_that_stood_twice_may_do_so_again(labels, expected, repeated):
    assert learn_rules(labels) == Rules(frozenset(expected), frozenset(repeated))


@pytest.mark.parametrize("labels", [[], [({"a": 1}, 2)], [({"a": 1}, 1), ({}, 1)]])
def test_under_three_labels_make_no_rules(labels):
    assert learn_rules(labels) is None


@pytest.mark.parametrize(
    ("fields", "missing", "doubled"),
    [
        ({"a": 1}, set(), set()),
        ({"a": 2}, set(), {"a"}),
        ({}, {"a"}, set()),
        ({"a": 1, "items": 7}, set(), set()),
        ({"new": 2}, {"a"}, {"new"}),  # on no label of people's twice
    ],
)
def test_a_label_breaks_a_rule_by_a_field_too_few_or_too_many(fields, missing, doubled):
    rules = Rules(expected=frozenset({"a"}), repeated=frozenset({"items"}))
    assert rules.broken_by(fields) == (missing, doubled)
