"""Model files: the ZIP that a download gives, and what is checked before one is taken in.

Nothing is unpacked to a disk and nothing in it is ever unpickled; whatever is not exactly as expected is refused.
"""

import stat
from typing import IO, NoReturn
from zipfile import ZipFile, ZipInfo

from pydantic import ValidationError

from storage import archives, models, tensors
from storage.core import BadImage, InvalidValue, NameTaken, NotFound, Store, check_id, check_name, explain, new_id, now, sha256, unrecorded
from storage.models import MODELS, Entry, Listed, Model
from storage.projects import check_fields
from storage.templates import BASE_MODELS

RECORD, WEIGHTS, FIELDS, README, ONNX = "model.json", "weights.safetensors", "fields.json", "README.md", "model.onnx"
MAX_BYTES = 500_000_000  # of the ZIP; those of ours have 12 million, and as much again with the ONNX file

_NEEDED = (README, FIELDS, RECORD, WEIGHTS)
_RECORD_BYTES = 2_000_000  # a record with 1,000 fields has 400,000
_MOST_FIELDS = 1000
_MULTIPLE = 32  # the coarsest stride of the backbone
_MOST_PIXELS = 4_000_000  # of a canvas, seven times those of ours; many more would not fit a machine's memory


def check_free(store: Store, name: str) -> None:
    """NameTaken if a model bears the name, InvalidValue if it can be none; asked before a file of megabytes is sent."""
    try:
        found = MODELS.get(store, check_name(MODELS.word, name))[1]
    except NotFound:
        return
    raise NameTaken(
        "{kind} name {name!r} is taken: {by!r} exists (case does not count). Choose another", kind=MODELS.word, name=name, by=found.name
    )


def add(store: Store, name: str, file: IO[bytes], author: str, *, base: bool = False) -> Listed:
    """Take in the model whose ZIP is in ``file``, as a new one called ``name``, with ``base`` among the base models.

    InvalidValue names the member, the value and what to do; then nothing was written.
    """
    check_free(store, name)
    model, weights = _open(file)
    model = model.model_copy(update={"id": new_id(), "kind": "uploaded", "author": author, "at": now()})
    entry = Entry(id=model.id, name=name, promoted=True, base=base, author=author, at=model.at)
    # First what is whole without the other: cut off here, the model is there under the name it has by default.
    with unrecorded():
        models.publish(store, model, weights)
    try:
        with unrecorded():
            entry = MODELS.create(store, entry)
    except NameTaken:  # another upload was faster
        models.delete(store, models.read(store, model.id), author)
        raise
    models.journal(store, "upload", model, entry.name, base=base or None)
    return Listed(model, entry, 1)


def _open(file: IO[bytes]) -> tuple[Model, bytes]:
    """The record and the weights in a ZIP, each checked."""
    try:
        archive = archives.open_archive("", file)
    except InvalidValue as error:
        raise InvalidValue(
            "The file is damaged or not a ZIP: {reason}. Upload the file that Download gave, as it is", reason=error.values["reason"]
        ) from error
    with archive:
        members = _members(archive)
        model = _record(_read(archive, members[RECORD], _RECORD_BYTES))
        shapes = tensors.shapes_of(model.base_model, len(model.fields))
        # Never more than such a model can have, whatever the ZIP says.
        weights = _read(archive, members[WEIGHTS], tensors.most_bytes(shapes))
    if sha256(weights) != model.weights_sha256:
        raise InvalidValue(
            "{member} has the SHA-256 {found}, and model.json says {expected}: they do not belong together, or the file was damaged "
            "on its way. Download the model again",
            member=WEIGHTS,
            found=sha256(weights),
            expected=model.weights_sha256,
        )
    tensors.check(WEIGHTS, weights, shapes)
    return model, weights


def _members(archive: ZipFile) -> dict[str, ZipInfo]:
    """The archive's members by name: those that belong there, once each, and nothing else."""
    found: dict[str, ZipInfo] = {}
    for member in archive.infolist():
        if member.filename in found or member.filename not in (*_NEEDED, ONNX):
            raise InvalidValue(
                "The file holds {member!r}, which does not belong there, or twice. "
                "Expected: {expected}. Upload the file that Download gave, as it is",
                member=member.filename[:80],
                expected=", ".join(_NEEDED),
            )
        found[member.filename] = member
    for name in _NEEDED:
        if name not in found:
            raise InvalidValue("The file lacks {member!r}. Upload the file that Download gave, as it is", member=name)
    return found


def _read(archive: ZipFile, member: ZipInfo, most: int) -> bytes:
    # Nothing is written to where it leads, but nobody who means well packs a link.
    if stat.S_ISLNK(member.external_attr >> 16):
        raise InvalidValue("{member} is a link. Upload the file that Download gave, as it is", member=member.filename)
    if member.file_size > most:
        raise InvalidValue(
            "{member} has {size} bytes, and no model as model.json describes it has more than {most}. Upload the file that Download gave",
            member=member.filename,
            size=member.file_size,
            most=most,
        )
    try:
        return archives.read(archive, member)
    except BadImage as error:  # its words are those for images
        raise InvalidValue(
            "{member} cannot be read out of the ZIP: it is damaged, encrypted or packed by an unusual method. "
            "Upload the file that Download gave, as it is",
            member=member.filename,
        ) from error


def _record(data: bytes) -> Model:
    try:
        model = Model.model_validate_json(data)
    except ValidationError as error:
        raise _no_record(explain(error)[:400]) from error
    known = [name for name, task in BASE_MODELS.items() if task == model.task]
    if model.base_model not in known:
        _refuse("base_model", model.base_model, " / ".join(known))
    if not 1 <= len(model.fields) <= _MOST_FIELDS:
        _refuse("fields", len(model.fields), f"1…{_MOST_FIELDS}")
    height, width = model.canvas
    if min(height, width) < _MULTIPLE or height % _MULTIPLE or width % _MULTIPLE or height * width > _MOST_PIXELS:
        _refuse("canvas", f"{height} × {width}", f"{_MULTIPLE} n × {_MULTIPLE} m ≤ {_MOST_PIXELS}")
    _check_names(model)
    return model


def _check_names(model: Model) -> None:
    """Everything in the record that is an id or a name must be one here, too."""
    identifiers = [model.project, model.machine, model.parent or model.id, *(field.id for field in model.fields)]
    try:
        for identifier in identifiers:
            check_id(identifier)
        check_fields(model.fields)
        check_name("Template", model.template)
    except InvalidValue as error:
        raise _no_record(str(error)) from error


def _no_record(reason: str) -> InvalidValue:
    return InvalidValue("model.json is not the record of a model: {reason}. Upload the file that Download gave, as it is", reason=reason)


def _refuse(part: str, value: object, expected: str) -> NoReturn:
    raise InvalidValue(
        "model.json: {part} is {value!r}, expected {expected}. Upload a model of this version of the program",
        part=part,
        value=value,
        expected=expected,
    )
