"""Every route beside the pages, in one list."""

from starlette.routing import Route

from server import assets, downloads, labels, pictures, uploads


def routes() -> list[Route]:
    """All of them; each checks the account's rights itself."""
    return [route for module in (assets, pictures, labels, uploads, downloads) for route in module.routes()]
