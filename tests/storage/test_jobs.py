"""Jobs: asked of one machine, answered once, and not kept for long."""

from datetime import timedelta

import pytest

from storage import jobs, machines
from storage.core import Damaged, NotFound, Refused, create_once, list_names, make_folder, new_id, now
from storage.jobs import Answer, Job, Page
from storage.machines import MACHINES, Info, Machine

A4 = Page(name="a4.png", width=1654, height=2339)


def report(store, name: str, process: str | None = None) -> Machine:
    """A machine whose worker reports now, and what it runs."""
    machine = machines.register(store, name)
    info = Info(host="h", pid=1, worker="w", seq=1, cores=2, memory=1, memory_used=1, process=process, since=now(), at=now())
    machines.report(store, machine.id, info)
    return machine


def asked(store, machine: str, *pages: tuple[Page, bytes]) -> Job:
    return jobs.ask(store, "try", new_id(), machine, "ann", pages=pages)


def answered(store, machine: str) -> Job:
    job = asked(store, machine)
    jobs.answer(store, Answer(job=job.id, at=now(), seconds=1))
    return job


@pytest.fixture
def machine(store) -> str:
    return report(store, "mill").id


def test_whoever_sees_a_job_finds_all_its_pages(store, machine):
    job = asked(store, machine, (A4, b"one"), (A4, b"two"))
    assert jobs.get(store, job.id) == job
    assert [store.job(job.id).page(number).read_bytes() for number in range(2)] == [b"one", b"two"]


def test_a_job_is_open_to_its_machine_until_it_is_answered(store, machine):
    job = asked(store, machine)
    assert jobs.list_open(store, new_id()) == []
    assert jobs.list_open(store, machine) == [job]
    jobs.answer(store, Answer(job=job.id, at=now(), seconds=1))
    assert jobs.list_open(store, machine) == []


def test_the_first_answer_stands(store, machine):
    job = asked(store, machine)
    for device in ("cpu", "cuda"):
        jobs.answer(store, Answer(job=job.id, at=now(), seconds=1, device=device))
    assert jobs.read_answer(store, job.id).device == "cpu"


def test_a_job_on_its_way_is_not_open_yet_but_will_be(store, machine):
    settled: set[str] = set()
    coming = new_id()
    make_folder(store.job(coming).folder)
    assert jobs.list_open(store, machine, settled) == []
    assert coming not in settled


def test_what_is_answered_or_of_another_machine_is_read_once(store, machine):
    settled: set[str] = set()
    done, others = answered(store, machine), asked(store, new_id())
    assert jobs.list_open(store, machine, settled) == []
    assert settled == {done.id, others.id}


def test_a_damaged_job_keeps_no_other_from_its_answer(store, machine):
    broken, whole = asked(store, machine), asked(store, machine)
    store.job(broken.id).record.write_bytes(b"{")
    assert jobs.list_open(store, machine) == [whole]
    with pytest.raises(Damaged):
        jobs.get(store, broken.id)


def test_the_same_pages_are_asked_of_another_model_and_machine(store, machine):
    first, model, other = asked(store, machine, (A4, b"one")), new_id(), new_id()
    again = jobs.ask_again(store, first, model, other, "bob")
    assert (again.model, again.machine, again.author, again.pages) == (model, other, "bob", (A4,))
    assert store.job(again.id).page(0).read_bytes() == b"one"


def test_pages_that_were_removed_cannot_be_asked_again(store, machine):
    job = asked(store, machine, (A4, b"one"))
    jobs.remove_old(store, now() + timedelta(days=2))
    with pytest.raises(NotFound, match="removed"):
        jobs.ask_again(store, job, job.model, machine, "ann")


def test_jobs_of_a_day_ago_are_removed_with_their_pages_answered_or_not(store, machine):
    asked(store, machine, (A4, b"one"))
    answered(store, machine)
    jobs.remove_old(store, now() + timedelta(hours=25))
    assert list_names(store.jobs) == []


def test_younger_jobs_stay(store, machine):
    job = asked(store, machine, (A4, b"one"))
    jobs.remove_old(store, now() + timedelta(hours=23))
    assert jobs.list_open(store, machine) == [job]


def test_pages_without_a_job_go_with_the_next_old_one(store, machine):
    cut_off = new_id()
    make_folder(store.job(cut_off).folder)
    create_once(store.job(cut_off).page(0), b"one")
    asked(store, machine)
    jobs.remove_old(store, now() + timedelta(days=2))
    assert list_names(store.jobs) == []


def test_pages_on_their_way_stay(store, machine):
    asked(store, machine)
    coming = new_id()
    make_folder(store.job(coming).folder)
    jobs.remove_old(store, now() + timedelta(days=2))
    assert list_names(store.jobs) == [coming]


def test_a_machine_that_runs_nothing_is_preferred(store):
    busy, idle = report(store, "a-busy", process=new_id()), report(store, "b-idle")
    assert [machine.id for machine in jobs.able_machines(store)] == [idle.id, busy.id]
    assert jobs.choose_machine(store) == idle


def test_a_disabled_machine_and_a_silent_one_are_not_asked(store, machine):
    silent = machines.register(store, "silent")
    MACHINES.change(store, 1, MACHINES.get(store, machine)[1].model_copy(update={"enabled": False}))
    assert jobs.able_machines(store) == []
    for named, said in ((machine, "is disabled"), (silent.id, "does not respond"), (None, "No machine answers now")):
        with pytest.raises(Refused, match=said):
            jobs.choose_machine(store, named)
