"""Projects: their field schemes, the share to be labelled by hand, and what deleting one takes with it."""

import pytest

from storage import labels, project_deletion, projects
from storage.attempts import Outcome
from storage.core import Conflict, InvalidValue, NotFound, Refused, Store
from storage.labels import Box
from storage.projects import COLOURS, PROJECTS, Field, Project
from tests.runs import Runs


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    return Runs(tmp_path / "runs")


def edited(project: Project, place: int, **values: str) -> list[Field]:
    """The project's fields, one of them with other values."""
    return [field.model_copy(update=values if number == place else {}) for number, field in enumerate(project.fields)]


def test_new_fields_get_colours_and_keys_that_are_free(project: Project) -> None:
    fewer = project.fields[1:]
    assert (projects.new_field(fewer, "a").colour, projects.new_field(fewer, "a").key) == (COLOURS[0], "1")
    many = projects.with_fields(project, tuple(f"field{number}" for number in range(40)))
    assert len({field.colour for field in many.fields}) == 42
    assert [field.key for field in many.fields[:10]] == [*"123456789", ""]


def test_a_renamed_field_keeps_its_id_so_labels_keep_their_boxes(store: Store, project: Project) -> None:
    changed = projects.change(store, 1, project, fields=edited(project, 0, name="issued", description="the date of issue"))
    assert PROJECTS.get(store, project.id) == (2, changed)
    assert (changed.fields[0].id, changed.fields[0].name) == (project.fields[0].id, "issued")


def test_fields_are_reordered_and_removed(store: Store, project: Project) -> None:
    turned = projects.change(store, 1, project, fields=project.fields[::-1])
    assert [field.name for field in turned.fields] == ["total", "date"]
    assert [field.name for field in projects.change(store, 2, turned, fields=turned.fields[:1]).fields] == ["total"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "TOTAL"}, "Two fields are called 'total'"),
        ({"name": "no/slash"}, "Field name 'no/slash' is not allowed"),
        ({"name": ""}, "Field name '' is not allowed"),
        ({"key": "2"}, "Fields 'date' and 'total' both have the key 2"),
        ({"key": "0"}, "must be a digit from 1 to 9, not '0'"),
        ({"key": "12"}, "must be a digit from 1 to 9, not '12'"),
        ({"colour": COLOURS[1].upper()}, "Fields 'date' and 'total' have the same colour"),
        ({"colour": "red"}, "must be like #0072b2, not 'red'"),
    ],
    ids=lambda value: ascii(value) if isinstance(value, dict) else "",
)
def test_a_scheme_that_cannot_be_worked_with_is_refused_and_nothing_is_written(store: Store, project: Project, values, message) -> None:
    with pytest.raises(InvalidValue, match=message):
        projects.change(store, 1, project, fields=edited(project, 0, **values))
    assert PROJECTS.get(store, project.id) == (1, project)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "RECEIPT"}, "Two classes are called 'receipt'"),
        ({"name": "no/slash"}, "Class name 'no/slash' is not allowed"),
        ({"key": "2"}, "Classes 'invoice' and 'receipt' both have the key 2"),
        ({"key": "0"}, "Key of class 'invoice' must be"),
        ({"colour": COLOURS[1]}, "Classes 'invoice' and 'receipt' have the same colour"),
        ({"colour": "red"}, "Colour of class 'invoice' must be"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_scheme_of_classes_is_said_of_classes(store: Store, values, message) -> None:
    forms = projects.create(store, "forms", "classes", ("invoice", "receipt"))
    with pytest.raises(InvalidValue, match=message):
        projects.change(store, 1, forms, fields=edited(forms, 0, **values))
    with pytest.raises(InvalidValue, match="has a class 'Receipt' already"):
        projects.with_fields(forms, ("Receipt",))
    with pytest.raises(NotFound, match="has no class 'letter'"):
        forms.field("letter")


def test_several_fields_may_have_no_key(store: Store, project: Project) -> None:
    keyless = [field.model_copy(update={"key": ""}) for field in project.fields]
    assert [field.key for field in projects.change(store, 1, project, fields=keyless).fields] == ["", ""]


def test_a_stale_scheme_is_refused(store: Store, project: Project) -> None:
    projects.change(store, 1, project, gate=0.2)
    with pytest.raises(Conflict):
        projects.change(store, 1, project, fields=())
    assert PROJECTS.get(store, project.id)[1].fields == project.fields


@pytest.mark.parametrize("gate", [0, 0.25, 1])
def test_the_gate_is_a_share_of_all_images(store: Store, project: Project, gate) -> None:
    assert projects.change(store, 1, project, gate=gate).gate == gate


@pytest.mark.parametrize("gate", [-0.1, 1.1, float("nan")])
def test_a_gate_outside_0_to_1_is_refused(store: Store, project: Project, gate) -> None:
    with pytest.raises(InvalidValue, match="gate"):
        projects.change(store, 1, project, gate=gate)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_project_with_an_unfinished_process_is_not_deleted(runs: Runs, state) -> None:
    process = getattr(runs, state)()
    with pytest.raises(Refused, match=f"while its process {process.id} is {process.state.value}"):
        project_deletion.delete(runs.store, 1, runs.project)
    assert PROJECTS.get(runs.store, runs.project.id)[0] == 1


def test_a_process_of_another_project_is_no_reason_to_keep_one(runs: Runs) -> None:
    runs.running()
    other = projects.create(runs.store, "other", "fields")
    project_deletion.delete(runs.store, 1, other)
    with pytest.raises(NotFound):
        PROJECTS.get(runs.store, "other")


def test_a_restored_project_has_its_images_and_labels_back(runs: Runs) -> None:
    runs.label_one()
    runs.ended(Outcome.STOPPED)
    paths = runs.store.project(runs.project.id)
    image = next(path.stem for path in paths.images.rglob("*.orig"))
    project_deletion.delete(runs.store, 1, runs.project)
    assert PROJECTS.restore(runs.store, runs.project.id) == runs.project
    label = labels.head(paths, image)
    assert label is not None
    assert label.boxes == (Box(field=runs.project.fields[0].id, xyxy=(10, 10, 60, 30)),)
