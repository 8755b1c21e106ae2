"""Everything about one entry of the journal, with ways to what it is about and to what belongs with it."""

import streamlit as st

from pages.parts.guard import page_link
from pages.parts.i18n import _, moment
from pages.parts.journal_filters import BY, OBJECT, OPERATION, THREAD, narrow
from pages.parts.journal_names import Things
from pages.parts.journal_texts import entity_name, operation_name, person_name
from pages.parts.links import process_page
from pages.parts.text import plain
from storage.core import JournalEntry
from storage.journal import as_text

_PAGES = {
    "project": "projects.py",
    "model": "models.py",
    "machine": "machines.py",
    "account": "accounts.py",
    "role": "roles.py",
}  # whose address names the thing as its kind is called


def render_details(entry: JournalEntry, things: Things) -> None:
    """The entry's own words, and what to do from here."""
    with st.container(border=True):
        st.subheader(plain(operation_name(entry.operation)), anchor=False)
        st.caption(plain(f"{moment(entry.at, seconds=True)} · {person_name(entry.by, things.names)} · {_about(entry, things)}"))
        _render_links(entry, things)
        _render_narrowing(entry)
        _render_words(entry, things)


def _about(entry: JournalEntry, things: Things) -> str:
    return f"{entity_name(entry.entity)} {things.name(entry)}"


def _render_links(entry: JournalEntry, things: Things) -> None:
    with st.container(horizontal=True):
        project = things.project(entry)
        if entry.entity in ("image", "label") and project:
            address = {"project": project, "image": entry.id}
            page_link("labelling.py", label=_("Open the image"), icon=":material/select:", query_params=address)
        if page := _PAGES.get(entry.entity):
            page_link(page, label=_("Open"), icon=":material/open_in_new:", query_params={entry.entity: entry.id})
        if process := things.processes.get(entry.thread or ""):
            page_link(
                process_page(process.spec.kind), label=_("Open the process"), icon=":material/list:", query_params={"process": process.id}
            )


def _render_narrowing(entry: JournalEntry) -> None:
    """Buttons that narrow the list to what this entry has in common with others."""
    ways = [
        (_("Only this person"), BY, entry.by),
        (_("Only this operation"), OPERATION, entry.operation),
        (_("Only this thing"), OBJECT, entry.id),
    ]
    if entry.thread:
        ways.append((_("Journal of this process"), THREAD, entry.thread))
    with st.container(horizontal=True):
        for label, parameter, value in ways:
            if not value:  # who failed to sign in may be no account at all
                continue
            st.button(label, key=f"only_{parameter}", icon=":material/filter_alt:", on_click=narrow, args=(parameter, value))


def _render_words(entry: JournalEntry, things: Things) -> None:
    """Every field as it is kept: codes and ids are what other programs know it by."""
    words = {"operation": entry.operation, "by": entry.by, "id": entry.id, "thread": entry.thread or "", **entry.details}
    project = things.project(entry)
    if project and entry.entity != "project":
        words["project"] = f"{things.names.project(project)} ({project})"
    rows = [{"field": key, "value": as_text(value)} for key, value in words.items()]
    columns = {"field": st.column_config.TextColumn(_("Field"), width=140), "value": st.column_config.TextColumn(_("Value"), width=620)}
    st.dataframe([row for row in rows if row["value"]], column_config=columns, hide_index=True, width="content")
