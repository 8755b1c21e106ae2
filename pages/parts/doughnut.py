"""Shares of a whole as a doughnut or a bar: pure functions that return HTML in the page's own colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from pages.parts.i18n import number
from pages.parts.image_states import IMAGE_STATES, image_state_name
from storage.index import Counts, State
from storage.projects import Project

_EMPTY = "rgba(134, 142, 150, 0.25)"


@dataclass(frozen=True)
class Slice:
    """A part of the whole: its name in the reader's language, ``#rrggbb``, and how many it counts."""

    name: str
    colour: str
    count: int


@dataclass(frozen=True)
class Bar:
    """A bar made of slices: its name, and the colour that stands for it elsewhere."""

    name: str
    colour: str
    slices: Sequence[Slice]

    @property
    def count(self) -> int:
        """What its slices count together."""
        return sum(part.count for part in self.slices)


def class_bars(project: Project, found: Mapping[str, Mapping[State, int]]) -> list[Bar]:
    """A bar for each class of the project, made of its images by state; ``found`` counts them by class id."""
    return [Bar(known.name, known.colour, _slices(found.get(known.id, {}))) for known in project.fields]


def _slices(numbers: Mapping[State, int]) -> list[Slice]:
    shown: tuple[State, ...] = ("labelled", "corrected", "reviewed", "auto")
    return [Slice(image_state_name(state), IMAGE_STATES[state].colour, numbers.get(state, 0)) for state in shown]


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


def bars(rows: Sequence[Bar]) -> str:
    """A table with a row for each bar: its name, its parts drawn in proportion to the longest bar, and its count."""
    longest = max((row.count for row in rows), default=0)
    drawn = "".join(_bar_row(row, longest) for row in rows)
    style = "border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.93rem; line-height: 1.6"
    return f'<table style="{style}">{drawn}</table>'


def _bar_row(row: Bar, longest: int) -> str:
    width = 100 * row.count / longest if row.count else 0
    faint = "" if row.count else "; opacity: 0.6"
    swatch = f'<span style="flex: none; width: 0.75rem; height: 0.75rem; border-radius: 0.2rem; background: {row.colour}"></span>'
    name = f'<div style="display: flex; gap: 0.5rem; align-items: center; overflow-wrap: anywhere">{swatch}{escape(row.name)}</div>'
    drawn = f'<div style="width: {width:.2f}%; min-width: 2px">{share_bar(row.slices)}</div>' if row.count else ""
    cells = f'<td style="border: 0; padding: 0.1rem 0">{name}</td><td style="border: 0; width: 50%; padding-left: 1rem">{drawn}</td>'
    count = f'<td style="border: 0; text-align: right; padding-left: 1rem">{number(row.count)}</td>'
    return f'<tr style="border: 0{faint}">{cells}{count}</tr>'


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
