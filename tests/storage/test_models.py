"""Models: published whole and once."""

import pytest

from storage import models
from storage.core import files
from storage.core.errors import Damaged, NotFound
from tests.worker import house

ID = "0" * 26


@pytest.fixture
def model(project):
    return house.model(ID, project)


def test_a_published_model_has_its_record_and_its_weights(store, model):
    models.publish(store, model, b"weights")
    assert (models.get(store, ID), models.list_ids(store)) == (model, [ID])
    assert models.weights_path(store, model).read_bytes() == b"weights"


def test_a_second_publication_changes_nothing(store, model):
    models.publish(store, model, b"weights")
    models.publish(store, model.model_copy(update={"iterations": 99}), b"others")
    assert models.get(store, ID) == model
    assert models.weights_path(store, model).read_bytes() == b"weights"


def test_weights_that_are_not_what_was_published_are_refused(store, model):
    models.publish(store, model, b"weights")
    store.model(ID).weights.write_bytes(b"weighty")
    with pytest.raises(Damaged, match="does not match its SHA-256"):
        models.weights_path(store, model)


def test_a_publication_that_fails_says_why_and_shows_no_model(store, model, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        models.publish(store, model, b"weights")
    assert models.list_ids(store) == []


def test_a_model_that_is_not_there_is_not_found(store):
    with pytest.raises(NotFound):
        models.get(store, ID)
