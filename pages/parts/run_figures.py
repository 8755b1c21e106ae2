"""The figures of a run, in numbers and as a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
import streamlit as st

from pages.parts.charts import CurveTexts
from pages.parts.curves import Curves
from pages.parts.i18n import _, duration, moment, ngettext, number, separators, small_number
from storage.processes import Process, State
from storage.progress import RECENT_LOSSES, Point, Status
from storage.projects import Field, Task


# 5,000 iterations take 120 KB, so a hundred runs stay small.
@st.cache_resource(max_entries=100, show_spinner=False)
def curves(root: str, process: str) -> Curves:  # noqa: ARG001
    """The curves of a process, shared by all who watch it."""
    return Curves()


@dataclass(frozen=True)
class Figures:
    """The newest of each figure; the curves are newer than the status, which waits for the refresh interval.

    ``ap`` is the accuracy where a run learns classes.
    """

    iteration: int
    loss: float | None
    lr: float | None
    ap: float | None


def tested_name(task: Task) -> str:
    """What a run of this task is measured by, on its test images."""
    return _("Test AP") if task == "fields" else _("Test accuracy")


def curve_texts(task: Task) -> CurveTexts:
    """The words on a chart of curves."""
    return CurveTexts(_("Iteration"), _("Training loss"), _("Loss of each iteration"), _("Learning rate"), tested_name(task), separators())


def figures_of(status: Status | None, trained: pd.DataFrame, evaluated: Sequence[Point]) -> Figures:
    """Figures from the curves; from the status where there is no curve yet. The loss is the mean of the newest ones."""
    ap = evaluated[-1].ap if evaluated else status.ap if status else None
    if trained.empty:
        return Figures(status.iteration if status else 0, status.loss if status else None, status.lr if status else None, ap)
    last = trained.iloc[-1]
    return Figures(int(last["iteration"]), float(trained["loss"].tail(RECENT_LOSSES).mean()), float(last["lr"]), ap)


def render_figures(process: Process, task: Task, status: Status | None, figures: Figures, *, alive: bool) -> None:
    """The main figures large, and all of them as a sentence; without a live machine no promise when it will be done."""
    if status is None:
        return
    running = alive and process.state in (State.RUNNING, State.STOPPING)
    iterations = status.iterations or process.spec.template.parameters.iterations  # 0 until the run has begun
    shown = {
        tested_name(task): number(figures.ap, 3),
        _("Loss"): number(figures.loss, 3),
        _("Learning rate"): small_number(figures.lr),
        _("Iteration"): _("{done} of {total}").format(done=number(figures.iteration), total=number(iterations)),
        **({_("~ Time left"): duration(status.seconds_left)} if running else {_("Time taken"): duration(seconds_taken(process, status))}),
    }
    for column, (name, value) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(name, value)
    st.progress(min(1.0, figures.iteration / iterations) if iterations else 0.0)
    st.caption(" ".join([_sentence(task, status, figures), *(_ready(status) if running else [])]))


def scores_frame(
    fields: Sequence[Field], scores: Mapping[str, float | None], further: Mapping[str, Mapping[str, float | None]] | None = None
) -> pd.DataFrame:
    """Columns name, colour, ap and text: the AP of each field; a field without any on the test images has none.

    ``further`` are figures beside it by field id, under the heads of their columns.
    """
    shown = [field for field in fields if field.id in scores]
    columns = {
        "name": [field.name for field in shown],
        "colour": [field.colour for field in shown],
        # No bar and a dash where the test images hold none of a field: 0.00 would call the model bad at it.
        "ap": [scores[field.id] or 0.0 for field in shown],
        "text": [number(scores[field.id], 2) for field in shown],
    }
    beside = {head: [number(values.get(field.id), 2) for field in shown] for head, values in (further or {}).items()}
    return pd.DataFrame(columns | beside)


def newest_scores(evaluated: Sequence[Point]) -> dict[str, float | None]:
    """AP by field id, or F1 by class id, at the last evaluation; empty before the first."""
    return next((point.per_field for point in reversed(evaluated) if point.per_field), None) or {}


def seconds_taken(process: Process, status: Status | None) -> float:
    """Seconds that all attempts took, the last one up to its latest word if it has no end."""
    begun = [attempt.claim.at for attempt in process.attempts]
    ends = [attempt.end.at if attempt.end else status.at if status else attempt.claim.at for attempt in process.attempts]
    return sum((end - start).total_seconds() for start, end in zip(begun, ends, strict=True))


def _sentence(task: Task, status: Status, figures: Figures) -> str:
    """Everything in one sentence, which can be copied into a message to somebody."""
    words = (
        _("AP {ap}, loss {loss}, learning rate {lr} at iteration {iteration}, epoch {epoch}.")
        if task == "fields"
        else _("Accuracy {ap}, loss {loss}, learning rate {lr} at iteration {iteration}, epoch {epoch}.")
    )
    learned = words.format(
        ap=number(figures.ap, 3),
        loss=number(figures.loss, 3),
        lr=small_number(figures.lr),
        iteration=number(figures.iteration),
        epoch=number(status.epoch),
    )
    trained = ngettext("Trains on {count} image", "Trains on {count} images", status.images)
    tested = ngettext("tested on {count}", "tested on {count}", status.test_images)
    rest = _("batch {batch}, on {device}. Last update {at}.").format(
        batch=number(status.batch), device=status.device.upper() or "–", at=moment(status.at, seconds=True)
    )
    return f"{learned} {trained}, {tested}, {rest}"


def _ready(status: Status) -> list[str]:
    if status.seconds_left is None:
        return []
    # From the time of the status, not from now: it would creep forward between two updates.
    at = moment(status.at + timedelta(seconds=status.seconds_left))
    return [_("~ {left} left, done at about {at}.").format(left=duration(status.seconds_left), at=at)]
