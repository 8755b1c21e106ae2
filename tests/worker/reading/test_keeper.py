"""The keeper of the background reading: it reads while nothing else is wanted of the machine."""

import subprocess
import sys

import pytest

from storage.core.ids import new_id
from worker.reading.keeper import RETRY_S, START_S, ReadingKeeper


class Children:
    """Stands in for the agent's launching: children that live until their input ends."""

    def __init__(self):
        self.made = []

    def __call__(self, *arguments):
        self.made.append(subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE))
        return self.made[-1]

    @property
    def alive(self):
        return [child for child in self.made if child.poll() is None]


@pytest.fixture
def children():
    made = Children()
    yield made
    for child in made.made:
        child.kill()
        child.communicate()


@pytest.fixture
def keeper(store, children):
    return ReadingKeeper(store, new_id(), children)


def test_reading_begins_when_the_machine_had_nothing_to_do_for_a_while(keeper, children):
    keeper.tend(100, wanted=True)
    keeper.tend(100 + START_S - 1, wanted=True)
    assert not children.made
    keeper.tend(100 + START_S, wanted=True)
    keeper.tend(101 + START_S, wanted=True)
    assert len(children.alive) == 1


def test_reading_ends_for_a_training_and_goes_on_a_while_after_it(keeper, children):
    keeper.tend(0, wanted=True)
    keeper.tend(START_S, wanted=True)
    keeper.tend(20 + START_S, wanted=False)
    assert not children.alive
    keeper.tend(500, wanted=True)
    assert not children.alive
    keeper.tend(500 + START_S, wanted=True)
    assert len(children.alive) == 1


def test_a_child_that_died_is_not_started_again_at_once(keeper, children):
    keeper.tend(0, wanted=True)
    keeper.tend(START_S, wanted=True)
    children.made[0].communicate()
    keeper.tend(1 + START_S, wanted=True)
    assert not children.alive
    keeper.tend(1 + START_S + RETRY_S, wanted=True)
    assert len(children.alive) == 1


def test_nothing_is_left_when_it_closes(keeper, children):
    keeper.tend(0, wanted=True)
    keeper.tend(START_S, wanted=True)
    keeper.close()
    assert not children.alive
