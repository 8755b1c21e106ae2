"""What the curves of a run mean, in plain words, and what to try next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pages.parts.i18n import _, ngettext, number, small_number

# The reading guide (design, section 1).
USUAL_LOSS, GOOD_AP, EXCELLENT_AP = 0.5, 0.75, 0.8
FEW_TEST_IMAGES = 5  # below this one image more or less decides whether AP is good

Trend = Literal["early", "falling", "level", "diverging", "overfitting"]
Phase = Literal["running", "completed", "ended"]  # ended: stopped, failed or cut off, so it can be resumed
Scores = Sequence[tuple[int, float]]  # iteration and test AP of each evaluation

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


def trend(trained: pd.DataFrame, scores: Scores) -> Trend:
    """How the curves go; columns iteration and loss of ``trained``."""
    if len(trained) < _EARLY:
        return "early"
    means = [float(part.mean()) for part in np.array_split(trained["loss"].to_numpy(), _PARTS)]
    lowest = min(means[:-1])
    # First of all: where the loss diverges AP falls, too, but not because anything was learned by heart.
    if means[-1] > _RISE * lowest and means[-1] - lowest > _LEAST_RISE:
        return "diverging"
    if _overfits(trained, scores):
        return "overfitting"
    return "falling" if means[-1] < (1 - _FALL) * means[-4] else "level"


def verdict(trained: pd.DataFrame, scores: Scores, phase: Phase, test_images: int) -> Verdict | None:
    """What the curves mean and what to try next; None while there is no curve."""
    if trained.empty:
        return None
    # The same ten as in the figures above, so that words and figures agree.
    loss, ap = float(trained["loss"].tail(10).mean()), scores[-1][1] if scores else None
    # AP counts where there is one: a low loss on the training images alone proves little.
    good = loss < USUAL_LOSS if ap is None else ap >= GOOD_AP
    found = trend(trained, scores)
    words = _trend_words(found, phase, good, float(trained["lr"].max()), scores)
    worries = found in ("diverging", "overfitting") or (found == "level" and not good)
    return Verdict(" ".join([words, *_loss_words(loss, good), _ap_words(ap, test_images)]), worries)


def reading_guide() -> str:
    """What each curve says, as a Markdown list."""
    return "\n".join(
        f"- {line}"
        for line in (
            _("**Training loss**, blue: how far off the model is on the images it learns from. It shakes, and usually ends below 0.5."),
            _("**Learning rate**, green: how large the model's steps are. It goes down along a planned curve."),
            _(
                "**Test AP**, red: average precision on labelled images that it never learns from, 0 to 1, every 100 iterations. "
                "0.75 is good, above 0.8 excellent. With few test images it jumps by chance."
            ),
            _("If test AP falls while the loss falls, the images are being learned by heart. The weights with the best test AP are kept."),
        )
    )


def few_test_images(count: int) -> str:
    """A warning where AP rests on too few images to mean much; empty where it does not."""
    if count >= FEW_TEST_IMAGES:
        return ""
    if count == 0:
        return _("There was no test image, so there is no AP. Label at least eight images and run again.")
    measured = ngettext("AP was measured on {count} test image only", "AP was measured on {count} test images only", count)
    return measured + ": " + _("it means little. Label more images for a figure to rely on.")


def _overfits(trained: pd.DataFrame, scores: Scores) -> bool:
    if len(scores) < 3:
        return False
    at, best = max(scores, key=lambda score: score[1])
    if any(ap > best - _DROP for _iteration, ap in scores[-2:]):
        return False
    # With a loss that rose as well it would not be learning by heart.
    before = trained["loss"][(trained["iteration"] > at - _EARLY) & (trained["iteration"] <= at)]
    return bool(trained["loss"].tail(_EARLY).mean() < before.mean())


def _trend_words(found: Trend, phase: Phase, good: bool, lr: float, scores: Scores) -> str:
    if found == "early":
        return _("**Too early to say.** The curves mean something after some 100 iterations.")
    if found == "falling":
        return _falling_words(phase)
    if found == "level":
        return _level_words(good)
    return _diverging_words(lr) if found == "diverging" else _overfitting_words(scores)


def _falling_words(phase: Phase) -> str:
    after = {
        "running": _("Let it run."),
        "completed": _("It still fell at the end, so more iterations may make the model better."),
        "ended": _("Resume it to go on from there."),
    }
    return _("**The loss falls well.**") + " " + after[phase]


def _level_words(good: bool) -> str:
    if good:
        return _("**The loss has levelled off.** The model has learned what these images teach; more iterations would change little.")
    return _(
        "**The loss stays flat before it is good.** Label more images, and check the labels of the worst test images below; "
        "another initial learning rate may help, too."
    )


def _diverging_words(lr: float) -> str:
    words = _("**The loss rises again: the training diverges.** Start a new process with a lower initial learning rate, say {lr}.")
    return words.format(lr=small_number(lr / 5))


def _overfitting_words(scores: Scores) -> str:
    at, best = max(scores, key=lambda score: score[1])
    return _(
        "**The model learns the training images by heart:** the loss falls, but test AP went down from {best} at iteration {iteration} "
        "to {last}. The best weights are kept. Fewer iterations, more labelled images or augmentation help."
    ).format(best=number(best, 2), iteration=number(at), last=number(scores[-1][1], 2))


def _loss_words(loss: float, good: bool) -> list[str]:
    if loss < USUAL_LOSS:
        return [_("The loss is below 0.5, as it should be.")]
    # What a loss amounts to depends on the fields; beside a good AP it is no shortcoming.
    return [] if good else [_("The loss is still above 0.5; it usually falls below that as the model learns.")]


def _ap_words(ap: float | None, test_images: int) -> str:
    if ap is None:
        return _("There is no test AP yet: it is measured every 100 iterations.")
    if warning := few_test_images(test_images):
        return warning
    if ap > EXCELLENT_AP:
        return _("Test AP is above 0.8: excellent.")
    if ap >= GOOD_AP:
        return _("Test AP is 0.75 or more: good.")
    return _("Test AP is below 0.75: not good yet. More iterations or more labelled images help.")
