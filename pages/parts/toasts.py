"""Notices that survive a rerun: Streamlit loses a toast that a rerun follows."""

from typing import Any

import streamlit as st

_KEY = "toasts"


def say(text: str, icon: str = ":material/check:") -> None:
    """Show ``text`` as a toast on the next run of the page, or of whatever page comes next."""
    st.session_state.setdefault(_KEY, []).append((text, icon))


def show_toasts() -> None:
    """Show what was said since; called once a run, by the router."""
    said: list[Any] = st.session_state.get(_KEY, [])
    while said:
        text, icon = said[0]
        st.toast(text, icon=icon)
        del said[0]  # not before: a press that cuts this run off would take it along
