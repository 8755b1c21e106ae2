"""Projects: a task, a field scheme and the share of images that must be labelled before auto-labelling."""

import colorsys
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, combinations, count
from typing import Annotated, Literal

from pydantic import Field as Limits

from storage.core import InvalidValue, Kind, NamedRecord, NotFound, Record, Store, check_name, make, new_id

Task = Literal["fields", "classes"]

# Distinct on light and dark, also for colour-blind people (Okabe and Ito 2008, then darker variants).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a500", "#7f52a8", "#8c564b", "#4c6a2d")

KEYS = tuple("123456789")


class Field(Record):
    """One field of a document, or in a project of classes one class; labels refer to its id, so renaming keeps them."""

    id: str
    name: str
    colour: str
    key: str = ""
    description: str = ""


class Project(NamedRecord):
    """A set of document images of one kind, and what is to be found on them."""

    task: Task
    fields: tuple[Field, ...] = ()
    # A share of all images, to be labelled by people first.
    gate: Annotated[float, Limits(ge=0, le=1)] = 0.1
    # Tesseract's names of the languages that its pages are written in.
    languages: tuple[Annotated[str, Limits(pattern="^[A-Za-z_]+$")], ...] = ("eng", "rus")

    def field(self, name: str) -> Field:
        """The field or class called ``name``; NotFound if the scheme has none."""
        for field in self.fields:
            if field.name == name:
                return field
        if self.task == "classes":
            raise NotFound("Project {project!r} has no class {field!r}", project=self.name, field=name)
        raise NotFound("Project {project!r} has no field {field!r}", project=self.name, field=name)


PROJECTS = Kind(Project, "Project", "project")

_WORD: dict[Task, str] = {"fields": "Field", "classes": "Class"}


def create(store: Store, name: str, task: Task, field_names: tuple[str, ...] = (), *, gate: float = 0.1) -> Project:
    """A new project with fields or classes of these names, each given a colour and, for the first nine, a number key."""
    project = make(Project, id=new_id(), name=name, task=task, gate=gate)
    return PROJECTS.create(store, with_fields(project, field_names))


def with_fields(project: Project, field_names: tuple[str, ...]) -> Project:
    """The project with fields or classes of these names added behind the ones it has; InvalidValue for a name twice."""
    fields = project.fields
    for name in field_names:
        # Case does not count, as COCO categories are matched to fields without it.
        if any(field.name.casefold() == name.casefold() for field in fields):
            raise _is_there_already(project, name)
        fields = (*fields, new_field(fields, check_name(_WORD[project.task], name)))
    return project.model_copy(update={"fields": fields})


def new_field(fields: Collection[Field], name: str) -> Field:
    """A field for a scheme of these ``fields``, with a colour and a number key that none of them has."""
    colours = {field.colour.lower() for field in fields}
    keys = {field.key for field in fields}
    colour = next(colour for colour in chain(COLOURS, _more_colours()) if colour not in colours)
    # Number keys end at nine; whatever comes after is chosen by the mouse.
    return Field(id=new_id(), name=name, colour=colour, key=next((key for key in KEYS if key not in keys), ""))


def change(
    store: Store,
    base: int,
    project: Project,
    *,
    fields: Sequence[Field] | None = None,
    gate: float | None = None,
    languages: Sequence[str] | None = None,
) -> Project:
    """Write the revision after ``base`` with another field scheme, gate or languages; Conflict if somebody was faster.

    Labels refer to a field's id, so one that is renamed or moved keeps its boxes. Those of a field that is left out stay
    in the labels, where nobody can name them: ``fields.clear_field`` takes them off before. Classes are no different.
    """
    scheme = project.fields if fields is None else check_fields(fields, project.task)
    given = {"gate": gate, "languages": languages}
    changes = {name: value for name, value in given.items() if value is not None}
    changed = make(Project, **{**project.model_dump(), "fields": scheme, **changes})
    PROJECTS.change(store, base, changed)
    return changed


def check_fields(fields: Sequence[Field], task: Task = "fields") -> tuple[Field, ...]:
    """The scheme with its names in NFC form; InvalidValue where two cannot be told apart or a value is not of its kind."""
    scheme = tuple(field.model_copy(update={"name": check_name(_WORD[task], field.name)}) for field in fields)
    for field in scheme:
        _check_field(field, task)
    for first, second in combinations(scheme, 2):
        _check_pair(first, second, task)
    return scheme


# Sentences about fields and about classes are texts of their own, as no word of a translation is like another.


def _is_there_already(project: Project, name: str) -> InvalidValue:
    if project.task == "classes":
        return InvalidValue("Project {project!r} has a class {field!r} already; class names must differ", project=project.name, field=name)
    return InvalidValue("Project {project!r} has a field {field!r} already; field names must differ", project=project.name, field=name)


def _check_field(field: Field, task: Task) -> None:
    values = {"field": field.name, "colour": field.colour, "key": field.key}
    if re.fullmatch("#[0-9a-f]{6}", field.colour.lower()) is None:
        if task == "classes":
            raise InvalidValue("Colour of class {field!r} must be like #0072b2, not {colour!r}", **values)
        raise InvalidValue("Colour of field {field!r} must be like #0072b2, not {colour!r}", **values)
    if field.key and field.key not in KEYS:
        if task == "classes":
            raise InvalidValue("Key of class {field!r} must be a digit from 1 to 9, not {key!r}", **values)
        raise InvalidValue("Key of field {field!r} must be a digit from 1 to 9, not {key!r}", **values)


def _check_pair(first: Field, second: Field, task: Task) -> None:
    values = {"first": first.name, "second": second.name, "key": first.key, "field": second.name}
    if first.name.casefold() == second.name.casefold():
        if task == "classes":
            raise InvalidValue("Two classes are called {field!r}; class names must differ, and case does not count", **values)
        raise InvalidValue("Two fields are called {field!r}; field names must differ, and case does not count", **values)
    if first.key and first.key == second.key:
        if task == "classes":
            raise InvalidValue("Classes {first!r} and {second!r} both have the key {key}; give one of them another", **values)
        raise InvalidValue("Fields {first!r} and {second!r} both have the key {key}; give one of them another", **values)
    if first.colour.lower() == second.colour.lower():
        if task == "classes":
            raise InvalidValue("Classes {first!r} and {second!r} have the same colour; give one of them another", **values)
        raise InvalidValue("Fields {first!r} and {second!r} have the same colour; give one of them another", **values)


def _more_colours() -> Iterator[str]:
    """Colours without end, each far from those just before it: hues in steps of the golden ratio."""
    for number in count():
        rgb = colorsys.hls_to_rgb(number * 0.618034 % 1, 0.45, 0.6)
        yield "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
