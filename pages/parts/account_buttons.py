"""What can be done with an account; a button that is not possible says why when pointed at."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.account_dialogs import Dialog
from pages.parts.account_table import is_last_administrator
from pages.parts.data import get_person
from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.links import open_dialog, set_link
from pages.parts.role_texts import check_giving
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import accounts, roles, sessions
from storage.accounts import ACCOUNTS, Account
from storage.core import Store, StoreError

_REFUSAL = "account_refusal"  # of the session: why the last press was refused


def render_buttons(store: Store, account: Account, everybody: Sequence[Account], user: User) -> None:
    """The buttons of one account, and what was refused last."""
    beyond = _beyond(store, account)
    with st.container(horizontal=True):
        if account.deleted:
            _restore_button(store, account, user.why_not("accounts", "delete") or beyond)
        else:
            _render_all(store, account, beyond, _last(account, everybody, user), user)
    if refusal := st.session_state.pop(_REFUSAL, None):
        st.error(refusal, icon=":material/error:")


def _render_all(store: Store, account: Account, beyond: str | None, needed: str | None, user: User) -> None:
    manage, delete = user.why_not("accounts", "manage") or beyond, user.why_not("accounts", "delete") or beyond
    _ask(_("Edit"), "edit", ":material/edit:", user.why_not("accounts", "edit") or beyond)
    _ask(_("Roles"), "roles", ":material/shield_person:", manage)
    _ask(_("New password"), "password", ":material/key:", manage)
    _act(_("End sessions"), "end", ":material/logout:", manage, store, account, user)
    if account.blocked:
        _act(_("Unblock"), "unblock", ":material/lock_open:", manage, store, account, user)
    else:
        _act(_("Block"), "block", ":material/block:", manage or needed, store, account, user)
    _ask(_("Delete"), "delete", ":material/delete:", delete or needed)


def _ask(label: str, dialog: Dialog, icon: str, why: str | None) -> None:
    st.button(label, key=f"account_{dialog}", icon=icon, disabled=bool(why), help=why, on_click=open_dialog, args=(dialog,))


def _act(label: str, deed: str, icon: str, why: str | None, store: Store, account: Account, user: User) -> None:
    args = (store, account, deed, user)
    st.button(label, key=f"account_{deed}", icon=icon, disabled=bool(why), help=why, on_click=_carry_out, args=args)


def _restore_button(store: Store, account: Account, why: str | None) -> None:
    icon = ":material/restore_from_trash:"
    st.button(_("Restore"), key="account_restore", icon=icon, disabled=bool(why), help=why, on_click=_restore, args=(store, account))


def _beyond(store: Store, account: Account) -> str | None:
    """Nobody takes over an account that may do more than they may."""
    if roles.rights_of(store, account.roles) <= get_person().rights:
        return None
    return _("This account may do more than you; ask the administrator")


def _last(account: Account, everybody: Sequence[Account], user: User) -> str | None:
    """Why the account cannot be taken away."""
    if is_last_administrator(account, everybody):
        return _("The last administrator who can sign in cannot be taken away. Make another account administrator first")
    return _("You cannot take your own account away") if account.id == user.account else None


def _carry_out(store: Store, account: Account, deed: str, user: User) -> None:
    try:
        demand("accounts", "manage")
        check_giving(roles.rights_of(store, account.roles))
        if deed == "end":
            sessions.end_all(store, account.id)
            say(_("All sessions of {name} are ended").format(name=plain(account.name)), ":material/logout:")
            return
        accounts.change(store, account.id, user.account, blocked=deed == "block")
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)
        return
    words = _("{name} is blocked, and signed out everywhere") if deed == "block" else _("{name} can sign in again")
    say(words.format(name=plain(account.name)), ":material/block:" if deed == "block" else ":material/lock_open:")


def _restore(store: Store, account: Account) -> None:
    try:
        demand("accounts", "delete")
        check_giving(roles.rights_of(store, account.roles))
        ACCOUNTS.restore(store, account.id)
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)
        return
    set_link("deleted", None)
    say(_("{name} is restored").format(name=plain(account.name)), ":material/restore_from_trash:")
