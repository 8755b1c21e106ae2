"""What stands in widgets, put there before they are drawn."""

from collections.abc import Mapping
from typing import Any

import streamlit as st


def fill(values: Mapping[str, Any], *, anew: bool) -> None:
    """Give widgets their values, by key: all of them ``anew``, else those alone that hold nothing.

    Streamlit forgets what is in widgets when another page was shown in between, and what was given to those that a run did
    not come to draw, as the next one cut it off.
    """
    for key, value in values.items():
        if anew or key not in st.session_state:
            st.session_state[key] = value
