"""What exports of labels share: which images are in them, and the file they are written to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from storage.attempts import Message
from storage.core import Damaged, ProjectPaths, Refused, Store, load, record, replace_file, revision_path
from storage.imports import pass_on
from storage.labels import Label
from storage.turns import stands
from storage.words.values import text_of
from storage.words.words import Reader, Words, find_many

# At run time the index comes as an argument; importing it would only lengthen the chain of imports.
if TYPE_CHECKING:
    from storage.index import Index, Row
    from storage.projects import Project

Origins = Literal["person", "auto", "all"]
"""Whose labels: those people made, those a model made, be they reviewed or not, or both."""

_TOGETHER = 500  # pages whose words are in memory at a time, some 50 MB

# What spreadsheets take for the beginning of a formula, which could read other cells and send them away.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Exported:
    """The bytes of an export, and how many images and boxes (or classes) are in it; ``problems`` says what was left out."""

    content: bytes
    images: int
    boxes: int
    problems: tuple[Message, ...]


def labelled(store: Store, index: "Index", project: str, problems: list[Message]) -> "Iterator[tuple[Row, Label]]":
    """Images with labels that say something, by name; damaged ones are said."""
    index.refresh(project, full=True)
    for row in index.images(project, "all"):
        if row.damage:
            problems.append(Message(template="{reason}", values={"reason": row.damage}))
        elif row.state != "unlabelled" and (label := _read_label(store.project(project), row, problems)):
            yield row, label


def with_texts(paths: ProjectPaths, languages: tuple[str, ...], found: "Iterable[tuple[Row, Label]]") -> "Iterator[tuple[Row, Label]]":
    """The same with a text in each box where one is known: as it was kept, else from the page's words, read by now."""
    waiting = iter(found)
    while group := list(islice(waiting, _TOGETHER)):
        unread = [row for row, label in group if any(box.text is None for box in label.boxes or ())]
        words = find_many(paths, ((row.image, stands(row.turn, row.turn_said)) for row in unread), Reader(languages))
        for row, label in group:
            yield row, _with_texts(label, words.get(row.image))


def harmless(cell: object) -> object:
    """The cell, with an apostrophe before text that begins like a formula (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def record_export(store: Store, project: "Project", form: str, origin: Origins, images: int) -> None:
    """Put on record that somebody took the project's labels out."""
    record(store, "project.export", "project", project.id, project.name, form=form, origin=origin, images=images)


def write(store: Store, path: Path, content: bytes) -> None:
    """Put an export at ``path``; Refused if it cannot be written or lies in the store."""
    check_outside(store, path)
    try:
        # In one step, so that a full disk does not leave half a file where an earlier export was.
        replace_file(path, content)
    except OSError as error:
        raise not_written(path, error) from error


def check_outside(store: Store, path: Path) -> None:
    """Refused if ``path`` lies in the store."""
    if path.resolve().is_relative_to(store.root):
        raise Refused("{path} lies in the store, whose files only Fieldmark writes. Choose another folder", path=str(path))


def not_written(path: Path, error: OSError) -> Refused:
    """The refusal of a path that the system does not let us write."""
    return Refused("{path} cannot be written: {reason}. Choose a folder you may write to", path=str(path), reason=error.strerror)


def _with_texts(label: Label, words: Words | None) -> Label:
    if words is None:
        return label
    texts = [(box, text_of(box, words)) for box in label.boxes or ()]
    return label.model_copy(update={"boxes": tuple(box.model_copy(update={"text": text, "read": read}) for box, (text, read) in texts)})


def _read_label(paths: ProjectPaths, row: "Row", problems: list[Message]) -> Label | None:
    try:
        return load(Label, revision_path(paths.label_shard(row.image), row.image, row.label_rev))
    except Damaged as error:  # since the index read it
        pass_on(problems, error)
        return None
