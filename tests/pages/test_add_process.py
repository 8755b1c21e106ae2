"""Adding a process: project, template and target machine, and what is missing before it can start."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from storage import machines, processes, projects, templates
from storage.core.ids import new_id
from storage.core.records import now
from storage.machines import MACHINES, Gpu, Info, Machine
from storage.processes import Process, State
from storage.templates import TEMPLATES
from tests.pages.widgets import drawn
from tests.runs import Runs

Open = Callable[..., AppTest]


def found(runs: Runs) -> list[Process]:
    return processes.list_processes(runs.store)[0]


def another(runs: Runs, name: str, *, gpus: tuple[Gpu, ...] = (), left: bool = False, **settings: object) -> Machine:
    """A machine besides bench; with ``left`` its worker has said good-bye."""
    machine = machines.register(runs.store, name)
    info = Info(host="h", pid=1, worker="w", seq=1, cores=16, memory=64 * 2**30, memory_used=1, gpus=gpus, since=now(), at=now(), left=left)
    machines.report(runs.store, machine.id, info)
    rev, machine = MACHINES.get(runs.store, machine.id)
    changed = machine.model_copy(update=settings)
    MACHINES.change(runs.store, rev, changed)
    return changed


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def described(app: AppTest, machine: str) -> str:
    """What is said of a machine that cannot be chosen."""
    return next(caption.value for caption in app.caption if f"**{machine}**" in caption.value)


def test_the_button_opens_it_and_so_does_a_link(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py")
    app.button(key="add").click().run()
    assert app.query_params["add"] == "1"
    assert open_page("processes.py", add="1").button(key="create").label == "Create"


def test_what_is_alone_is_chosen_so_that_a_process_is_one_press_away(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py", add="1")
    app.button(key="create").click().run()
    (process,) = found(runs)
    assert (process.spec.project, process.spec.template, process.spec.machine) == (runs.project.id, runs.template, runs.machine.id)
    assert (process.state, process.spec.author) == (State.CREATED, "local")
    assert app.query_params["process"] == process.id
    assert "add" not in app.query_params


def test_a_link_chooses_the_project(runs: Runs, open_page: Open) -> None:
    other = projects.create(runs.store, "cheques", "fields", ("payee",))
    assert drawn(open_page("processes.py", add="1", project=other.id), "add_project").value == other.id
    assert drawn(open_page("processes.py", add="1"), "add_project").value is None


def test_it_offers_what_another_program_made_a_moment_ago(runs: Runs, open_page: Open) -> None:
    open_page("processes.py", add="1")  # keeps the names that there are
    other = projects.create(runs.store, "cheques", "fields", ("payee",))
    assert drawn(open_page("processes.py", add="1", project=other.id), "add_project").value == other.id


def test_without_a_project_chosen_nothing_can_be_created(runs: Runs, open_page: Open) -> None:
    projects.create(runs.store, "cheques", "fields", ("payee",))
    button = open_page("processes.py", add="1").button(key="create")
    assert (button.disabled, button.help) == (True, "Choose project, template and machine")


def test_create_and_start_starts_it(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    open_page("processes.py", add="1").button(key="create_start").click().run()
    assert [process.state for process in found(runs)] == [State.QUEUED]


def test_missing_labels_are_counted_and_only_creating_is_possible(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py", add="1")
    assert "1 more image has to be labelled by hand before this can start." in [warning.value for warning in app.warning]
    assert app.button(key="create_start").disabled
    assert not app.button(key="create").disabled


def test_a_machine_taken_in_the_meantime_leaves_the_process_to_be_started_later(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    app = open_page("processes.py", add="1")
    runs.running()
    app.button(key="create_start").click().run()
    # The picker looks again at every run, so the press meets a machine that is busy now.
    assert len(found(runs)) == 1
    assert app.button(key="create").disabled


def test_without_a_template_one_with_the_defaults_is_a_press_away(runs: Runs, open_page: Open) -> None:
    TEMPLATES.delete(runs.store, 1, runs.template)
    app = open_page("processes.py", add="1")
    next(button for button in app.button if button.label == "Create a template with the defaults").click().run()
    (template,) = TEMPLATES.list(runs.store).items
    assert (template.name, template.kind, template.parameters.iterations) == ("standard", "auto-label", 1000)
    assert drawn(app, "add_template").value == template.id


def test_a_template_is_summed_up(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py", add="1")
    assert "base-SmartOCR-02 · Iterations: 1,000 · Batch: 2 · Learning rate: 0.005 · rotations + exposure + noise" in captions(app)


def test_a_free_machine_is_chosen_and_says_what_it_is(runs: Runs, open_page: Open) -> None:
    another(runs, "tower", gpus=(Gpu(name="NVIDIA H100", memory=80 * 2**30, memory_used=0),), description="upstairs")
    app = open_page("processes.py", add="1")
    assert drawn(app, "add_machine").options == ["bench", "tower"]
    assert "free · 16 cores · 64 GB · NVIDIA H100 (80 GB) · upstairs" in drawn(app, "add_machine").proto.captions


def test_a_machine_that_was_shut_down_says_when_and_cannot_be_chosen(runs: Runs, open_page: Open) -> None:
    another(runs, "attic", left=True)
    app = open_page("processes.py", add="1")
    assert drawn(app, "add_machine").options == ["bench"]
    assert "its worker was shut down at" in described(app, "attic")


def test_a_machine_that_is_disabled_or_never_reported_says_so(runs: Runs, open_page: Open) -> None:
    another(runs, "old", enabled=False)
    machines.register(runs.store, "new")
    app = open_page("processes.py", add="1")
    assert "disabled by the administrator" in described(app, "old")
    assert "its worker has never reported" in described(app, "new")


def test_a_busy_machine_says_with_what_and_until_when(runs: Runs, open_page: Open) -> None:
    another(runs, "tower")
    runs.running(640)
    app = open_page("processes.py", add="1")
    assert drawn(app, "add_machine").options == ["tower"]
    assert "busy with quick until about " in described(app, "bench")


def test_a_busy_machine_with_a_queue_can_be_chosen_and_says_which_place_it_will_be(runs: Runs, open_page: Open) -> None:
    rev, machine = MACHINES.get(runs.store, runs.machine.id)
    MACHINES.change(runs.store, rev, machine.model_copy(update={"queue": True}))
    runs.running(640)
    runs.queued()
    (caption,) = drawn(open_page("processes.py", add="1"), "add_machine").proto.captions
    assert "a new process waits as number 2" in caption


def test_with_no_machine_to_choose_it_says_whom_to_ask_and_how_to_start_a_worker(runs: Runs, open_page: Open) -> None:
    runs.heartbeat(left=True)
    app = open_page("processes.py", add="1")
    assert any("ask the administrator" in warning.value for warning in app.warning)
    assert app.code[0].value == "python cli.py worker"
    assert app.button(key="create").disabled


@pytest.mark.parametrize(("gpus", "said"), [((), True), ((Gpu(name="H100", memory=1, memory_used=0),), False)], ids=["none", "one"])
def test_a_template_for_a_graphics_card_on_a_machine_without_one_is_noted(
    runs: Runs, open_page: Open, gpus: tuple[Gpu, ...], said: bool
) -> None:
    machine = another(runs, "tower", gpus=gpus)
    app = open_page("processes.py", add="1")
    drawn(app, "add_machine").set_value(machine.id).run()
    assert ("This machine has no graphics card" in captions(app)) == said


def test_a_training_takes_the_templates_of_training(runs: Runs, open_page: Open) -> None:
    template = templates.create(runs.store, "exact", "training", model_type="fields")
    app = open_page("training_processes.py", add="1")
    assert drawn(app, "add_template").options == ["exact"]
    app.button(key="create").click().run()
    (process,) = found(runs)
    assert (process.spec.kind, process.spec.template) == ("training", template)
    assert app.query_params["process"] == process.id


def test_templates_for_the_other_task_or_of_a_deleted_base_model_are_left_out_with_the_reason(runs: Runs, open_page: Open) -> None:
    templates.create(runs.store, "sort", "auto-label", base_model="base-Classifier-01")
    templates.create(runs.store, "finer", "auto-label", base_model=new_id())
    app = open_page("processes.py", add="1")
    assert drawn(app, "add_template").options == ["quick"]
    assert "1 template is left out: its base model tells classes apart, and this project is about fields." in captions(app)
    assert "1 template is left out: its base model was deleted." in captions(app)


@pytest.mark.parametrize(("page", "model_type"), [("processes.py", None), ("training_processes.py", "classifier")])
def test_where_no_template_fits_a_project_of_classes_one_that_does_is_a_press_away(
    runs: Runs, open_page: Open, page: str, model_type: str | None
) -> None:
    letters = projects.create(runs.store, "letters", "classes", ("invoice", "order"))
    app = open_page(page, add="1", project=letters.id)
    next(button for button in app.button if button.label == "Create a template with the defaults").click().run()
    chosen = TEMPLATES.get(runs.store, drawn(app, "add_template").value)[1]
    assert (chosen.model_type, chosen.parameters.base_model) == (model_type, "base-Classifier-02")
    app.button(key="create").click().run()
    assert [process.spec.project for process in found(runs)] == [letters.id]


def test_a_link_from_a_template_chooses_it(runs: Runs, open_page: Open) -> None:
    template = templates.create(runs.store, "exact", "auto-label")
    app = open_page("processes.py", add="1", template=template.id)
    assert drawn(app, "add_template").value == template.id
    app.button(key="create").click().run()
    assert "template" not in app.query_params


def test_a_duplicate_is_filled_in_with_project_template_and_machine_of_the_process(runs: Runs, open_page: Open) -> None:
    projects.create(runs.store, "cheques", "fields", ("payee",))
    templates.create(runs.store, "exact", "auto-label")
    another(runs, "abacus")
    original = runs.created()
    app = open_page("processes.py", process=original.id)
    app.button(key=f"duplicate_{original.id}").click().run()
    assert app.query_params["add"] == original.id
    app.button(key="create").click().run()
    copy = found(runs)[0]
    assert copy.id != original.id
    assert (copy.spec.project, copy.spec.template, copy.spec.machine) == (runs.project.id, runs.template, runs.machine.id)


def test_what_was_chosen_otherwise_in_a_duplicate_stays_chosen(runs: Runs, open_page: Open) -> None:
    other = templates.create(runs.store, "exact", "auto-label")
    app = open_page("processes.py", add=runs.created().id)
    drawn(app, "add_template").set_value(other.id).run()
    assert drawn(app.run(), "add_template").value == other.id


@pytest.mark.parametrize(
    ("deleted", "words"), [(False, "Template quick was changed since"), (True, "Template quick cannot be chosen any more")]
)
def test_a_duplicate_says_where_it_differs_from_its_original(runs: Runs, open_page: Open, deleted: bool, words: str) -> None:
    original = runs.created()
    if deleted:
        TEMPLATES.delete(runs.store, 1, runs.template)
    else:
        TEMPLATES.change(runs.store, 1, runs.template.model_copy(update={"description": "for scans"}))
    assert words in captions(open_page("processes.py", add=original.id))


def test_a_machine_that_is_free_is_chosen_before_one_with_a_queue(runs: Runs, open_page: Open) -> None:
    rev, machine = MACHINES.get(runs.store, runs.machine.id)
    MACHINES.change(runs.store, rev, machine.model_copy(update={"queue": True}))
    tower = another(runs, "tower")
    runs.running(10)
    assert drawn(open_page("processes.py", add="1"), "add_machine").value == tower.id
