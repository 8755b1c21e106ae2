"""Status and curves as readers see them."""

import pytest

from storage import attempts, progress
from storage.attempts import Ended, Outcome
from storage.core.records import now
from storage.progress import Point
from tests.runs import Runs, status, write_points


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path / "store")


def interrupted_after(runs, *counts):
    """A run of several attempts, each given as (from, to) iterations."""
    process = runs.queued()
    for start, end in counts:
        attempt = runs.attempt(process)
        write_points(attempt.paths.metrics, [Point(iteration=number, loss=float(attempt.number)) for number in range(start, end + 1)])
        attempts.end(attempt.paths, Ended(outcome=Outcome.INTERRUPTED, at=now()))
    return attempts.list_attempts(runs.store.process(process.id))


def test_the_curves_of_a_resumed_run_have_the_later_attempts_points(runs):
    points = progress.read_curves(tuple(interrupted_after(runs, (1, 8), (6, 7), (7, 9))))
    assert [point.iteration for point in points] == list(range(1, 10))
    assert [point.loss for point in points] == [1, 1, 1, 1, 1, 2, 3, 3, 3]


def test_an_attempt_that_died_before_its_first_iteration_takes_no_points_away(runs):
    points = progress.read_curves(tuple(interrupted_after(runs, (1, 4), (5, 4))))
    assert [point.iteration for point in points] == [1, 2, 3, 4]


def test_points_are_read_on_from_an_offset_and_a_damaged_line_costs_itself_only(runs):
    paths = runs.running().last.paths
    write_points(paths.metrics, [Point(iteration=1, loss=0.5)])
    first, offset = progress.read_points(paths)
    with paths.metrics.open("ab") as file:
        file.write(b'{"iteration": "many"}\n{"iteration":2}\n{"itera')
    second, _ = progress.read_points(paths, offset)
    assert [point.iteration for point in (*first, *second)] == [1, 2]


def test_the_status_is_the_last_one_written_and_a_damaged_one_is_none(runs):
    paths = runs.running(200).last.paths
    progress.write_status(paths, status(300))
    assert progress.read_status(paths).iteration == 300
    paths.status.write_bytes(b"")
    assert progress.read_status(paths) is None


@pytest.mark.parametrize("count", [0, 3, 10, 500])
def test_a_logs_tail_has_its_last_whole_lines(tmp_path, count):
    (tmp_path / "log").write_text("".join(f"line {number} {'x' * 300}\n" for number in range(count)))
    tail = progress.tail(tmp_path / "log", 5)
    assert [line.split()[1] for line in tail] == [str(number) for number in range(count)][-5:]


def test_a_log_that_is_not_there_yet_has_no_lines(tmp_path):
    assert progress.tail(tmp_path / "none", 5) == []
