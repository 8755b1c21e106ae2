"""Where one is signed in, and the way to end it."""

import re

import streamlit as st

from pages.parts.guard import User
from pages.parts.i18n import _, moment
from pages.parts.text import plain
from pages.parts.toasts import say
from storage import sessions
from storage.core import Store
from storage.sessions import Session

# In this order: browsers call themselves by each other's names.
_BROWSERS = ("Edg", "OPR", "YaBrowser", "Firefox", "Chrome", "Safari")
_CALLED = {"Edg": "Edge", "OPR": "Opera", "YaBrowser": "Yandex"}
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")


def render_sessions(store: Store, user: User) -> None:
    """Each session with its browser, from where and since when; any of them can be ended."""
    st.subheader(_("Where you are signed in"), anchor=False)
    present, found = str(st.user.get("session")), sessions.list_sessions(store, user.account)
    for session in found:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", border=True):
            st.markdown(_describe(store, session), width="content")
            if session.digest == present:
                st.badge(_("This one"), icon=":material/person:", color="blue")
            else:
                st.button(_("End"), key=f"end_{session.digest}", icon=":material/logout:", on_click=_end, args=(store, user, session))
    others = len(found) - 1
    if others > 0:
        st.button(_("End all others"), key="end_others", icon=":material/logout:", on_click=_end_others, args=(store, user, present))


def browser_name(agent: str) -> str:
    """Browser and system by what the browser says of itself; the words themselves where they are not known."""
    browser = next((name for name in _BROWSERS if f"{name}/" in agent), None)
    system = next((name for name in _SYSTEMS if name in agent), None)
    known = [_CALLED.get(browser, browser)] if browser else []
    known += [system.replace(" OS X", "OS")] if system else []
    return ", ".join(known) or re.sub(r"\s+", " ", agent)[:60]


def _describe(store: Store, session: Session) -> str:
    name = plain(browser_name(session.agent) or _("Unknown browser"))
    words = _("{address} · since {since} · last seen {seen}")
    times = words.format(address=plain(session.address or "–"), since=moment(session.at), seen=moment(sessions.seen(store, session)))
    return f"**{name}**  \n:small[:gray[{times}]]"


def _end(store: Store, user: User, session: Session) -> None:
    # As drawn it is this account's; whose session has ended meanwhile, has no button any more.
    if user.is_signed_in:
        sessions.end(store, session.digest)
        say(_("The session is ended"), ":material/logout:")


def _end_others(store: Store, user: User, present: str) -> None:
    if user.is_signed_in:
        sessions.end_all(store, user.account, keep=present)
        say(_("All other sessions are ended"), ":material/logout:")
