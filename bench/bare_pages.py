"""Two pages with a title each: what a click costs before a page does anything; the reference of ``bench.pages``."""

import streamlit as st


def first() -> None:
    """The page to come from."""
    st.title("First")


def second() -> None:
    """The page to go to."""
    st.title("Second")


st.navigation([st.Page(first, title="First", url_path="first"), st.Page(second, title="Second", url_path="second")]).run()
