"""Every route beside the pages, in one list."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from server import assets, downloads, jobs, labels, metrics, model_uploads, pictures, uploads


def routes() -> list[Route]:
    """All of them; each checks the account's rights itself."""
    found = [route for module in (assets, pictures, labels, uploads, downloads, model_uploads, metrics, jobs) for route in module.routes()]
    # Last: Streamlit answers whatever nobody took with its page, which a script would take for success.
    return [*found, Route("/api/{rest:path}", nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]


async def nothing(request: Request) -> Response:
    """There is nothing at the address, or nothing for this method."""
    is_address = any(route.matches(request.scope)[0] is Match.PARTIAL for route in routes())
    said = f"This address does not take {request.method}" if is_address else "There is nothing at this address"
    return JSONResponse({"error": said}, 405 if is_address else 404)
