"""The load of a machine: appended minute by minute, read for some hours, forgotten after a week."""

from datetime import UTC, datetime, timedelta

import pytest

from storage import machine_load, machines
from storage.check import check_store
from storage.machines import Gpu, Info

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def machine(store):
    return machines.create(store, "mill").id


def info(at, load=0.5, **more):
    return Info(host="h", pid=1, worker="w", seq=1, cores=2, memory=8, memory_used=2, load=load, since=at, at=at, **more)


def test_what_is_read_is_what_was_reported_as_shares(store, machine):
    machine_load.append(
        store, machine, info(NOON, gpus=(Gpu(name="A", memory=10, memory_used=4, load=0.9), Gpu(name="B", memory=10, memory_used=0)))
    )
    (point,) = machine_load.read(store, machine, 1, NOON)
    assert (point.at, point.load, point.memory) == (NOON, 0.5, 0.25)
    assert [(gpu.load, gpu.memory) for gpu in point.gpus] == [(0.9, 0.4), (None, 0.0)]


def test_only_the_hours_asked_for_are_read_across_midnight_too(store, machine):
    for hours in (30, 23, 13, 2, 0.5):
        machine_load.append(store, machine, info(NOON - timedelta(hours=hours), load=hours / 100))
    assert [point.load for point in machine_load.read(store, machine, 24, NOON)] == [0.23, 0.13, 0.02, 0.005]
    assert [point.load for point in machine_load.read(store, machine, 1, NOON)] == [0.005]


def test_a_day_begins_where_the_clock_says_so_in_utc(store, machine):
    at = datetime(2026, 11, 22, 1, tzinfo=UTC).astimezone(tz=None)
    machine_load.append(store, machine, info(at))
    assert [path.name for path in store.machine(machine).loads.iterdir()] == ["2026-11-22.jsonl"]


def test_what_is_older_than_a_week_is_removed_and_nothing_else(store, machine):
    for day in range(12):
        machine_load.append(store, machine, info(NOON + timedelta(days=day)))
        (store.machine(machine).loads / "notes.txt").write_text("of a person")
    names = sorted(path.name for path in store.machine(machine).loads.iterdir())
    assert (names[0], names[-2], names[-1], len(names)) == ("2026-11-25.jsonl", "2026-12-02.jsonl", "notes.txt", 9)


def test_a_line_that_cannot_be_read_hides_no_other_and_is_found_by_the_check(store, machine):
    for minute in range(3):
        machine_load.append(store, machine, info(NOON + timedelta(minutes=minute)))
    assert check_store(store) == []
    path = store.machine(machine).load("2026-11-21")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"\0\0\n" + lines[2])
    assert len(machine_load.read(store, machine, 1, NOON + timedelta(minutes=5))) == 2
    assert "Line 2 cannot be read" in str(check_store(store)[0])


def test_without_any_report_there_is_no_point(store, machine):
    assert machine_load.read(store, machine, 24, NOON) == []
