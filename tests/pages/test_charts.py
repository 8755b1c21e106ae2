"""Figures from frames, without a browser."""

import numpy as np
import pandas as pd

from pages.parts.charts import MOST_POINTS, ComparedCurves, CurveTexts, comparison_figure, curves_figure, fields_figure, smooth, thin

TEXTS = CurveTexts("Iteration", "Loss", "Each", "LR", "AP")
TESTED = pd.DataFrame({"iteration": [10], "ap": [0.5]})


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
    figure = curves_figure(curve(10), TESTED, 100, TEXTS, key="p")
    drawn = {trace.name: (trace.line.color, trace.yaxis) for trace in figure.data if trace.name != "Each"}
    assert drawn == {"Loss": ("#1971c2", None), "LR": ("#2f9e44", "y2"), "AP": ("#e03131", "y3")}


def test_the_learning_rate_has_a_logarithmic_axis() -> None:
    assert curves_figure(curve(10), TESTED, 100, TEXTS, key="p").layout.yaxis2.type == "log"


def test_the_loss_is_drawn_as_it_is_and_smoothed() -> None:
    shaking = curve(400).assign(loss=np.where(np.arange(400) % 2, 1.0, 3.0))
    raw, smoothed = curves_figure(shaking, TESTED, 400, TEXTS, key="p").data[:2]
    assert (raw.y.min(), raw.y.max()) == (1.0, 3.0)
    assert np.allclose(smoothed.y[50:-50], 2.0, atol=0.01)
    assert raw.line.width < smoothed.line.width


def test_the_smoothed_line_lies_on_a_loss_that_falls_evenly() -> None:
    """A running mean of what came before would lie above the curve all along."""
    falling = pd.Series(np.linspace(3, 1, 400))
    assert np.allclose(smooth(falling)[50:-50], falling[50:-50])


def test_compared_runs_share_the_iterations_each_with_one_colour_above_and_below() -> None:
    runs = [ComparedCurves("a", "a", "#111111", curve(10), TESTED), ComparedCurves("b", "b", "#222222", curve(30), TESTED)]
    figure = comparison_figure(runs, 30, TEXTS, key="a")
    drawn = [(trace.name, trace.line.color, trace.xaxis, trace.yaxis) for trace in figure.data]
    assert drawn == [("a", "#111111", None, None), ("a", "#111111", None, "y2"), ("b", "#222222", None, None), ("b", "#222222", None, "y2")]
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == ["a", "b"]


def test_five_long_runs_have_no_more_points_together_than_one() -> None:
    runs = [ComparedCurves(str(number), "n", "#111111", curve(5000), TESTED) for number in range(5)]
    assert sum(len(trace.x) for trace in comparison_figure(runs, 5000, TEXTS, key="a").data[::2]) <= MOST_POINTS


def test_the_zoom_belongs_to_the_process() -> None:
    tested = pd.DataFrame({"iteration": [], "ap": []})
    assert curves_figure(curve(10), tested, 100, TEXTS, key="p").layout.uirevision == "p"


def test_a_field_is_a_bar_in_its_colour_the_first_on_top() -> None:
    scores = pd.DataFrame({"name": ["date", "total"], "colour": ["#111111", "#222222"], "ap": [0.5, 0.9], "text": ["0.50", "0.90"]})
    bars = fields_figure(scores, key="p").data[0]
    assert list(zip(bars.y, bars.marker.color, strict=True)) == [("total", "#222222"), ("date", "#111111")]


def test_further_figures_of_a_field_stand_beside_its_bar_under_their_heads() -> None:
    scores = pd.DataFrame(
        {"name": ["date"], "colour": ["#111111"], "ap": [0.5], "text": ["0.50"], "Precision": ["0.70"], "Recall": ["0.40"]}
    )
    figure = fields_figure(scores, key="p")
    assert [trace.text[0] for trace in figure.data] == ["0.50", "0.70", "0.40"]
    assert figure.layout.xaxis.ticktext == ("Precision", "Recall")
    assert figure.layout.xaxis.tickvals == tuple(trace.x[0] for trace in figure.data[1:])
