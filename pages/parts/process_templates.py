"""The choice of a template for a new process: those of its kind that fit the project, and what is to be said of the others."""

from collections.abc import Mapping

import streamlit as st

from pages.parts.guard import User, demand, page_link
from pages.parts.i18n import _, ngettext
from pages.parts.links import template_page
from pages.parts.template_bases import default_base, type_purposes
from pages.parts.template_texts import load_bases, summary
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from pages.parts.widget_state import begin, held, place_of, start_of
from storage import templates
from storage.base_models import BaseModel
from storage.core import NameTaken, Store, StoreError, new_id
from storage.projects import Project, Task
from storage.templates import TEMPLATES, Parameters, RunKind, Template


def choose_template(store: Store, kind: RunKind, project: Project | None, original: Template | None, user: User) -> Template | None:
    """The template chosen for a process of this kind; without a project any whose base model is there. None if there is none.

    ``original`` is the copy that a process to be duplicated has; it is said where the choice differs from it.
    """
    known = [template for template in TEMPLATES.list(store).items if template.kind == kind]
    task, bases = project.task if project else None, load_bases()
    fitting = {template.id: template for template in known if _fits(template, bases, task)}
    template = _render_choice(kind, fitting) if fitting else None
    if original and original not in fitting.values():
        _render_difference(original, is_there=original.id in fitting)
    _render_left_out(known, bases, task)
    if template is None:
        _render_none(store, kind, task or "fields", user)
    return template


def _fits(template: Template, bases: Mapping[str, BaseModel], task: Task | None) -> bool:
    base = bases.get(template.parameters.base_model)
    return base is not None and task in (None, base.task)


def _render_choice(kind: RunKind, fitting: dict[str, Template]) -> Template:
    if held("add_template") not in fitting:
        begin("add_template", next(iter(fitting)))
    key, begins = start_of("add_template")
    options = list(fitting)
    chosen = st.selectbox(
        _("Template"), options, place_of(begins, options), format_func=lambda identifier: fitting[identifier].name, key=key
    )
    template = fitting[chosen]
    st.caption(plain(summary(template)) + (f"  \n{plain(template.description)}" if template.description else ""))
    with st.container(horizontal=True):
        page = template_page(kind)
        page_link(page, label=_("See this template"), icon=":material/tune:", query_params={"template": template.id})
        page_link(page, label=_("Add template"), icon=":material/add:", query_params={"add": "1"})
    return template


def _render_difference(original: Template, *, is_there: bool) -> None:
    words = (
        _("Template {name} was changed since: this process will have it as it is now. To run it as it was, press Run again.")
        if is_there
        else _("Template {name} cannot be chosen any more. To run it as it was, press Run again.")
    )
    st.caption(":material/info: " + words.format(name=plain(original.name)))


def _render_left_out(known: list[Template], bases: Mapping[str, BaseModel], task: Task | None) -> None:
    """How many templates cannot be chosen, and why."""
    gone = [template for template in known if template.parameters.base_model not in bases]
    others = [template for template in known if template not in gone and not _fits(template, bases, task)]
    words = []
    if others and task == "fields":
        words.append(
            ngettext(
                "{count} template is left out: its base model tells classes apart, and this project is about fields.",
                "{count} templates are left out: their base models tell classes apart, and this project is about fields.",
                len(others),
            )
        )
    elif others:
        words.append(
            ngettext(
                "{count} template is left out: its base model finds fields, and this project is about classes.",
                "{count} templates are left out: their base models find fields, and this project is about classes.",
                len(others),
            )
        )
    if gone:
        words.append(
            ngettext(
                "{count} template is left out: its base model was deleted.",
                "{count} templates are left out: their base models were deleted.",
                len(gone),
            )
        )
    if words:
        st.caption("  \n".join(":material/block: " + sentence for sentence in words))


def _render_none(store: Store, kind: RunKind, task: Task, user: User) -> None:
    st.info(_("There is no template to choose yet. The defaults suit most documents."), icon=":material/tune:")
    why = user.why_not("templates", "create")
    st.button(
        _("Create a template with the defaults"),
        icon=":material/add:",
        disabled=bool(why),
        help=why,
        on_click=_create_standard,
        args=(store, kind, task),
    )


def _create(store: Store, template: Template) -> Template:
    try:
        return TEMPLATES.create(store, template)
    except NameTaken:  # by one of the other kind or task
        return templates.duplicate(store, template)


def _create_standard(store: Store, kind: RunKind, task: Task) -> None:
    model_type = next(name for name, purpose in type_purposes().items() if purpose == task) if kind == "training" else None
    parameters = Parameters(base_model=default_base(task))
    template = Template(id=new_id(), name=_("standard"), kind=kind, model_type=model_type, parameters=parameters)
    try:
        demand("templates", "create")
        made = _create(store, template)
    except StoreError as error:
        say(explain(error), ":material/error:")
        return
    begin("add_template", made.id)
