"""How well a run finds each field or class: at the last evaluation, and of its model once that is published."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.charts import fields_figure
from pages.parts.confusion import confusion_figure, confusion_texts
from pages.parts.data import get_store
from pages.parts.i18n import _
from pages.parts.live_chart import live_chart
from pages.parts.run_figures import newest_scores, scores_frame
from storage import models
from storage.core import StoreError
from storage.evaluations import Evaluation
from storage.models import FieldScore, Model
from storage.progress import Point
from storage.projects import Field, Task


def render_scores(
    task: Task, fields: Sequence[Field], evaluated: Sequence[Point], model: Model | None, *, is_tested: bool, key: str
) -> None:
    """AP of each field, or F1 of each class; with precision and recall once the model is published."""
    st.subheader(_("AP by field") if task == "fields" else _("F1 by class"))
    scores = scores_frame(fields, newest_scores(evaluated)) if model is None else model_frame(task, fields, model)
    if scores.empty:
        st.caption(_("Known after the first evaluation on the test images.") if is_tested else _("Not known: there was no test image."))
        return
    live_chart(fields_figure(scores, key=key), key="fields")
    if model is not None and len(scores.columns) > 4:
        st.caption(_("Of the published model, which has the best weights of the run; precision and recall at its thresholds."))
        if values := values_text(model):
            st.caption(values)


def render_confusion(evaluation: Evaluation, fields: Sequence[Field], *, key: str) -> None:
    """Which classes are taken for which."""
    st.subheader(_("Confusion matrix"), help=_("A row for each class of the test images, a column for what was found on them."))
    live_chart(confusion_figure(evaluation, fields, confusion_texts(), key), key="confusion")


def model_frame(task: Task, fields: Sequence[Field], model: Model) -> pd.DataFrame:
    """The figures of a published model as ``fields_figure`` draws them; without columns of which nothing is known."""
    heads = {_("Precision"): "precision", _("Recall"): "recall"}
    if task == "fields":
        heads |= {"F1": "f1", _("Value right"): "value_right"}
    further = {head: _by_field(model, figure) for head, figure in heads.items()}
    known = {head: values for head, values in further.items() if any(value is not None for value in values.values())}
    return scores_frame(fields, _by_field(model, "ap_50" if task == "fields" else "f1"), known)


def values_text(model: Model) -> str | None:
    """What "value right" means; None where no value was compared."""
    if all(score.value_right is None for score in model.per_field.values()):
        return None
    return _("Value right: of the boxes found in the right place, the share with the very text of the label; spaces and case do not count.")


def published_model(process: str) -> Model | None:
    """The model that the process published; None before that, or if it is deleted or damaged."""
    try:
        return _load_model(str(get_store().root), process)
    except StoreError:
        return None


# A published model never changes; an error is not kept, so one that is not there yet is looked for again.
@st.cache_resource(max_entries=200, show_spinner=False)
def _load_model(root: str, process: str) -> Model:  # noqa: ARG001
    return models.get(get_store(), process)


def _by_field(model: Model, figure: str) -> dict[str, float | None]:
    return {field: _figure(score, figure) for field, score in model.per_field.items()}


def _figure(score: FieldScore, name: str) -> float | None:
    value: float | None = getattr(score, name)
    return value
