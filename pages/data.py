"""Data: the images of a project; upload, filter, turn, split, delete and restore."""

import streamlit as st

from pages.parts.guard import require
from pages.parts.i18n import _

# Before anything is read: the router's list alone would be no lock.
user = require("images", "view")

st.title(_("Data"))
