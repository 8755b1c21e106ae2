"""Models: published whole and once; what people say of them lies beside."""

import pytest

from storage import models
from storage.check import check_store
from storage.core import files
from storage.core.errors import Conflict, Damaged, InvalidValue, NameTaken, NotFound
from storage.models import MODELS
from storage.projects import PROJECTS
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


def test_weights_that_are_gone_are_named(store, model):
    models.publish(store, model, b"weights")
    store.model(ID).weights.unlink()
    with pytest.raises(Damaged, match="is missing"):
        models.weights_path(store, model)
    assert models.weights_size(store, model) is None


@pytest.fixture
def publish(store, project):
    """Publish a model of this id and kind, and return it with its entry."""

    def published(identifier=ID, kind="auto-label"):
        models.publish(store, house.model(identifier, project).model_copy(update={"kind": kind}), b"weights")
        return models.find(store, identifier)

    return published


def test_a_model_nobody_touched_is_called_after_its_project_its_template_and_its_day(publish):
    listed = publish()
    assert listed.entry.name == f"receipts-t-{listed.model.at:%Y-%m-%d}-0000"
    assert listed.rev == 0


def test_a_default_name_is_allowed_however_long_the_names_it_is_made_of(store, publish, project):
    PROJECTS.rename(store, 1, project, "ё" * 50)
    listed = publish()
    assert models.change(store, listed, "ann", promoted=True).name == listed.entry.name


@pytest.mark.parametrize(("kind", "promoted"), [("auto-label", False), ("training", True)])
def test_the_model_of_a_training_is_kept_from_the_start(publish, kind, promoted):
    assert publish(kind=kind).entry.promoted == promoted


def test_a_promoted_model_has_its_name_and_can_be_taken_out_again(store, publish):
    models.change(store, publish(), "ann", name="receipts-best", description="For the shop", promoted=True)
    promoted = models.find(store, ID)
    assert (promoted.entry.name, promoted.entry.description, promoted.entry.promoted) == ("receipts-best", "For the shop", True)
    models.change(store, promoted, "bob", promoted=False)
    taken_out = models.find(store, ID)
    assert (taken_out.entry.name, taken_out.entry.promoted, taken_out.entry.author) == ("receipts-best", False, "bob")


def test_a_description_can_be_emptied(store, publish):
    models.change(store, publish(), "ann", description="old")
    models.change(store, models.find(store, ID), "ann", description="")
    assert models.find(store, ID).entry.description == ""


def test_two_models_do_not_bear_one_name(store, publish):
    models.change(store, publish(), "ann", name="best")
    other = publish("1" * 26)
    with pytest.raises(NameTaken, match="'best' exists"):
        models.change(store, other, "ann", name="BEST")
    models.change(store, models.find(store, ID), "ann", name="second-best")
    assert models.change(store, other, "ann", name="best").name == "best"  # it was given up
    assert check_store(store) == []


def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_written(store, publish):
    with pytest.raises(InvalidValue, match="use letters, digits"):
        models.change(store, publish(), "ann", name="a/b")
    assert models.find(store, ID).rev == 0


@pytest.mark.parametrize("touched", [False, True])
def test_of_two_people_who_change_an_entry_at_once_the_second_is_told(store, publish, touched):
    listed = publish()
    if touched:
        models.change(store, listed, "ann", promoted=True)
        listed = models.find(store, ID)
    models.change(store, listed, "ann", description="first")
    with pytest.raises(Conflict, match="written by somebody else"):
        models.change(store, listed, "bob", description="second")
    assert models.find(store, ID).entry.description == "first"


def test_a_deleted_model_is_gone_from_lists_and_can_be_restored(store, publish):
    models.change(store, publish(), "ann", name="best", promoted=True)
    models.delete(store, models.find(store, ID), "bob")
    with pytest.raises(NotFound, match="'best' was deleted"):
        models.find(store, ID)
    assert (models.read(store, ID).entry.deleted, models.read(store, ID).entry.deleted_by) == (True, "bob")
    models.restore(store, ID)
    assert models.find(store, ID).entry.name == "best"
    assert check_store(store) == []


def test_a_model_nobody_touched_can_be_deleted_and_restored_too(store, publish):
    name = publish().entry.name
    models.delete(store, models.find(store, ID), "bob")
    assert models.read(store, ID).entry.deleted
    assert models.restore(store, ID).name == name
    assert check_store(store) == []


def test_a_deleted_models_name_is_free_and_then_not_restored(store, publish):
    models.change(store, publish(), "ann", name="best")
    models.delete(store, models.find(store, ID), "ann")
    models.change(store, publish("1" * 26), "ann", name="best")
    with pytest.raises(NameTaken, match="cannot be restored"):
        models.restore(store, ID)


def test_an_entry_that_lost_its_name_when_it_was_made_leaves_the_model_as_it_was(store, publish):
    listed = publish()
    withdrawn = listed.entry.model_copy(update={"name": "best"})
    MODELS.change(store, 0, withdrawn)
    MODELS.change(store, 1, withdrawn.model_copy(update={"deleted": True}))
    assert models.find(store, ID).entry == listed.entry
    models.change(store, models.find(store, ID), "ann", promoted=True)
    assert models.find(store, ID).entry.name == listed.entry.name
    assert check_store(store) == []


def test_a_stale_deletion_is_refused(store, publish):
    listed = publish()
    models.change(store, listed, "ann", description="first")
    with pytest.raises(Conflict, match="written by somebody else"):
        models.delete(store, listed, "bob")
    assert not models.find(store, ID).entry.deleted


@pytest.mark.parametrize("key", ["id", "name", "default name"])
def test_a_model_is_looked_up_by_what_people_know_of_it(store, publish, key):
    listed = publish()
    if key == "name":
        models.change(store, listed, "ann", name="best")
    keys = {"id": ID, "name": "best", "default name": listed.entry.name}
    assert models.look_up(store, keys[key]).model.id == ID


def test_a_name_of_no_model_is_refused(store, publish):
    publish()
    with pytest.raises(NotFound, match="'other' does not exist"):
        models.look_up(store, "other")


def test_a_model_is_marked_as_base_and_unmarked(store, publish):
    models.change(store, publish(), "ann", base=True)
    assert models.find(store, ID).entry.base
    models.change(store, models.find(store, ID), "ann", base=False)
    assert not models.find(store, ID).entry.base


def test_a_model_whose_project_is_gone_still_has_a_name(store, model):
    models.publish(store, model.model_copy(update={"project": "9" * 26}), b"weights")
    assert models.find(store, ID).entry.name.startswith("project-t-")
