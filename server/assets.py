"""Files beside the pages: the chart library, and the answer that says the server is up."""

from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

# The address carries the library's version, so a browser never has to ask again.
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


async def chart_library(request: Request) -> Response:  # noqa: ARG001
    """plotly.js out of the installed Python package (4.8 MB); only pages with a chart load it."""
    path = Path(str(files("plotly"))) / "package_data" / "plotly.min.js"
    return FileResponse(path, media_type="text/javascript", headers=_FOREVER)


async def health(request: Request) -> Response:  # noqa: ARG001
    """The server is up and its event loop runs."""
    return JSONResponse({"status": "ok"})


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/lib/plotly.min.js", chart_library), Route("/api/health", health)]
