"""Widgets of a page opened without a browser, found by what they are called."""

from typing import Any

from streamlit.testing.v1 import AppTest


def drawn(app: AppTest, widget: str) -> Any:
    """Find the widget of this name, which gets another key whenever it begins anew."""
    key = app.session_state[f"{widget}_start"].key
    kinds = ("text_input", "text_area", "number_input", "selectbox", "toggle", "radio", "multiselect")
    return next(element for kind in kinds for element in app.get(kind) if element.key == key)
