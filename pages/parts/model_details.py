"""Everything about one model: how good it is, its rule and its file."""

import pandas as pd
import streamlit as st

from pages.parts.charts import fields_figure
from pages.parts.confusion import confusion_figure, confusion_texts
from pages.parts.data import get_store
from pages.parts.i18n import _, number
from pages.parts.live_chart import live_chart
from pages.parts.model_texts import main_score, mean_f1, megabytes, model_kind
from pages.parts.run_figures import scores_frame
from pages.parts.run_scores import values_text
from pages.parts.run_verdict import few_test_images
from pages.parts.text import plain
from storage import attempts, evaluations, models
from storage.core import Store
from storage.evaluations import Evaluation
from storage.models import Listed, Model


def render_model_heading(listed: Listed) -> None:
    """Name, kind and whether it is kept."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.subheader(plain(listed.entry.name), anchor=False, width="content")
        if listed.entry.deleted:
            st.badge(_("Deleted"), icon=":material/delete:", color="red")
            return
        if listed.entry.promoted:
            st.badge(_("In Models"), icon=":material/bookmark_added:", color="green")
        if listed.entry.base:
            st.badge(_("Base model"), icon=":material/foundation:", color="blue")
        st.badge(model_kind(listed.model), color="gray")


def render_quality(model: Model) -> None:
    """How good it is, on how many test images, by field or class, and the rule learned from them."""
    for column, (name, value) in zip(st.columns(5), _figures(model).items(), strict=False):
        column.metric(name, value)
    if warning := few_test_images(model.test_images, model.task):
        st.warning(warning, icon=":material/warning:")
    chart, rule = st.columns([3, 2], gap="large")
    with chart:
        _render_fields(model)
    with rule:
        _render_rule(model)
    if model.task == "classes":
        _render_confusion(model)


def render_file(store: Store, model: Model) -> None:
    """Size and checksum of the weights."""
    size = models.weights_size(store, model)
    if size is None:
        st.error(_("The weights are missing. Restore them from a backup or run the process again."), icon=":material/error:")
        return
    with st.expander(_("Weights"), icon=":material/deployed_code:"):
        st.markdown(_("{size} in safetensors format; SHA-256:").format(size=megabytes(size)))
        st.code(model.weights_sha256, language=None)
        st.caption(_("The checksum is compared before each download."))


def _figures(model: Model) -> dict[str, str]:
    if model.task == "classes":
        main = {_("Accuracy"): number(main_score(model), 3)}
    else:
        main = {_("AP@50"): number(main_score(model), 3), _("mAP@50:95"): number(model.map_50_95, 3)}
    return {**main, _("Mean F1"): number(mean_f1(model), 3), _("Test images"): number(model.test_images)}


def _render_fields(model: Model) -> None:
    classes = model.task == "classes"
    st.markdown("**" + (_("F1 by class") if classes else _("AP by field")) + "**")
    bars = {field: score.f1 if classes else score.ap_50 for field, score in model.per_field.items()}
    values = values_text(model)
    further = {
        _("Precision"): {field: score.precision for field, score in model.per_field.items()},
        _("Recall"): {field: score.recall for field, score in model.per_field.items()},
        **({} if classes else {_("F1"): {field: score.f1 for field, score in model.per_field.items()}}),
        **({_("Value right"): {field: score.value_right for field, score in model.per_field.items()}} if values else {}),
    }
    scores = scores_frame(model.fields, bars, further)
    if scores.empty:
        st.caption(_("Not known: there was no test image."))
        return
    live_chart(fields_figure(scores, key=model.id), key="model_fields")
    if values:
        st.caption(values)


def _render_rule(model: Model) -> None:
    st.markdown("**" + _("What is applied") + "**", help=_("Learned from the test images; thresholds can be moved before applying."))
    least, most = model.rule.thresholds, model.rule.limits
    classes = model.task == "classes"
    rows = [(plain(field.name), number(least.get(field.id), 2), number(most.get(field.id))) for field in model.fields]
    frame = pd.DataFrame(rows, columns=[_("Class") if classes else _("Field"), _("Score from"), _("Most on a page")])
    # A page has one class.
    st.table(frame.iloc[:, :2] if classes else frame, hide_index=True, border="horizontal")


def _render_confusion(model: Model) -> None:
    evaluation = _load_evaluation(str(get_store().root), model.id)
    if evaluation is None or not evaluation.images:
        return
    st.markdown("**" + _("Confusion matrix") + "**", help=_("Which class the test images are of, and which one was found on them."))
    live_chart(confusion_figure(evaluation, model.fields, confusion_texts(), model.id), key="model_confusion")


# Never changes once the model is there; of a thousand test images some 200 kB.
@st.cache_resource(max_entries=50, show_spinner=False)
def _load_evaluation(root: str, model: str) -> Evaluation | None:  # noqa: ARG001
    """What the model found on its test images when it was made; None of one that was made elsewhere."""
    # By its files, not by the process, which may be deleted.
    return evaluations.newest(attempts.list_attempts(get_store().process(model)))
