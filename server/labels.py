"""Labels over HTTP: what the box editor reads and saves."""

from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of this module."""
    return []
