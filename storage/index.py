"""The local index: lists, counts and filters of a project's images without reading its label files on each page."""

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from storage.core import Store
from storage.heads import Heads, fold
from storage.projects import Project
from storage.review import Rules, learn_rules
from storage.turns import Turn, stands

State = Literal["unlabelled", "labelled", "auto", "reviewed", "corrected", "damaged", "deleted"]
Which = State | Literal["all", "confirmed"]
Order = Literal["name", "added", "changed", "score", "review"]

_CONFIRMED: tuple[State, ...] = ("labelled", "reviewed", "corrected")
_THERE: tuple[State, ...] = ("unlabelled", "auto", *_CONFIRMED, "damaged")
_ORIGIN: dict[State, Literal["person", "auto"]] = {"labelled": "person", "corrected": "person", "auto": "auto", "reviewed": "auto"}

_ROW = """image, name, width, height, bytes, split, turn, turn_said, coalesce(label_rev, 0), state, coalesce(boxes, 0), class_id, score,
    author, coalesce(image_damage, label_damage), added, changed"""
# The rows of a list of images, by primary key; left to itself, SQLite goes through all images for each.
_ASKED = "json_each(?) cross join heads on project = ? and image = value"
# The primary key, which SQLite passes over where there is an index on the state, though the images asked for are few.
_BY_IMAGE = "heads indexed by sqlite_autoindex_heads_1"
# What rows are sorted by, and the index that holds them in that order. A folder that was added at once is in the order
# of its names; equal names by rowid, which each index ends in, so that pages do not overlap.
_KEYS: dict[Order, tuple[tuple[str, ...], str]] = {
    "name": (("folded", "rowid"), "by_name"),
    "added": (("added", "folded", "rowid"), "by_added"),
    "changed": (("changed", "folded", "rowid"), "by_changed"),
    "score": (("score", "folded", "rowid"), "by_score"),
    "review": (("case state when 'auto' then -broken(fields) else 1 end", "score", "folded", "rowid"), "by_fields"),
}

