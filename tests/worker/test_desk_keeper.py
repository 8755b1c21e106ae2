"""The keeper of the desk: one is there while jobs wait, and no job is the death of all that come after it."""

import subprocess
import sys

import pytest

from storage import jobs
from storage.core.ids import new_id
from storage.core.records import now
from storage.jobs import Answer
from worker.desk_keeper import RETRY_S, DeskKeeper

MACHINE, OTHER = new_id(), new_id()


class Desks:
    """Stands in for the agent's launching: children that end with a code when they are let."""

    def __init__(self, code):
        self.code = code
        self.launched = []
        self.children = []

    def __call__(self, *arguments):
        self.launched.append(arguments)
        script = f"import sys; sys.stdin.read(); sys.exit({self.code})"
        self.children.append(subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE))
        return self.children[-1]

    def end(self):
        """The newest one ends."""
        self.children[-1].communicate()


@pytest.fixture
def desks():
    made = Desks(0)
    yield made
    for child in made.children:
        child.kill()
        child.wait()


@pytest.fixture
def keeper(store, desks):
    return DeskKeeper(store, MACHINE, desks)


def ask(store, machine=MACHINE):
    return jobs.ask(store, "evaluate", new_id(), machine, "ann").id


def test_a_job_of_this_machine_brings_a_desk_and_a_second_job_no_second_one(store, keeper, desks):
    ask(store, OTHER)
    keeper.tend(1)
    assert desks.launched == []
    ask(store)
    keeper.tend(2)
    ask(store)
    keeper.tend(3)
    assert desks.launched == [("worker.desk", str(store.root), MACHINE)]


def test_after_a_desk_has_ended_the_next_job_brings_another(store, keeper, desks):
    first = ask(store)
    keeper.tend(1)
    jobs.answer(store, Answer(job=first, at=now(), seconds=1))
    desks.end()
    keeper.tend(2)
    assert len(desks.launched) == 1
    ask(store)
    keeper.tend(3)
    assert len(desks.launched) == 2


def test_a_job_that_a_desk_died_of_is_answered_so_and_the_next_has_its_turn(store, keeper, desks):
    desks.code = 3
    deadly, other = ask(store), ask(store)
    keeper.tend(1)
    desks.end()
    keeper.tend(2)
    answer = jobs.read_answer(store, deadly)
    assert answer is not None
    assert str(answer.message).startswith("The worker ended with code 3 at this")
    keeper.tend(2 + RETRY_S / 2)
    assert len(desks.launched) == 1
    keeper.tend(2 + RETRY_S)
    assert len(desks.launched) == 2
    assert [job.id for job in jobs.list_open(store, MACHINE)] == [other]


def test_a_desk_that_is_closed_leaves_its_jobs_open(store, keeper, desks):
    job = ask(store)
    keeper.tend(1)
    keeper.close()
    assert desks.children[0].returncode is not None
    assert jobs.read_answer(store, job) is None
    keeper.tend(2)
    assert len(desks.launched) == 2
