"""A Plotly figure that is updated in place: zoom, hidden curves and hover survive new data.

``st.plotly_chart`` removes and rebuilds its chart whenever the figure changes, which loses the zoom each tick.
"""

from pathlib import Path

import plotly
import plotly.graph_objects as go
import streamlit as st

# The version in the address lets browsers keep the library for ever; server/assets.py serves it.
LIBRARY = f"/lib/plotly.min.js?v={plotly.__version__}"

_FOLDER = Path(__file__).resolve().parent
_chart = st.components.v2.component(
    "fieldmark.live_chart",
    html='<div class="live-chart"></div>',
    css=".live-chart { width: 100% }\n",
    # As text: an asset folder is found only for installed packages, not in a checkout.
    js=(_FOLDER / "live_chart.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # Plotly puts its style sheet into the document
)


def live_chart(figure: go.Figure, *, key: str) -> None:
    """Draw ``figure``, or bring the chart of this key up to date; ``uirevision`` of its layout decides what keeps the zoom.

    It is as high as the layout says and as wide as the page, or as the layout's ``width`` where it has one.
    """
    # Passed on to the page's element, where a test can see that this figure is the one drawn.
    points = max(len(trace.x) for trace in figure.data)
    size = {"height": figure.layout.height, "width": figure.layout.width}
    _chart(key=key, data={"figure": figure.to_json(), "library": LIBRARY, "points": points, **size})
