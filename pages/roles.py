"""Roles: what each allows, entity by right; own ones are made by copying, changed in a matrix, and deleted unless in use."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.parts.data import get_store
from pages.parts.guard import page_link, require
from pages.parts.i18n import _, ngettext, number
from pages.parts.linked_table import linked_table
from pages.parts.links import open_dialog
from pages.parts.role_dialogs import render_dialog
from pages.parts.role_matrix import render_editor, render_matrix
from pages.parts.role_texts import is_ready, role_description, role_name
from pages.parts.text import explain, plain
from storage.accounts import ACCOUNTS, Account
from storage.roles import READY, ROLES, Role

# Before anything is read: the router's list alone would be no lock.
user = require("roles", "view")

store = get_store()


def load_holders() -> dict[str, list[Account]]:
    """The accounts that have each role, by the role's id."""
    holders: dict[str, list[Account]] = {}
    for account in ACCOUNTS.list(store).items:
        for role in account.roles:
            holders.setdefault(role, []).append(account)
    return holders


def table_frame(found: Sequence[Role], holders: Mapping[str, Sequence[Account]]) -> pd.DataFrame:
    """One row a role, as text in the reader's language."""
    return pd.DataFrame(
        [
            {
                "name": role_name(role),
                "origin": _("Comes with the program") if is_ready(role) else _("Made here"),
                # Text: number columns follow the browser's language, not the one chosen here.
                "rights": number(len(role.rights)),
                "accounts": number(len(holders.get(role.id, ()))),
                "description": role_description(role),
            }
            for role in found
        ]
    )


def render_table(found: Sequence[Role], holders: Mapping[str, Sequence[Account]]) -> None:
    """All roles; the row chosen stands in the address by the role's id."""
    text = st.column_config.TextColumn
    columns = {
        "name": text(_("Role"), width=140),
        "origin": text(_("Origin"), width=160),
        "rights": text(_("Rights"), alignment="right", width=70),
        "accounts": text(_("Accounts"), alignment="right", width=120),
        "description": text(_("Description")),
    }
    linked_table(table_frame(found, holders), [role.id for role in found], "role", columns)
    st.caption(ngettext("{count} role", "{count} roles", len(found)) + " · " + _("choose a row to see what it allows"))


def render_role(rev: int, role: Role, held_by: Sequence[Account]) -> None:
    """One role: what it allows, who has it, and what can be done with it."""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.subheader(plain(role_name(role)), anchor=False, width="content")
                if is_ready(role):
                    st.badge(_("Comes with the program"), icon=":material/lock:", color="gray")
            render_buttons(role, held_by)
        render_holders(held_by)
        if is_ready(role):
            st.markdown(plain(role_description(role)))
            render_matrix(role.rights)
            st.caption(_("A role that comes with the program cannot be changed. Copy it to make one of your own."))
        else:
            render_editor(store, rev, role, user)


def render_buttons(role: Role, held_by: Sequence[Account]) -> None:
    """Copy and Delete; a button that is not possible says why when pointed at."""
    why_not_delete = _("It comes with the program and cannot be deleted") if is_ready(role) else user.why_not("roles", "delete")
    if held_by:
        why_not_delete = why_not_delete or _("Not while an account has it")
    buttons = (
        (_("Copy"), "copy", ":material/content_copy:", user.why_not("roles", "create")),
        (_("Delete"), "delete", ":material/delete:", why_not_delete),
    )
    with st.container(horizontal=True, width="content"):
        for label, dialog, icon, why in buttons:
            st.button(label, key=f"role_{dialog}", icon=icon, disabled=bool(why), help=why, on_click=open_dialog, args=(dialog,))


def render_holders(held_by: Sequence[Account]) -> None:
    """Who has the role, as links."""
    if not held_by:
        st.caption(_("No account has this role."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(ngettext("{count} account has this role:", "{count} accounts have this role:", len(held_by)), width="content")
        for account in held_by[:20]:
            page_link("accounts.py", label=plain(account.name), icon=":material/person:", query_params={"account": account.id})


st.title(_("Roles"))
st.caption(_("A role is a set of rights. An account may have several, which add up; a change counts from everybody's next click."))
listing = ROLES.list(store)
# Said beside the list: one bad file must not hide all others.
for error in listing.damaged:
    st.warning(explain(error), icon=":material/broken_image:")
everything, holders = [*READY, *listing.items], load_holders()
render_table(everything, holders)
chosen = next((role for role in everything if role.id == st.query_params.get("role")), None)
if chosen:
    revision = 0 if is_ready(chosen) else ROLES.get(store, chosen.id)[0]
    render_dialog(store, revision, chosen, user)
    render_role(revision, chosen, holders.get(chosen.id, []))
elif "role" in st.query_params:
    st.warning(_("The role in the address does not exist. Choose one from the table."))
