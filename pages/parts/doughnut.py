"""Shares of a whole as a doughnut or a bar: pure functions that return HTML in the page's own colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pages.parts.i18n import number
from pages.parts.image_states import IMAGE_STATES, image_state_name
from storage.index import Counts

_EMPTY = "rgba(134, 142, 150, 0.25)"


@dataclass(frozen=True)
class Slice:
    """A part of the whole: its name in the reader's language, ``#rrggbb``, and how many it counts."""

    name: str
    colour: str
    count: int


def state_slices(counts: Counts) -> list[Slice]:
    """The images by state, in the states' colours; damaged ones only where there are some."""
    shown = ("labelled", "corrected", "reviewed", "auto", "unlabelled", *(("damaged",) if counts.damaged else ()))
    return [Slice(image_state_name(state), IMAGE_STATES[state].colour, getattr(counts, state)) for state in shown]


def doughnut(slices: Sequence[Slice]) -> str:
    """A ring with the total in its middle, and beside it a legend with counts and shares."""
    # HTML rather than Plotly: it is there with the page and cannot jump. Not SVG either, which `st.html` strips.
    total = sum(part.count for part in slices)
    ring = (
        f'<div role="img" aria-label="{escape(_described(slices))}" style="position: relative; width: 8.5rem; height: 8.5rem; flex: none;'
        ' display: grid; place-content: center">'
        f'<div style="position: absolute; inset: 0; border-radius: 50%; background: {_gradient(slices, total)};'
        ' mask: radial-gradient(closest-side, transparent 69%, black 70%)"></div>'
        f'<b style="font-size: 1.6rem">{number(total)}</b></div>'
    )
    rows = "".join(_legend_row(part, total) for part in slices)
    legend = (
        f'<table style="border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.93rem; line-height: 1.6">{rows}</table>'
    )
    return f'<div style="display: flex; gap: 1.5rem; align-items: center">{ring}{legend}</div>'


def share_bar(slices: Sequence[Slice]) -> str:
    """The shares side by side in one thin bar."""
    parts = "".join(f'<div style="flex: {part.count}; background: {part.colour}"></div>' for part in slices if part.count)
    described = escape(_described(slices))
    return (
        f'<div role="img" aria-label="{described}" title="{described}" style="display: flex; height: 0.5rem; border-radius: 0.25rem;'
        f' overflow: hidden; background: {_EMPTY}">{parts}</div>'
    )


def _described(slices: Sequence[Slice]) -> str:
    return ", ".join(f"{part.name}: {number(part.count)}" for part in slices if part.count)


def _gradient(slices: Sequence[Slice], total: int) -> str:
    """A CSS gradient around the ring, from the top: each colour ends where the next begins."""
    stops, reached = [], 0
    for part in slices:
        if part.count:
            reached += part.count
            # From 0, which CSS moves to where the colour before it ended.
            stops.append(f"{part.colour} 0 {100 * reached / total:.3f}%")
    return f"conic-gradient({', '.join(stops)})" if stops else _EMPTY


def _legend_row(part: Slice, total: int) -> str:
    share = f"{number(100 * part.count / total)}\N{NO-BREAK SPACE}%" if part.count else ""
    dot = f'<span style="display: inline-block; width: 0.7rem; height: 0.7rem; border-radius: 50%; background: {part.colour}"></span>'
    faint = "" if part.count else "; opacity: 0.6"
    right = 'style="text-align: right; padding-left: 1rem; border: 0"'
    return (
        f'<tr style="border: 0{faint}"><td style="border: 0">{dot}&ensp;{escape(part.name)}</td>'
        f"<td {right}>{number(part.count)}</td><td {right}>{share}</td></tr>"
    )
