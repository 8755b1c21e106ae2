"""Review: labels that a model applied, the doubtful ones first; accept or correct."""

import streamlit as st

from pages.parts.guard import require
from pages.parts.i18n import _

# Before anything is read: the router's list alone would be no lock.
user = require("labels", "view")

st.title(_("Review"))
