"""Settings of a project: the share to be labelled by hand, and its labels as files."""

from functools import partial
from typing import Literal

import streamlit as st

from pages.parts.data import find_project, forget_names, get_index, get_person
from pages.parts.guard import User, demand
from pages.parts.i18n import _, ngettext, number
from pages.parts.project_access import render_access
from pages.parts.project_reading import render_languages
from pages.parts.text import explain
from pages.parts.toasts import say
from storage import people, projects
from storage.coco_export import make_coco
from storage.core import Refused, Store, StoreError, acting_as
from storage.exports import Origins
from storage.labels_csv import make_csv
from storage.projects import Project

_Ending = Literal["values.csv", "boxes.csv", "csv", "coco.json"]
"""What can be downloaded, as its file's name ends; of classes there is one table, ``csv``."""


def render_settings(store: Store, project: Project, user: User) -> None:
    """The gate, the pages' languages and who sees the project on the left, the export on the right."""
    gate, export = st.columns(2, gap="large")
    with gate:
        _render_gate(store, project, user)
        render_languages(store, project, user)
        render_access(store, project, user)
    with export:
        _render_export(store, project, user)


def _render_gate(store: Store, project: Project, user: User) -> None:
    st.subheader(_("Share labelled by hand"))
    share = f"{number(100 * project.gate)}\N{NO-BREAK SPACE}%"
    counts = get_index(str(store.root)).counts(project.id)
    st.markdown(
        _("A process can be started once at least {share} of the images are labelled or checked by people, and one at the least.").format(
            share=share
        )
        + " "
        + _("Now it is {done} of {total}.").format(done=number(counts.confirmed), total=number(counts.images))
    )
    st.caption(_("More labels make a better model; fewer than a tenth rarely teach it enough."))
    why = user.why_not("projects", "edit")
    with st.form("gate", border=False):
        percent = st.number_input(
            _("At least, %"), 0, 100, round(100 * project.gate), step=1, key="gate_percent", disabled=bool(why), width=160
        )
        pressed = st.form_submit_button(_("Save"), key="save_gate", icon=":material/save:", disabled=bool(why), help=why)
    if pressed:
        _save_gate(store, project, percent)


def _save_gate(store: Store, project: Project, percent: int) -> None:
    try:
        # On top of whatever the project is now: the share is nobody else's business at this moment.
        demand("projects", "edit", project.id)
        projects.change(store, *find_project(project.id), gate=percent / 100)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    say(_("The share is saved"))
    st.rerun()


def _render_export(store: Store, project: Project, user: User) -> None:
    st.subheader(_("Export"))
    is_classes = project.task == "classes"
    st.markdown(_classes_text() if is_classes else _fields_text())
    names = _class_origins() if is_classes else _box_origins()
    question = _("Which labels") if is_classes else _("Which boxes")
    origin = st.radio(question, list(names), format_func=names.__getitem__, key="export_origin")
    why = user.why_not("labels", "view")
    with st.container(horizontal=True):
        offered: tuple[_Ending, ...] = ("csv",) if is_classes else ("values.csv", "boxes.csv", "coco.json")
        for ending in offered:
            _render_download(store, project, origin, ending, why)
    damaged = get_index(str(store.root)).counts(project.id).damaged
    if damaged:
        st.caption(ngettext("{count} damaged label is left out.", "{count} damaged labels are left out.", damaged))


def _fields_text() -> str:
    return (
        _("The values as CSV for spreadsheets: a line for each image, a column for each field.")
        + " "
        + _("Or each box on a line of its own, with its place.")
        + " "
        + _("Or the labels as COCO JSON, which other tools read. The images are named by their file names and SHA-256.")
    )


def _classes_text() -> str:
    return _("The labels as CSV for spreadsheets: a line for each image with its file name, class, score and origin.")


def _box_origins() -> dict[Origins, str]:
    return {"all": _("All boxes"), "person": _("Boxes drawn by people"), "auto": _("Automatic boxes")}


def _class_origins() -> dict[Origins, str]:
    return {"all": _("All labels"), "person": _("Labels made by people"), "auto": _("Automatic labels, reviewed or not")}


def _render_download(store: Store, project: Project, origin: Origins, ending: _Ending, why: str | None) -> None:
    names: dict[_Ending, str] = {
        "values.csv": _("Download values (CSV)"),
        "boxes.csv": _("Download boxes (CSV)"),
        "csv": _("Download CSV"),
        "coco.json": _("Download COCO JSON"),
    }
    st.download_button(
        names[ending],
        partial(_content, store, project, origin, ending, get_person().account),  # made only when it is pressed, beside the page's own run
        file_name=f"{project.name}.{ending}",
        mime="application/json" if ending == "coco.json" else "text/csv",
        on_click="ignore",
        disabled=bool(why),
        help=why,
        icon=":material/download:",
        key=f"export_{ending}",
    )


def _content(store: Store, project: Project, origin: Origins, ending: _Ending, account: str) -> bytes:
    """The export's bytes for this account; Refused if it lost its right to them since the page was drawn."""
    # No text of ours is made here, and nobody asked who looks, as this runs outside of the page.
    person = people.person(store, account)
    if not (person.may("labels", "view") and person.sees(project.id)):
        raise Refused("You need the right to {right} {entity}; ask the administrator", right="view", entity="labels")
    with acting_as(account):
        if ending == "coco.json":
            return make_coco(store, project, origin).content
        return make_csv(store, project, origin, "boxes" if ending == "boxes.csv" else "values").content
