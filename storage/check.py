"""Checking a whole store: every file is of a known kind, whole, and about things that exist.

``_TABLE`` says what each path holds; a new kind of file is one line there. Nothing is changed and nothing is hidden:
a damaged file is reported and the check goes on.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from storage.access import Access
from storage.accounts import ACCOUNTS, Account
from storage.attempts import Claim, Ended, Message, Started
from storage.checkpoints import Manifest
from storage.core import (
    TEMP_PREFIX,
    Damaged,
    Holder,
    JournalEntry,
    JournalHead,
    Kind,
    ModelPaths,
    NamedRecord,
    NotFound,
    Record,
    Root,
    Store,
    explain,
    find_name,
    load,
    parse_revision,
    read_file,
    read_lines,
    revision_path,
    sha256,
)
from storage.deliveries import Delivery
from storage.detections import ImageDetections
from storage.evaluations import Evaluation
from storage.first_account import Setup
from storage.images import Image
from storage.jobs import Answer, Job
from storage.journal_check import verify
from storage.labels import Label
from storage.machine_load import LoadPoint
from storage.machines import MACHINES, Info, Machine
from storage.model_types import MODEL_TYPES, ModelType
from storage.models import MODELS, Entry, Model
from storage.notice_events import DiskStanding
from storage.notice_settings import NoticeSettings
from storage.notices import Notice, ReadMarks
from storage.plans import ApplyOutcome, Begun, Plan, Progress
from storage.processes import Request, Spec
from storage.progress import Point, Status
from storage.projects import PROJECTS, Project
from storage.roles import ROLES, Role
from storage.sessions import Seen, Session
from storage.snapshots import Snapshot
from storage.templates import TEMPLATES, Template
from storage.tokens import Token
from storage.words.words import Words

_NAMED: dict[str, Kind[Any]] = {kind.stem: kind for kind in (PROJECTS, TEMPLATES, MACHINES, MODEL_TYPES, MODELS, ACCOUNTS, ROLES)}

# The variable parts of paths. A record that has an attribute of the part's name must agree with it.
_PARTS = {
    "project": "[0-9a-z]{26}",
    "process": "[0-9a-z]{26}",
    "machine": "[0-9a-z]{26}",
    "job": "[0-9a-z]{26}",
    "account": "[0-9a-z]{26}|local",
    "way": "email|webhook",
    "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "id": "[0-9a-z]{26}|[0-9a-f]{64}",
    "image": "[0-9a-f]{64}",
    "writer": "[0-9a-z-]+",
    "digest": "[0-9a-f]{64}",
    "shard": "[0-9a-f]{2}",
    "rev": "[0-9]{6,}",
    "number": "[0-9]{4,}",
    "iteration": "[0-9]{8}",
    "turned": "any|0|90|180|270",
    "reader": "[0-9]+-[A-Za-z_+]+",
    "kind": "[a-z]+",
    "key": "[0-9a-f]{32}",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong with the file ``path`` (relative to the store); what is ``harmless`` was left by a cut and may be deleted."""

    path: str
    message: Message
    harmless: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True)
class _File:
    """A file under check: its path's parts, and its record where it holds one."""

    store: Store
    path: Path
    parts: dict[str, str]
    known: frozenset[Path]
    record: Any = None

    def problem(self, template: str, *, harmless: bool = False, **values: Any) -> Problem:
        message = Message(template=template, values=values)
        return Problem(str(self.path.relative_to(self.store.root)), message, harmless)


_Check = Callable[[_File], Iterator[Problem]]


def check_store(store: Store, on_progress: Callable[[int, int], None] | None = None) -> list[Problem]:
    """Everything that is wrong with the store's files, by path; ``on_progress`` receives files checked and all.

    Reads each file in full. Files that others remove meanwhile are passed over.
    """
    paths = sorted(_walk(store.root))
    # One listing answers every later "is it there?", which asked by name would be slow, and stale on NFS.
    known = frozenset(paths)
    problems: list[Problem] = []
    for done, path in enumerate(paths, start=1):
        problems += _check_file(store, path, known)
        if on_progress:
            on_progress(done, len(paths))
    chained = (Problem(str(path.relative_to(store.root)), message) for path, message in verify(store))
    return sorted([*problems, *_gaps(store, paths), *chained], key=lambda problem: problem.path)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, found in os.walk(root, onerror=_raise):
        # A link to a folder would lead out of the store; it is reported like a file that does not belong there.
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        yield from (Path(folder, name) for name in (*found, *links))


