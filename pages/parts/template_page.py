"""The page of templates of one kind: a table of them, and the form of the one that is open."""

from collections import Counter

import streamlit as st

from pages.parts.data import get_store, load_processes
from pages.parts.guard import User
from pages.parts.i18n import _
from pages.parts.links import set_link, template_page
from pages.parts.template_actions import render_buttons, render_conflict
from pages.parts.template_draft import open_form, rebase, unsaved
from pages.parts.template_form import render_form
from pages.parts.template_table import render_table
from pages.parts.text import explain, plain
from storage import machines
from storage.core import NotFound, Store, StoreError, new_id
from storage.machines import MACHINES
from storage.templates import TEMPLATES, Parameters, RunKind, Template


def render_templates(kind: RunKind, user: User) -> None:
    """Draw the page."""
    store = get_store()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Auto-labelling templates") if kind == "auto-label" else _("Training templates"))
        why = user.why_not("templates", "create")
        st.button(_("Add template"), key="add", icon=":material/add:", on_click=_add, args=(kind,), disabled=bool(why), help=why)
    found = _load_templates(store)
    listed = [template for template in found if template.kind == kind]
    used = Counter(process.spec.template.id for process in load_processes()[0])
    if listed:
        render_table(listed, used)
    else:
        st.info(_("There is no template yet. Add one: its defaults suit most documents."), icon=":material/tune:")
    if wanted := _wanted_template(store, kind):
        _render_template(store, *wanted, found, used, user)


def _load_templates(store: Store) -> list[Template]:
    """All templates, by name; a damaged one is said and hides no other."""
    listing = TEMPLATES.list(store)
    for error in listing.damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    return listing.items


def _add(kind: RunKind) -> None:
    """Open the form for a new template."""
    st.session_state[_new_key(kind)] = new_id()
    set_link("template", None)
    set_link("add", "1")


def _new_key(kind: RunKind) -> str:
    """In the session: the id that the template being made will have."""
    return f"template_new_{kind}"


def _wanted_template(store: Store, kind: RunKind) -> tuple[Template, int] | None:
    """The template that the address names, or a new one, with its revision; None if there is none to show."""
    if "add" in st.query_params:
        return _new_template(kind), 0
    if "template" not in st.query_params:
        return None
    try:
        rev, template = TEMPLATES.get(store, st.query_params["template"])
    except NotFound:
        _keep_deleted(kind, st.query_params["template"])
        st.warning(_("The template in the address does not exist. Choose one from the table."))
        return None
    except StoreError as error:
        st.error(explain(error), icon=":material/broken_image:")
        return None
    if template.kind != kind:
        st.switch_page(template_page(template.kind), query_params={"template": template.id})
    return template, rev


def _keep_deleted(kind: RunKind, wanted: str) -> None:
    """Make what was typed into the form of a template that is gone a new one, if anything was."""
    typed = unsaved(wanted)
    if typed:
        _add(kind)
        rebase(typed.model_copy(update={"id": st.session_state[_new_key(kind)]}), 0)
        st.rerun()  # the press of this run was about the one that is gone


def _new_template(kind: RunKind) -> Template:
    identifier = st.session_state.setdefault(_new_key(kind), new_id())
    model_type = "fields" if kind == "training" else None
    return Template(id=identifier, name="", kind=kind, model_type=model_type, parameters=Parameters())


def _render_template(store: Store, template: Template, rev: int, found: list[Template], used: Counter[str], user: User) -> None:
    """The form of one template with its buttons."""
    opened = open_form(template, rev)
    # Of both kinds, as a name is one template's alone.
    taken = [other.name for other in found if other.id != opened.template.id]
    why = user.why_not("templates", "edit" if opened.rev else "create")
    with st.container(border=True):
        st.subheader(_("Template {name}").format(name=plain(opened.template.name)) if opened.rev else _("New template"))
        if why:
            st.caption(":material/lock: " + why)
        if not opened.rev and opened.template.name:  # one that is really new begins without a name
            st.warning(_("This template was deleted by somebody else. What you typed is kept: Create makes a new one of it."))
        changed = render_form(opened, taken, _most_cores(store), disabled=bool(why))
        render_conflict(opened, template, rev)
        with st.container(horizontal=True, vertical_alignment="center"):
            render_buttons(store, opened, changed, used[opened.template.id], user)


def _most_cores(store: Store) -> int | None:
    """Cores of the largest machine that ever reported; None if none did."""
    infos = (machines.read_info(store, machine.id) for machine in MACHINES.list(store).items)
    return max((info.cores for info in infos if info), default=None)
