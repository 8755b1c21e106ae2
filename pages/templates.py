"""Auto-labelling templates: the parameters of runs, with their advice."""

import streamlit as st

from pages.parts.guard import require
from pages.parts.i18n import _

# Before anything is read: the router's list alone would be no lock.
user = require("templates", "view")

st.title(_("Auto-labelling templates"))
