"""Deleting a model: what depends on it is named, what needs it is in the way."""

import pytest

from storage import model_deletion, models, templates
from storage.attempts import Outcome
from storage.core.errors import NotFound, Refused
from storage.core.ids import new_id
from storage.templates import Parameters
from tests.finished import WEIGHTS, finish
from tests.runs import Runs


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "store")


@pytest.fixture
def parent(runs):
    """A model, with which processes made from now on begin."""
    made = finish(runs, [], "training").id
    runs.template = runs.template.model_copy(update={"parameters": Parameters(base_model=made)})
    return made


def test_what_depends_on_a_model_is_found(runs, parent):
    template = templates.create(runs.store, "goes-on", "training", base_model=parent)
    templates.create(runs.store, "other", "training")
    created, running = runs.created(), runs.running(10)
    child = models.get(runs.store, parent).model_copy(update={"id": new_id(), "parent": parent})
    models.publish(runs.store, child, WEIGHTS)
    found = model_deletion.dependants(runs.store, parent)
    assert [each.id for each in found.templates] == [template.id]
    assert [each.id for each in found.startable] == [created.id]
    assert [each.id for each in found.running] == [running.id]
    assert [each.model.id for each in found.models] == [child.id]


def test_while_a_process_that_begins_with_it_runs_it_stays(runs, parent):
    process = runs.running(10)
    with pytest.raises(Refused, match=f"while process {process.id}, which begins with it, is Running"):
        model_deletion.delete(runs.store, models.find(runs.store, parent), "ann")
    runs.end(process, Outcome.STOPPED)
    model_deletion.delete(runs.store, models.find(runs.store, parent), "ann")
    with pytest.raises(NotFound):
        models.find(runs.store, parent)


def test_its_own_process_can_still_be_applied(runs):
    process = finish(runs, [])
    model_deletion.delete(runs.store, models.find(runs.store, process.id), "ann")
    assert models.get(runs.store, process.id).rule.thresholds
