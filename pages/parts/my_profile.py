"""One's own name, e-mail and language, and one's password."""

import streamlit as st

from pages.parts.data import forget_names
from pages.parts.guard import User
from pages.parts.i18n import _
from pages.parts.role_texts import role_name
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import accounts, roles
from storage.accounts import Account
from storage.core import Store, StoreError
from storage.passwords import LEAST

_WRONG, _MOST_WRONG = "wrong_passwords", 5  # of the session: how often the current password was not right


def render_profile(store: Store, account: Account, user: User) -> None:
    """Name, e-mail and language; the name to sign in by and the roles are the administrator's."""
    names = ", ".join(role_name(role) for role in roles.list_roles(store) if role.id in account.roles)
    st.subheader(_("Profile"), anchor=False)
    st.markdown(f"{_('Account')}: **{plain(account.name)}** · {_('Roles')}: **{plain(names) or '–'}**")
    languages: dict[str | None, str] = {None: _("The browser's"), "en": "English", "ru": "Русский"}
    with st.form("profile", border=False):
        full_name = st.text_input(_("Full name"), account.full_name, key="my_full_name")
        email = st.text_input(_("E-mail"), account.email or "", key="my_email")
        place = list(languages).index(account.language)
        language = st.selectbox(_("Language"), list(languages), place, format_func=languages.__getitem__, key="my_language")
        if not st.form_submit_button(_("Save"), key="save_profile", icon=":material/save:"):
            return
    try:
        # One's own: it needs no right, only that the session goes on, which the page has asked in this run.
        values = {"full_name": full_name.strip(), "email": email.strip() or None, "language": language}
        accounts.change(store, user.account, user.account, **values)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    st.session_state.pop("lang", None)  # the account's choice counts from now on
    say(_("Your account is saved"))
    st.rerun()


def render_password(store: Store, account: Account) -> None:
    """Another password, for whoever knows the present one."""
    st.subheader(_("Password"), anchor=False)
    if account.password is None:
        st.caption(_("You sign in through your organisation; it keeps your password."))
        return
    st.caption(_("All your sessions end with it, this one too: you sign in again with the new password."))
    with st.form("password", border=False, clear_on_submit=True):
        present = st.text_input(_("Current password"), type="password", key="present_password", autocomplete="current-password")
        wanted = st.text_input(_("New password"), type="password", key="new_password", help=_rule(), autocomplete="new-password")
        again = st.text_input(_("New password once more"), type="password", key="new_password_again", autocomplete="new-password")
        if not st.form_submit_button(_("Change the password"), key="save_password", icon=":material/key:"):
            return
    _change_password(store, account, present, wanted, again)


def _rule() -> str:
    return _("At least {least} characters; not your name, and none that is guessed first.").format(least=LEAST)


def _change_password(store: Store, account: Account, present: str, wanted: str, again: str) -> None:
    if wanted != again:
        st.error(_("The new password was not typed the same way twice. Type it again."), icon=":material/error:")
        return
    try:
        if st.session_state.get(_WRONG, 0) >= _MOST_WRONG or accounts.check_password(store, account.name, present) is None:
            st.session_state[_WRONG] = st.session_state.get(_WRONG, 0) + 1
            st.error(_wrong(), icon=":material/error:")
            return
        accounts.set_password(store, account.id, wanted, account.id)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    st.rerun()  # to the sign-in


def _wrong() -> str:
    if st.session_state[_WRONG] > _MOST_WRONG:
        return _("The current password was wrong too often. Sign out and in again, or ask the administrator for a new password.")
    return _("The current password is not right. Try again.")
