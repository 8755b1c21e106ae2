"""The router: language, the pages this person may see, and the one that was asked for.

It lies inside ``pages/`` on purpose: Streamlit looks for pages in the folder ``pages`` beside the main script and runs
the first one asked for by its own, without this file. There is no ``pages/pages/``.
"""

from pathlib import Path

import streamlit as st

from pages.parts.guard import current_user, refuse
from pages.parts.i18n import LANGUAGES, _, language

HERE = Path(__file__).resolve().parent

# An icon of our own: for its default Streamlit has the browser ask fonts.gstatic.com, which offline fails on every page.
st.set_page_config(page_title="Fieldmark", page_icon=str(HERE / "static" / "favicon.svg"), layout="wide", initial_sidebar_state=220)
with st.sidebar:
    # Before everything else, since it decides the language of all that follows.
    st.segmented_control(
        "Language · Язык",
        LANGUAGES,
        default=language(),
        required=True,
        key="lang",
        bind="query-params",  # codes are the same in every language, so this one may be bound
        format_func=str.upper,
        label_visibility="collapsed",
    )


def go_home() -> None:
    """The address without a path: Streamlit gives its default page no path of its own, so the first page cannot be it."""
    st.switch_page(runs[0])


user = current_user()
# Made on every run: titles are translated, and the language may have changed.
runs = [
    st.Page(HERE / "processes.py", title=_("Processes"), icon=":material/list:", url_path="processes"),
    st.Page(HERE / "monitoring.py", title=_("Monitoring"), icon=":material/show_chart:", url_path="monitoring"),
]
# A page that is not listed has no address; each asks for its right again all the same.
if user.may("processes", "view"):
    page = st.navigation({"": [st.Page(go_home, title="Fieldmark", default=True, visibility="hidden")], _("Runs"): runs})
else:
    page = st.navigation([st.Page(refuse, title="Fieldmark")])
with st.sidebar:
    st.caption(user.name)
page.run()
