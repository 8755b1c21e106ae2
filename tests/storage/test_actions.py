"""What stands behind the buttons: who may start, stop, apply, roll back and give up, and why not."""

import os

import pytest

from storage import actions, attempts, labels, models, processes, projects, templates
from storage.attempts import Outcome
from storage.core.errors import InvalidValue, NotFound, Refused
from storage.index import Index
from storage.machines import MACHINES
from storage.projects import PROJECTS
from storage.templates import TEMPLATES
from tests.runs import Runs
from tests.worker import house
from worker.apply import carry_out


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


def publish(runs, process):
    models.publish(runs.store, house.model(process.id, runs.project), b"weights")


def delete_project(runs):
    rev, project = PROJECTS.get(runs.store, runs.project.id)
    PROJECTS.delete(runs.store, rev, project)


def test_an_apply_without_a_model_is_refused_before_it_is_asked_for(runs):
    process = runs.ended(Outcome.COMPLETED)
    with pytest.raises(NotFound, match=r"model\.json is not there"):
        actions.apply(runs.store, process, "ann")
    assert processes.get(runs.store, process.id).state == "Completed"


def test_an_apply_to_a_deleted_project_is_refused_before_it_is_asked_for(runs):
    process = runs.ended(Outcome.COMPLETED)
    publish(runs, process)
    delete_project(runs)
    with pytest.raises(Refused, match=r"project of process .* was deleted"):
        actions.apply(runs.store, process, "ann")
    assert processes.get(runs.store, process.id).state == "Completed"


def test_a_roll_back_in_a_deleted_project_is_refused_before_it_is_asked_for(runs):
    process = house.completed(runs.store, runs.project, [])
    actions.apply(runs.store, processes.get(runs.store, process), "ann")
    carry_out(runs.store, processes.get(runs.store, process))
    delete_project(runs)
    with pytest.raises(Refused, match=r"project of process .* was deleted"):
        actions.roll_back(runs.store, processes.get(runs.store, process), "ann")
    assert processes.get(runs.store, process).state == "Applied"


def test_running_again_is_a_new_process_of_the_template_as_it_was(runs):
    first = runs.ended(Outcome.COMPLETED)
    rev, template = TEMPLATES.get(runs.store, runs.template.id)
    TEMPLATES.delete(runs.store, rev, template)
    again = actions.run_again(runs.store, first, "bob")
    assert (again.id != first.id, again.state) == (True, "Created")
    assert (again.spec.template, again.spec.project, again.spec.machine) == (runs.template, runs.project.id, runs.machine.id)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_process_that_ended_can_be_deleted_and_is_in_no_list_any_more(runs, outcome):
    process = runs.ended(outcome)
    actions.delete(runs.store, process, "ann")
    assert processes.list_processes(runs.store) == ([], [])


def test_an_interrupted_run_is_stopped_before_it_is_deleted_so_that_no_worker_takes_it_up(runs):
    process = runs.ended(Outcome.INTERRUPTED)
    actions.delete(runs.store, process, "ann")
    assert processes.count_requests(runs.store, process.id) == 2
    assert actions.busy_with(runs.store, runs.machine.id) == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_an_unfinished_process_cannot_be_deleted(runs, state):
    with pytest.raises(Refused, match="only one that is one of these can be deleted: Created, Stopped, "):
        actions.delete(runs.store, getattr(runs, state)(), "ann")


@pytest.mark.parametrize(
    ("task", "base_model", "words"),
    [("classes", "base-SmartOCR-01", "finds fields; project 'forms' needs one"), ("fields", "base-Classifier-01", "tells classes apart")],
)
def test_a_process_needs_a_base_model_for_its_projects_task(runs, task, base_model, words):
    project = projects.create(runs.store, "forms", task, ("one", "two"))
    template = templates.create(runs.store, "slip", "auto-label", base_model=base_model)
    with pytest.raises(Refused, match=words):
        actions.create(runs.store, project, template, runs.machine.id, "ann")
    assert processes.list_ids(runs.store) == []


def test_a_process_can_begin_with_a_model_of_the_store_while_that_is_there(runs):
    first = runs.ended(Outcome.COMPLETED)
    publish(runs, first)
    template = templates.create(runs.store, "finer", "training", base_model=first.id)
    made = actions.create(runs.store, runs.project, template, runs.machine.id, "ann")
    assert (made.state, made.spec.kind) == ("Created", "training")
    runs.store.model(first.id).record.unlink()
    with pytest.raises(Refused, match=f"Base model {first.id} cannot be read or was deleted"):
        actions.run_again(runs.store, made, "ann")


def test_a_disabled_process_cannot_be_started_until_it_is_enabled_again(runs):
    label(runs, 1)
    process = runs.created()
    actions.enable(runs.store, process, False, "bob")
    disabled = processes.get(runs.store, process.id)
    assert (disabled.spec.enabled, disabled.spec.switched_by, disabled.spec.author) == (False, "bob", "ann")
    with pytest.raises(Refused, match=f"Process {process.id} is disabled; enable it first"):
        start(runs, disabled)
    actions.enable(runs.store, disabled, True, "ann")
    assert start(runs, processes.get(runs.store, process.id)).action == "start"


@pytest.mark.parametrize("state", ["queued", "running", "interrupted"])
def test_a_process_that_keeps_its_machine_is_stopped_before_it_can_be_disabled(runs, state):
    process = runs.ended(Outcome.INTERRUPTED) if state == "interrupted" else getattr(runs, state)()
    with pytest.raises(Refused, match="stop it before you disable it"):
        actions.enable(runs.store, process, False, "ann")


def test_a_process_that_was_deleted_is_not_brought_back_by_who_disables_it(runs):
    process = runs.created()
    actions.delete(runs.store, process, "ann")
    with pytest.raises(NotFound, match="does not exist"):
        actions.enable(runs.store, process, False, "bob")
