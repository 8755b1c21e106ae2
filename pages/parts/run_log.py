"""The end of a run's log."""

import streamlit as st

from pages.parts.i18n import _
from storage.processes import Process
from storage.progress import tail

_LINES = 50


def render_log(process: Process) -> None:
    """The last lines of the newest attempt's log."""
    lines = tail(process.last.paths.log, _LINES) if process.last else []
    with st.expander(_("Log"), icon=":material/article:", key="log"):
        if lines:
            st.code("\n".join(lines), language=None, height=320)
        else:
            st.caption(_("Nothing was logged yet."))
