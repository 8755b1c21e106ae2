"""What pages keep between reruns is never older than the files."""

from pathlib import Path

from pages.parts.curves import Curves
from pages.parts.data import ProcessCache
from storage import attempts, processes
from storage.attempts import Ended, Outcome
from storage.core.records import now
from storage.processes import State
from storage.progress import tail
from tests.runs import Runs


def test_curves_are_read_on_from_where_the_last_reading_ended(runs: Runs) -> None:
    process, curves = runs.running(100), Curves()
    curves.read(process.attempts)
    runs.report(process, 250, start=100)
    trained, evaluated = curves.read(process.attempts)
    assert trained["iteration"].tolist() == list(range(1, 251))
    assert [point.iteration for point in evaluated] == [100, 200]


def test_a_resumed_attempt_replaces_what_it_repeats(runs: Runs) -> None:
    process, curves = runs.ended(Outcome.STOPPED, iterations=220), Curves()
    curves.read(process.attempts)
    processes.ask(runs.store, process, "start", "ann")
    runs.attempt(processes.get(runs.store, process.id))
    resumed = processes.get(runs.store, process.id)
    runs.report(resumed, 230, start=180)
    trained, evaluated = curves.read(resumed.attempts)
    assert trained["iteration"].tolist() == list(range(1, 231))
    assert [point.iteration for point in evaluated] == [100, 200]


def test_the_process_cache_sees_every_change_of_state(runs: Runs) -> None:
    process, cache = runs.created(), ProcessCache(runs.store)
    seen = [_state(cache)]
    processes.ask(runs.store, process, "start", "ann")
    seen.append(_state(cache))
    attempt = runs.attempt(processes.get(runs.store, process.id))
    seen.append(_state(cache))
    attempts.end(attempt.paths, Ended(outcome=Outcome.FAILED, at=now()))
    seen.append(_state(cache))
    assert seen == [State.CREATED, State.QUEUED, State.RUNNING, State.FAILED]


def test_a_damaged_process_is_told_apart_and_hides_no_other(runs: Runs) -> None:
    whole, damaged = runs.created(), runs.created()
    (runs.store.process(damaged.id).folder / "spec.000001.json").write_text("{")
    found, problems = ProcessCache(runs.store).load()
    assert [process.id for process in found] == [whole.id]
    assert damaged.id in str(problems[0])


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("\n".join(f"line {number}" for number in range(100_000)))
    assert tail(log, 2) == ["line 99998", "line 99999"]


def test_a_log_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert tail(tmp_path / "worker.log", 50) == []


def _state(cache: ProcessCache) -> State:
    return cache.load()[0][0].state
