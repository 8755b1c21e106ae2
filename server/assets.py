"""What the server does beside the pages: the chart library, the answer that it is up, and a warm start."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from streamlit import App

# The address carries the library's version, so a browser never has to ask again.
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


async def chart_library(request: Request) -> Response:  # noqa: ARG001
    """plotly.js out of the installed Python package (4.8 MB); only pages with a chart load it."""
    # Not a copy of ours: figures and the library that draws them always fit together.
    path = Path(str(files("plotly"))) / "package_data" / "plotly.min.js"
    return FileResponse(path, media_type="text/javascript", headers=_FOREVER)


async def health(request: Request) -> Response:  # noqa: ARG001
    """The server is up and its event loop runs."""
    return JSONResponse({"status": "ok"})  # no look at the store: a slow share is no reason to restart the dashboard


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/lib/plotly.min.js", chart_library), Route("/api/health", health)]


@asynccontextmanager
async def warm(app: App) -> AsyncIterator[None]:  # noqa: ARG001
    """Load what the first page needs before somebody waits for it (two seconds)."""
    for name in ("pandas", "plotly.graph_objects", "babel.dates"):
        import_module(name)  # blocks the loop, which serves nobody before the yield
    # Streamlit collects garbage after every run of a page, and looking through the modules' objects takes it 0.1 s.
    gc.collect()
    gc.freeze()
    yield
