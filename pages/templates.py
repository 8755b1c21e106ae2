"""Auto-labelling templates: the parameters of runs, with their advice."""

from collections import Counter

import streamlit as st

from pages.parts.data import get_store, process_cache
from pages.parts.guard import require
from pages.parts.i18n import _
from pages.parts.links import set_link
from pages.parts.template_actions import render_buttons, render_conflict
from pages.parts.template_form import open_form, render_form
from pages.parts.template_table import render_table
from pages.parts.text import explain, plain
from storage import machines
from storage.core import NotFound, new_id
from storage.machines import MACHINES
from storage.templates import TEMPLATES, Parameters, RunKind, Template

# Before anything is read: the router's list alone would be no lock.
user = require("templates", "view")

KIND: RunKind = "auto-label"
NEW = "template_new"  # in the session: the id that the template being made will have

store = get_store()


def load_templates() -> list[Template]:
    """Templates of this kind, by name; a damaged one is said and hides no other."""
    listing = TEMPLATES.list(store)
    for error in listing.damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    return [template for template in listing.items if template.kind == KIND]


def most_cores() -> int | None:
    """Cores of the largest machine that ever reported; None if none did."""
    infos = (machines.read_info(store, machine.id) for machine in MACHINES.list(store).items)
    return max((info.cores for info in infos if info), default=None)


def add() -> None:
    """Open the form for a new template."""
    st.session_state[NEW] = new_id()
    set_link("template", None)
    set_link("add", "1")


def wanted_template() -> tuple[Template, int] | None:
    """The template that the address names, or a new one, with its revision; None if there is none to show."""
    if "add" in st.query_params:
        return Template(id=st.session_state.setdefault(NEW, new_id()), name="", kind=KIND, parameters=Parameters()), 0
    if "template" not in st.query_params:
        return None
    try:
        rev, template = TEMPLATES.get(store, st.query_params["template"])
    except NotFound:
        st.warning(_("The template in the address does not exist. Choose one from the table."))
        return None
    return template, rev


def render_template(template: Template, rev: int, found: list[Template]) -> None:
    """The form of one template with its buttons."""
    opened = open_form(template, rev)
    taken = [other.name for other in found if other.id != opened.template.id]
    may = user.may("templates", "edit" if opened.rev else "create")
    with st.container(border=True):
        st.subheader(_("Template {name}").format(name=plain(opened.template.name)) if opened.rev else _("New template"))
        if not may:
            st.caption(_("You may look at templates, not change them."))
        changed = render_form(opened, taken, most_cores(), disabled=not may)
        render_conflict(store, opened)
        with st.container(horizontal=True):
            render_buttons(store, opened, changed, used[opened.template.id], user)


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title(_("Auto-labelling templates"))
    st.button(_("Add template"), key="add", icon=":material/add:", on_click=add, disabled=not user.may("templates", "create"))
known = load_templates()
used = Counter(process.spec.template.id for process in process_cache(str(store.root)).load()[0])
if known:
    render_table(known, used)
else:
    st.info(_("There is no template yet. Add one: its defaults suit most documents."), icon=":material/tune:")
if wanted := wanted_template():
    render_template(*wanted, known)
