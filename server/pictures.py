"""Images and thumbnails of projects."""

from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of this module."""
    return []