def _raise(error: OSError) -> None:
    # os.walk passes over a folder that it cannot read, which would make it look empty and sound.
    if not isinstance(error, FileNotFoundError):
        raise error


def _check_file(store: Store, path: Path, known: frozenset[Path]) -> Iterator[Problem]:
    relative = path.relative_to(store.root)
    file = _File(store, path, {}, known)
    # Any part: a model is made in a folder of such a name.
    if any(part.startswith(TEMP_PREFIX) for part in relative.parts):
        yield file.problem("Left behind by a write that was cut off", harmless=True)
        return
    for pattern, kind, check in _TABLE:
        match = pattern.fullmatch(relative.as_posix())
        # A link dangles in a copy of the store, and what it leads to can change behind every checksum.
        if match and not path.is_symlink():
            yield from _check_known(_File(store, path, match.groupdict(), known), kind, check)
            return
    yield file.problem("Not a file of the store; move it elsewhere")


def _check_known(file: _File, kind: type[Record] | None, check: _Check | None) -> Iterator[Problem]:
    try:
        record = load(kind, file.path) if kind else None
        loaded = _File(file.store, file.path, file.parts, file.known, record)
        yield from _misplaced(loaded)
        yield from check(loaded) if check else ()
    except (NotFound, FileNotFoundError):
        return  # somebody removed or replaced it meanwhile
    except Damaged as error:
        if error.values["path"] == str(file.path):  # another file's damage is reported there
            yield file.problem(error.template, **error.values)
    except OSError as error:
        yield file.problem("Cannot be read: {reason}", reason=error.strerror)


def _misplaced(file: _File) -> Iterator[Problem]:
    """A whole record in a wrong place, copied or renamed by hand: id and revision are in both."""
    for part, value in file.parts.items():
        found = getattr(file.record, part, value)
        # Paths write numbers with leading zeros.
        if found != value and not (isinstance(found, int) and found == int(value)):
            yield file.problem("Is about {part} {found}, but lies where {value} belongs", part=part, found=found, value=value)


def _gaps(store: Store, paths: list[Path]) -> Iterator[Problem]:
    """Chains of revisions that miss some before their newest: later ones were created on what is gone."""
    chains: dict[tuple[Path, str], list[int]] = defaultdict(list)
    for path in paths:
        parsed = parse_revision(path.name)
        if parsed:
            chains[path.parent, parsed[0]].append(parsed[1])
    for (folder, stem), found in chains.items():
        # Compare-and-swap leaves no gap, so somebody removed or failed to restore these.
        missing = sorted(set(range(1, max(found) + 1)) - set(found))
        if missing:
            path = revision_path(folder, stem, missing[0])
            message = Message(template="Is missing, though revision {rev} is there; restore it from a backup", values={"rev": max(found)})
            yield Problem(str(path.relative_to(store.root)), message)


# Checks beyond the record itself


def _object(file: _File) -> Iterator[Problem]:
    """A live object must be found by its name."""
    kind, record = _NAMED[parse_revision(file.path.name)[0]], file.record  # type: ignore[index]
    # An earlier revision may bear a name that was given up since.
    is_head = revision_path(file.path.parent, kind.stem, int(file.parts["rev"]) + 1) not in file.known
    if is_head and not record.deleted and find_name(file.store, kind.stem, record.name) != record.id:
        yield file.problem("Bears the name {name!r}, which is not entered for it under names/", name=record.name)


