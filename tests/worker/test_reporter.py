"""What a run writes while it goes on: stages, figures, curves, checkpoints and notices."""

from threading import Event

import pytest
import torch

from storage import attempts, checkpoints, progress
from storage.attempts import Ended, Outcome
from storage.core.errors import Refused
from storage.core.records import now
from storage.progress import StageName
from storage.projects import Field
from tests.worker.conftest import StopAfter
from worker.evaluate import Evaluation, FieldScore
from worker.reporter import Reporter
from worker.train import TrainState

FIELDS = (Field(id="a", name="date", colour="#000000"), Field(id="b", name="total", colour="#000000"))
LONG = 3600.0


@pytest.fixture
def attempt(store):
    paths = store.process("0" * 26).attempt(1)
    paths.folder.mkdir(parents=True)
    return paths


def state():
    return TrainState({"weight": torch.ones(2)}, {"done": 1})


def stage_states(attempt):
    return {stage.name: stage.state for stage in progress.read_status(attempt).stages}


def test_a_stage_is_running_then_done(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    with reporter.stage(StageName.DATA):
        assert stage_states(attempt)[StageName.DATA] == "running"
    assert stage_states(attempt)[StageName.DATA] == "done"


def test_an_error_marks_its_stage_as_failed_and_goes_on(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    with pytest.raises(ZeroDivisionError), reporter.stage(StageName.TRAINING):
        raise ZeroDivisionError
    assert stage_states(attempt)[StageName.TRAINING] == "failed"


def test_curves_have_a_line_an_iteration_and_one_an_evaluation(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    reporter.iteration(1, 2.5, 0.005, 0.1)
    reporter.evaluation(1, Evaluation(0.5, 0.25, (FieldScore(ap=0.25, ap_50=0.5), FieldScore(ap=None, ap_50=None))))
    reporter.close()
    first, second = progress.read_points(attempt)[0]
    assert (first.loss, first.lr, second.ap, second.ap_50_95) == (2.5, 0.005, 0.5, 0.25)
    assert second.per_field == {"a": 0.5, "b": None}


def test_of_classes_the_curve_is_accuracy_and_f1(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    reporter.evaluation(1, Evaluation(None, None, (FieldScore(f1=0.5), FieldScore()), accuracy=0.75))
    reporter.close()
    (point,) = progress.read_points(attempt)[0]
    assert (point.ap, point.ap_50_95, point.per_field) == (0.75, None, {"a": 0.5, "b": None})
    assert progress.read_status(attempt).ap == 0.75


def test_the_status_waits_for_its_interval_while_the_curves_do_not(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    reporter.set(iterations=10, batch=2, images=4)
    reporter.iteration(3, 1.0, 0.005, 2.0)
    assert (progress.read_status(attempt).iteration, len(progress.read_points(attempt)[0])) == (0, 1)
    reporter.set()
    status = progress.read_status(attempt)
    assert (status.iteration, status.epoch, status.seconds_left) == (3, 1, 14.0)


def test_the_loss_shown_is_the_mean_of_the_newest_iterations(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    for done in range(1, progress.RECENT_LOSSES + 3):
        reporter.iteration(done, float(done), 0.005, 0.1)
    reporter.set()
    assert progress.read_status(attempt).loss == 7.5  # of 3 to 12


@pytest.mark.parametrize(
    ("done", "refresh", "stop", "kept"),
    [(3, LONG, 99, False), (10, LONG, 99, True), (3, LONG, 0, True), (3, 0.0, 99, True)],
    ids=["not due", "the last iteration", "asked to stop", "due"],
)
def test_a_checkpoint_is_kept_when_it_is_due(store, attempt, done, refresh, stop, kept):
    reporter = Reporter(attempt, FIELDS, refresh, StopAfter(stop))
    reporter.set(iterations=10)
    reporter.checkpoint(done, state, best=False)
    assert (checkpoints.newest(store.process("0" * 26), 1) is not None) == kept
    assert reporter.stop_asked() == (stop == 0)


def test_no_checkpoint_is_kept_of_an_attempt_that_has_an_end(attempt):
    attempts.end(attempt, Ended(outcome=Outcome.INTERRUPTED, at=now()))
    reporter = Reporter(attempt, FIELDS, 0.0, Event())
    with pytest.raises(Refused, match="Attempt 0001 was ended meanwhile"):
        reporter.checkpoint(1, state, best=False)


def test_notices_add_up_in_the_status(attempt):
    reporter = Reporter(attempt, FIELDS, LONG, Event())
    reporter.notice("Image {image} skipped: {reason}", image="a", reason="torn")
    reporter.notice("Resumed after iteration {iteration}", iteration=3)
    assert [str(notice) for notice in progress.read_status(attempt).notices] == ["Image a skipped: torn", "Resumed after iteration 3"]


def test_images_done_and_time_left_of_a_stage_are_shown(attempt):
    reporter = Reporter(attempt, FIELDS, 0.0, Event())
    with reporter.stage(StageName.DETECTION):
        reporter.progress(StageName.DETECTION, 3, 4)
        stage = next(each for each in progress.read_status(attempt).stages if each.name == StageName.DETECTION)
        assert (stage.done, stage.total) == (3, 4)
    assert progress.read_status(attempt).seconds_left is not None
