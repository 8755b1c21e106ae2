"""What stands in widgets when they are first drawn.

A value put into a widget that the browser shows already is lost when somebody presses or types something before it is drawn:
the browser then still sends what stood there. So a widget that is to begin with another value is another one, by its key.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st


class Start(NamedTuple):
    """The key of a widget, and the value to draw it with."""

    key: str
    value: Any


def begin(widget: str, value: Any) -> None:
    """Have the widget of this name begin with the value, whatever stands in it now."""
    turn = f"{widget}_turn"  # in the session: how many times it has begun
    st.session_state[turn] = st.session_state.get(turn, 0) + 1
    st.session_state[_name(widget)] = Start(f"{widget}_{st.session_state[turn]}", value)


def start_of(widget: str) -> Start:
    """Find the key and the value that the widget is drawn with."""
    started: Start = st.session_state[_name(widget)]
    return started


def held(widget: str) -> Any:
    """Find what stands in the widget, or what it begins with while it is yet to be drawn."""
    key, value = start_of(widget)
    return st.session_state.get(key, value)


def keep(widget: str, value: Any) -> None:
    """Leave what stands in the widget, and have it begin with the value once another page was shown in between."""
    st.session_state[_name(widget)] = start_of(widget)._replace(value=value)


def place_of(value: Any, options: Sequence[Any]) -> int:
    """Find the value's place among the options; the first one if it is not there any more."""
    return options.index(value) if value in options else 0


def _name(widget: str) -> str:
    return f"{widget}_start"
