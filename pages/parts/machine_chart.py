"""A machine's load over time as a chart."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from storage.machine_load import EVERY_S, LoadPoint

_GAP = timedelta(seconds=3 * EVERY_S)  # longer than this nobody reported, and no line is drawn across
_CPU, _MEMORY = "#1971c2", "#2f9e44"
_GPUS = ("#e03131", "#7048e8", "#e8590c", "#c2255c")


def load_frame(points: Sequence[LoadPoint], offset: timedelta) -> pd.DataFrame:
    """Columns at, load, memory, and gpu0, gpu0_memory … of each card, as shares; ``at`` is ``offset`` from UTC.

    Where nothing was reported for a while there is a row without figures.
    """
    rows: list[dict[str, object]] = []
    before = None
    for point in points:
        at = point.at.replace(tzinfo=None) - (point.at.utcoffset() or timedelta()) + offset
        if before and at - before > _GAP:
            rows.append({"at": before + timedelta(seconds=EVERY_S)})
        rows.append({"at": at, "load": point.load, "memory": point.memory, **_gpu_columns(point)})
        before = at
    return pd.DataFrame(rows, columns=None if rows else ["at", "load", "memory"])


def load_figure(frame: pd.DataFrame, names: dict[str, str], span: tuple[datetime, datetime], *, key: str) -> go.Figure:
    """A line for each column of ``frame`` that ``names`` gives a name, in percent, over the time of ``span``.

    A chart of the same ``key`` keeps its zoom.
    """
    lines = [
        go.Scatter(
            x=frame["at"].dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy(),
            y=100 * frame[column].to_numpy(dtype=float) if column in frame else np.full(len(frame), np.nan),
            name=name,
            line=_line(column),
            marker={"size": 4},  # which Plotly draws while there are few points, so that a single one shows
        )
        for column, name in names.items()
    ]
    return go.Figure(lines, _layout(span, key))


def _gpu_columns(point: LoadPoint) -> dict[str, float | None]:
    columns: dict[str, float | None] = {}
    for number, gpu in enumerate(point.gpus):
        columns |= {f"gpu{number}": gpu.load, f"gpu{number}_memory": gpu.memory}
    return columns


def _line(column: str) -> dict[str, object]:
    if not column.startswith("gpu"):
        return {"color": _CPU if column == "load" else _MEMORY, "width": 1.8}
    # A card's memory in its colour, so that the two are seen to belong together.
    number, _, memory = column.removeprefix("gpu").partition("_")
    return {"color": _GPUS[int(number) % len(_GPUS)], "width": 1.8, "dash": "dot" if memory else "solid"}


def _layout(span: tuple[datetime, datetime], key: str) -> dict[str, object]:
    ends = [f"{end:%Y-%m-%d %H:%M:%S}" for end in span]
    return {
        "template": "none",
        "height": 260,
        "margin": {"l": 52, "r": 16, "t": 32, "b": 32},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "showlegend": True,
        "uirevision": key,
        # By figures alone, as Plotly knows the names of months in English only.
        "xaxis": {"type": "date", "range": ends, "tickformat": "%H:%M", "hoverformat": "%d.%m. %H:%M"},
        "yaxis": {"range": [0, 102], "ticksuffix": " %", "hoverformat": ".0f", "fixedrange": True, "dtick": 25},
    }
