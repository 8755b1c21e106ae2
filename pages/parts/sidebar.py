"""The foot of the sidebar: the language, and who is signed in with what they can do about it."""

from contextlib import suppress

import streamlit as st

from pages.parts.data import get_person, get_store
from pages.parts.guard import User
from pages.parts.i18n import LANGUAGES, _, language
from pages.parts.text import plain
from storage import accounts
from storage.core import Conflict
from storage.people import LOCAL, NOBODY

_KEY = "lang"  # of the session; ``i18n.language`` reads it


def render_language() -> None:
    """The switch of the language; first the account's choice, then the browser's."""
    person = get_person(anew=True)
    if person.language and _KEY not in st.session_state:
        st.session_state[_KEY] = person.language
    with st.sidebar:
        st.segmented_control(
            "Language · Язык",
            LANGUAGES,
            default=language(),
            required=True,
            key=_KEY,
            # Codes are the same in every language, so this one may be bound; but whose language an account knows needs no address.
            bind="query-params" if person in (LOCAL, NOBODY) else None,
            format_func=str.upper,
            label_visibility="collapsed",
            on_change=_keep_language,
        )


def render_person(user: User) -> None:
    """Who is signed in, with their menu; where nobody signs in, who everybody is."""
    with st.sidebar:
        if user.is_local:
            st.caption(user.name)
            return
        deeds = {"my_account": _("My account"), "sign_out": _("Sign out")}
        chosen = st.menu_button(
            plain(user.name),
            list(deeds),
            key="person",
            icon=":material/account_circle:",
            type="tertiary",
            format_func=deeds.__getitem__,
            wrap=False,
            width="stretch",
        )
    if chosen == "my_account":
        st.switch_page("my_account.py")
    elif chosen == "sign_out":
        _sign_out()


def _keep_language() -> None:
    """Save the choice into the account, whose it is from now on wherever its owner signs in."""
    person = get_person(anew=True)
    if person in (LOCAL, NOBODY):
        return
    # Where somebody else changes the account at this very moment, the choice holds for this window alone.
    with suppress(Conflict):
        accounts.change(get_store(), person.account, person.account, language=st.session_state[_KEY])


def _sign_out() -> None:
    """Ask the server to end the session, as a form does: a link could be followed by a page elsewhere."""
    st.html(
        "<script>const form = document.createElement('form'); form.method = 'post'; form.action = '/sign-out'; "
        "document.body.append(form); form.submit()</script>",
        unsafe_allow_javascript=True,
    )
