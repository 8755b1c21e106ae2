"""Records: frozen, typed, and the only reader and writer of JSON on disk.

A file is one line, ``{"record":{…},"nonce":"…","sum":"…"}``. The sum (SHA-256 of the record's bytes, 16 digits)
tells a damaged or hand-edited file from a whole one; the nonce makes each write unique, see ``files.create_once``.
"""

import hashlib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from storage.core import files
from storage.core.errors import Damaged, InvalidValue, NotFound

# The file is cut at these rather than parsed, so that the sum is over the record's bytes as they lie on disk.
_HEAD, _NONCE, _SUM = b'{"record":', b',"nonce":"', b'","sum":"'


class Record(BaseModel):
    """One thing kept in one file; equal records are equal values, a change is a new record."""

    # An unknown field would be lost with the next revision, so it is refused; NaN is not JSON.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


R = TypeVar("R", bound=Record)


def now() -> datetime:
    """Wall time for people to read; no decision rests on it, since hosts' clocks differ."""
    return datetime.now(UTC).replace(microsecond=0)


def encode(record: Record) -> bytes:
    """The record as the bytes of its file."""
    # Most fields of most boxes are None, and each image has a file: left out, they cost nothing.
    body = record.model_dump_json(exclude_none=True).encode()
    return b"".join((_HEAD, body, _NONCE, uuid.uuid4().hex.encode(), _SUM, _digest(body), b'"}\n'))


def decode(kind: type[R], data: bytes, path: Path) -> R:
    """The record in ``data``; Damaged, with the file and what is wrong with it, if it is not one."""
    # From the end, as a field inside the record may bear the same name.
    body, end = data[len(_HEAD) : data.rfind(_NONCE)], data.rfind(_SUM)
    if not data.startswith(_HEAD) or end < 0 or data[end + len(_SUM) :] != _digest(body) + b'"}\n':
        raise Damaged(
            "{path} is damaged: {reason}. Restore it from a backup; everything else goes on", path=str(path), reason=_reason(data)
        )
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Damaged(
            "{path} is damaged: {reason}. Restore it from a backup; everything else goes on", path=str(path), reason=explain(error)
        ) from error


def load(kind: type[R], path: Path) -> R:
    """The record in the file ``path``; NotFound if there is no file, Damaged if it cannot be one of ours."""
    record = load_if_there(kind, path)
    if record is None:
        raise NotFound("{path} is not there", path=str(path))
    return record


def load_if_there(kind: type[R], path: Path) -> R | None:
    """The record in the file ``path``, or None if nothing was written there yet."""
    try:
        return decode(kind, files.read_file(path), path)
    except (FileNotFoundError, NotADirectoryError):  # a file in a folder's place hides what would lie below it
        return None
    except OSError as error:
        # A bad sector or a folder in the file's place is this object's trouble, not that of the list it is in.
        raise Damaged(
            "{path} is damaged: {reason}. Restore it from a backup; everything else goes on", path=str(path), reason=error.strerror
        ) from error


def make(kind: type[R], /, **values: Any) -> R:
    """A record from values a person gave; InvalidValue names each field, what was expected and what came."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InvalidValue("{reason}", reason=explain(error)) from error


def explain(error: ValidationError) -> str:
    """A validation error as one line: field, expectation, value."""
    parts = []
    for problem in error.errors(include_url=False):
        where = ".".join(map(str, problem["loc"])) or "value"
        # Cut at 80 characters: the value may be a whole pasted document.
        parts.append(f"{where}: {problem['msg'][:1].lower()}{problem['msg'][1:]}, not {problem.get('input')!r:.80}")
    return "; ".join(parts)


def _digest(body: bytes) -> bytes:
    # 64 bits are plenty against accidents; whoever forges a record can forge its sum.
    return hashlib.sha256(body).hexdigest()[:16].encode()


def _reason(data: bytes) -> str:
    if not data:
        return "it is empty"
    return "its content does not match its checksum" if data.startswith(_HEAD) else "it is not a record of this store"
