"""Where a model comes from: data, template, base model, machine, who, when and how long; as a sentence and as links."""

import pandas as pd
import streamlit as st

from pages.parts.data import Names, find_process
from pages.parts.guard import page_link
from pages.parts.i18n import _, duration, moment, ngettext, number
from pages.parts.links import process_page, set_link, template_page
from pages.parts.model_texts import machine_name, project_name
from pages.parts.template_texts import base_name, load_bases, parameter_name, value_text
from pages.parts.text import plain
from storage.core import StoreError
from storage.models import Listed
from storage.processes import Process


def render_lineage(listed: Listed, names: Names) -> None:
    """Where the model comes from, in words and as links, with the template's parameters."""
    process = _process_of(listed)
    st.markdown(_sentence(listed, names))
    _render_links(listed, names, process)
    if process:
        with st.expander(_("Parameters of the template"), icon=":material/tune:"):
            _render_parameters(process)


def _sentence(listed: Listed, names: Names) -> str:
    model = listed.model
    trained = ngettext("Trained on {count} image", "Trained on {count} images", model.images)
    rest = _(
        "of project **{project}** by template **{template}** on machine {machine}, from {base_model}: {iterations} iterations, "
        "pages scaled to {width} × {height} pixels."
    ).format(
        project=plain(project_name(model, names)),
        template=plain(model.template),
        machine=plain(machine_name(model, names)),
        base_model=plain(base_name(load_bases(), model.parent or model.base_model)),
        iterations=number(model.iterations),
        width=number(model.canvas[1]),
        height=number(model.canvas[0]),
    )
    return " ".join([f"{trained} {rest}", *_more(listed, names)])


def _more(listed: Listed, names: Names) -> list[str]:
    """What is not known of every model."""
    model, words = listed.model, []
    author = plain(names.person(model.author))
    if model.attempt:
        words.append(_("The labels are those of the snapshot of attempt {attempt}.").format(attempt=number(model.attempt)))
    if model.seconds is not None:
        words.append(_("It took {duration}.").format(duration=duration(model.seconds)))
    if model.kind == "uploaded":
        words.append(_("Uploaded {at} by {author}.").format(at=moment(model.at), author=author))
    else:
        words.append(_("Published {at}.").format(at=moment(model.at)))
        words += [_("Started by {author}.").format(author=author)] if model.author else []
    return words


def _render_links(listed: Listed, names: Names, process: Process | None) -> None:
    model = listed.model
    with st.container(horizontal=True, vertical_alignment="center"):
        if model.project in names.projects:
            page_link("data.py", label=_("Project data"), icon=":material/photo_library:", query_params={"project": model.project})
        if process:
            kind, template = process.spec.kind, process.spec.template.id
            page_link(template_page(kind), label=_("Template"), icon=":material/tune:", query_params={"template": template})
            page_link(process_page(kind), label=_("Process"), icon=":material/list:", query_params={"process": model.id})
            page_link("monitoring.py", label=_("Training curves"), icon=":material/show_chart:", query_params={"process": model.id})
        if model.parent and model.parent in (bases := load_bases()):
            label = _("Went on from {model}").format(model=plain(bases[model.parent].name))
            # A link to the page one is on would look like the one that is open.
            args = ("model", model.parent)
            st.button(label, key="parent_model", type="tertiary", icon=":material/deployed_code:", on_click=set_link, args=args)


def _render_parameters(process: Process) -> None:
    values = process.spec.template.parameters.model_dump()
    rows = [(parameter_name(name), plain(value_text(name, value))) for name, value in values.items()]
    st.table(pd.DataFrame(rows, columns=[_("Parameter"), _("Value")]), hide_index=True, border="horizontal")


def _process_of(listed: Listed) -> Process | None:
    """The process that published the model, if it is there still."""
    if listed.model.kind == "uploaded":
        return None
    try:
        return find_process(listed.model.id)
    except StoreError:
        return None
