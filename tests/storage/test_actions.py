"""What stands behind the buttons: who may start, stop, apply, roll back and give up, and why not."""

import os

import pytest

from storage import actions, attempts, labels, models, processes
from storage.attempts import Outcome
from storage.core.errors import InvalidValue, Refused
from storage.index import Index
from storage.machines import MACHINES
from tests.runs import Runs
from tests.worker import house


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    made = Runs(tmp_path / "store")
    made.project, made.images = house.fill(made.store, "pages", 12, 1)
    return made


def start(runs, process):
    return actions.start(runs.store, Index(runs.store), process, "ann")


def label(runs, number):
    labels.save(runs.store.project(runs.project.id), runs.images[number], 0, (), "ann")


def change_machine(runs, **values):
    rev, machine = MACHINES.get(runs.store, runs.machine.id)
    MACHINES.change(runs.store, rev, machine.model_copy(update=values))


def test_a_start_needs_a_tenth_of_the_images_labelled_and_says_how_many_are_missing(runs):
    process = runs.created()
    with pytest.raises(Refused, match=r"needs 1 more images labelled by hand \(10% of all\)"):
        start(runs, process)
    label(runs, 1)
    assert start(runs, process).action == "start"


def test_a_start_needs_a_machine_that_responds(runs):
    label(runs, 1)
    runs.heartbeat(left=True)
    with pytest.raises(Refused, match="does not respond; start its worker there: python -m worker --machine bench"):
        start(runs, runs.created())


def test_a_start_needs_a_machine_that_is_enabled(runs):
    label(runs, 1)
    change_machine(runs, enabled=False)
    with pytest.raises(Refused, match="is disabled; ask the administrator"):
        start(runs, runs.created())


@pytest.mark.parametrize("state", ["queued", "running", "interrupted"])
def test_a_machine_carries_one_unfinished_process_at_a_time(runs, state):
    label(runs, 1)
    other = {"queued": runs.queued, "running": runs.running, "interrupted": lambda: runs.ended(Outcome.INTERRUPTED)}[state]()
    with pytest.raises(Refused, match=f"is busy with process {other.id} "):
        start(runs, runs.created())


def test_where_the_administrator_allows_a_queue_processes_wait(runs):
    label(runs, 1)
    change_machine(runs, queue=True)
    runs.running()
    process = runs.created()
    start(runs, process)
    assert processes.get(runs.store, process.id).state == "Queued"


def test_a_run_that_failed_can_be_started_again_while_the_machine_is_free(runs):
    label(runs, 1)
    assert start(runs, runs.ended(Outcome.FAILED)).number == 2


def test_a_training_process_has_nothing_to_apply(runs):
    runs.template = runs.template.model_copy(update={"kind": "training"})
    with pytest.raises(Refused, match="trains a model only"):
        actions.apply(runs.store, runs.ended(Outcome.COMPLETED), "ann")


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_zero_to_one_is_refused(runs, threshold):
    with pytest.raises(InvalidValue, match="must be from 0 to 1"):
        actions.apply(runs.store, runs.ended(Outcome.COMPLETED), "ann", {"f": threshold})


def test_thresholds_given_replace_the_models_own(runs):
    first, second = runs.project.fields
    process = runs.ended(Outcome.COMPLETED)
    models.publish(runs.store, house.model(process.id, runs.project), b"weights")
    assert actions.rule_for(runs.store, process, {first.id: 0.2}).thresholds == {first.id: 0.2, second.id: 0.5}


def test_a_machine_that_responds_is_not_given_up(runs):
    with pytest.raises(Refused, match="runs on a machine that is alive; stop it instead"):
        actions.give_up(runs.store, runs.running(), "admin")


def test_a_machine_that_is_gone_is_given_up_and_its_run_interrupted(runs):
    process = runs.running()
    os.utime(runs.store.machine(runs.machine.id).info, (0, 0))
    actions.give_up(runs.store, process, "admin")
    end = attempts.list_attempts(runs.store.process(process.id))[0].end
    assert (end.outcome, str(end.message)) == (Outcome.INTERRUPTED, "admin declared the machine lost")


def test_only_an_open_attempt_can_be_given_up(runs):
    with pytest.raises(Refused, match="there is no open attempt to give up"):
        actions.give_up(runs.store, runs.queued(), "admin")
