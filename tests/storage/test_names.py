"""Unique names: case does not count, one of many creators wins, left-behind names are free."""

import pytest

from storage.core import objects
from storage.core.errors import InvalidValue, NameTaken


def dead(other):
    return False


def living(other):
    return True


@pytest.mark.parametrize(
    ("first", "second"),
    [("Receipts", "receipts"), ("Straße", "STRASSE"), ("Счета", "счета"), ("ｒeceipts", "receipts"), ("ﬁeld", "field"), ("e\u0301t", "ét")],
    ids=["case", "sharp s", "Cyrillic", "full width", "ligature", "combining accent"],
)
def test_names_that_look_alike_are_one_name(store, first, second):
    objects.claim_name(store, "project", first, "id1", dead)
    with pytest.raises(NameTaken, match="case does not count"):
        objects.claim_name(store, "project", second, "id2", living)
    assert objects.find_name(store, "project", second) == "id1"


def test_kinds_of_objects_do_not_share_names(store):
    objects.claim_name(store, "project", "a", "id1", living)
    objects.claim_name(store, "template", "a", "id2", living)
    assert (objects.find_name(store, "project", "a"), objects.find_name(store, "template", "a")) == ("id1", "id2")


def test_a_name_left_behind_by_a_creation_that_was_cut_off_is_free(store):
    objects.claim_name(store, "project", "a", "cut-off", dead)
    objects.claim_name(store, "project", "a", "new", dead)
    assert objects.find_name(store, "project", "a") == "new"


def test_a_name_may_be_claimed_again_by_its_holder(store):
    objects.claim_name(store, "project", "a", "id1", living)
    objects.claim_name(store, "project", "A", "id1", living)
    assert objects.confirm_name(store, "project", "a", "id1")


def test_a_rival_who_looked_before_the_object_was_there_does_not_take_its_name(store):
    objects.claim_name(store, "project", "a", "fast", dead)

    def look_then_be_overtaken(other):
        assert objects.confirm_name(store, "project", "a", "fast")  # it is created and confirmed after the rival looked
        return False

    with pytest.raises(NameTaken):
        objects.claim_name(store, "project", "a", "slow", look_then_be_overtaken)
    assert objects.find_name(store, "project", "a") == "fast"


def test_who_is_overtaken_before_confirming_is_told(store):
    objects.claim_name(store, "project", "a", "slow", dead)
    objects.claim_name(store, "project", "a", "fast", dead)
    assert not objects.confirm_name(store, "project", "a", "slow")
    assert objects.confirm_name(store, "project", "a", "fast")


def test_a_released_name_is_free_unless_it_was_claimed_again_meanwhile(store):
    objects.claim_name(store, "project", "a", "id1", living)
    objects.claim_name(store, "project", "a", "id1", living)
    objects.release_name(store, "project", "a", "id1", 1)
    assert objects.find_name(store, "project", "a") == "id1"
    objects.release_name(store, "project", "a", "id1", 2)
    assert objects.find_name(store, "project", "a") is None


def test_nobody_releases_the_name_of_another(store):
    objects.claim_name(store, "project", "a", "id1", living)
    objects.release_name(store, "project", "a", "id2", 1)
    assert objects.find_name(store, "project", "a") == "id1"


@pytest.mark.parametrize("name", ["a b", "", "a/b", "-a", "a.", "a\u202eb", "a\nb"], ids=ascii)
def test_a_name_outside_the_pattern_is_refused_with_what_is_allowed(name):
    with pytest.raises(InvalidValue, match="use letters, digits"):
        objects.check_name("Project", name)


def test_a_name_is_kept_in_composed_form():
    assert objects.check_name("Project", "e\u0301t") == "ét"
