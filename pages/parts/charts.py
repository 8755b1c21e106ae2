"""Charts as pure functions: data in, Plotly figure out. Texts come in translated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

MOST_POINTS = 2000  # more do not show on a screen and cost 10 bytes a curve each, every tick
SMOOTHED_OVER = 25  # iterations about each, twice; a batch of two images makes the loss shake by half of itself
BLUE, GREEN, RED = "#1971c2", "#2f9e44", "#e03131"
_LIGHT_BLUE = "rgba(77,154,219,0.45)"  # to be seen on white and on black
# A logarithmic axis has no such ticks of its own: it labels every digit, or powers of ten alone.
_RATES = [digit * 10.0**power for power in range(-9, 1) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class CurveTexts:
    """The words on the chart of a training, and its decimal and thousands separators; ``ap`` is accuracy where that is measured."""

    iteration: str
    loss: str
    raw_loss: str
    lr: str
    ap: str
    separators: str = ".,"


@dataclass(frozen=True)
class ComparedCurves:
    """One of the runs in a comparison: ``trained`` has columns iteration and loss, ``tested`` iteration and ap."""

    process: str
    name: str
    colour: str
    trained: pd.DataFrame
    tested: pd.DataFrame


def smooth(losses: pd.Series) -> pd.Series:
    """The losses as a line: means of those about each, taken twice, so that one bad batch makes no edge (0.3 ms for 5,000)."""
    # About each and not before it, or the line would lie above a falling loss; the newest have fewer, so its end still moves.
    once = losses.rolling(SMOOTHED_OVER, center=True, min_periods=1).mean()
    return once.rolling(SMOOTHED_OVER, center=True, min_periods=1).mean()


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
    """Loss (blue; light as it is, strong smoothed), learning rate (green, on a log axis) and test AP (red) over the iteration.

    ``trained`` has columns iteration, loss and lr, ``tested`` iteration and ap. A chart of the same ``key`` keeps its zoom.
    """
    # Smoothed before it is thinned, or the mean would be taken over more iterations the longer the run is.
    line = thin(trained.assign(smoothed=smooth(trained["loss"])))
    x = _column(line, "iteration", np.int32)
    curves = [
        _curve(x, _column(line, "loss"), name=texts.raw_loss, line={"color": _LIGHT_BLUE, "width": 1}),
        _curve(x, _column(line, "smoothed"), name=texts.loss, line={"color": BLUE, "width": 2.2}),
        _curve(x, _column(line, "lr"), name=texts.lr, yaxis="y2", line={"color": GREEN, "width": 1.6, "dash": "dot"}),
        _tested(tested, name=texts.ap, yaxis="y3", line={"color": RED, "width": 2.2}),
    ]
    return go.Figure(curves, _curves_layout(iterations, texts, key))


def comparison_figure(runs: Sequence[ComparedCurves], iterations: int, texts: CurveTexts, *, key: str) -> go.Figure:
    """The smoothed losses of some runs above, their test APs below, over the same iterations; each run in its colour."""
    curves = [curve for run in runs for curve in _compared(run, MOST_POINTS // len(runs))]
    layout = {
        **_common_layout(texts, key),
        "height": 520,
        "hoversubplots": "axis",
        "xaxis": {"title": {"text": texts.iteration}, "range": [0, max(iterations, 1)], "hoverformat": ",d", "anchor": "y2"},
        "yaxis": {"title": {"text": texts.loss}, "domain": [0.46, 1], "rangemode": "tozero", "hoverformat": ".4f"},
        "yaxis2": {"title": {"text": texts.ap}, "domain": [0, 0.4], "range": [0, 1.02], "hoverformat": ".3f"},
    }
    return go.Figure(curves, layout)


def fields_figure(scores: pd.DataFrame, *, key: str) -> go.Figure:
    """AP of each field as a bar in the field's colour; columns name, colour, ap (0 to 1) and text (ap as people read it).

    Texts in further columns stand to the right of the bars, under the column's name.
    """
    shown = scores.iloc[::-1]  # Plotly draws the first bar at the bottom
    rows = {"y": shown["name"].tolist(), "hoverinfo": "skip"}
    bars = {
        "type": "bar",
        "x": shown["ap"].to_numpy(dtype=float),
        "text": shown["text"].tolist(),
        "orientation": "h",
        "marker": {"color": shown["colour"].tolist()},
        "textposition": "outside",  # with the axis not clipping it, also for a bar that reaches 1
        "cliponaxis": False,
        **rows,
    }
    # In lengths of a bar of 1, behind which its own text needs some room.
    places = {name: 1.45 + 0.42 * place for place, name in enumerate(scores.columns[4:])}
    further = [
        {"type": "scatter", "mode": "text", "x": [x] * len(shown), "text": shown[name].tolist(), **rows} for name, x in places.items()
    ]
    return go.Figure([bars, *further], _fields_layout(len(shown), places, key))


def _curve(x: NDArray[Any], y: NDArray[Any], **look: object) -> dict[str, object]:
    # Not a go.Scatter: the figure makes one of its own of whatever it is given, and each costs half a millisecond at every tick.
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, **look}


def _tested(tested: pd.DataFrame, **look: object) -> dict[str, object]:
    # Without a point plotly.js leaves the curve out and then stumbles over its axis.
    tested = tested if len(tested) else pd.DataFrame({"iteration": [np.nan], "ap": [np.nan]})
    # Half of the last evaluation's marker lies beyond the last iteration.
    look |= {"mode": "lines+markers", "marker": {"size": 7}, "cliponaxis": False}
    return _curve(tested["iteration"].to_numpy(), tested["ap"].to_numpy(), **look)


def _compared(run: ComparedCurves, most: int) -> list[dict[str, object]]:
    line = thin(pd.DataFrame({"iteration": run.trained["iteration"], "loss": smooth(run.trained["loss"])}), most)
    # One entry in the legend hides and shows both.
    look = {"name": run.name, "legendgroup": run.process, "line": {"color": run.colour, "width": 2}}
    # By uid plotly.js knows a curve again when another one comes before it.
    loss = _curve(_column(line, "iteration", np.int32), _column(line, "loss"), uid=f"{run.process}-loss", **look)
    return [loss, _tested(run.tested, uid=f"{run.process}-ap", yaxis="y2", showlegend=False, **look)]


def _column(frame: pd.DataFrame, name: str, kind: type[np.generic] = np.float32) -> NDArray[Any]:
    # Arrays, not lists: 20,000 points as lists take 357 ms and 1 MB at each tick. Seven digits are more than a screen shows.
    return frame[name].to_numpy(dtype=kind)


def _common_layout(texts: CurveTexts, key: str) -> dict[str, object]:
    return {
        "template": "none",
        "margin": {"l": 56, "r": 60, "t": 36, "b": 44},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "uirevision": key,
        "separators": texts.separators,
    }


def _curves_layout(iterations: int, texts: CurveTexts, key: str) -> dict[str, object]:
    # Plotly aligns the ticks of overlaid axes with the first, which gives labels such as 0.948; tickmode undoes that.
    right: dict[str, object] = {"overlaying": "y", "side": "right", "showgrid": False, "zeroline": False}
    return {
        **_common_layout(texts, key),
        "height": 430,
        # All iterations from the start, so that what is left can be seen; on the right the third axis needs its room.
        "xaxis": {"title": {"text": texts.iteration}, "domain": [0, 0.92], "range": [0, max(iterations, 1)], "hoverformat": ",d"},
        "yaxis": _axis(texts.loss, "blue", rangemode="tozero", hoverformat=".4f"),
        "yaxis2": _axis(texts.lr, "green", **right, anchor="x", type="log", tickvals=_RATES, tickformat="~g", hoverformat=".2~g"),
        # A little above 1, which would cut a perfect score's marker in half.
        "yaxis3": _axis(texts.ap, "red", **right, anchor="free", position=1, tickmode="auto", range=[0, 1.02], hoverformat=".3f"),
    }


def _fields_layout(count: int, places: dict[str, float], key: str) -> dict[str, object]:
    heads = {"side": "top", "tickmode": "array", "tickvals": list(places.values()), "ticktext": list(places), "showgrid": False}
    return {
        "template": "none",
        "height": 32 + 30 * count + (24 if places else 0),
        "margin": {"l": 8, "r": 44, "t": 32 if places else 8, "b": 8},
        "uirevision": key,
        "bargap": 0.35,
        "showlegend": False,
        "xaxis": {
            "range": [0, max(places.values()) + 0.2 if places else 1],
            "fixedrange": True,
            "showticklabels": bool(places),
            "zeroline": True,
            **(heads if places else {}),
        },
        # A category, or fields called 1 and 2 would become numbers.
        "yaxis": {"automargin": True, "fixedrange": True, "type": "category", "ticksuffix": "  ", "showgrid": False},
    }


def _axis(title: str, name: str, **more: object) -> dict[str, object]:
    # The theme's own shade for words: that of a line is too dark to be read on black.
    colour = f"var(--st-{name}-text-color)"
    return {"title": {"text": title, "font": {"color": colour}}, "tickfont": {"color": colour}, **more}
