"""The dialogs that create, rename and delete a project."""

import re
from typing import Literal

import streamlit as st

from pages.parts.data import find_project, forget_names, get_index
from pages.parts.guard import User, demand
from pages.parts.i18n import _, ngettext
from pages.parts.links import asked_dialog, close_dialog
from pages.parts.project_standing import processes_of
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import project_deletion, projects
from storage.core import Store, StoreError
from storage.projects import PROJECTS, Project, Task

Dialog = Literal["create", "rename", "delete"]


def render_creation(store: Store, user: User) -> None:
    """The dialog for a new project, if the address asks for it."""
    if asked_dialog() == "create" and user.may("projects", "create"):
        st.dialog(_("New project"), icon=":material/create_new_folder:", width="medium", on_dismiss=close_dialog)(_render_creation)(store)


def render_dialogs(store: Store, project: Project, user: User) -> None:
    """The dialog about a project that the address asks for."""
    asked = asked_dialog()
    if asked == "rename" and user.may("projects", "edit"):
        st.dialog(_("Rename project"), icon=":material/edit:", on_dismiss=close_dialog)(_render_renaming)(store, project)
    if asked == "delete" and user.may("projects", "delete"):
        st.dialog(_("Delete project"), icon=":material/delete:", width="medium", on_dismiss=close_dialog)(_render_deletion)(store, project)


def _render_creation(store: Store) -> None:
    tasks: dict[Task, str] = {"fields": _("Fields: boxes on the page"), "classes": _("Classes: one class an image")}
    with st.form("create_project", border=False):
        name = st.text_input(_("Name"), key="new_name", help=_allowed(), placeholder=_("For example receipts-2026"))
        task = st.radio(
            _("Task"),
            list(tasks),
            format_func=tasks.__getitem__,
            captions=(
                _("Boxes around the number, the date, the total …: people draw some, a model finds the others."),
                _("What kind of document each image is, such as invoice or contract: people sort some, a model sorts the others."),
            ),
            key="new_task",
        )
        names = st.text_area(
            _("First fields or classes (optional)"), key="new_fields", placeholder=_("One on each line, or separated by commas"), height=90
        )
        gate = st.number_input(
            _("Share to be labelled by hand before training, %"),
            0,
            100,
            10,
            step=1,
            key="new_gate",
            help=_("It can be changed at any time."),
            width=300,
        )
        pressed = st.form_submit_button(_("Create"), key="confirm_creation", type="primary", icon=":material/check:")
    if not pressed:
        return
    try:
        demand("projects", "create")
        fields = tuple(filter(None, (part.strip() for part in re.split(r"[,;\n]", names or ""))))
        project = projects.create(store, name.strip(), task, fields, gate=gate / 100)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    say(_("Project {name} is created").format(name=plain(project.name)))
    st.switch_page("projects.py", query_params={"project": project.id})


def _render_renaming(store: Store, project: Project) -> None:
    with st.form("rename_project", border=False):
        name = st.text_input(_("Name"), project.name, key="other_name", help=_allowed())
        pressed = st.form_submit_button(_("Rename"), key="confirm_renaming", type="primary", icon=":material/check:")
    if not pressed:
        return
    try:
        demand("projects", "edit", project.id)
        # As it is now: whoever edits the fields meanwhile must not be in the way of another name.
        rev, now = find_project(project.id)
        if name.strip() != now.name:
            PROJECTS.rename(store, rev, now, name.strip())
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    say(_("The project is called {name} now").format(name=plain(name.strip())))
    close_dialog()
    st.rerun()


def _allowed() -> str:
    return _("Letters of any alphabet, digits, “-”, “_” and “.”")


def _render_deletion(store: Store, project: Project) -> None:
    st.markdown(_consequence(store, project))
    typed = st.text_input(_("Type the project's name: {name}").format(name=plain(project.name)), key="typed_name", live=True)
    # Case counts here: it is to be read, not only known.
    why = None if typed.strip() == project.name else _("Type the name first")
    if not st.button(_("Delete"), key="confirm_deletion", type="primary", icon=":material/delete:", disabled=bool(why), help=why):
        return
    try:
        demand("projects", "delete", project.id)
        project_deletion.delete(store, *find_project(project.id))
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    st.session_state.pop(f"draft_{project.id}", None)
    say(_("Project {name} is deleted; it can be restored from the list of projects").format(name=plain(project.name)), ":material/delete:")
    st.switch_page("projects.py")


def _consequence(store: Store, project: Project) -> str:
    """What goes with the project, in numbers."""
    counts = get_index(str(store.root)).counts(project.id)
    labelled = counts.confirmed + counts.auto
    count = len(processes_of(project))
    images = ngettext("{count} image", "{count} images", counts.images)
    labels = ngettext("{count} with a label", "{count} with labels", labelled)
    gone = _("Its {images}, {labels}, will no longer be shown. They stay on disk and come back when the project is restored.")
    text = gone.format(images=images, labels=labels)
    if count:
        text += "\n\n" + ngettext(
            "{count} process stays in its list and says that its project was deleted.",
            "{count} processes stay in their list and say that their project was deleted.",
            count,
        )
    return text
