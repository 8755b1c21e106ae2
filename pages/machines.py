"""Machines: the target machines, how it stands with each, what it runs and how loaded it is."""

import streamlit as st

from pages.parts.data import get_store, load_names
from pages.parts.guard import live, require
from pages.parts.i18n import _, ngettext
from pages.parts.linked_table import linked_table
from pages.parts.links import asked_dialog, open_dialog
from pages.parts.machine_details import render_advice, render_figures, render_heading, render_load, render_new, render_work
from pages.parts.machine_dialogs import render_buttons, render_dialog, rerun_if_pressed
from pages.parts.machine_picker import Candidate, load_candidates
from pages.parts.machine_table import columns, table_frame
from pages.parts.text import plain
from storage.machines import HEARTBEAT_S

# Before anything is read: the router's list alone would be no lock.
user = require("machines", "view")

store = get_store()
names = load_names(str(store.root))


def find_chosen(found: list[Candidate]) -> Candidate | None:
    """The machine that the address names."""
    return next((candidate for candidate in found if candidate.machine.id == st.query_params.get("machine")), None)


def render_all() -> None:
    """Table and details; runs again by itself at the pace at which machines report."""
    # First: after a press this run of the fragment is not the one to be seen.
    rerun_if_pressed()
    found = load_candidates(store)
    if not found:
        st.info(_("There is no machine yet."), icon=":material/dns:")
        render_new(store)
        return
    linked_table(table_frame(found, names), [candidate.machine.id for candidate in found], "machine", columns())
    hint = _("choose a row to see more, to disable it or to allow a queue")
    st.caption(ngettext("{count} machine", "{count} machines", len(found)) + " · " + hint)
    if chosen := find_chosen(found):
        render_details(chosen)
    elif "machine" in st.query_params:
        st.warning(_("The machine in the address does not exist. Choose one from the table."))
    else:
        with st.expander(_("Another machine"), icon=":material/terminal:", key="another_machine"):
            render_new(store)


def render_details(candidate: Candidate) -> None:
    """Everything about the chosen machine, and its buttons."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            render_heading(candidate)
            render_buttons(store, candidate, user)
        if candidate.machine.description:
            st.markdown(plain(candidate.machine.description))
        render_advice(store, candidate)
        render_work(candidate, names)
        render_figures(candidate)
        if candidate.info:
            render_load(store, candidate)


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title(_("Machines"))
    reason = user.why_not("machines", "create")
    st.button(_("Add machine"), icon=":material/add:", key="add", on_click=open_dialog, args=("add",), disabled=bool(reason), help=reason)
# Outside the fragment: a dialog belongs to a run of the whole page.
if asked_dialog():
    render_dialog(store, find_chosen(load_candidates(store)), names, user)
live(render_all, run_every=HEARTBEAT_S)()
