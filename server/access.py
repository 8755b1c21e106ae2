"""What all routes share: who asks and what they may do and see, the store the server works on, bodies, refusals as JSON."""

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache, wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from server.asking import asking_of
from storage import jobs, models, processes
from storage.attempts import Message
from storage.caches import cache_folder
from storage.core import Conflict, Damaged, InvalidValue, NotFound, Refused, Store, StoreError, check_id, explain, is_id, open_store
from storage.core.journal import acting
from storage.index import Index
from storage.jobs import Job
from storage.models import Listed
from storage.people import Person
from storage.processes import Process
from storage.projects import PROJECTS, Project
from storage.rights import Entity, Need, Right

log = logging.getLogger(__name__)

_JSON_BYTES = 5_000_000  # a label of 20,000 boxes
_STATUS: dict[type[StoreError], int] = {NotFound: 404, Conflict: 409, Damaged: 500}

Handler = Callable[[Request], Response] | Callable[[Request], Awaitable[Response]]
M = TypeVar("M", bound=BaseModel)


class Guarded(Protocol):
    """A route that asks for a right first, and says which."""

    needs: Need

    def __call__(self, request: Request) -> Awaitable[Response]:
        """Answer the request."""


@cache
def get_store() -> Store:
    """The store that ``FIELDMARK_STORE`` names, ``./data`` without it."""
    return open_store(Path(os.environ.get("FIELDMARK_STORE", "data")))


@cache
def get_index() -> Index:
    """The index of that store."""
    return Index(get_store())


@cache
def get_cache() -> Path:
    """This host's folder for what is derived from that store."""
    return cache_folder(get_store())


def account_of(request: Request) -> str:
    """The account that asks, by its id; "local" where nobody signs in."""
    return asking_of(request).person.account


def person_of(request: Request) -> Person:
    """Who asks, with their rights as of now."""
    return asking_of(request).person


def project_of(request: Request) -> Project:
    """The project whose id the address holds; NotFound if there is none, it was deleted, or who asks may not see it."""
    project = PROJECTS.get(get_store(), check_id(request.path_params["project"]))[1]
    _check_seen(request, project.id, PROJECTS.not_found(project.id))
    return project


def process_of(request: Request) -> Process:
    """The process whose id the address holds; NotFound if there is none, or who asks may not see its project."""
    process = processes.get(get_store(), request.path_params["process"])
    _check_seen(request, process.spec.project, processes.not_found(process.id))
    return process


def model_of(request: Request, model: str) -> Listed:
    """The model of this id; NotFound if there is none, it was deleted, or it is of a project that who asks may not see."""
    try:
        listed = models.read(get_store(), model)
    except NotFound as error:  # which names the file
        raise models.MODELS.not_found(model) from error
    if not listed.entry.base:  # those are there for everybody's trainings
        _check_seen(request, listed.model.project, models.MODELS.not_found(model))
    return models.find(get_store(), model)


def job_of(request: Request) -> Job:
    """The job whose id the address holds; NotFound if there is none, or who asks may not see its model's project."""
    try:
        job = jobs.get(get_store(), request.path_params["job"])
    except NotFound as error:
        raise NotFound("There is no such page; pages tried are kept for a day") from error
    model_of(request, job.model)
    return job


def _check_seen(request: Request, project: str, error: NotFound) -> None:
    """Raise ``error``, which is that for what is not there, if who asks may not see the project."""
    # An uploaded model may come from a project of another store.
    if is_id(project) and not person_of(request).sees(project):
        raise error


def allowed(entity: Entity, right: Right) -> Callable[[Handler], Guarded]:
    """A route for those with this right; a plain handler runs in a thread, as the store's calls block.

    What the handler raises is answered as JSON: the store's refusals with their sentence, anything else as error 500
    that tells nothing of the server's insides.
    """

    def around(handler: Handler) -> Guarded:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            if not person_of(request).may(entity, right):
                return refusal(_no_right(entity, right), 403)
            acting.set(account_of(request))  # for the journal; each request has a context of its own
            try:
                return await _call(handler, request)
            except StoreError as error:
                return refusal(error)
            except ClientDisconnect:
                return Response(status_code=400)  # to nobody
            except Exception as error:
                log.exception("%s %s failed", request.method, request.url.path)
                return refusal(unexpected(error), 500)

        named = cast(Guarded, guarded)
        named.needs = (entity, right)
        return named

    return around


async def _call(handler: Handler, request: Request) -> Response:
    if iscoroutinefunction(handler):
        return await handler(request)
    return await run_in_threadpool(cast(Callable[[Request], Response], handler), request)


def refusal(error: StoreError, status: int | None = None, **more: Any) -> Response:
    """What was refused: the sentence, its template with values, which the page translates, and ``more``."""
    known = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    return JSONResponse({**described(error), **more}, status or known)


def described(error: StoreError) -> dict[str, Any]:
    """A refusal as JSON."""
    return {"error": str(error), **templated(error)}


def templated(said: StoreError | Message) -> dict[str, Any]:
    """Give what is said as JSON to be translated: its template with values."""
    return {"template": said.template, "values": {key: str(value) for key, value in said.values.items()}}


def unexpected(error: Exception) -> Refused:
    """What to say of an error that is no refusal: the system's own words where it is the system's (disk full), else nothing."""
    if isinstance(error, OSError) and error.strerror:
        return Refused("The server cannot read or write its files: {reason}. Tell the administrator", reason=error.strerror)
    return Refused("Something went wrong on the server. Try again; the administrator finds the reason in its log")


def _no_right(entity: Entity, right: Right) -> Refused:
    return Refused("You may not do this: it needs the right to {right} {entity}. Ask the administrator for it", right=right, entity=entity)


async def body_of(request: Request, most: int, too_long: StoreError) -> AsyncIterator[bytes]:
    """The request's body piece by piece; ``too_long`` is raised for more than ``most`` bytes, at once where it says so itself."""
    if int(request.headers.get("content-length", 0)) > most:
        raise too_long
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > most:
            raise too_long
        yield piece


async def json_of(request: Request, kind: type[M]) -> M:
    """The request's JSON as a record; InvalidValue says which field is wrong, what was expected and what came."""
    too_long = InvalidValue("The request has more than {most} million bytes", most=_JSON_BYTES // 1_000_000)
    body = b"".join([piece async for piece in body_of(request, _JSON_BYTES, too_long)])
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise InvalidValue("{reason}", reason=explain(error)) from error
