"""Labelling: draw boxes on images, one after the other, and start auto-labelling once enough are done."""

import streamlit as st

from pages.parts.guard import require
from pages.parts.i18n import _

# Before anything is read: the router's list alone would be no lock.
user = require("labels", "view")

st.title(_("Labelling"))
