"""Models: what was trained, from what, how good it is; promote and download."""

import streamlit as st

from pages.parts.guard import require
from pages.parts.i18n import _

# Before anything is read: the router's list alone would be no lock.
user = require("models", "view")

st.title(_("Models"))
