"""Projects: a task, a field scheme and the share of images that must be labelled before auto-labelling."""

from typing import Annotated, Literal

from pydantic import Field as Limits

from storage.core import InvalidValue, Kind, NamedRecord, NotFound, Record, Store, check_name, make, new_id

Task = Literal["fields", "classes"]

# Distinct on light and dark, also for colour-blind people (Okabe and Ito 2008, then darker variants).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a500", "#7f52a8", "#8c564b", "#4c6a2d")


class Field(Record):
    """One field of a document; labels refer to its id, so renaming keeps them."""

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

    def field(self, name: str) -> Field:
        """The field called ``name``; NotFound if the scheme has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise NotFound("Project {project!r} has no field {field!r}", project=self.name, field=name)


PROJECTS = Kind(Project, "Project", "project")


def create(store: Store, name: str, task: Task, field_names: tuple[str, ...] = ()) -> Project:
    """A new project with fields of these names, each given a colour and, for the first nine, a number key."""
    project = make(Project, id=new_id(), name=name, task=task)
    return PROJECTS.create(store, with_fields(project, field_names))


def with_fields(project: Project, field_names: tuple[str, ...]) -> Project:
    """The project with fields of these names added behind the ones it has; InvalidValue for a name twice."""
    fields = list(project.fields)
    for name in field_names:
        # Case does not count, as COCO categories are matched to fields without it.
        if any(field.name.casefold() == name.casefold() for field in fields):
            raise InvalidValue(
                "Project {project!r} has a field {field!r} already; field names must differ", project=project.name, field=name
            )
        fields.append(_new_field(check_name("Field", name), len(fields)))
    return project.model_copy(update={"fields": tuple(fields)})


def _new_field(name: str, position: int) -> Field:
    # Keys are single digits; colours come again from the eleventh field on, and the name tells them apart.
    key = str(position + 1) if position < 9 else ""
    return Field(id=new_id(), name=name, colour=COLOURS[position % len(COLOURS)], key=key)
