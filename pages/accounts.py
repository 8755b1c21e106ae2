"""Accounts: who can sign in, in which roles; create, change, block, give a new password, end sessions, delete and restore."""

import streamlit as st

from pages.parts.account_buttons import render_buttons
from pages.parts.account_dialogs import render_dialog
from pages.parts.account_table import columns, standing, standing_colour, standing_name, table_frame, way_in
from pages.parts.data import get_store, load_names
from pages.parts.guard import require
from pages.parts.i18n import _, moment, ngettext
from pages.parts.linked_table import linked_table, page_of, render_pages, to_first_page
from pages.parts.links import linked_toggle, open_dialog
from pages.parts.role_texts import role_name
from pages.parts.text import explain, plain
from storage import roles
from storage.accounts import ACCOUNTS, Account

# Before anything is read: the router's list alone would be no lock.
user = require("accounts", "view")

_PAGE = "accounts_page"  # of the session and of the address: the table's page that is open

store = get_store()
known_roles = {role.id: role for role in roles.list_roles(store)}


def render_head() -> None:
    """The title with the button that adds an account."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.title(_("Accounts"))
        why = user.why_not("accounts", "create") or user.why_not("accounts", "manage")  # it gives roles and a password
        icon, args = ":material/person_add:", ("create",)
        st.button(_("New account"), key="new_account", icon=icon, on_click=open_dialog, args=args, disabled=bool(why), help=why)


def render_filters() -> tuple[str, bool]:
    """The text to search for, and whether deleted accounts are shown instead."""
    search, deleted, _rest = st.columns([3, 2, 5], vertical_alignment="bottom")
    with search:
        text = st.text_input(
            _("Search"),
            key="account_search",
            placeholder=_("Name, full name, e-mail or role"),
            icon=":material/search:",
            label_visibility="collapsed",
            live=True,
            on_change=to_first_page,
            args=(_PAGE,),
        )
    with deleted:
        is_deleted = linked_toggle(_("Show deleted"), "deleted")
    return (text or "").strip().casefold(), is_deleted


def matches(account: Account, wanted: str) -> bool:
    """Whether the account belongs into a list narrowed to this text."""
    held = [role_name(known_roles[role]) for role in account.roles if role in known_roles]
    return any(wanted in text.casefold() for text in (account.name, account.full_name, account.email or "", *held))


def render_list(everybody: list[Account], wanted: str) -> None:
    """One page of the table; the row chosen stands in the address by the account's id."""
    found = [account for account in everybody if matches(account, wanted)]
    if not found:
        st.info(_("No account matches.") if everybody else _("There is no account here."), icon=":material/search_off:")
        return
    shown = page_of(found, _PAGE)
    linked_table(table_frame(shown, known_roles), [account.id for account in shown], "account", columns())
    render_pages(ngettext("{count} account", "{count} accounts", len(found)) + " · " + _("choose a row to see more"), len(found), _PAGE)


def render_details(account: Account, everybody: list[Account]) -> None:
    """Everything about the chosen account, and its buttons."""
    code = standing(account)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(account.name), anchor=False, width="content")
            st.badge(standing_name(code), color=standing_colour(code))
            if account.id == user.account:
                st.badge(_("You"), icon=":material/person:", color="blue")
        held = ", ".join(role_name(known_roles[role]) for role in account.roles if role in known_roles)
        facts = {
            _("Full name"): account.full_name or "–",
            _("E-mail"): account.email or "–",
            _("Roles"): held or _("none: nothing can be seen or done"),
            _("Signs in"): way_in(account),
        }
        st.markdown(" · ".join(f"{name}: **{plain(value)}**" for name, value in facts.items()))
        changed = _("Last changed {at} by {author}").format(
            at=moment(account.at), author=load_names(str(store.root)).person(account.author)
        )
        st.caption(plain(changed))
        render_buttons(store, account, everybody, user)


render_head()
wanted, is_deleted = render_filters()
listing = ACCOUNTS.list_deleted(store) if is_deleted else ACCOUNTS.list(store)
# Said beside the list: one bad file must not hide all others.
for error in listing.damaged:
    st.warning(explain(error), icon=":material/broken_image:")
if not listing.items and not is_deleted:
    st.info(
        _("There is no account yet: nobody signs in here. The first administrator is made by the link that the start with sign-in prints."),
        icon=":material/group:",
    )
else:
    render_list(listing.items, wanted)
chosen = next((account for account in listing.items if account.id == st.query_params.get("account")), None)
render_dialog(store, chosen, known_roles, user)
if chosen:
    render_details(chosen, listing.items)
elif "account" in st.query_params:
    st.warning(_("The account in the address does not exist. Choose one from the table."))