# missing and doubled fields
Broken = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which images: by state, whose word the label is, class, split ("none": without one), and ``name``.

    That is part of the file name, or of what is written in one of the label's boxes, in any case.
    """

    state: Which = "all"
    origin: Literal["person", "auto"] | None = None
    split: Literal["train", "test", "none"] | None = None
    name: str = ""
    class_id: str | None = None
    # Only these, in whatever state is asked for.
    images: tuple[str, ...] | None = None

    @property
    def states(self) -> tuple[State, ...]:
        """The states that pass; all but deleted unless that is asked for."""
        states = _THERE if self.state == "all" else _CONFIRMED if self.state == "confirmed" else (self.state,)
        return tuple(state for state in states if self.origin is None or _ORIGIN.get(state) == self.origin)


@dataclass(frozen=True, slots=True)
class Row:
    """An image as lists show it: its record, the head of its label (rev 0 if none), and what is damaged about it.

    ``score`` is that of the label's class, or the lowest of its boxes (found × read); ``changed`` and ``author`` are the
    label's; ``origin`` is whose word it is, None without a label; ``turn_said`` whether ``turn`` is a person's word.
    """

    image: str
    name: str
    width: int
    height: int
    bytes: int
    split: Literal["train", "test"] | None
    turn: Turn
    turn_said: bool
    label_rev: int
    origin: Literal["person", "auto"] | None
    state: State
    boxes: int
    class_id: str | None
    score: float | None
    author: str | None
    damage: str | None
    added: datetime | None
    changed: datetime | None


@dataclass(frozen=True)
class Counts:
    """Images of a project by state; ``images`` are all but the deleted ones."""

    images: int
    unlabelled: int
    labelled: int
    auto: int
    reviewed: int
    corrected: int
    damaged: int
    deleted: int

    @property
    def confirmed(self) -> int:
        """Images whose label a person made or looked at."""
        return self.labelled + self.reviewed + self.corrected

    def missing(self, gate: float) -> int:
        """How many more a person must label before auto-labelling, ``gate`` being the share; one at least must be labelled."""
        # 0.07 × 100 is 7.000000000000001, which must not ask for an eighth.
        needed = max(1, math.ceil(round(gate * self.images, 6)))
        return max(0, needed - self.confirmed)


class Index:
    """The index of one store on this host; threads may share it."""

    def __init__(self, store: Store) -> None:
        self._heads = Heads(store)

    def refresh(self, project: str, full: bool = False) -> None:
        """Take in what changed in the files; ``full`` lists every name, whatever the folders' times say: for decisions."""
        self._heads.refresh(project, full)

    def page(
        self,
        project: str,
        wanted: Filter = Filter(),
        order: Order = "name",
        descending: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Row]:
        """``limit`` images from ``offset`` on; without a score or a change they come last either way.

        Order "review" begins with the automatic labels that break most rules, then with the least certain.
        """
        where, values = _where(project, wanted)
        direction = "desc" if descending else "asc"
        keys = ", ".join(f"{key} {direction} nulls last" for key in _KEYS[order][0])
        # An offset of 5,000 in 100,000 rows costs 3 ms, so pages need no cursor of their own; looking up the rows that
        # are skipped would take five times as long, so the inner query reads an index only.
        chosen = f"select rowid from {_table(wanted, order)} where {where} order by {keys} limit ? offset ?"  # noqa: S608
        query = f"select {_ROW} from heads where rowid in ({chosen}) order by {keys}"  # noqa: S608
        return [_row(found) for found in self._ask(project, order, query, *values, limit, offset)]

    def images(self, project: str, which: Which) -> list[Row]:
        """Every image of the kind, by name; refresh with ``full`` before something is decided on it."""
        return self.page(project, Filter(which), limit=-1)

    def rows(self, project: str, images: Sequence[str]) -> list[Row]:
        """Those of the images that the project has, deleted ones too, in the order asked for."""
        query = f"select {_ROW} from {_ASKED} and state is not null order by key"  # noqa: S608
        return [_row(found) for found in self._ask(project, "name", query, json.dumps(images), project)]

    def sample(self, project: str, which: Which, most: int) -> list[tuple[str, Turn | None]]:
        """Up to ``most`` images of the kind and how their words `stands`: those first by their ids, which are as good as random."""
        where, values = _where(project, Filter(which))
        # Few have been confirmed where a sample is wanted, and nearly all others are unlabelled.
        table = "heads indexed by by_state" if which == "confirmed" else _BY_IMAGE
        query = f"select image, turn, turn_said from {table} where {where} order by image limit ?"  # noqa: S608
        found = self._ask(project, "name", query, *values, most)
        return [(image, stands(turn, said)) for image, turn, said in found]

    def count(self, project: str, wanted: Filter = Filter()) -> int:
        """How many images pass the filter."""
        where, values = _where(project, wanted)
        index = "by_class" if wanted.class_id else "by_state_name" if wanted.name else "by_state"
        table = _BY_IMAGE if wanted.images is not None else f"heads indexed by {index}"
        return self._ask(project, "name", f"select count(*) from {table} where {where}", *values)[0][0]  # noqa: S608

    def counts(self, project: str) -> Counts:
        """How many images there are in each state."""
        query = "select state, count(*) from heads indexed by by_state where project = ? and state is not null group by state"
        found = dict(self._ask(project, "name", query, project))
        number = {state: found.get(state, 0) for state in (*_THERE, "deleted")}
        return Counts(images=sum(number.values()) - number["deleted"], **number)

    def classes(self, project: str) -> dict[str, dict[State, int]]:
        """How many images have each class, by state; deleted ones left out. Classes that left the scheme are in it, too."""
        query = f"""select class_id, state, count(*) from heads indexed by by_class
            where project = ? and class_id is not null and state in ({", ".join("?" * len(_THERE))}) group by class_id, state"""  # noqa: S608
        found: dict[str, dict[State, int]] = {}
        for class_id, state, count in self._ask(project, "name", query, project, *_THERE):
            found.setdefault(class_id, {})[state] = count
        return found

    def position(self, project: str, image: str, wanted: Filter = Filter(), order: Order = "name", descending: bool = False) -> int | None:
        """The offset of an image in the list that ``page`` shows; None if it is not in it."""
        where, values = _where(project, wanted)
        keys = _KEYS[order][0]
        query = f"select {', '.join(keys)} from heads where {where} and image = ?"  # noqa: S608
        own = self._ask(project, order, query, *values, image)
        if not own:
            return None
        before, bounds = _before(keys, own[0], descending)
        query = f"select count(*) from {_table(wanted, order)} where {where} and {before}"  # noqa: S608
        return self._ask(project, order, query, *values, *bounds)[0][0]

    def gate_missing(self, project: Project) -> int:
        """``Counts.missing`` of the project as it is now."""
        self.refresh(project.id)
        return self.counts(project.id).missing(project.gate)

    def broken(self, project: Project, rows: Iterable[Row]) -> dict[str, Broken]:
        """Fields that are missing and fields there twice, by image, measured by what people's labels have in common."""
        images = [row.image for row in rows]
        ids = [field.id for field in project.fields]

        def judge(connection: sqlite3.Connection) -> dict[str, Broken]:
            rules = _learn(connection, project.id)
            found = connection.execute(f"select image, fields from {_ASKED}", (json.dumps(images), project.id))  # noqa: S608
            return {image: _broken(rules, fields, ids) for image, fields in found}

        return self._heads.ask(project.id, judge)

    def boxes_of(self, project: str, field: str) -> dict[str, int]:
        """How many boxes of the field each image's label has, by image; deleted images too, and none that has no such box."""
        query = "select image, fields from heads where project = ? and instr(fields, ?)"
        return {image: json.loads(fields)[field] for image, fields in self._ask(project, "name", query, project, json.dumps(field))}

    def images_of_class(self, project: str, class_id: str) -> list[str]:
        """The images whose label is this class; deleted ones too."""
        query = "select image from heads indexed by by_class where project = ? and class_id = ?"
        return [image for (image,) in self._ask(project, "name", query, project, class_id)]

    def _ask(self, project: str, order: Order, query: str, *values: Any) -> list[Any]:
        def question(connection: sqlite3.Connection) -> list[Any]:
            if order == "review":
                connection.create_function("broken", 1, _counter(_learn(connection, project)))
            return connection.execute(query, values).fetchall()

        return self._heads.ask(project, question)


