"""Everything about one model: where it comes from, how good it is, its rule and its file."""

import pandas as pd
import streamlit as st

from pages.parts.charts import fields_figure
from pages.parts.data import Names
from pages.parts.i18n import _, moment, ngettext, number
from pages.parts.live_chart import live_chart
from pages.parts.run_figures import scores_frame
from pages.parts.run_verdict import few_test_images
from pages.parts.states import kind_name
from pages.parts.text import plain
from storage import models
from storage.core import Store
from storage.models import Listed, Model


def render_model_heading(listed: Listed) -> None:
    """Name, kind and whether it is kept."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.subheader(plain(listed.entry.name), anchor=False, width="content")
        if listed.entry.promoted:
            st.badge(_("In Models"), icon=":material/bookmark_added:", color="green")
        st.badge(kind_name(listed.model.kind), color="gray")


def render_lineage(model: Model, names: Names) -> None:
    """Where the model comes from, in words and as links."""
    trained = ngettext("Trained on {count} image", "Trained on {count} images", model.images)
    rest = _(
        "of project **{project}** by template **{template}** on machine {machine}, from {base_model}: {iterations} iterations, "
        "pages scaled to {width} × {height} pixels. Published {at}."
    ).format(
        project=plain(names.project(model.project)),
        template=plain(model.template),
        machine=plain(names.machine(model.machine)),
        base_model=plain(model.base_model),
        iterations=number(model.iterations),
        width=number(model.canvas[1]),
        height=number(model.canvas[0]),
        at=moment(model.at),
    )
    author = " " + _("Started by {author}.").format(author=plain(model.author)) if model.author else ""
    st.markdown(f"{trained} {rest}{author}")
    with st.container(horizontal=True):
        if model.project in names.projects:
            st.page_link("data.py", label=_("Project data"), icon=":material/photo_library:", query_params={"project": model.project})
        st.page_link("processes.py", label=_("Process"), icon=":material/list:", query_params={"process": model.id})
        st.page_link("monitoring.py", label=_("Training curves"), icon=":material/show_chart:", query_params={"process": model.id})


def render_quality(model: Model) -> None:
    """AP, on how many test images, by field, and the rule learned from them."""
    ap_50, ap, tested, _rest = st.columns([1, 1, 1, 2])
    ap_50.metric(_("AP@50"), number(model.map_50, 3))
    ap.metric(_("mAP@50:95"), number(model.map_50_95, 3))
    tested.metric(_("Test images"), number(model.test_images))
    if warning := few_test_images(model.test_images):
        st.warning(warning, icon=":material/warning:")
    chart, rule = st.columns(2, gap="large")
    with chart:
        _render_fields(model)
    with rule:
        _render_rule(model)


def render_file(store: Store, model: Model) -> None:
    """Size and checksum of the weights."""
    size = models.weights_size(store, model)
    if size is None:
        st.error(_("The weights are missing. Restore them from a backup or run the process again."), icon=":material/error:")
        return
    with st.expander(_("Weights"), icon=":material/deployed_code:"):
        st.markdown(_("{size} MB in safetensors format; SHA-256:").format(size=number(size / 1e6, 1)))
        st.code(model.weights_sha256, language=None)
        st.caption(_("The checksum is compared before each download."))


def _render_fields(model: Model) -> None:
    st.markdown("**" + _("AP by field") + "**")
    scores = scores_frame(model.fields, {field: score.ap_50 for field, score in model.per_field.items()})
    if scores.empty:
        st.caption(_("Not known: there was no test image."))
        return
    live_chart(fields_figure(scores, key=model.id), key="model_fields")


def _render_rule(model: Model) -> None:
    st.markdown("**" + _("What is applied") + "**", help=_("Learned from the test images; thresholds can be moved before applying."))
    least, most = model.rule.thresholds, model.rule.limits
    rows = [(plain(field.name), number(least.get(field.id), 2), number(most.get(field.id))) for field in model.fields]
    head = [_("Field"), _("Score from"), _("Most on a page")]
    st.table(pd.DataFrame(rows, columns=head), hide_index=True, border="horizontal")
