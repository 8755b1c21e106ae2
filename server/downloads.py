"""Downloads: a model as a ZIP with its weights, its record and a page on how to use it, and its ONNX file alone."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server import model_readme
from server.access import allowed, get_store, model_of
from storage import models
from storage.core import NotFound, Store
from storage.model_files import FIELDS, ONNX, README, RECORD, WEIGHTS
from storage.models import Listed, Model

_PIECE = 1 << 20  # bytes in memory at a time, whatever the size of the weights


@allowed("models", "view")
def model(request: Request) -> Response:
    """The model as a ZIP, after its weights were checked; refused if they are damaged."""
    listed = model_of(request, request.path_params["model"])
    pieces = archive(get_store(), listed)
    return StreamingResponse(pieces, media_type="application/zip", headers=_attachment(f"{listed.entry.name}.zip"))


@allowed("models", "view")
def onnx(request: Request) -> Response:
    """The model in ONNX format, if a machine was asked for it."""
    listed = model_of(request, request.path_params["model"])
    if models.onnx_size(get_store(), listed.model) is None:
        raise NotFound("Model {name!r} has no ONNX file yet. Ask a machine for it on the page Models", name=listed.entry.name)
    pieces = _pieces(get_store().model(listed.model.id).onnx)
    models.journal(get_store(), "download", listed.model, listed.entry.name, form="onnx")
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=_attachment(f"{listed.entry.name}.onnx"))


def archive(store: Store, listed: Listed) -> Iterator[bytes]:
    """The model's ZIP piece by piece; Damaged, before the first one, if its weights are. That somebody takes it goes on record."""
    weights = models.weights_path(store, listed.model)
    models.journal(store, "download", listed.model, listed.entry.name, form="zip")
    # It may come to be while the archive is written: asked once, so that the page on using it says what there is.
    has_onnx = models.onnx_size(store, listed.model) is not None
    files = {WEIGHTS: weights, **({ONNX: store.model(listed.model.id).onnx} if has_onnx else {})}
    return _archive(listed, files)


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/models/{model}/download", model), Route("/api/models/{model}/onnx", onnx)]


def _archive(listed: Listed, files: dict[str, Path]) -> Iterator[bytes]:
    """Stored uncompressed: weights do not shrink."""
    sink, made = _Sink(), listed.model
    with zipfile.ZipFile(sink, "w") as opened:
        opened.writestr(_member(README, made), model_readme.text(listed, onnx=ONNX in files))
        opened.writestr(_member(FIELDS, made), json.dumps(model_readme.rows(made), indent=2, ensure_ascii=False))
        opened.writestr(_member(RECORD, made), made.model_dump_json(indent=2))
        for name, path in files.items():
            with opened.open(_member(name, made), "w", force_zip64=True) as member:
                for piece in _pieces(path):
                    member.write(piece)
                    yield sink.take()
    yield sink.take()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _member(name: str, model: Model) -> zipfile.ZipInfo:
    # The model's own time, so that two downloads of one model are the same bytes.
    return zipfile.ZipInfo(name, model.at.timetuple()[:6])


def _attachment(name: str) -> dict[str, str]:
    """A header that makes the browser save a file of this name (RFC 6266)."""
    # Names are letters of any alphabet, digits, '-', '_' and '.'; older clients read the plain form only.
    plain = name.encode("ascii", errors="replace").decode().replace("?", "_")
    return {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"}


class _Sink:
    """A file to write a ZIP to that hands on what was written; it cannot seek, which zipfile copes with."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep ``data`` until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits to be written anywhere."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data
