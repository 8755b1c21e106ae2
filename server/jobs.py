"""Trying a model over HTTP: documents come in, become pages and a job; the pages can be looked at for as long as it is kept."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.access import account_of, allowed, body_of, described, get_store, job_of, model_of, refusal
from storage import documents, jobs
from storage.core import BadImage, InvalidValue, NotFound, check_id, read_file
from storage.jobs import Page
from storage.thumbnails import make_thumbnail, placeholder

MAX_PAGES = 20
MAX_FILES = 20
MAX_BYTES = 100_000_000  # of all files together
# A PDF is drawn in a process of its own, and a large image takes 0.5 GB while it is decoded.
_READERS = asyncio.Semaphore(2)
# A page never changes, but is removed after a day and is nobody's business but that of those who may see it.
_CACHED = {"cache-control": "private, max-age=86400, immutable", "x-content-type-options": "nosniff"}


@allowed("models", "view")
async def try_model(request: Request) -> Response:
    """Ask a machine to try the model ``?model=`` on the files of a form; without ``?machine=`` whichever suits best.

    201 with ``job``, its ``pages``, how many more were ``left_out``, and what was ``refused``; 400 if no file can be read.
    """
    model, machine = await run_in_threadpool(_asked, request)  # before the body: it may be for nothing
    form = await _form(request)
    try:
        taken = await _take_in([value for _, value in form.multi_items() if isinstance(value, UploadFile)])
    finally:
        await form.close()
    if not taken.pages:
        first = taken.refused[0] if taken.refused else described(InvalidValue("No file was sent. Choose images or a PDF"))
        return JSONResponse({**first, "refused": taken.refused}, 400)
    job = await run_in_threadpool(jobs.ask, get_store(), "try", model, machine, account_of(request), pages=taken.pages)
    return JSONResponse({"job": job.id, "pages": len(taken.pages), "left_out": taken.left_out, "refused": taken.refused}, 201)


@allowed("models", "view")
def page(request: Request) -> Response:
    """The page ``{number}`` of a job, counted from 0: as it was tried, or with ``?small=1`` as a thumbnail."""
    paths, number = get_store().job(job_of(request).id), request.path_params["number"]
    path = paths.page(number)
    try:
        data = read_file(path)
    except FileNotFoundError:
        return refusal(NotFound("There is no such page; pages tried are kept for a day"))
    if not request.query_params.get("small"):
        return Response(data, media_type=documents.media_type(data), headers=_CACHED)
    try:
        return Response(make_thumbnail(path), media_type="image/webp", headers=_CACHED)
    except BadImage:
        return Response(placeholder(), media_type="image/webp", headers={"cache-control": "no-store"})


def routes() -> list[Route]:
    """The routes of this module."""
    return [
        Route("/api/jobs/try", try_model, methods=["POST"]),
        Route("/api/jobs/{job}/pages/{number:int}", page),
    ]


def _asked(request: Request) -> tuple[str, str]:
    """Ids of the model and of the machine asked for, which are there; the machine can answer now."""
    store, wanted = get_store(), request.query_params.get("machine")
    found = model_of(request, check_id(request.query_params.get("model", "")))
    return found.model.id, jobs.choose_machine(store, check_id(wanted) if wanted else None).id


async def _form(request: Request) -> FormData:
    """The request's body as a form with files; InvalidValue if it is none."""
    too_long = InvalidValue("The files have more than {most} million bytes together. Try fewer at once", most=MAX_BYTES // 1_000_000)
    try:
        return await MultiPartParser(request.headers, _pieces(request, too_long), max_files=MAX_FILES, max_fields=0).parse()
    except (MultiPartException, KeyError) as error:
        raise InvalidValue(
            "The files cannot be read: {reason}. Send at most {most} as a form (multipart/form-data)", reason=str(error), most=MAX_FILES
        ) from error


async def _pieces(request: Request, too_long: InvalidValue) -> AsyncGenerator[bytes, None]:
    async for piece in body_of(request, MAX_BYTES, too_long):
        yield piece


@dataclass
class _Taken:
    """What became of the files: pages, how many more there were, and refusals as JSON."""

    pages: list[tuple[Page, bytes]] = field(default_factory=list)
    left_out: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


async def _take_in(files: list[UploadFile]) -> _Taken:
    taken = _Taken()
    for file in files:
        name = file.filename or "?"
        try:
            async with _READERS:
                document = await run_in_threadpool(documents.read, name, await file.read(), MAX_PAGES - len(taken.pages))
        except BadImage as error:
            taken.refused.append({"name": name, **described(error)})
            continue
        taken.pages += document.pages
        taken.left_out += document.left_out
    return taken
