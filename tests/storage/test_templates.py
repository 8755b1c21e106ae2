"""Templates: changed by revisions, duplicated, and advised on."""

import pytest

from storage import processes, projects, templates
from storage.core.errors import Conflict, InvalidValue, NameTaken
from storage.core.ids import new_id
from storage.templates import TEMPLATES, Parameters


@pytest.fixture
def template(store):
    return templates.create(store, "quick", "auto-label", iterations=1000)


def with_iterations(template, iterations, **changes):
    parameters = template.parameters.model_copy(update={"iterations": iterations})
    return template.model_copy(update={"parameters": parameters, **changes})


def test_a_change_is_a_new_revision_and_a_process_keeps_its_copy(store, template):
    spec = processes.create(store, projects.create(store, "receipts", "fields"), template, new_id(), "ann")
    templates.change(store, 1, template, with_iterations(template, 3000))
    assert TEMPLATES.get(store, "quick")[0] == 2
    assert processes.get(store, spec.id).spec.template.parameters.iterations == 1000


def test_a_change_may_rename_and_the_old_name_is_free_again(store, template):
    templates.change(store, 1, template, with_iterations(template, 3000, name="precise"))
    assert TEMPLATES.get(store, "precise")[1].parameters.iterations == 3000
    templates.create(store, "quick", "auto-label")


def test_a_stale_change_is_refused_and_the_others_stands(store, template):
    templates.change(store, 1, template, with_iterations(template, 3000))
    with pytest.raises(Conflict):
        templates.change(store, 1, template, with_iterations(template, 10, name="mine"))
    assert TEMPLATES.get(store, "quick")[1].parameters.iterations == 3000


def test_a_change_to_a_name_in_use_is_refused(store, template):
    templates.create(store, "precise", "auto-label")
    with pytest.raises(NameTaken):
        templates.change(store, 1, template, template.model_copy(update={"name": "Precise"}))


def test_a_copy_has_the_same_values_and_the_next_free_name(store, template):
    copies = [templates.duplicate(store, template) for _ in range(2)]
    assert [copy.name for copy in copies] == ["quick-2", "quick-3"]
    assert {copy.parameters for copy in copies} == {template.parameters}


def test_a_copy_of_the_longest_name_has_a_name(store):
    longest = templates.create(store, "щ" * 50, "auto-label")
    assert templates.duplicate(store, longest).name.endswith("щ-2")


@pytest.mark.parametrize("parameter", ["loaders", "batch", "iterations", "lr", "refresh", "seed"])
def test_bounds_are_those_that_a_record_keeps(parameter):
    least, greatest = templates.bounds(parameter)
    assert getattr(Parameters(**{parameter: greatest}), parameter) == greatest
    for outside in (least - 1, greatest + 1):
        with pytest.raises(ValueError, match=parameter):
            Parameters(**{parameter: outside})


def test_a_parameter_out_of_its_range_is_refused_by_its_name(store):
    with pytest.raises(InvalidValue, match="iterations: input should be greater than or equal to 1, not 0"):
        templates.create(store, "bad", "auto-label", iterations=0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, []),
        ({"iterations": 5000, "lr": 0.01}, []),
        ({"iterations": 5001}, ["by heart"]),
        ({"lr": 0.02}, ["overshoot"]),
        ({"lr": 0.0001, "iterations": 9000}, ["by heart", "slowly"]),
    ],
)
def test_what_is_allowed_but_seldom_wise_is_advised_against(values, words):
    notes = [str(note) for note in templates.advice(Parameters(**values))]
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))
