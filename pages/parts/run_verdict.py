"""What the curves of a run mean, in plain words, and what to try next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pages.parts.i18n import _, ngettext, number, small_number
from storage.projects import Task

# The reading guide (design, section 1); of accuracy more is asked, as an image has one class only to get right.
USUAL_LOSS = 0.5
GOOD: dict[Task, float] = {"fields": 0.75, "classes": 0.9}
EXCELLENT: dict[Task, float] = {"fields": 0.8, "classes": 0.95}
FEW_TEST_IMAGES = 5  # below this one image more or less decides whether AP is good

Trend = Literal["early", "falling", "level", "diverging", "overfitting"]
Phase = Literal["running", "completed", "ended"]  # ended: stopped, failed or cut off, so it can be resumed
Scores = Sequence[tuple[int, float]]  # iteration and test AP, or accuracy, of each evaluation

_EARLY = 100  # iterations; the first evaluation comes with them
_PARTS = 10  # of the curve, judged by their means: one batch of two images says little
_FALL = 0.03  # of the loss over the last three parts; less is level
_RISE, _LEAST_RISE = 1.3, 0.1  # over the lowest part before, as a factor and in loss; a small loss shakes by more than a third
_DROP = 0.03  # of test AP below its best, at two evaluations running; a single one may be chance


@dataclass(frozen=True)
class Verdict:
    """How a run goes, for the reader; ``worries`` tells whether something should be done about it."""

    text: str
    worries: bool


def trend(trained: pd.DataFrame, scores: Scores, drop: float = _DROP) -> Trend:
    """How the curves go; columns iteration and loss of ``trained``, and the ``drop`` of the scores that is more than chance."""
    if len(trained) < _EARLY:
        return "early"
    means = [float(part.mean()) for part in np.array_split(trained["loss"].to_numpy(), _PARTS)]
    lowest = min(means[:-1])
    # First of all: where the loss diverges AP falls, too, but not because anything was learned by heart.
    if means[-1] > _RISE * lowest and means[-1] - lowest > _LEAST_RISE:
        return "diverging"
    if _overfits(trained, scores, drop):
        return "overfitting"
    return "falling" if means[-1] < (1 - _FALL) * means[-4] else "level"


def verdict(
    trained: pd.DataFrame, scores: Scores, phase: Phase, test_images: int, task: Task = "fields", *, reads: bool = False
) -> Verdict | None:
    """What the curves mean and what to try next; None while there is no curve.

    Of a model that ``reads``, the loss is a sum of many: it falls, but what it amounts to says nothing.
    """
    if trained.empty:
        return None
    trained = _from_last_start(trained)
    # The same ten as in the figures above, so that words and figures agree.
    loss, score = float(trained["loss"].tail(10).mean()), scores[-1][1] if scores else None
    # The score counts where there is one: a low loss on the training images alone proves little.
    good = (reads or loss < USUAL_LOSS) if score is None else score >= GOOD[task]
    # One image more that is wrong is chance; a field's AP is made of many boxes and moves less.
    drop = max(_DROP, 1.5 / test_images) if task == "classes" and test_images else _DROP
    found = trend(trained, scores, drop)
    words = _overfitting_words(scores, phase, task) if found == "overfitting" else _loss_trend(found, phase, good, trained["lr"].max())
    said = _accuracy_words(score, test_images) if task == "classes" else _ap_words(score, test_images)
    worries = found in ("diverging", "overfitting") or (found == "level" and not good)
    return Verdict(" ".join([words, *([] if reads else _loss_words(loss, good)), said]), worries)


def reading_guide(task: Task, *, reads: bool = False) -> str:
    """What each curve says, as a Markdown list; ``reads`` as in ``verdict``."""
    loss = _(
        "**Training loss**, blue: how far off the model is on the images it learns from. The thin line is each iteration, the strong "
        "one their running mean."
    )
    usual = _("How high it is depends on the fields and pages; what counts is that it falls.") if reads else _("It usually ends below 0.5.")
    lines = [
        f"{loss} {usual}",
        _("**Learning rate**, green: how large the model's steps are. It goes down along a planned curve."),
        *(_accuracy_guide() if task == "classes" else _ap_guide()),
    ]
    return "\n".join(f"- {line}" for line in lines)


def few_test_images(count: int, task: Task = "fields") -> str:
    """A warning where AP or accuracy rests on too few images to mean much; empty where it does not."""
    if count >= FEW_TEST_IMAGES:
        return ""
    if count == 0 and task == "classes":
        return _("There is no test image, so there is no accuracy. Label at least five images of a class and run again.")
    if count == 0:
        return _("There is no test image, so there is no AP. Label at least eight images and run again.")
    measured = (
        ngettext("AP was measured on {count} test image only", "AP was measured on {count} test images only", count)
        if task == "fields"
        else ngettext("Accuracy was measured on {count} test image only", "Accuracy was measured on {count} test images only", count)
    )
    return measured + ": " + _("it means little. Label more images for a figure to rely on.")


def _from_last_start(trained: pd.DataFrame) -> pd.DataFrame:
    """Take the curve from where learning began anew: only there the rate rises, and a loss that jumps there is no worry."""
    starts = np.flatnonzero(np.diff(trained["lr"].to_numpy()) > 0)
    return trained.iloc[starts[-1] + 1 :] if len(starts) else trained


def _overfits(trained: pd.DataFrame, scores: Scores, drop: float) -> bool:
    if len(scores) < 3:
        return False
    at, best = max(scores, key=lambda score: score[1])
    if any(score > best - drop for _iteration, score in scores[-2:]):
        return False
    # With a loss that rose as well it would not be learning by heart.
    before = trained["loss"][(trained["iteration"] > at - _EARLY) & (trained["iteration"] <= at)]
    return bool(trained["loss"].tail(_EARLY).mean() < before.mean())


def _loss_trend(found: Trend, phase: Phase, good: bool, lr: float) -> str:
    if found == "early":
        return _("**Too early to say.** The curves mean something after some 100 iterations.")
    if found == "falling":
        return _falling_words(phase)
    return _diverging_words(phase, lr) if found == "diverging" else _level_words(phase, good)


def _falling_words(phase: Phase) -> str:
    after = {
        "running": _("Let it run."),
        "completed": _("It still fell at the end, so more iterations may make the model better."),
        "ended": _("Resume it to go on from there."),
    }
    return _("**The loss falls well.**") + " " + after[phase]


def _level_words(phase: Phase, good: bool) -> str:
    if good:
        return _("**The loss has levelled off.** The model has learned what these images teach; more iterations would change little.")
    if phase == "running":
        return _(
            "**The loss stays flat before it is good.** If it still does after a few hundred iterations more, stop it. "
            "Then try another initial learning rate or more labelled images."
        )
    return _(
        "**The loss stays flat before it is good.** Label more images, and check the labels of the worst test images below; "
        "another initial learning rate may help, too."
    )


def _diverging_words(phase: Phase, lr: float) -> str:
    words = (
        _("**The loss rises again: the training diverges.** Stop it and start a new process with a lower initial learning rate, say {lr}.")
        if phase == "running"
        else _("**The loss rises again: the training diverges.** Start a new process with a lower initial learning rate, say {lr}.")
    )
    return words.format(lr=small_number(float(lr) / 5))


def _overfitting_words(scores: Scores, phase: Phase, task: Task) -> str:
    at, best = max(scores, key=lambda score: score[1])
    heart = (
        _(
            "**The model learns the training images by heart:** the loss falls, but test accuracy went down from {best} "
            "at iteration {iteration} to {last}."
        )
        if task == "classes"
        else _(
            "**The model learns the training images by heart:** the loss falls, but test AP went down from {best} "
            "at iteration {iteration} to {last}."
        )
    ).format(best=number(best, 2), iteration=number(at), last=number(scores[-1][1], 2))
    kept = (
        _("Let it end: the model will have the best weights, not the last ones.") if phase == "running" else _("The best weights are kept.")
    )
    next_time = _("Fewer iterations, more labelled images or augmentation help.")
    return f"{heart} {kept} {next_time}"


def _loss_words(loss: float, good: bool) -> list[str]:
    if loss < USUAL_LOSS:
        return [_("The loss is below 0.5, as it should be.")]
    # What a loss amounts to depends on the fields; beside a good AP it is no shortcoming.
    return [] if good else [_("The loss is still above 0.5; it usually falls below that as the model learns.")]


def _ap_words(ap: float | None, test_images: int) -> str:
    warning = few_test_images(test_images)
    if ap is None:
        return _("There is no test AP yet: it is measured every 100 iterations.") if test_images else warning
    if warning:
        return warning
    if ap > EXCELLENT["fields"]:
        return _("Test AP is above 0.8: excellent.")
    if ap >= GOOD["fields"]:
        return _("Test AP is 0.75 or more: good.")
    return _("Test AP is below 0.75: not good yet. More iterations or more labelled images help.")


def _accuracy_words(accuracy: float | None, test_images: int) -> str:
    warning = few_test_images(test_images, "classes")
    if accuracy is None:
        return _("There is no test accuracy yet: it is measured every 100 iterations.") if test_images else warning
    if warning:
        return warning
    if accuracy > EXCELLENT["classes"]:
        return _("Test accuracy is above 0.95: excellent.")
    if accuracy >= GOOD["classes"]:
        return _("Test accuracy is 0.9 or more: good.")
    return _(
        "Test accuracy is below 0.9: not good yet. More iterations help, or more labelled images of the classes "
        "that are taken for each other."
    )


def _ap_guide() -> list[str]:
    return [
        _(
            "**Test AP**, red: average precision on labelled images that it never learns from, 0 to 1, every 100 iterations. "
            "0.75 is good, above 0.8 excellent. With few test images it jumps by chance."
        ),
        _("If test AP falls while the loss falls, the images are being learned by heart. The weights with the best test AP are kept."),
    ]


def _accuracy_guide() -> list[str]:
    return [
        _(
            "**Test accuracy**, red: the share of labelled images that it never learns from whose class is right, 0 to 1, every 100 "
            "iterations. 0.9 is good, above 0.95 excellent. With few test images it jumps by chance."
        ),
        _(
            "If test accuracy falls while the loss falls, the images are being learned by heart. "
            "The weights with the best test accuracy are kept."
        ),
    ]
