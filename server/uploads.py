"""Uploads over HTTP: images one by one, and archives."""

from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of this module."""
    return []
