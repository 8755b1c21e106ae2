"""The figures of a run in words and numbers, and what they mean in plain language."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.parts.curves import Curves
from pages.parts.i18n import _, duration, moment, ngettext, number, small_number
from storage.processes import Process, State
from storage.progress import Point, Status
from storage.projects import Field

# The reading guide (design, section 1).
USUAL_LOSS, GOOD_AP, EXCELLENT_AP = 0.5, 0.75, 0.8


# 5,000 iterations take 120 KB, so a hundred runs stay small.
@st.cache_resource(max_entries=100, show_spinner=False)
def curves(root: str, process: str) -> Curves:  # noqa: ARG001
    """The curves of a process, shared by all who watch it."""
    return Curves()


@dataclass(frozen=True)
class Figures:
    """The newest of each figure; the curves are newer than the status, which waits for the refresh interval."""

    iteration: int
    loss: float | None
    lr: float | None
    ap: float | None


def figures_of(status: Status | None, trained: pd.DataFrame, evaluated: Sequence[Point]) -> Figures:
    """Figures from the curves; from the status where there is no curve yet. The loss is the mean of the last ten."""
    ap = evaluated[-1].ap if evaluated else status.ap if status else None
    if trained.empty:
        return Figures(status.iteration if status else 0, status.loss if status else None, status.lr if status else None, ap)
    last = trained.iloc[-1]
    # One batch of two images says little: its loss jumps.
    return Figures(int(last["iteration"]), float(trained["loss"].tail(10).mean()), float(last["lr"]), ap)


def render_figures(process: Process, status: Status | None, figures: Figures) -> None:
    """The main figures large, the rest as a sentence."""
    if status is None:
        return
    iterations = status.iterations or process.spec.template.parameters.iterations  # 0 until the run has begun
    running = process.state in (State.RUNNING, State.STOPPING)
    shown = {
        _("Test AP"): number(figures.ap, 3),
        _("Loss"): number(figures.loss, 3),
        _("Learning rate"): small_number(figures.lr),
        _("Iteration"): _("{done} of {total}").format(done=number(figures.iteration), total=number(iterations)),
        _("~ Time left"): duration(status.seconds_left) if running else "–",
    }
    for column, (name, value) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(name, value)
    st.progress(min(1.0, figures.iteration / iterations) if iterations else 0.0)
    st.caption(_sentence(status))


def verdict(figures: Figures) -> str:
    """What loss and AP mean, by the reading guide; empty while there is no figure."""
    return " ".join([*_loss_words(figures.loss), *_ap_words(figures.ap)]) if figures.iteration else ""


def scores_frame(fields: Sequence[Field], evaluated: Sequence[Point]) -> pd.DataFrame:
    """Columns name, colour, ap and text: the newest AP of each field; a field without any on the test images has none."""
    scores = next((point.per_field for point in reversed(evaluated) if point.per_field), None) or {}
    # No bar and a dash where the test images hold none of a field: 0.00 would call the model bad at it.
    rows = [(field.name, field.colour, scores[field.id] or 0.0, number(scores[field.id], 2)) for field in fields if field.id in scores]
    return pd.DataFrame(rows, columns=["name", "colour", "ap", "text"])


def _sentence(status: Status) -> str:
    trained = ngettext("Trains on {count} image", "Trains on {count} images", status.images)
    tested = ngettext("tested on {count}", "tested on {count}", status.test_images)
    rest = _("batch {batch}, epoch {epoch}, on {device}. Last update {at}.").format(
        batch=number(status.batch), epoch=number(status.epoch), device=status.device.upper() or "–", at=moment(status.at, seconds=True)
    )
    return f"{trained}, {tested}, {rest}"


def _loss_words(loss: float | None) -> list[str]:
    if loss is None:
        return []
    if loss < USUAL_LOSS:
        return [_("The loss is below 0.5, as it should be.")]
    return [_("The loss is still above 0.5; it usually falls below that as the model learns.")]


def _ap_words(ap: float | None) -> list[str]:
    if ap is None:
        return [_("There is no test AP yet: it is measured every 100 iterations.")]
    if ap > EXCELLENT_AP:
        return [_("Test AP is above 0.8: excellent.")]
    if ap >= GOOD_AP:
        return [_("Test AP is 0.75 or more: good.")]
    return [_("Test AP is below 0.75: not good yet. More iterations or more labelled images help.")]
