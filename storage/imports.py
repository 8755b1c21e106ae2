"""What imports share: the share of images that is labelled, names that become a scheme's, and what is said on the way."""

import math
from collections.abc import Iterable
from typing import Any

from storage.attempts import Message
from storage.core import MAX_BYTES, InvalidValue, Store, StoreError, check_name, record
from storage.projects import PROJECTS, Project, with_fields


def check_share(label_share: float) -> None:
    """InvalidValue unless the share of images to label lies between 0 and 1."""
    if not 0 <= label_share <= 1:
        raise InvalidValue("Share of images to label is {value}; it lies between 0 and 1", value=label_share)


def sample_size(share: float, images: int) -> int:
    """How many of so many images a share is."""
    # Rounded up, as the gate of auto-labelling counts; 0.07 × 100 is 7.000000000000001 and must not ask for an eighth.
    return math.ceil(round(share * images, 6))


def record_import(store: Store, project: Project, source: str, added: int, labelled: int) -> None:
    """Put an import on record as one, and not each of its images."""
    record(store, "project.import", "project", project.id, project.name, source=source, added=added, labelled=labelled)


def say(problems: list[Message], template: str, **values: Any) -> None:
    """Say something among the problems."""
    problems.append(Message(template=template, values=values))


def pass_on(problems: list[Message], error: StoreError) -> None:
    """Say an error among the problems, and go on."""
    problems.append(Message(template=error.template, values=error.values))


def scheme_name(word: str, name: str) -> str:
    """A name as a field's or class's (``word``): what names forbid, blanks above all, becomes ``_``."""
    try:
        return check_name(word, name)
    except InvalidValue:
        allowed = "".join(character if character.isalnum() or character in "-_." else "_" for character in name).lstrip("-.")
        # Cut by bytes, which is what names are limited in, but not in the middle of a letter.
        return check_name(word, allowed.encode()[:MAX_BYTES].decode(errors="ignore").rstrip(".") or "_")


def add_to_scheme(store: Store, project: str, names: Iterable[str]) -> dict[str, str]:
    """Ids of the project's fields or classes by case-folded name, after those were added that it has not; Conflict if stale."""
    rev, current = PROJECTS.get(store, project)
    missing = {name.casefold(): name for name in names}
    for field in current.fields:
        missing.pop(field.name.casefold(), None)
    if missing:
        current = with_fields(current, tuple(missing.values()))
        PROJECTS.change(store, rev, current)
    return {field.name.casefold(): field.id for field in current.fields}
