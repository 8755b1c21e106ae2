"""The router: language, the pages this person may see, and the one that was asked for.

It lies inside ``pages/`` on purpose: Streamlit looks for pages in the folder ``pages`` beside the main script and runs
the first one asked for by its own, without this file. There is no ``pages/pages/``.
"""

from pathlib import Path

import streamlit as st

from pages.parts.guard import current_user, refuse
from pages.parts.i18n import LANGUAGES, _, language

HERE = Path(__file__).resolve().parent

st.set_page_config(page_title="Fieldmark", page_icon=str(HERE / "static" / "favicon.svg"), layout="wide")
with st.sidebar:
    # Before everything else, since it decides the language of all that follows.
    st.segmented_control(
        "Language · Язык", LANGUAGES, default=language(), required=True, key="lang", bind="query-params", format_func=str.upper, label_visibility="collapsed"
    )

user = current_user()
runs = [
    st.Page(HERE / "processes.py", title=_("Processes"), icon=":material/list:", url_path="processes", default=True),
    st.Page(HERE / "monitoring.py", title=_("Monitoring"), icon=":material/show_chart:", url_path="monitoring"),
]
sections = {_("Runs"): runs if user.may("processes", "view") else []}
listed = {section: pages for section, pages in sections.items() if pages}
page = st.navigation(listed or [st.Page(refuse, title="Fieldmark")])
with st.sidebar:
    st.caption(user.name)
page.run()
