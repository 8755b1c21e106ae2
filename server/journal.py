"""The journal as a file: what the filters leave, newest first, as it is read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic import Field as Limits
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.access import allowed, get_store, person_of
from storage import accounts, journal
from storage.core import InvalidValue, explain, now, record
from storage.journal import Filter
from storage.journal_export import to_csv, to_jsonl
from storage.journal_sight import hidden_from


class _Asked(BaseModel):
    """The query: what the entries have to be about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str | None = None
    operation: str | None = None
    entity: str | None = None
    id: Annotated[str | None, Limits(alias="object")] = None
    thread: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


@allowed("journal", "view")
def as_csv(request: Request) -> Response:
    """The journal as CSV, for spreadsheets."""
    wanted = _wanted(request)
    pieces = to_csv(journal.entries(get_store(), wanted), accounts.names(get_store()))
    return _file(pieces, "csv", "text/csv; charset=utf-8", wanted)


@allowed("journal", "view")
def as_jsonl(request: Request) -> Response:
    """The journal as JSON lines, as it is kept."""
    wanted = _wanted(request)
    return _file(to_jsonl(journal.entries(get_store(), wanted)), "jsonl", "application/x-ndjson", wanted)


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/journal.csv", as_csv), Route("/api/journal.jsonl", as_jsonl)]


def _wanted(request: Request) -> Filter:
    try:
        asked = _Asked.model_validate({key: value for key, value in request.query_params.items() if value})
    except ValidationError as error:
        raise InvalidValue("{reason}", reason=explain(error)) from error
    # Without what comes later, such as the record of this very export.
    until = min(asked.until or datetime.max.replace(tzinfo=UTC), datetime.now(UTC))
    return Filter(**{**dict(asked), "until": until}, hidden=hidden_from(get_store(), person_of(request)))


def _file(pieces: Iterator[bytes], form: str, media_type: str, wanted: Filter) -> Response:
    # Who takes it along is part of it, too.
    record(get_store(), "journal.export", "journal", form, form=form, filters=wanted.words() or None)
    headers = {"content-disposition": f'attachment; filename="journal-{now().date()}.{form}"', "cache-control": "no-store"}
    return StreamingResponse(_together(pieces), media_type=media_type, headers=headers)


def _together(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines in pieces of some 100 kB: each piece costs a change of threads."""
    while some := list(islice(lines, 300)):
        yield b"".join(some)