def _holder(file: _File) -> Iterator[Problem]:
    """A name must lead to an object that bears it."""
    kind, holder = _NAMED.get(file.parts["kind"]), file.record.holder
    is_head = revision_path(file.path.parent, file.parts["key"], int(file.parts["rev"]) + 1) not in file.known
    if kind is None:
        yield file.problem("Names of a kind {kind!r} that this version does not know", kind=file.parts["kind"])
    elif is_head and holder is not None:
        found = _find(kind, file.store, holder)
        if found is None:  # a creation that was cut off, or the object was deleted
            yield file.problem("The name {name!r} leads to nothing; it is free to be taken again", harmless=True, name=file.record.name)
        # The entry keeps the spelling it was claimed with; case does not count.
        elif found.name.casefold() != file.record.name.casefold():
            yield file.problem(
                "The name {name!r} leads to {other!r}: a renaming was cut off, and the name is free to be taken",
                harmless=True,
                name=file.record.name,
                other=found.name,
            )


def _find(kind: Kind[Any], store: Store, identifier: str) -> NamedRecord | None:
    try:
        return kind.get(store, identifier)[1]
    except NotFound:
        return None


def _image(file: _File) -> Iterator[Problem]:
    original = file.store.project(file.parts["project"]).original(file.record.id)
    if original not in file.known:
        yield file.problem("The image's original {path} is missing; restore it from a backup or delete the image", path=original.name)


def _original(file: _File) -> Iterator[Problem]:
    if sha256(read_file(file.path)) != file.parts["image"]:
        yield file.problem("Does not match its SHA-256, which is its name; restore it from a backup")
    # An upload that was cut off leaves bytes without the record that makes them visible.
    yield from _belongs_to_image(file, harmless=True)


def _label(file: _File) -> Iterator[Problem]:
    # Not harmless: labels are a person's work, and the image's record may come back from a backup.
    yield from _belongs_to_image(file, harmless=False)


def _belongs_to_image(file: _File, *, harmless: bool) -> Iterator[Problem]:
    image, project = file.parts["image"], file.store.project(file.parts["project"])
    if revision_path(project.image_shard(image), image, 1) not in file.known:
        yield file.problem("There is no image {image} in the project", harmless=harmless, image=image)


def _copy(file: _File) -> Iterator[Problem]:
    # No sum is kept for a copy, since two versions of an encoder write different bytes for one picture.
    if not read_file(file.path).startswith(b"\x89PNG"):
        yield file.problem("Is not a PNG; restore it from a backup")
    yield from _belongs_to_image(file, harmless=True)


def _lines(kind: type[Record]) -> _Check:
    """A check that every whole line is a record of this kind."""

    def check(file: _File) -> Iterator[Problem]:
        # An unfinished last line is passed over: its writer is at it, or was killed, and cuts it when it goes on.
        for number, line in enumerate(read_lines(file.path)[0], start=1):
            try:
                kind.model_validate_json(line)
            except ValidationError as error:
                yield file.problem("Line {number} cannot be read: {reason}", number=number, reason=explain(error))

    return check


def _manifest(file: _File) -> Iterator[Problem]:
    yield from _matches(file, file.path.with_suffix(".safetensors"), file.record.sha256)


def _tensors(file: _File) -> Iterator[Problem]:
    # Tensors are written before their manifest and removed after it, so a cut leaves them alone.
    if file.path.with_suffix(".json") not in file.known:
        yield file.problem("A checkpoint without its manifest; it is not used", harmless=True)


def _of_job(file: _File) -> Iterator[Problem]:
    # Pages are written before their job and removed after it.
    if file.store.job(file.parts["job"]).record not in file.known:
        yield file.problem("Belongs to a job that was never asked, or was removed since", harmless=True)


def _model(file: _File) -> Iterator[Problem]:
    yield from _matches(file, ModelPaths(file.path.parent).weights, file.record.weights_sha256)


def _matches(file: _File, weights: Path, expected: str) -> Iterator[Problem]:
    # Read by us rather than by their own modules, which stop at the first damage.
    if weights not in file.known:
        yield file.problem("{path} is missing beside it", path=weights.name)
    elif sha256(read_file(weights)) != expected:
        yield file.problem("{path} beside it does not match its SHA-256; restore it from a backup", path=weights.name)


def _line(path: str, kind: type[Record] | None, check: _Check | None = None) -> tuple[re.Pattern[str], type[Record] | None, _Check | None]:
    parts = (
        f"(?P<{part[1:-1]}>{_PARTS[part[1:-1]]})" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path)
    )
    return re.compile("".join(parts)), kind, check


