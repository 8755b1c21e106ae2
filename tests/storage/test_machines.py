"""Machines: registered once, and alive as long as their reports change."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import machine_deletion, machines
from storage.attempts import Outcome
from storage.core.errors import NameTaken, NotFound, Refused
from storage.machines import LATE_S, MACHINES
from tests.runs import Runs


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "store")


def test_a_machine_is_registered_once_whatever_the_case_of_its_name(store):
    assert machines.register(store, "Mill") == machines.register(store, "mill")
    assert len(MACHINES.list(store).items) == 1


def test_of_workers_that_register_one_name_at_once_no_two_get_different_machines(store):
    def register(number):
        try:
            return machines.register(store, "mill").id
        except (NameTaken, NotFound):
            return None  # it ends with the refusal and is started again

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(register, range(6)))
    assert len(MACHINES.list(store).items) <= 1
    assert machines.register(store, "mill") == MACHINES.list(store).items[0]


def test_a_machine_that_never_reported_is_not_alive(store):
    machine = machines.register(store, "mill")
    assert (machines.heartbeat_age(store, machine.id), machines.is_alive(store, machine.id)) == (None, False)


def test_a_machine_that_reports_is_alive_until_its_worker_says_good_bye(runs):
    assert machines.is_alive(runs.store, runs.machine.id)
    runs.heartbeat(left=True)
    assert not machines.is_alive(runs.store, runs.machine.id)


AGES = [(LATE_S - 20, True), (LATE_S + 20, False), (-3600, True)]


@pytest.mark.parametrize(("age", "alive"), AGES, ids=["late", "too late", "clock ahead"])
def test_a_report_counts_by_its_age_on_the_file_server(runs, age, alive):
    info = runs.store.machine(runs.machine.id).info
    written = info.stat().st_mtime - age
    os.utime(info, (written, written))
    assert machines.is_alive(runs.store, runs.machine.id) == alive


def test_a_damaged_report_is_none_and_the_machine_not_alive(runs):
    runs.store.machine(runs.machine.id).info.write_bytes(b"{")
    assert machines.read_info(runs.store, runs.machine.id) is None
    assert not machines.is_alive(runs.store, runs.machine.id)


def test_asking_for_the_age_leaves_no_file_behind(runs):
    before = sorted(os.listdir(runs.store.machine(runs.machine.id).folder))
    machines.heartbeat_age(runs.store, runs.machine.id)
    assert sorted(os.listdir(runs.store.machine(runs.machine.id).folder)) == before


def test_a_machine_added_before_its_worker_is_the_one_that_the_worker_enters_itself_as(store):
    made = machines.create(store, "mill", "In the copying room", queue=True)
    assert machines.register(store, "MILL") == made
    with pytest.raises(NameTaken):
        machines.create(store, "Mill")


def test_a_worker_brings_its_deleted_machine_back_as_it_was(store):
    made = machines.create(store, "mill", "In the copying room")
    machines.switch(store, made.id, False, "stop")
    machine_deletion.delete(store, made.id)
    assert MACHINES.list(store).items == []
    back = machines.register(store, "Mill")
    assert (back.id, back.description, back.enabled, back.deleted) == (made.id, "In the copying room", False, False)


def test_of_several_deleted_machines_of_a_name_the_newest_comes_back(store):
    for _ in range(2):
        # Not by `register`, which would bring the first one back.
        newest = machines.create(store, "mill")
        machine_deletion.delete(store, newest.id)
    assert machines.register(store, "mill").id == newest.id


def test_switching_leaves_what_else_was_set(store):
    made = machines.create(store, "mill", "In the copying room", queue=True)
    machines.switch(store, made.id, False, "stop")
    machines.switch(store, made.id, True)
    now = MACHINES.get(store, made.id)[1]
    assert (now.enabled, now.when_disabled, now.description, now.queue) == (True, "stop", "In the copying room", True)


def test_a_machine_whose_worker_runs_is_not_deleted(runs):
    with pytest.raises(Refused, match=r"'bench' cannot be deleted while its worker runs. End the worker there first"):
        machine_deletion.delete(runs.store, runs.machine.id)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_machine_with_an_unfinished_process_is_not_deleted_and_names_it(runs, state):
    process = getattr(runs, state)()
    runs.heartbeat(left=True)
    with pytest.raises(Refused, match=f"its process {process.id} is {process.state.value}. Stop it"):
        machine_deletion.delete(runs.store, runs.machine.id)


def test_a_machine_whose_processes_are_over_is_deleted(runs):
    runs.ended(Outcome.COMPLETED)
    runs.created()
    runs.heartbeat(left=True)
    machine_deletion.delete(runs.store, runs.machine.id)
    assert MACHINES.list(runs.store).items == []
