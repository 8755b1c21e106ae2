"""Journal: who did what to what and when; narrowed by filters that stand in the address, and taken along as a file."""

from dataclasses import replace

import streamlit as st

from pages.parts.data import get_person, get_store, load_names
from pages.parts.guard import require
from pages.parts.i18n import _
from pages.parts.journal_details import render_details
from pages.parts.journal_filters import BEFORE, ENTRY, download_address, is_narrowed, render_filters, wanted
from pages.parts.journal_names import load_things
from pages.parts.journal_table import render_searched, render_table, render_turning
from storage.core import JournalEntry
from storage.journal import Filter, Page, find, read
from storage.journal_sight import hidden_from

# Before anything is read: the router's list alone would be no lock.
require("journal", "view")

store = get_store()
names = load_names(str(store.root))


def render_head(chosen: Filter) -> None:
    """The title, and the journal as files."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Journal"), anchor=False)
        with st.container(horizontal=True, width="content"):
            about = _("Everything that the filters leave, on all pages")
            st.link_button(_("Download CSV"), download_address("csv", chosen), icon=":material/download:", help=about)
            st.link_button("JSONL", download_address("jsonl", chosen), icon=":material/download:", help=about, type="tertiary")


def render_empty(page: Page) -> None:
    """What to do where there is nothing to show."""
    if page.searched:
        return
    if is_narrowed():
        st.info(_("Nothing in the journal fits the filters. Clear one of them to see more."), icon=":material/filter_alt_off:")
    else:
        st.info(_("Nothing is in the journal yet. Whatever somebody does from now on is put on record here."), icon=":material/history:")


def entry_in(page: Page, chosen: Filter) -> JournalEntry | None:
    """The entry that the address names, also where it is on another page."""
    place = st.query_params.get(ENTRY)
    if place is None:
        return None
    found = next((found for found in page.found if found.place == place), None) or find(store, place)
    return found.entry if found and not (chosen.hidden and chosen.hidden(found.entry)) else None


chosen = replace(wanted(), hidden=hidden_from(store, get_person()))
render_head(chosen)
render_filters(names)
page = read(store, chosen, st.query_params.get(BEFORE))
if page.found:
    render_table(page, load_things([found.entry for found in page.found], names))
else:
    render_empty(page)
render_searched(page)
if page.found or page.more or BEFORE in st.query_params:
    render_turning(page)
if entry := entry_in(page, chosen):
    render_details(entry, load_things([entry], names))
elif ENTRY in st.query_params:
    st.warning(_("The entry in the address does not exist. Choose one from the table."))
