"""Uploads over HTTP: images one by one, and archives of them."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, Any, ParamSpec
from zipfile import ZipFile, ZipInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.access import account_of, allowed, body_of, described, get_cache, get_store, project_of, unexpected
from storage import archives, pictures, uploads
from storage.core import InvalidValue, ProjectPaths, StoreError, acting_as, record
from storage.images import Image

log = logging.getLogger(__name__)

MAX_ARCHIVE_BYTES = 4_000_000_000
# A page of 100 million pixels takes 0.5 GB while it is decoded, and more at once than there are cores come no faster.
_DECODERS = asyncio.Semaphore(min(4, os.cpu_count() or 1))

P = ParamSpec("P")


@allowed("images", "create")
async def upload(request: Request) -> Response:
    """Take in the image that is the request's body, under the file name ``?name=``."""
    name, author = _name(request), account_of(request)
    paths = await run_in_threadpool(_paths, request)  # before the body: nobody sends it to a project that is gone
    data = b"".join([piece async for piece in body_of(request, pictures.MAX_BYTES, uploads.too_large(name))])
    return JSONResponse(_added(await _decode(uploads.add, paths, name, data, author)), 201)


@allowed("images", "create")
async def archive(request: Request) -> Response:
    """Take in the images of the ZIP that is the request's body; the answer grows by a line of JSON for each file.

    ``{total}`` first, then ``{name, image, restored}`` or ``{name, error, …}``, at the end ``{added, refused}``, with an
    error where it had to stop. Whoever goes away stops it too; what is in by then stays in.
    """
    name, author = _name(request), account_of(request)
    paths = await run_in_threadpool(_paths, request)
    with ExitStack() as stack:
        file = stack.enter_context(await run_in_threadpool(_temporary))
        async for piece in body_of(request, MAX_ARCHIVE_BYTES, _too_large(name)):
            await run_in_threadpool(file.write, piece)
        opened = stack.enter_context(await run_in_threadpool(archives.open_archive, name, file))
        counts = {"added": 0, "refused": 0}
        stack.callback(_record, paths, name, author, counts)
        lines = _take_in(opened, lambda entry: archives.add_entry(paths, opened, entry, author), counts, stack.pop_all())
    # Proxies that collect an answer before they pass it on would hide the progress.
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"x-accel-buffering": "no"})


def routes() -> list[Route]:
    """The routes of this module."""
    return [
        Route("/api/projects/{project}/uploads", upload, methods=["POST"]),
        Route("/api/projects/{project}/archives", archive, methods=["POST"]),
    ]


def _record(paths: ProjectPaths, archive: str, author: str, counts: dict[str, int]) -> None:
    # Named once more: when nobody listens any more this is called from elsewhere.
    with acting_as(author):
        record(
            paths.store,
            "project.import",
            "project",
            paths.id,
            source="archive",
            file=archive,
            added=counts["added"],
            refused=counts["refused"],
        )


async def _take_in(opened: ZipFile, add: Callable[[ZipInfo], Image], counts: dict[str, int], files: ExitStack) -> AsyncIterator[bytes]:
    """The lines of the answer, each written when its file is in; ``files`` are closed at the end, also if nobody listens."""
    with files:
        entries = await run_in_threadpool(archives.files_of, opened)  # a second for 300,000 of them
        yield _line(total=len(entries))
        end = {}
        try:
            for entry in entries:
                outcome = await _outcome(add, entry)
                counts["refused" if "error" in outcome else "added"] += 1
                yield _line(**outcome)
        except Exception as error:
            # A full disk, say. The answer has begun, so this can no longer become an error 500.
            log.exception("An archive was taken in up to file %s of %s", sum(counts.values()), len(entries))
            end = described(unexpected(error))
        yield _line(**counts, **end)


async def _outcome(add: Callable[[ZipInfo], Image], entry: ZipInfo) -> dict[str, Any]:
    try:
        return _added(await _decode(add, entry))
    except StoreError as error:
        return {"name": archives.file_name(entry), **described(error)}


async def _decode(add: Callable[P, Image], *args: P.args, **kwargs: P.kwargs) -> Image:
    async with _DECODERS:
        return await run_in_threadpool(add, *args, **kwargs)


def _temporary() -> IO[bytes]:
    # It has no name, so nothing is left of it however this ends. Not in /tmp, which may be memory.
    get_cache().mkdir(parents=True, exist_ok=True)
    return TemporaryFile(dir=get_cache())


def _added(image: Image) -> dict[str, Any]:
    # A second revision is a deleted image that came back.
    return {"image": image.id, "name": image.name, "restored": image.rev > 1}


def _line(**values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _paths(request: Request) -> ProjectPaths:
    return get_store().project(project_of(request).id)


def _name(request: Request) -> str:
    name = request.query_params.get("name")
    if not name:
        raise InvalidValue("The address lacks ?name=, the file's name")
    return name


def _too_large(name: str) -> InvalidValue:
    return InvalidValue(
        "Archive {name!r} has more than {most} million bytes. Pack the images into several archives",
        name=name,
        most=MAX_ARCHIVE_BYTES // 1_000_000,
    )