# Parts of queries, put together of our words only; people's come as values


def _where(project: str, wanted: Filter) -> tuple[str, list[Any]]:
    marks = ", ".join("?" * len(wanted.states))
    terms = [f"project = ? and state in ({marks})"]
    values: list[Any] = [project, *wanted.states]
    if wanted.split:
        terms.append("split is ?")
        values.append(None if wanted.split == "none" else wanted.split)
    if wanted.class_id:
        terms.append("class_id = ?")
        values.append(wanted.class_id)
    if wanted.name:
        # One look along the texts, not one at the row of each image; every index holds the rowid.
        texts = "select rowid from heads indexed by by_texts where project = ? and texts is not null and instr(texts, ?)"
        terms.append(f"(instr(folded, ?) or rowid in ({texts}))")
        values += [fold(wanted.name), project, fold(wanted.name)]
    if wanted.images is not None:
        terms.append("image in (select value from json_each(?))")
        values.append(json.dumps(wanted.images))
    return " and ".join(terms), values


def _table(wanted: Filter, order: Order) -> str:
    """The table with the index to walk along: SQLite, which knows nothing of how many there are of each, would often sort instead."""
    if wanted.images is not None:
        return _BY_IMAGE
    if order == "name" and len(wanted.states) == 1:
        return f"heads indexed by {'by_class' if wanted.class_id else 'by_state_name'}"
    return f"heads indexed by {_KEYS[order][1]}"


def _before(keys: tuple[str, ...], own: tuple[Any, ...], descending: bool) -> tuple[str, list[Any]]:
    """A condition that holds for what comes before the row with these sort values, and its values; nulls come last."""
    clause, values = "0", list[Any]()
    for key, value in zip(reversed(keys), reversed(own), strict=True):
        if value is None:
            clause = f"({key} is not null or {clause})"  # all that has a value
        else:
            sign = ">" if descending else "<"
            # The outer bound says nothing new, but lets SQLite begin or end there.
            clause = f"{key} {sign}= ? and ({key} {sign} ? or {clause})"
            values = [value, value, *values]
    return clause, values


# Rules


def _learn(connection: sqlite3.Connection, project: str) -> Rules | None:
    # Labels are told apart by their fields alone, and in a project few of these differ: 10 ms for 100,000 labels.
    query = f"""select fields, count(*) from heads indexed by by_fields
        where project = ? and state in ({", ".join("?" * len(_CONFIRMED))}) group by state, fields"""  # noqa: S608
    return learn_rules((json.loads(fields), count) for fields, count in connection.execute(query, (project, *_CONFIRMED)))


def _broken(rules: Rules | None, fields: str | None, ids: list[str]) -> Broken:
    if rules is None or fields is None:
        return (), ()
    missing, doubled = rules.broken_by(json.loads(fields))
    return tuple(field for field in ids if field in missing), tuple(field for field in ids if field in doubled)


def _counter(rules: Rules | None) -> Callable[[str], int]:
    """How many rules a label breaks, for SQLite."""

    @cache
    def count(fields: str) -> int:
        return sum(map(len, rules.broken_by(json.loads(fields)))) if rules else 0

    return count


def _row(values: tuple[Any, ...]) -> Row:
    *record, turn_said, label_rev, state, boxes, class_id, score, author, damage, added, changed = values
    label = label_rev, _ORIGIN.get(state), state, boxes, class_id, score, author, damage
    return Row(*(*record, bool(turn_said), *label, _time(added), _time(changed)))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
