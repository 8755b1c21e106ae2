"""Machines: registered once, and alive as long as their reports change."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import machines
from storage.core.errors import NameTaken, NotFound
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
