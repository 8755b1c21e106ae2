"""Uploads of models: the ZIP that a download gives, checked before anything of it is kept."""

from tempfile import TemporaryFile
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.access import account_of, allowed, body_of, get_cache, get_store
from storage import model_files
from storage.core import InvalidValue


async def upload(request: Request) -> Response:
    """Take in the model whose ZIP is the request's body, under ``?name=``; with ``base=1`` as a base model."""
    return await (_upload_base if _is_base(request) else _upload_model)(request)


@allowed("models", "create")
async def _upload_model(request: Request) -> Response:
    return await _take_in(request)


@allowed("base_models", "create")
async def _upload_base(request: Request) -> Response:
    return await _take_in(request)


async def _take_in(request: Request) -> Response:
    name = request.query_params.get("name")
    if not name:
        raise InvalidValue("The address lacks ?name=, the model's name")
    # Before the body: nobody sends megabytes under a name that is taken.
    await run_in_threadpool(model_files.check_free, get_store(), name)
    too_long = InvalidValue("The file has more than {most} million bytes, which no model has", most=model_files.MAX_BYTES // 1_000_000)
    with await run_in_threadpool(_temporary) as file:
        async for piece in body_of(request, model_files.MAX_BYTES, too_long):
            await run_in_threadpool(file.write, piece)
        listed = await run_in_threadpool(model_files.add, get_store(), name, file, account_of(request), base=_is_base(request))
    return JSONResponse({"model": listed.model.id, "name": listed.entry.name}, 201)


def _temporary() -> IO[bytes]:
    # Without a name, so nothing is left of it however this ends. Not in /tmp, which may be memory.
    get_cache().mkdir(parents=True, exist_ok=True)
    return TemporaryFile(dir=get_cache())


def _is_base(request: Request) -> bool:
    return request.query_params.get("base") == "1"


upload.needs = _upload_model.needs  # type: ignore[attr-defined]  # the lesser of the two, which each asks for itself


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/models", upload, methods=["POST"])]
