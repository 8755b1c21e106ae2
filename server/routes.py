"""Every route beside the pages, in one list."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from server import assets, downloads, forms, jobs, journal, labels, metrics, model_uploads, oidc, pictures, presence, sign_in, uploads


def routes() -> list[Route]:
    """All of them; each checks the right itself, but for those that lead to signing in and files of the program."""
    modules = (assets, forms, sign_in, oidc, pictures, labels, presence, uploads, downloads, model_uploads, metrics, jobs, journal)
    found = [route for module in modules for route in module.routes()]
    # Last: Streamlit answers whatever nobody took with its page, which a script would take for success.
    return [*found, Route("/api/{rest:path}", nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]


async def nothing(request: Request) -> Response:
    """There is nothing at the address, or nothing for this method."""
    is_address = any(route.matches(request.scope)[0] is Match.PARTIAL for route in routes())
    said = f"This address does not take {request.method}" if is_address else "There is nothing at this address"
    return JSONResponse({"error": said}, 405 if is_address else 404)
