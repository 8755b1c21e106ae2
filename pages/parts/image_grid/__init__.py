"""A grid of thumbnails to choose from by mouse and keyboard; Streamlit has none of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER, _KEY = Path(__file__).resolve().parent, "image_grid"
_grid = st.components.v2.component(
    "fieldmark.image_grid",
    html='<div class="grid" role="listbox" aria-multiselectable="true"></div>\n',
    css=(_FOLDER / "image_grid.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "image_grid.js").read_text(encoding="utf-8"),
)


def image_grid(
    tiles: Sequence[dict[str, Any]], chosen: Sequence[str], round_: int, *, label: str, on_chosen: Callable[[list[str]], None]
) -> str | None:
    """Draw tiles of image, name, thumb (address), colour, state, more and title; the image that was opened in this run.

    The grid remembers what is chosen; ``chosen`` replaces that whenever ``round_`` is another number than before.
    """
    result = _grid(
        key=_KEY,
        data={"items": list(tiles), "chosen": list(chosen), "round": round_, "label": label},
        on_chosen_change=lambda: on_chosen(list(st.session_state[_KEY].get("chosen") or ())),
        on_opened_change=lambda: None,
    )
    opened: str | None = result.opened
    return opened
