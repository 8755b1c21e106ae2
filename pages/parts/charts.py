"""Charts as pure functions: data in, Plotly figure out. Texts come in translated."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

MOST_POINTS = 2000  # more do not show on a screen and cost 25 bytes each, every tick
BLUE, GREEN, RED = "#1971c2", "#2f9e44", "#e03131"


@dataclass(frozen=True)
class CurveTexts:
    """The words on the chart of a training, and its decimal and thousands separators."""

    iteration: str
    loss: str
    lr: str
    ap: str
    separators: str = ".,"


def thin(trained: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """At most ``most`` rows: means of equal runs of rows, each at its last iteration.

    The runs' length is a power of two, so that a growing curve keeps its points where they are until it has doubled.
    """
    if len(trained) <= most:
        return trained
    width = 2 ** int(np.ceil(np.log2(len(trained) / most)))
    starts = np.arange(0, len(trained), width)
    # The last run may be shorter than the others.
    counts = np.diff(np.append(starts, len(trained)))
    thinned = {name: np.add.reduceat(trained[name].to_numpy(), starts) / counts for name in trained.columns}
    return pd.DataFrame(thinned | {"iteration": trained["iteration"].to_numpy()[starts + counts - 1]})


def curves_figure(trained: pd.DataFrame, tested: pd.DataFrame, iterations: int, texts: CurveTexts, *, key: str) -> go.Figure:
    """Loss (blue), learning rate (green) and test AP (red) over the iteration, each with its own axis.

    ``trained`` has columns iteration, loss and lr, ``tested`` iteration and ap. A chart of the same ``key`` keeps its zoom.
    """
    line = thin(trained)
    # Without a point plotly.js leaves the curve out and then stumbles over its axis.
    tested = tested if len(tested) else pd.DataFrame({"iteration": [np.nan], "ap": [np.nan]})
    # Arrays, not lists: 20,000 points as lists take 357 ms and 1 MB at each tick.
    x, tested_x = line["iteration"].to_numpy(), tested["iteration"].to_numpy()
    curves = [
        go.Scatter(x=x, y=line["loss"].to_numpy(), name=texts.loss, line={"color": BLUE, "width": 1.6}),
        go.Scatter(x=x, y=line["lr"].to_numpy(), name=texts.lr, yaxis="y2", line={"color": GREEN, "width": 1.6, "dash": "dot"}),
        go.Scatter(
            x=tested_x,
            y=tested["ap"].to_numpy(),
            name=texts.ap,
            yaxis="y3",
            mode="lines+markers",
            line={"color": RED, "width": 2.2},
            marker={"size": 7},
            cliponaxis=False,  # half of the last evaluation's marker lies beyond the last iteration
        ),
    ]
    return go.Figure(curves, _curves_layout(iterations, texts, key))


def fields_figure(scores: pd.DataFrame, *, key: str) -> go.Figure:
    """AP of each field as a bar in the field's colour; columns name, colour, ap (0 to 1) and text (ap as people read it)."""
    shown = scores.iloc[::-1]  # Plotly draws the first bar at the bottom
    bars = go.Bar(
        x=shown["ap"].to_numpy(dtype=float),
        y=shown["name"].tolist(),
        text=shown["text"].tolist(),
        orientation="h",
        marker={"color": shown["colour"].tolist()},
        textposition="outside",  # with the axis not clipping it, also for a bar that reaches 1
        cliponaxis=False,
        hoverinfo="skip",
    )
    layout = {
        "template": "none",
        "height": 32 + 30 * len(shown),
        "margin": {"l": 8, "r": 44, "t": 8, "b": 8},
        "uirevision": key,
        "bargap": 0.35,
        "xaxis": {"range": [0, 1], "fixedrange": True, "showticklabels": False},
        # A category, or fields called 1 and 2 would become numbers.
        "yaxis": {"automargin": True, "fixedrange": True, "type": "category", "ticksuffix": "  ", "showgrid": False},
    }
    return go.Figure(bars, layout)


def _curves_layout(iterations: int, texts: CurveTexts, key: str) -> dict[str, object]:
    # Plotly aligns the ticks of overlaid axes with the first, which gives labels such as 0.948; tickmode undoes that.
    right: dict[str, object] = {"overlaying": "y", "side": "right", "showgrid": False, "tickmode": "auto"}
    return {
        "template": "none",
        "height": 430,
        "margin": {"l": 56, "r": 60, "t": 36, "b": 44},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "uirevision": key,
        "separators": texts.separators,
        # All iterations from the start, so that what is left can be seen; on the right the third axis needs its room.
        "xaxis": {"title": {"text": texts.iteration}, "domain": [0, 0.92], "range": [0, max(iterations, 1)], "hoverformat": ",d"},
        "yaxis": _axis(texts.loss, BLUE, rangemode="tozero", hoverformat=".4f"),
        "yaxis2": _axis(texts.lr, GREEN, **right, anchor="x", rangemode="tozero", hoverformat=".2g"),
        # A little above 1, which would cut a perfect score's marker in half.
        "yaxis3": _axis(texts.ap, RED, **right, anchor="free", position=1, range=[0, 1.02], hoverformat=".3f"),
    }


def _axis(title: str, colour: str, **more: object) -> dict[str, object]:
    return {"title": {"text": title, "font": {"color": colour}}, "tickfont": {"color": colour}, **more}
