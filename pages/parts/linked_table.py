"""A table of objects, a page at a time, whose chosen row stands in the address by the object's id."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from pages.parts.links import set_link

# A page of rows: 7 KB and some 14 ms a run, where 100,000 rows would be 8 MB for each session.
PAGE = 50

T = TypeVar("T")


def linked_table(
    frame: pd.DataFrame, ids: Sequence[str], parameter: str, columns: dict[str, Any], choose: Callable[[str | None], None] | None = None
) -> None:
    """Draw ``frame``, whose rows are the objects of ``ids``; the address's ``parameter`` names the chosen one.

    ``choose`` is told which one is chosen anew, None for none; without it that is put into the address.
    """
    wanted = st.query_params.get(parameter)
    # On every run: Streamlit remembers a row's number, and a new object moves all rows down.
    key = key_of_chosen(f"{parameter}_table", [ids.index(wanted)] if wanted in ids else [])

    def changed() -> None:
        # `ids` are those of the run that drew the table: by now other objects may stand in these rows.
        rows = st.session_state[key]["selection"]["rows"]
        chosen = ids[rows[0]] if rows else None
        (choose or (lambda identifier: set_link(parameter, identifier)))(chosen)

    st.dataframe(frame, column_config=columns, hide_index=True, key=key, on_select=changed, selection_mode="single-row")


def key_of_chosen(table: str, rows: list[int]) -> str:
    """The key under which to draw ``table`` so that these rows are chosen in it.

    Another one whenever the page chooses others than the browser: a tick that the browser sent before it saw them names its
    own, and would be taken for a click.
    """
    drawn = f"{table}_drawn"
    key = f"{table}_{st.session_state.setdefault(drawn, 0)}"
    known = st.session_state[key]["selection"]["rows"] if key in st.session_state else []
    if known != rows:
        st.session_state[drawn] += 1
        key = f"{table}_{st.session_state[drawn]}"
        st.session_state[key] = {"selection": {"rows": rows}}
    return key


def page_of(objects: Sequence[T], key: str) -> Sequence[T]:
    """The objects on the page that is open; ``key`` is that of the page's number, as in ``render_pages``."""
    pages = -(-len(objects) // PAGE)
    # Before the widget is made; Streamlit refuses to set its value after that.
    st.session_state[key] = min(st.session_state.get(key, 1), pages)
    first = (st.session_state[key] - 1) * PAGE
    return objects[first : first + PAGE]


def to_first_page(key: str) -> None:
    """A narrower list may have fewer pages than the number of the one that is open."""
    st.session_state[key] = 1


def render_pages(caption: str, count: int, key: str) -> None:
    """``caption`` below a table of ``count`` objects, and the page numbers if there is more than one page."""
    pages = -(-count // PAGE)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(caption)
        if pages > 1:
            st.pagination(pages, key=key, bind="query-params")
