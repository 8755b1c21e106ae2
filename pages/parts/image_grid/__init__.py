"""A grid of thumbnails to choose from by mouse and keyboard, and to give classes to; Streamlit has none of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER, _KEY = Path(__file__).resolve().parent, "image_grid"
_grid = st.components.v2.component(
    "fieldmark.image_grid",
    html='<div class="bar" role="toolbar" hidden></div><div class="grid" role="listbox" aria-multiselectable="true"></div>\n',
    css=(_FOLDER / "image_grid.css").read_text(encoding="utf-8"),
    # As one text, since a module given as text can import no other.
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("class_bar.js", "image_grid.js")),
)


@dataclass(frozen=True)
class ClassBar:
    """Which classes the chosen images can be given, in ``data`` as the bar's script takes it, and who hears of it.

    ``on_assigned`` is called with what came of it: ``class`` (None for cleared), ``saved`` (of each its image, its new
    revision and the class before), ``stale`` (images that somebody else changed), ``failed`` and ``error`` (refusals).
    """

    data: dict[str, Any]
    on_assigned: Callable[[dict[str, Any]], None]


def image_grid(
    tiles: Sequence[dict[str, Any]],
    chosen: Sequence[str],
    round_: int,
    *,
    label: str,
    on_chosen: Callable[[list[str]], None],
    bar: ClassBar | None,
) -> str | None:
    """Draw tiles of image, name, thumb (address), colour, state, more, title, base (label revision) and class.

    Returns the image that was opened in this run.

    The grid remembers what is chosen; ``chosen`` replaces that whenever ``round_`` is another number than before.
    """

    def assigned() -> None:
        outcome = st.session_state[_KEY].get("assigned")
        if bar and outcome:
            bar.on_assigned(dict(outcome))

    result = _grid(
        key=_KEY,
        data={"items": list(tiles), "chosen": list(chosen), "round": round_, "label": label, "classes": bar.data if bar else None},
        on_chosen_change=lambda: on_chosen(list(st.session_state[_KEY].get("chosen") or ())),
        on_opened_change=lambda: None,
        on_assigned_change=assigned,
    )
    opened: str | None = result.opened
    return opened
