"""Base models: those that come with the program, and every model of the store."""

import pytest

from storage import base_models, models
from storage.core.errors import Refused
from storage.templates import BASE_MODELS
from tests.worker import house

OLD, NEW, MARKED = "1" * 26, "2" * 26, "0" * 26


@pytest.fixture
def published(store, project):
    """Three models, the oldest of them marked as a base model."""
    for identifier in (MARKED, OLD, NEW):
        models.publish(store, house.model(identifier, project), b"weights")
    models.change(store, models.find(store, MARKED), "ann", name="start-here", base=True)


def test_those_of_the_program_come_first_then_the_marked_then_the_newest(store, published):
    assert [base.key for base in base_models.list_all(store)] == [*BASE_MODELS, MARKED, NEW, OLD]


def test_one_of_the_program_is_found_by_its_name_and_has_no_record(store):
    found = base_models.find(store, "base-Classifier-01")
    assert (found.name, found.task, found.model) == ("base-Classifier-01", "classes", None)


def test_one_of_the_store_is_found_by_its_id_and_bears_its_name(store, published):
    found = base_models.find(store, MARKED)
    assert (found.name, found.task, found.model) == ("start-here", "fields", models.get(store, MARKED))


def test_one_that_was_deleted_is_refused_and_not_listed(store, published):
    models.delete(store, models.find(store, OLD), "ann")
    assert OLD not in [base.key for base in base_models.list_all(store)]
    with pytest.raises(Refused, match=r"was deleted\. Choose another in the template"):
        base_models.find(store, OLD)


def test_a_damaged_one_is_refused_and_hides_no_other(store, published):
    store.model(OLD).record.write_text("{")
    assert [base.key for base in base_models.list_all(store)] == [*BASE_MODELS, MARKED, NEW]
    with pytest.raises(Refused, match="cannot be read"):
        base_models.find(store, OLD)