_ATTEMPT = "processes/{process}/attempts/{number}/"
_APPLY = "processes/{process}/applies/{id}/"

# What lies where: path, the record it holds (None: not a record), and what else must hold.
_TABLE = (
    _line("root.json", Root),
    _line("names/{kind}/{key}.{rev}.json", Holder, _holder),
    _line("projects/{id}/project.{rev}.json", Project, _object),
    _line("projects/{project}/access.{rev}.json", Access),
    _line("projects/{project}/images/{shard}/{id}.{rev}.json", Image, _image),
    _line("projects/{project}/images/{shard}/{image}.orig", None, _original),
    _line("projects/{project}/images/{shard}/{image}.png", None, _copy),
    _line("projects/{project}/labels/{shard}/{image}.{rev}.json", Label, _label),
    _line("projects/{project}/words/{shard}/{image}.{turned}.{reader}.json", Words),
    _line("templates/{id}/template.{rev}.json", Template, _object),
    _line("modeltypes/{id}/modeltype.{rev}.json", ModelType, _object),
    _line("accounts/{id}/account.{rev}.json", Account, _object),
    _line("roles/{id}/role.{rev}.json", Role, _object),
    _line("sessions/{digest}.{rev}.json", Session),
    _line("sessions/{digest}.seen.json", Seen),
    _line("tokens/{digest}.{rev}.json", Token),
    _line("setup.{rev}.json", Setup),
    _line("journal/{writer}-{day}.jsonl", None, _lines(JournalEntry)),
    _line("journal/{writer}.head.json", JournalHead),
    _line("machines/{id}/machine.{rev}.json", Machine, _object),
    _line("machines/{id}/info.json", Info),
    _line("machines/{machine}/load/{day}.jsonl", None, _lines(LoadPoint)),
    # Locks and logs are written in place, so a reader may meet them half done; they are not read here.
    _line("machines/{id}/worker.lock", None),
    _line("processes/{id}/spec.{rev}.json", Spec),
    _line("processes/{process}/requests/request.{number}.json", Request),
    _line("processes/{process}/run.lock", None),
    _line(_ATTEMPT + "claim.json", Claim),
    _line(_ATTEMPT + "started.json", Started),
    _line(_ATTEMPT + "result.json", Ended),
    _line(_ATTEMPT + "end.json", Ended),
    _line(_ATTEMPT + "status.json", Status),
    _line(_ATTEMPT + "snapshot.json", Snapshot),
    _line(_ATTEMPT + "metrics.jsonl", None, _lines(Point)),
    _line(_ATTEMPT + "detections.jsonl", None, _lines(ImageDetections)),
    _line(_ATTEMPT + "evaluation.json", Evaluation),
    _line(_ATTEMPT + "worker.log", None),
    _line(_ATTEMPT + "ckpt/step-{iteration}.json", Manifest, _manifest),
    _line(_ATTEMPT + "ckpt/step-{iteration}.safetensors", None, _tensors),
    _line(_APPLY + "plan.json", Plan),
    _line(_APPLY + "applied.json", ApplyOutcome),
    _line(_APPLY + "rollback.json", Begun),
    _line(_APPLY + "rolledback.json", ApplyOutcome),
    _line(_APPLY + "progress.json", Progress),
    _line("models/{id}/model.json", Model, _model),
    _line("models/{id}/model.{rev}.json", Entry, _object),
    _line("models/{id}/weights.safetensors", None),
    _line("models/{id}/model.onnx", None),
    _line("accounts/{account}/inbox.json", ReadMarks),
    _line("accounts/{account}/notices.{rev}.json", NoticeSettings),
    _line("notices/{id}.json", Notice),
    _line("notices/disk.{rev}.json", DiskStanding),
    _line("deliveries/{id}/{way}{account}.{rev}.json", Delivery),
    _line("jobs/{id}/job.json", Job),
    _line("jobs/{job}/answer.json", Answer, _of_job),
    _line("jobs/{job}/{number}.page", None, _of_job),
)
