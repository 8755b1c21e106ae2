"""Figures from frames, without a browser."""

import numpy as np
import pandas as pd

from pages.parts.charts import MOST_POINTS, CurveTexts, curves_figure, fields_figure, thin

TEXTS = CurveTexts("Iteration", "Loss", "LR", "AP")


def curve(iterations: int) -> pd.DataFrame:
    """A training of so many iterations."""
    steps = np.arange(1, iterations + 1, dtype=float)
    return pd.DataFrame({"iteration": steps, "loss": 1 / steps, "lr": np.full(iterations, 0.005)})


def test_a_short_curve_is_drawn_point_by_point() -> None:
    pd.testing.assert_frame_equal(thin(curve(MOST_POINTS)), curve(MOST_POINTS))


def test_a_long_curve_is_thinned_to_means_and_keeps_its_last_iteration() -> None:
    thinned = thin(curve(5001))
    assert len(thinned) <= MOST_POINTS
    assert thinned["iteration"].iloc[-1] == 5001
    assert np.isclose(thinned["loss"].iloc[0], np.mean(1 / np.arange(1, 5)))


def test_a_growing_curve_keeps_the_points_it_has() -> None:
    before, after = thin(curve(5000)), thin(curve(5100))
    pd.testing.assert_frame_equal(before.iloc[:-1], after.iloc[: len(before) - 1])


def test_loss_is_blue_lr_green_and_ap_red_each_on_its_own_axis() -> None:
    figure = curves_figure(curve(10), pd.DataFrame({"iteration": [10], "ap": [0.5]}), 100, TEXTS, key="p")
    drawn = {trace.name: (trace.line.color, trace.yaxis) for trace in figure.data}
    assert drawn == {"Loss": ("#1971c2", None), "LR": ("#2f9e44", "y2"), "AP": ("#e03131", "y3")}


def test_the_zoom_belongs_to_the_process() -> None:
    tested = pd.DataFrame({"iteration": [], "ap": []})
    assert curves_figure(curve(10), tested, 100, TEXTS, key="p").layout.uirevision == "p"


def test_a_field_is_a_bar_in_its_colour_the_first_on_top() -> None:
    scores = pd.DataFrame({"name": ["date", "total"], "colour": ["#111111", "#222222"], "ap": [0.5, 0.9], "text": ["0.50", "0.90"]})
    bars = fields_figure(scores, key="p").data[0]
    assert list(zip(bars.y, bars.marker.color, strict=True)) == [("total", "#222222"), ("date", "#111111")]
