"""My account: name, language, password, where one is signed in, API tokens, and what one is told of."""

import streamlit as st

from pages.parts import notice_settings
from pages.parts.data import get_store
from pages.parts.guard import require
from pages.parts.i18n import _
from pages.parts.my_profile import render_password, render_profile
from pages.parts.my_sessions import render_sessions
from pages.parts.my_tokens import render_tokens
from storage.accounts import ACCOUNTS

# Before anything is read: the router's list alone would be no lock. Everybody has an account of their own.
user = require(None)

st.title(_("My account"))
if user.is_local:
    st.info(_("Nobody signs in here: everybody who reaches this address is the local administrator."), icon=":material/person:")
    st.stop()
store = get_store()
_revision, account = ACCOUNTS.get(store, user.account)
left, right = st.columns(2, gap="large")
with left:
    render_profile(store, account, user)
    render_password(store, account)
with right:
    render_sessions(store, user)
    render_tokens(store, user)
    st.subheader(_("Notices"), anchor=False)
    notice_settings.render(user)
