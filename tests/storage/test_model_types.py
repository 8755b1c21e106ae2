"""Model types: two come with the program and stand fast; others are added under names of their own."""

import pytest

from storage import model_types, templates
from storage.check import check_store
from storage.core.errors import InvalidValue, NameTaken, NotFound, Refused
from storage.model_types import MODEL_TYPES, PREINSTALLED


def names(store, purpose=None):
    return [each.name for each in model_types.list_types(store, purpose)]


def test_those_of_the_program_come_first_and_can_be_narrowed_by_purpose(store):
    model_types.create(store, "bills", "fields")
    model_types.create(store, "mail", "classes")
    assert names(store) == ["fields", "classifier", "bills", "mail"]
    assert (names(store, "fields"), names(store, "classes")) == (["fields", "bills"], ["classifier", "mail"])
    assert check_store(store) == []


@pytest.mark.parametrize("name", ["fields", "Fields", "CLASSIFIER", "ｆields", "bills", "BILLS"])
def test_a_name_that_is_taken_is_refused_in_any_case(store, name):
    model_types.create(store, "bills", "fields")
    with pytest.raises(NameTaken, match=r"is taken: .* exists"):
        model_types.create(store, name, "classes")


@pytest.mark.parametrize("name", ["", "two words", "a/b", ".hidden", "-v"])
def test_a_name_is_letters_digits_and_three_signs(store, name):
    with pytest.raises(InvalidValue, match=r"Model type name .* is not allowed"):
        model_types.create(store, name, "fields")


def test_a_description_changes_and_nothing_else(store):
    made = model_types.create(store, "bills", "fields", "old")
    model_types.describe(store, made, "new")
    assert MODEL_TYPES.get(store, "bills")[1] == made.model_copy(update={"description": "new"})


@pytest.mark.parametrize("own", PREINSTALLED, ids=lambda own: own.name)
def test_what_comes_with_the_program_is_neither_changed_nor_deleted(store, own):
    with pytest.raises(Refused, match="comes with the program"):
        model_types.describe(store, own, "mine")
    with pytest.raises(Refused, match="comes with the program"):
        model_types.delete(store, own)
    assert names(store) == ["fields", "classifier"]


def test_a_type_is_not_deleted_while_a_template_uses_it(store):
    made = model_types.create(store, "bills", "fields")
    template = templates.create(store, "nightly", "training", model_type="bills")
    with pytest.raises(Refused, match="'bills' cannot be deleted while template 'nightly' uses it"):
        model_types.delete(store, made)
    templates.TEMPLATES.delete(store, 1, template)
    model_types.delete(store, made)
    assert names(store) == ["fields", "classifier"]


def test_deleted_twice_is_said(store):
    made = model_types.create(store, "bills", "fields")
    model_types.delete(store, made)
    with pytest.raises(NotFound):
        model_types.delete(store, made)
