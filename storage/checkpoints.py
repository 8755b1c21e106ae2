"""Checkpoints: a tensor file, then a manifest created once that vouches for it; the newest that matches counts.

There is no pointer file to go stale. Older checkpoints go only after a newer manifest is durable.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage.core import (
    AttemptPaths,
    Damaged,
    ProcessPaths,
    Record,
    create_once,
    encode,
    list_names,
    load,
    make_folder,
    read_file,
    remove_file,
    replace_file,
    sha256,
)

KEEP = 2  # the newest may turn out damaged
# By manifest, not by tensors: what has none was never finished.
_MANIFEST = re.compile(r"step-([0-9]{8})\.json")


class Manifest(Record):
    """Vouches for a checkpoint's tensors; ``meta`` is JSON text of the training loop's own values."""

    iteration: int
    sha256: str
    meta: str


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose tensors match its manifest."""

    manifest: Manifest
    tensors: bytes


def write(attempt: AttemptPaths, iteration: int, tensors: bytes, meta: str) -> None:
    """Keep the state after ``iteration`` iterations and remove all but the newest two."""
    make_folder(attempt.checkpoints)
    stem = _path(attempt, iteration)
    # Tensors first: the manifest vouches for them, so it must not exist before they are durable.
    replace_file(stem.with_suffix(".safetensors"), tensors)
    create_once(stem.with_suffix(".json"), encode(Manifest(iteration=iteration, sha256=sha256(tensors), meta=meta)))
    for old in _iterations(attempt)[:-KEEP]:
        _remove(_path(attempt, old))


def newest(process: ProcessPaths, attempts: int) -> Checkpoint | None:
    """The newest checkpoint of attempts 1 to ``attempts`` that is whole; None if the run begins from the start."""
    for number in range(attempts, 0, -1):
        attempt = process.attempt(number)
        for iteration in reversed(_iterations(attempt)):
            # An older checkpoint costs some iterations; giving up on a damaged one would cost them all.
            with suppress(Damaged, FileNotFoundError):
                return _load(_path(attempt, iteration))
    return None


def _load(stem: Path) -> Checkpoint:
    manifest = load(Manifest, stem.with_suffix(".json"))
    # Read once and returned: hashing one reading and loading another would leave a gap between them.
    tensors = read_file(stem.with_suffix(".safetensors"))
    if sha256(tensors) != manifest.sha256:
        raise Damaged("{path} is damaged: it does not match its SHA-256; an older checkpoint is used", path=str(stem))
    return Checkpoint(manifest, tensors)


def _iterations(attempt: AttemptPaths) -> list[int]:
    return sorted(int(match[1]) for match in map(_MANIFEST.fullmatch, list_names(attempt.checkpoints)) if match)


def _path(attempt: AttemptPaths, iteration: int) -> Path:
    # Eight digits hold the largest number of iterations a template allows, and sort as text.
    return attempt.checkpoints / f"step-{iteration:08d}"


def _remove(stem: Path) -> None:
    # The manifest goes first: tensors without one are a leftover, a manifest without tensors would be a lie.
    with suppress(OSError):
        remove_file(stem.with_suffix(".json"))
        remove_file(stem.with_suffix(".safetensors"))
