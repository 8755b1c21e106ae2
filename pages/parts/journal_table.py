"""The journal's table: a page of entries, the newest first, and the way to older ones."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.i18n import _, moment
from pages.parts.journal_filters import BEFORE, ENTRY
from pages.parts.journal_names import Things, short
from pages.parts.journal_texts import operation_name, person_name
from pages.parts.linked_table import linked_table
from pages.parts.links import set_link
from storage.core import JournalEntry
from storage.journal import Page


def render_table(page: Page, things: Things) -> None:
    """The entries of one page; the row chosen stands in the address."""
    frame = pd.DataFrame([_row(found.entry, things) for found in page.found])
    linked_table(frame, [found.place for found in page.found], ENTRY, _columns())


def render_turning(page: Page) -> None:
    """Buttons to older entries and back to the newest."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(_("Choose a row to see more and where it leads."))
        with st.container(horizontal=True, width="content"):
            if BEFORE in st.query_params:
                st.button(_("Newest"), key="newest", icon=":material/first_page:", on_click=_turn, args=(None,))
            if page.more:
                st.button(_("Older"), key="older", icon=":material/chevron_right:", on_click=_turn, args=(page.more,))


def render_searched(page: Page) -> None:
    """What to do where the search stopped before it had looked at everything."""
    if page.searched is None:
        return
    st.info(
        _("Nothing more was found since {day}; older entries were not looked at yet.").format(day=page.searched), icon=":material/history:"
    )


def _turn(before: str | None) -> None:
    set_link(BEFORE, before)
    set_link(ENTRY, None)


def _row(entry: JournalEntry, things: Things) -> dict[str, str]:
    project = things.project(entry)
    return {
        "time": moment(entry.at, seconds=True),
        "by": person_name(entry.by, things.names),
        "operation": operation_name(entry.operation),
        "name": things.name(entry),
        "project": things.names.project(project) if project else "",
        "thread": short(entry.thread) if entry.thread else "",
    }


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "time": text(_("Time"), width=135),
        "by": text(_("Person"), width=170),
        "operation": text(_("Operation"), width=220),
        "name": text(_("Name"), width=200),
        "project": text(_("Project"), width=130),
        "thread": text(_("Process"), width=75, help=_("One process's whole life: what was asked, how it ran, what came of it")),
    }
