"""The path of a project: which steps are done, and which is the next."""

from dataclasses import replace

import pytest

from pages.parts.next_step import Step, current, path
from pages.parts.project_standing import Standing
from storage import projects
from storage.attempts import Outcome
from storage.index import Counts
from storage.processes import Process, State
from storage.projects import Project
from tests.runs import Runs


def counts(**states: int) -> Counts:
    """Images by state; those not named are none."""
    every = {"unlabelled": 0, "labelled": 0, "auto": 0, "reviewed": 0, "corrected": 0, "damaged": 0} | states
    return Counts(images=sum(every.values()), deleted=0, **every)


def step(project: Project, found: Counts, missing: int = 0, *processes: Process) -> Step:
    """The step to take now."""
    return current(path(Standing(project, found, missing, processes)))


def test_a_new_project_begins_with_images(runs: Runs) -> None:
    assert step(runs.project, counts(), 1).title == "Add images"


def test_images_without_fields_ask_for_fields(runs: Runs) -> None:
    bare = projects.create(runs.store, "bare", "fields")
    now = step(bare, counts(unlabelled=5), 1)
    assert (now.title, now.query) == ("Define fields", {"project": bare.id, "view": "fields"})


def test_below_the_gate_the_step_says_how_many_labels_are_missing(runs: Runs) -> None:
    now = step(runs.project, counts(unlabelled=49, labelled=1), 4)
    assert "Label 4 more images by hand" in now.text
    assert (now.page, now.query) == ("labelling.py", {"project": runs.project.id})


def test_a_process_from_few_labels_is_not_held_back_but_advised_against(runs: Runs) -> None:
    advice = "From 6 labelled pages it learns much more"
    assert advice in step(runs.project, counts(unlabelled=19, labelled=2), 0).text
    assert advice not in step(runs.project, counts(unlabelled=19, labelled=6), 0).text


def test_pages_that_are_suggested_are_labelled_first(runs: Runs) -> None:
    now = current(path(Standing(runs.project, counts(unlabelled=49, labelled=1), 4, (), suggested=True)))
    assert (now.page, now.query) == ("labelling.py", {"project": runs.project.id, "state": "suggested"})
    assert "Which to label next is suggested" in now.text


def test_enough_labels_ask_for_a_process(runs: Runs) -> None:
    now = step(runs.project, counts(unlabelled=45, labelled=5))
    assert (now.page, now.query) == ("processes.py", {"project": runs.project.id, "add": "1"})


def test_a_created_process_waits_to_be_started(runs: Runs) -> None:
    process = runs.created()
    now = step(runs.project, counts(unlabelled=45, labelled=5), 0, process)
    assert (now.title, now.query["process"]) == ("Start a process", process.id)
    assert "ready to start" in now.text


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_started_process_is_watched(runs: Runs, state: str) -> None:
    process = getattr(runs, state)()
    now = step(runs.project, counts(unlabelled=45, labelled=5), 0, process)
    assert (now.page, now.query) == ("monitoring.py", {"process": process.id})
    assert process.state.value.lower() in now.text


def test_a_failed_process_is_looked_at(runs: Runs) -> None:
    now = step(runs.project, counts(unlabelled=45, labelled=5), 0, runs.ended(Outcome.FAILED))
    assert now.title == "Start a process"
    assert "failed" in now.text


def test_a_process_that_will_resume_by_itself_is_waited_for(runs: Runs) -> None:
    assert step(runs.project, counts(unlabelled=45, labelled=5), 0, runs.ended(Outcome.INTERRUPTED)).title == "Wait for the result"


def test_a_completed_process_is_applied(runs: Runs) -> None:
    done = runs.ended(Outcome.COMPLETED)
    now = step(runs.project, counts(unlabelled=45, labelled=5), 0, done)
    assert (now.title, now.query["process"]) == ("Apply the labels", done.id)


def test_a_failed_process_does_not_hide_an_older_one_that_found_something(runs: Runs) -> None:
    done, failed = runs.ended(Outcome.COMPLETED), runs.ended(Outcome.FAILED)
    assert step(runs.project, counts(unlabelled=45, labelled=5), 0, failed, done).query["process"] == done.id


def test_applied_labels_are_reviewed(runs: Runs) -> None:
    now = step(runs.project, counts(auto=20, labelled=5), 0, applied(runs))
    assert (now.page, now.query) == ("review.py", {"project": runs.project.id})
    assert "20 images" in now.text


def test_after_the_review_the_labels_are_exported(runs: Runs) -> None:
    now = step(runs.project, counts(reviewed=18, corrected=2, labelled=5), 0, applied(runs))
    assert now.query == {"project": runs.project.id, "view": "settings"}


def test_images_that_are_left_without_a_label_are_named(runs: Runs) -> None:
    now = step(runs.project, counts(unlabelled=3, reviewed=20, labelled=5), 0, applied(runs))
    assert "3 images have no labels yet" in now.text


def test_a_project_that_people_labelled_alone_needs_no_process(runs: Runs) -> None:
    assert step(runs.project, counts(labelled=5)).title == "Use the labels"


# Classes


def test_classes_are_defined_and_labelled_before_a_process(runs: Runs) -> None:
    bare = projects.create(runs.store, "bare", "classes")
    kinds = projects.create(runs.store, "kinds", "classes", ("invoice", "contract"))
    assert step(bare, counts(unlabelled=5), 1).title == "Define classes"
    assert step(kinds, counts(unlabelled=5), 1).page == "labelling.py"


def test_a_process_is_said_not_to_learn_classes_that_have_no_label(runs: Runs) -> None:
    kinds = projects.create(runs.store, "kinds", "classes", ("invoice", "contract"))
    now = current(path(Standing(kinds, counts(unlabelled=45, labelled=5), 0, (), ["contract"])))
    assert "chooses a class" in now.text
    assert "no image is labelled with yet: contract." in now.text


def applied(runs: Runs) -> Process:
    """A completed process whose labels were applied."""
    process = runs.ended(Outcome.COMPLETED)
    return replace(process, state=State.APPLIED)
