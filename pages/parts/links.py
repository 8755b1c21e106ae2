"""Widgets whose value stands in the page's address, so that a view can be sent to somebody or kept as a bookmark.

Streamlit's own ``bind="query-params"`` writes the option's text, which differs from language to language; here the
address carries the code.
"""

from collections.abc import Callable

import streamlit as st


def linked_select(
    label: str, options: dict[str, str], parameter: str, *, placeholder: str, on_change: Callable[[], None] | None = None
) -> str | None:
    """A select box over ``options`` whose choice is the address's ``parameter``; None if nothing is chosen.

    ``options`` maps codes to texts, no two alike: the browser tells by the text which one was chosen.
    """
    key = f"linked_{parameter}"

    def changed() -> None:
        # In the callback, so before the run that reads the address: it would put the old choice back.
        set_link(parameter, st.session_state[key])
        if on_change:
            on_change()

    # The address wins on every run: it also changes when the browser goes back.
    wanted = st.query_params.get(parameter)
    # What the address names may be deleted meanwhile; the widget would raise.
    st.session_state[key] = wanted if wanted in options else None
    return st.selectbox(
        label,
        list(options),
        index=None,
        format_func=lambda code: options.get(code, code),
        key=key,
        on_change=changed,
        placeholder=placeholder,
    )


def set_link(parameter: str, value: str | None) -> None:
    """Put ``value`` into the address, or take the parameter out of it."""
    if value is None:
        st.query_params.pop(parameter, None)
    else:
        st.query_params[parameter] = value
