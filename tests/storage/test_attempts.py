"""Attempts: claimed, started and ended once each."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import attempts
from storage.attempts import Claim, Ended, Message, Outcome
from storage.core.errors import Damaged
from storage.core.records import now


@pytest.fixture
def process(store):
    return store.process("0" * 26)


def word(worker="w"):
    return Claim(machine="m", worker=worker, host="h", pid=1, request=1, at=now())


def ended(outcome=Outcome.COMPLETED):
    return Ended(outcome=outcome, at=now())


def test_attempts_are_numbered_from_one_and_the_next_waits_for_the_end(process):
    first = attempts.claim(process, word())
    assert attempts.claim(process, word()) is None
    attempts.end(first.paths, ended())
    assert (first.number, attempts.claim(process, word()).number) == (1, 2)


def test_of_many_workers_one_claims(process):
    with ThreadPoolExecutor(8) as pool:
        made = [made for made in pool.map(lambda number: attempts.claim(process, word(str(number))), range(8)) if made]
    assert [attempt.claim for attempt in made] == [attempt.claim for attempt in attempts.list_attempts(process)]


def test_a_slot_without_claim_left_by_a_crash_is_used_next(process):
    process.attempt(1).folder.mkdir(parents=True)
    assert attempts.list_attempts(process) == []
    assert attempts.claim(process, word()).number == 1


def test_an_attempt_is_started_once(process):
    paths = attempts.claim(process, word()).paths
    assert attempts.start(paths, 5)
    assert not attempts.start(paths, 6)
    assert attempts.list_attempts(process)[0].started.pid == 5


def test_an_attempt_that_has_an_end_cannot_be_started(process):
    paths = attempts.claim(process, word()).paths
    attempts.end(paths, ended(Outcome.INTERRUPTED))
    assert not attempts.start(paths, 5)


def test_worker_and_administrator_cannot_both_decide_the_end(process):
    paths = attempts.claim(process, word()).paths
    assert attempts.end(paths, ended(Outcome.INTERRUPTED))
    assert not attempts.end(paths, ended(Outcome.COMPLETED))
    assert attempts.list_attempts(process)[0].end.outcome == Outcome.INTERRUPTED


def test_a_childs_word_is_its_first_and_a_damaged_one_is_none(process):
    paths = attempts.claim(process, word()).paths
    assert attempts.result(paths) is None
    attempts.finish(paths, ended(Outcome.STOPPED))
    attempts.finish(paths, ended(Outcome.COMPLETED))
    assert attempts.result(paths).outcome == Outcome.STOPPED
    paths.result.write_bytes(b"")
    assert attempts.result(paths) is None


@pytest.mark.parametrize("name", ["claim", "started", "end"])
def test_a_damaged_file_of_an_attempt_is_named(process, name):
    paths = attempts.claim(process, word()).paths
    getattr(paths, name).write_bytes(b"\0\0")
    with pytest.raises(Damaged, match=rf"0001/{name}\.json is damaged"):
        attempts.list_attempts(process)


def test_a_message_fills_in_its_values():
    assert str(Message(template="{image} is {state}", values={"image": "a", "state": "gone"})) == "a is gone"
