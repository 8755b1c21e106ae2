"""Projects: create, rename, delete, their field schemes, and an overview of each with its next step."""

import streamlit as st

from pages.parts.guard import require
from pages.parts.i18n import _

# Before anything is read: the router's list alone would be no lock.
user = require("projects", "view")

st.title(_("Projects"))
