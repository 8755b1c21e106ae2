"""Who sees a project: everybody, or the accounts chosen here."""

import streamlit as st

from pages.parts.data import forget_names
from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.text import explain
from pages.parts.toasts import say
from pages.parts.widget_state import begin, start_of
from storage import access
from storage.accounts import ACCOUNTS
from storage.core import Store, StoreError
from storage.projects import Project

_OF, _CHOICE, _CHOSEN = "access_of", "access_choice", "access_accounts"  # of the session


def render_access(store: Store, project: Project, user: User) -> None:
    """The choice, for whoever manages accounts; others are told that it is made."""
    st.subheader(_("Who sees this project"))
    rev, now = access.read(store, project.id)
    everybody = now.accounts is None
    why = user.why_not("accounts", "manage")
    names = {account.id: account.name for account in ACCOUNTS.list(store).items}
    # Somebody else may have changed it, and then it counts what is there now.
    chosen = [account for account in now.accounts or () if account in names]
    if st.session_state.get(_OF) != (project.id, rev):
        begin(_CHOICE, "everybody" if everybody else "chosen")
        begin(_CHOSEN, chosen)
        st.session_state[_OF] = (project.id, rev)
    texts = {"everybody": _("Everybody who may see projects"), "chosen": _("Only these accounts")}
    key, begins = start_of(_CHOICE)
    choice = st.radio(
        _("Who sees this project"),
        list(texts),
        list(texts).index(begins),
        format_func=texts.__getitem__,
        key=key,
        label_visibility="collapsed",
        disabled=bool(why),
    )
    wanted = _render_accounts(names, why) if choice == "chosen" else None
    if st.button(_("Save"), key="save_access", icon=":material/save:", disabled=bool(why), help=why):
        _save(store, project, rev, wanted, user)


def _render_accounts(names: dict[str, str], why: str | None) -> tuple[str, ...]:
    """Draw the list of accounts; returns those chosen."""
    if not names:
        st.info(_("There is no account yet. Create them on the page Accounts."), icon=":material/group:")
        return ()
    key, begins = start_of(_CHOSEN)
    wanted = st.multiselect(
        _("Accounts"),
        list(names),
        [account for account in begins if account in names],
        format_func=lambda account: names.get(account, account),
        key=key,
        placeholder=_("Choose accounts"),
        select_all=False,
        disabled=bool(why),
    )
    st.caption(_("Whoever manages accounts sees every project. To all others not chosen it is as if the project did not exist."))
    return tuple(wanted)


def _save(store: Store, project: Project, rev: int, chosen: tuple[str, ...] | None, user: User) -> None:
    try:
        demand("accounts", "manage", project.id)
        access.write(store, project.id, rev, chosen, user.account)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    say(_("Who sees the project is saved"))
    st.rerun()
