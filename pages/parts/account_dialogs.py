"""The dialogs about accounts: create, edit, roles, a new password, delete."""

import secrets
from collections.abc import Callable, Mapping
from typing import Literal

import streamlit as st

from pages.parts.data import forget_names
from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.links import asked_dialog, close_dialog, set_link
from pages.parts.role_texts import check_giving, role_description, role_name
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import accounts, roles
from storage.accounts import Account
from storage.core import Store, StoreError
from storage.roles import Role

Dialog = Literal["create", "edit", "roles", "password", "delete"]

_GIVEN = "given_password"  # of the session while its dialog is open: the account's name and its one-time password
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # without those that look alike


def render_dialog(store: Store, account: Account | None, known: Mapping[str, Role], user: User) -> None:
    """The dialog that the address asks for, about the account that it names; or the password that was just made."""
    asked = asked_dialog()
    if given := st.session_state.get(_GIVEN):
        st.dialog(_("One-time password"), icon=":material/key:", on_dismiss=_close)(_render_given)(*given)
    elif asked == "create" and user.may("accounts", "create") and user.may("accounts", "manage"):
        st.dialog(_("New account"), icon=":material/person_add:", on_dismiss=_close)(_render_creation)(store, known, user)
    elif account and not account.deleted:
        _render_of(store, account, known, user, asked)


