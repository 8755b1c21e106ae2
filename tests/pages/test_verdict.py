"""What is said of curves: how they go, what that means, and what to try next."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pages.parts.run_verdict import FEW_TEST_IMAGES, Phase, Trend, few_test_images, reading_guide, trend, verdict
from storage.projects import Task
from tests import runs

# What a worker wrote while it learned six pages of the sample.
REAL_RUN = pd.read_csv(Path(__file__).with_name("real_run.csv"))

Loss = Callable[[int], float]


def training(loss: Loss, iterations: int = 1000) -> pd.DataFrame:
    """A training with this loss, shaking as a batch of two makes it shake."""
    steps = np.arange(1, iterations + 1, dtype=float)
    shake = np.random.default_rng(0).normal(0, 0.1, iterations)
    losses = np.array([loss(int(step)) for step in steps])
    return pd.DataFrame({"iteration": steps, "loss": losses * (1 + shake), "lr": np.full(iterations, 0.005)})


def falling(iteration: int) -> float:
    return 0.3 + 7 * math.exp(-iteration / 300)


def level(iteration: int) -> float:
    return 0.3 + 7 * math.exp(-iteration / 60)


def flat(iteration: int) -> float:
    return 2.2


def diverging(iteration: int) -> float:
    return falling(min(iteration, 600)) + 0.01 * max(0, iteration - 600)


def scores(*aps: float) -> list[tuple[int, float]]:
    """An evaluation every 100 iterations."""
    return [(100 * number, ap) for number, ap in enumerate(aps, start=1)]


RISING = scores(0.2, 0.4, 0.5, 0.6, 0.65, 0.7, 0.72, 0.74, 0.75, 0.76)
LEARNED_BY_HEART = scores(0.4, 0.6, 0.7, 0.72, 0.7, 0.68, 0.66, 0.64, 0.62, 0.6)
ONE_BAD_EVALUATION = scores(0.4, 0.6, 0.7, 0.72, 0.73, 0.74, 0.75, 0.76, 0.77, 0.6)


@pytest.mark.parametrize(
    ("loss", "tested", "expected"),
    [
        (falling, RISING, "falling"),
        (falling, [], "falling"),  # without a test set
        (level, RISING, "level"),
        (flat, scores(0.0, 0.0, 0.1), "level"),
        (diverging, RISING, "diverging"),
        (diverging, LEARNED_BY_HEART, "diverging"),  # AP falls with it, but not for being learned by heart
        (falling, LEARNED_BY_HEART, "overfitting"),
        (level, LEARNED_BY_HEART, "overfitting"),
        (falling, ONE_BAD_EVALUATION, "falling"),  # which may be chance
    ],
)
def test_a_curve_is_told_by_its_trend(loss: Loss, tested: Sequence[tuple[int, float]], expected: Trend) -> None:
    assert trend(training(loss), tested) == expected


@pytest.mark.parametrize("loss", [falling, flat, diverging])
def test_before_a_hundred_iterations_nothing_is_claimed(loss: Loss) -> None:
    assert trend(training(loss, 99), []) == "early"


def test_the_curves_that_other_tests_draw_fall_all_the_way() -> None:
    assert {trend(training(runs.loss, end), []) for end in range(100, 1001, 50)} == {"falling"}


@pytest.mark.parametrize("end", range(100, len(REAL_RUN) + 1, 30))
def test_a_real_run_falls_well_wherever_one_looks_at_it(end: int) -> None:
    seen = REAL_RUN[:end]
    scored = [(int(row.iteration), float(row.ap)) for row in seen.dropna().itertuples()]
    assert trend(seen, scored) == "falling"


def test_a_real_run_whose_loss_goes_up_again_diverges() -> None:
    rising = REAL_RUN.assign(loss=np.where(REAL_RUN["iteration"] > 180, REAL_RUN["loss"] * 1.8, REAL_RUN["loss"]))
    assert trend(rising, []) == "diverging"


def test_a_real_run_that_is_learned_by_heart_overfits() -> None:
    assert trend(REAL_RUN, [(100, 0.9), (200, 0.8), (250, 0.7)]) == "overfitting"


def test_one_image_more_that_is_wrong_is_no_overfitting_of_classes() -> None:
    one_of_ten = scores(0.8, 1.0, 0.9, 0.9)
    said = verdict(training(level), one_of_ten, "completed", 10, "classes")
    assert said is not None
    assert "by heart" not in said.text


@pytest.mark.parametrize(
    ("phase", "words"), [("running", "Let it run."), ("completed", "more iterations may make the model better"), ("ended", "Resume it")]
)
def test_what_to_do_with_a_falling_loss_depends_on_whether_it_still_runs(phase: Phase, words: str) -> None:
    said = verdict(training(falling), RISING, phase, 11)
    assert said is not None
    assert words in said.text


@pytest.mark.parametrize(
    ("loss", "tested", "words", "worries"),
    [
        (level, RISING, "has levelled off", False),
        (flat, scores(0.1, 0.1), "Label more images, and check the labels of the worst test images", True),
        (diverging, RISING, "a lower initial learning rate, say 0.001.", True),
        (falling, LEARNED_BY_HEART, "test AP went down from 0.72 at iteration 400 to 0.60", True),
    ],
)
def test_each_trend_says_what_to_try_next(loss: Loss, tested: Sequence[tuple[int, float]], words: str, worries: bool) -> None:
    said = verdict(training(loss), tested, "completed", 11)
    assert said is not None
    assert words in said.text
    assert said.worries == worries


@pytest.mark.parametrize("task", ["fields", "classes"])
@pytest.mark.parametrize(
    ("loss", "tested", "phase", "words"),
    [
        (falling, RISING, "running", "Let it run."),
        (flat, scores(0.1, 0.1), "running", "If it still does after a few hundred iterations more, stop it."),
        (diverging, RISING, "running", "Stop it and start a new process with a lower initial learning rate, say 0.001."),
        (diverging, RISING, "ended", "Start a new process with a lower initial learning rate, say 0.001."),
        (falling, LEARNED_BY_HEART, "running", "Let it end: the model will have the best weights, not the last ones."),
        (falling, LEARNED_BY_HEART, "ended", "The best weights are kept."),
    ],
)
def test_what_to_do_depends_on_whether_the_run_can_still_be_stopped(
    task: Task, loss: Loss, tested: Sequence[tuple[int, float]], phase: Phase, words: str
) -> None:
    said = verdict(training(loss), tested, phase, 200, task)
    assert said is not None
    assert words in said.text


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        (0.97, "Test accuracy is above 0.95: excellent."),
        (0.92, "Test accuracy is 0.9 or more: good."),
        (0.85, "Test accuracy is below 0.9: not good yet."),
        (None, "There is no test accuracy yet"),
    ],
)
def test_of_classes_accuracy_is_told_and_more_of_it_asked(accuracy: float | None, words: str) -> None:
    said = verdict(training(level), [] if accuracy is None else [(1000, accuracy)], "completed", 40, "classes")
    assert said is not None
    assert words in said.text
    assert "AP" not in said.text


def test_classes_learned_by_heart_are_told_by_accuracy() -> None:
    said = verdict(training(falling), LEARNED_BY_HEART, "completed", 200, "classes")
    assert said is not None
    assert said.worries
    assert "test accuracy went down from 0.72 at iteration 400 to 0.60" in said.text


@pytest.mark.parametrize(("task", "absent"), [("fields", "accuracy"), ("classes", "AP")])
def test_the_guide_speaks_of_what_is_measured_alone(task: Task, absent: str) -> None:
    assert absent not in reading_guide(task)
    assert reading_guide(task).count("\n- ") == 3


@pytest.mark.parametrize(
    ("loss", "ap", "words"),
    [
        (0.3, 0.85, "below 0.5, as it should be. Test AP is above 0.8: excellent."),
        (0.3, 0.75, "Test AP is 0.75 or more: good."),
        (0.9, 0.5, "still above 0.5; it usually falls below that as the model learns. Test AP is below 0.75"),
        (0.9, None, "There is no test AP yet"),
    ],
)
def test_the_verdict_ends_with_the_reading_guide(loss: float, ap: float | None, words: str) -> None:
    said = verdict(training(lambda _iteration: loss), [] if ap is None else [(100, ap)], "running", 11)
    assert said is not None
    assert words in said.text


def test_how_high_the_loss_is_says_nothing_of_a_model_that_reads() -> None:
    said = verdict(training(lambda _iteration: 7.0), [(100, 0.5)], "running", 11, reads=True)
    assert said is not None
    assert "0.5;" not in said.text
    assert "below 0.5" in reading_guide("fields")
    assert "below 0.5" not in reading_guide("fields", reads=True)


def test_a_high_loss_is_no_shortcoming_beside_a_good_ap() -> None:
    said = verdict(training(lambda _iteration: 0.9), [(100, 0.9)], "running", 11)
    assert said is not None
    assert "still above" not in said.text


def test_ap_on_a_handful_of_images_is_not_called_good() -> None:
    said = verdict(training(level), RISING, "completed", FEW_TEST_IMAGES - 1)
    assert said is not None
    assert "AP was measured on 4 test images only: it means little." in said.text
    assert "excellent" not in said.text


@pytest.mark.parametrize(
    ("count", "task", "words"),
    [
        (0, "fields", "no AP"),
        (1, "fields", "AP was measured on 1 test image only"),
        (FEW_TEST_IMAGES, "fields", ""),
        (0, "classes", "no accuracy"),
        (2, "classes", "Accuracy was measured on 2 test images only"),
        (FEW_TEST_IMAGES, "classes", ""),
    ],
)
def test_few_test_images_are_warned_of(count: int, task: Task, words: str) -> None:
    assert words in few_test_images(count, task)
    assert bool(few_test_images(count, task)) == bool(words)


def test_without_a_curve_nothing_is_said() -> None:
    assert verdict(training(falling, 0), [], "running", 11) is None


@pytest.mark.parametrize("again", [110, 150, 300])
def test_a_loss_that_jumps_where_learning_begins_anew_is_no_worry(again: int) -> None:
    first, second = training(falling, 300), training(falling, again)
    rates = [part.assign(lr=np.linspace(0.005, 0.0001, len(part))) for part in (first, second)]
    both = pd.concat(rates, ignore_index=True).assign(iteration=np.arange(1.0, 301 + again))
    said = verdict(both, RISING[:3], "running", 5)
    assert said is not None
    assert not said.worries
    assert "The loss falls well" in said.text