def one_time_password() -> str:
    """A password to be typed once, some 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _place in range(4)) for _group in range(4))


def _render_of(store: Store, account: Account, known: Mapping[str, Role], user: User, asked: str | None) -> None:
    if asked == "edit" and user.may("accounts", "edit"):
        st.dialog(_("Edit account"), icon=":material/edit:", on_dismiss=_close)(_render_form)(store, account, user)
    if asked == "roles" and user.may("accounts", "manage"):
        st.dialog(_("Roles"), icon=":material/shield_person:", on_dismiss=_close)(_render_roles)(store, account, known, user)
    if asked == "password" and user.may("accounts", "manage"):
        st.dialog(_("New password?"), icon=":material/key:", on_dismiss=_close)(_render_reset)(store, account, user)
    if asked == "delete" and user.may("accounts", "delete"):
        st.dialog(_("Delete this account?"), icon=":material/delete:", on_dismiss=_close)(_render_deletion)(store, account, user)


def _close() -> None:
    st.session_state.pop(_GIVEN, None)
    close_dialog()


def _attempt(act: Callable[[], object]) -> bool:
    """Whether it was done; why not is said in the dialog, beside what was typed."""
    try:
        act()
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return False
    forget_names()
    return True


def _choose_roles(known: Mapping[str, Role], held: tuple[str, ...]) -> tuple[str, ...]:
    chosen = st.multiselect(
        _("Roles"),
        list(known),
        [role for role in held if role in known],
        format_func=lambda role: role_name(known[role]),
        key="account_roles_chosen",
        placeholder=_("Choose roles"),
        select_all=False,
        help=_("Rights of several roles add up. Without a role nothing can be seen or done."),
    )
    return tuple(chosen)


def _render_creation(store: Store, known: Mapping[str, Role], user: User) -> None:
    with st.form("create_account", border=False):
        name = st.text_input(_("Name"), key="account_name", help=_("What they type to sign in: letters, digits, “-”, “_” and “.”"))
        full_name = st.text_input(_("Full name"), key="account_full_name")
        email = st.text_input(_("E-mail"), key="account_email")
        chosen = _choose_roles(known, ())
        st.caption(_("A one-time password is made and shown to you once. It has to be changed at the first sign-in."))
        if not st.form_submit_button(_("Create"), key="confirm", type="primary", icon=":material/check:"):
            return
    password, made = one_time_password(), list[Account]()

    def create() -> None:
        demand("accounts", "create")
        demand("accounts", "manage")
        check_giving(roles.rights_of(store, chosen))
        values = {"full_name": full_name.strip(), "email": email.strip() or None}
        made.append(
            accounts.create(store, name.strip(), user.account, password=password, roles=chosen, must_change=True, **values)  # type: ignore[arg-type]
        )

    if _attempt(create):
        set_link("account", made[0].id)
        _give(made[0].name, password)


def _give(name: str, password: str) -> None:
    """Show the password in a dialog of its own, and nowhere else."""
    st.session_state[_GIVEN] = (name, password)
    close_dialog()
    st.rerun()


def _render_given(name: str, password: str) -> None:
    st.markdown(_("Tell it to {name}, not by the same way as the address. It is shown only now.").format(name=f"**{plain(name)}**"))
    st.code(password, language=None)
    st.caption(_("At the first sign-in it has to be changed."))
    if st.button(_("I have noted it"), key="confirm", type="primary", icon=":material/check:"):
        _close()
        st.rerun()


def _render_form(store: Store, account: Account, user: User) -> None:
    with st.form("edit_account", border=False):
        name = st.text_input(_("Name"), account.name, key="account_name", help=_("What they type to sign in"))
        full_name = st.text_input(_("Full name"), account.full_name, key="account_full_name")
        email = st.text_input(_("E-mail"), account.email or "", key="account_email")
        if not st.form_submit_button(_("Save"), key="confirm", type="primary", icon=":material/save:"):
            return

    def change() -> None:
        demand("accounts", "edit")
        check_giving(roles.rights_of(store, account.roles))
        values = {"name": name.strip(), "full_name": full_name.strip(), "email": email.strip() or None}
        accounts.change(store, account.id, user.account, **values)

    if _attempt(change):
        _done(_("Account {name} is saved").format(name=plain(name.strip())))


def _render_roles(store: Store, account: Account, known: Mapping[str, Role], user: User) -> None:
    st.markdown(_("What {name} may do").format(name=f"**{plain(account.name)}**"))
    with st.form("account_roles", border=False):
        chosen = _choose_roles(known, account.roles)
        st.caption("  \n".join(f"**{plain(role_name(role))}**: {plain(role_description(role))}" for role in known.values()))
        if not st.form_submit_button(_("Save"), key="confirm", type="primary", icon=":material/save:"):
            return

    def change() -> None:
        demand("accounts", "manage")
        check_giving(roles.rights_of(store, (*account.roles, *chosen)))
        accounts.change(store, account.id, user.account, roles=chosen)

    if _attempt(change):
        _done(_("The roles of {name} are saved; they count from the next click").format(name=plain(account.name)))


def _render_reset(store: Store, account: Account, user: User) -> None:
    st.markdown(
        _("{name} gets a one-time password, which is shown to you once, and is signed out everywhere.").format(
            name=f"**{plain(account.name)}**"
        )
    )
    if not st.button(_("Make a new password"), key="confirm", type="primary", icon=":material/key:"):
        return
    password = one_time_password()

    def reset() -> None:
        demand("accounts", "manage")
        check_giving(roles.rights_of(store, account.roles))
        accounts.set_password(store, account.id, password, user.account, must_change=True)

    if _attempt(reset):
        _give(account.name, password)


def _render_deletion(store: Store, account: Account, user: User) -> None:
    st.markdown(
        _("{name} can no longer sign in and is signed out everywhere. What this account did keeps its name.").format(
            name=f"**{plain(account.name)}**"
        )
    )
    st.caption(_("It can be restored: “Show deleted” lists it."))
    if not st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:"):
        return

    def delete() -> None:
        demand("accounts", "delete")
        check_giving(roles.rights_of(store, account.roles))
        accounts.delete(store, account.id, user.account)

    if _attempt(delete):
        set_link("account", None)
        _done(_("Account {name} is deleted").format(name=plain(account.name)), ":material/delete:")


def _done(words: str, icon: str = ":material/check:") -> None:
    say(words, icon)
    _close()
    st.rerun()
