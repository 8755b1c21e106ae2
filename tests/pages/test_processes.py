"""The Processes page as a person uses it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import data, i18n
from pages.parts.states import why_not
from pages.parts.text import explain
from storage import actions, processes, progress, projects
from storage.attempts import Message, Outcome
from storage.core import Refused
from storage.processes import Process, State
from storage.progress import Stage, StageName
from storage.projects import PROJECTS
from storage.templates import RunKind
from tests.runs import Runs, status

Open = Callable[..., AppTest]


def table(app: AppTest) -> list[str]:
    """The state of each row, without its sign."""
    return [chips[0].split(" ", 1)[1] for chips in app.dataframe[0].value["state"]]


def is_there(app: AppTest, key: str) -> bool:
    """Whether there is a button of this key."""
    return key in [button.key for button in app.button]


def press(app: AppTest, deed: str, process: str) -> AppTest:
    """Press a button of the process, and the one of the question if there is one."""
    app.button(key=f"{deed}_{process}").click().run()
    return app.button(key="confirm").click().run() if is_there(app, "confirm") else app


def of_kind(runs: Runs, kind: RunKind) -> Runs:
    """The runs, whose processes are of this kind from now on."""
    runs.template = runs.template.model_copy(update={"kind": kind})
    return runs


def switched(runs: Runs, process: Process, enabled: bool) -> Process:
    """The process after it was enabled or disabled."""
    actions.enable(runs.store, process, enabled, "ann")
    return processes.get(runs.store, process.id)


def test_an_empty_store_says_what_to_do_next(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py")
    assert "There is no process yet" in app.info[0].value
    app.button(key="add").click().run()
    assert app.button(key="create").label == "Create"


def test_processes_are_listed_newest_first(runs: Runs, open_page: Open) -> None:
    runs.created()
    runs.ended(Outcome.FAILED)
    runs.running(120)
    assert table(open_page("processes.py")) == ["Running", "Failed", "Created"]


def test_a_row_tells_progress_ap_loss_and_time_left(runs: Runs, open_page: Open) -> None:
    runs.running(640)
    row = open_page("processes.py").dataframe[0].value.iloc[0]
    assert (row["iterations"], row["ap"], row["left"], row["machine"]) == ("640 / 1,000", "0.783", "5 min 24 s", "bench")


def test_an_unfinished_process_on_a_silent_machine_does_not_respond(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    runs.heartbeat(left=True)
    app = open_page("processes.py", process=process.id)
    assert table(app) == ["Not responding"]
    assert any("bench does not respond" in warning.value for warning in app.warning)


def test_a_row_that_the_page_chooses_stands_in_a_table_that_the_browser_has_said_nothing_of(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py")
    process = runs.created()
    before = app.run().dataframe[0].proto.id
    app.query_params["process"] = process.id
    chosen = app.run().dataframe[0].proto.id
    assert chosen not in ("", before)
    assert app.run().dataframe[0].proto.id == chosen  # as long as nobody chooses another


def test_a_link_narrows_the_list_to_a_state(runs: Runs, open_page: Open) -> None:
    runs.created()
    runs.ended(Outcome.STOPPED)
    assert table(open_page("processes.py", state="Stopped")) == ["Stopped"]


def test_a_list_narrowed_to_nothing_says_so(runs: Runs, open_page: Open) -> None:
    runs.created()
    assert "No process matches" in open_page("processes.py", state="Failed").info[0].value


def test_fifty_processes_fill_a_page(runs: Runs, open_page: Open) -> None:
    for _ in range(51):
        runs.created()
    app = open_page("processes.py")
    assert len(app.dataframe[0].value) == 50
    assert any(caption.value.startswith("51 processes") for caption in app.caption)


def test_a_damaged_process_is_named_with_its_file(runs: Runs, open_page: Open) -> None:
    runs.created()
    damaged = runs.created()
    (runs.store.process(damaged.id).folder / "spec.000001.json").write_text("{")
    app = open_page("processes.py")
    assert table(app) == ["Created"]
    assert damaged.id in app.warning[0].value


def test_start_asks_for_it_and_says_so(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    process = runs.created()
    app = open_page("processes.py", process=process.id)
    app.button(key=f"start_{process.id}").click().run()
    assert processes.get(runs.store, process.id).state == State.QUEUED
    assert app.toast[0].value == "Start was asked for"


def test_a_refused_start_says_why_in_the_readers_language(runs: Runs, open_page: Open) -> None:
    process = runs.created()
    app = open_page("processes.py", process=process.id, language="ru-RU")
    app.button(key=f"start_{process.id}").click().run()
    assert "нужно вручную разметить ещё изображений: 1" in app.error[0].value


def test_stop_is_asked_for_only_after_a_question(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    app = open_page("processes.py", process=process.id)
    app.button(key=f"stop_{process.id}").click().run()
    assert processes.get(runs.store, process.id).state == State.RUNNING
    app.button(key="confirm").click().run()
    assert processes.get(runs.store, process.id).state == State.STOPPING


def test_what_cannot_be_applied_says_so_instead_of_asking(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.COMPLETED)  # of a model that was never published
    app = open_page("processes.py", process=process.id)
    app.button(key=f"apply_{process.id}").click().run()
    assert "model.json is not there" in app.error[0].value
    assert not is_there(app, "confirm")


def test_a_failed_process_tells_its_message_and_the_next_step(runs: Runs, open_page: Open) -> None:
    process = runs.ended(
        Outcome.FAILED, Message(template="Image {image} skipped: {reason}", values={"image": "a_b.png", "reason": "empty"})
    )
    app = open_page("processes.py", process=process.id)
    assert app.error[0].value == r"Image a\_b.png skipped: empty"
    assert any("press Resume" in caption.value for caption in app.caption)
    assert app.button(key=f"start_{process.id}").label == "Resume"


@pytest.mark.parametrize("action", ["stop", "apply", "rollback"])
def test_a_button_that_is_not_possible_says_when_it_would_be(runs: Runs, action: processes.Action) -> None:
    reason = why_not(runs.created(), action)
    assert reason is not None
    assert "Created" in reason


def test_a_machine_is_asked_for_its_life_once_in_a_while(runs: Runs) -> None:
    root, machine = str(runs.store.root), runs.machine.id
    alive = data.is_alive(root, machine)
    runs.heartbeat(left=True)
    assert alive
    assert data.is_alive(root, machine)  # each question writes to the store


def test_the_details_tell_the_templates_values_and_the_newest_figures(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py", process=runs.running(640).id)
    assert any(caption.value.startswith("base-SmartOCR-02 · Iterations: 1,000 · Batch: 2 · ") for caption in app.caption)
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Iteration"], shown["Test AP"], shown["~ Time left"]) == ("640 / 1,000", "0.783", "5 min 24 s")


def test_run_again_makes_a_process_of_the_same_template_and_starts_it(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    first = runs.ended(Outcome.COMPLETED)
    app = press(open_page("processes.py", process=first.id), "again", first.id)
    found, _ = processes.list_processes(runs.store)
    assert [process.state for process in found] == [State.QUEUED, State.COMPLETED]
    assert app.query_params["process"] == found[0].id


def test_run_again_that_cannot_start_yet_says_why_beside_the_new_process(runs: Runs, open_page: Open) -> None:
    first = runs.ended(Outcome.FAILED)  # in a project without any label
    app = press(open_page("processes.py", process=first.id), "again", first.id)
    assert "needs 1 more images labelled by hand" in app.error[0].value
    assert app.query_params["process"] != first.id


def test_a_process_that_is_not_finished_cannot_be_run_again(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    assert not is_there(open_page("processes.py", process=process.id), f"again_{process.id}")


def test_delete_asks_and_takes_the_process_out_of_the_list(runs: Runs, open_page: Open) -> None:
    kept, process = runs.created(), runs.ended(Outcome.STOPPED)
    app = open_page("processes.py", process=process.id)
    app.button(key=f"delete_{process.id}").click().run()
    assert "Labels that were applied stay, and so does its model." in app.markdown[-1].value
    app.button(key="confirm").click().run()
    assert [process.id for process in processes.list_processes(runs.store)[0]] == [kept.id]
    assert app.toast[0].value == "The process is deleted"
    assert not app.exception


def test_delete_is_disabled_while_the_process_runs(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    button = open_page("processes.py", process=process.id).button(key=f"delete_{process.id}")
    assert button.disabled
    assert "Not while the process is “Running”" in button.help


def test_a_machine_that_is_gone_can_be_given_up_after_a_question(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    runs.heartbeat(left=True)
    press(open_page("processes.py", process=process.id), "give_up", process.id)
    assert processes.get(runs.store, process.id).state == State.INTERRUPTED


def test_a_machine_that_responds_cannot_be_given_up(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    assert not is_there(open_page("processes.py", process=process.id), f"give_up_{process.id}")


def test_a_process_of_a_deleted_project_says_so_and_can_only_be_deleted(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.COMPLETED)
    rev, project = PROJECTS.get(runs.store, runs.project.id)
    PROJECTS.delete(runs.store, rev, project)
    app = open_page("processes.py", process=process.id)
    assert app.warning[0].value.startswith("The project of this process was deleted.")
    for deed in ("apply", "again"):
        assert app.button(key=f"{deed}_{process.id}").help == "Its project was deleted. Restore the project first"
    assert not app.button(key=f"delete_{process.id}").disabled


def test_a_refusal_names_the_states_in_the_readers_language(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "language", lambda: "ru")
    with pytest.raises(Refused) as refused:
        processes.check_allowed(runs.created(), "stop")
    assert explain(refused.value).endswith("В очереди, Запускается, Выполняется, Прерван")


def test_each_page_lists_the_processes_of_its_kind(runs: Runs, open_page: Open) -> None:
    runs.ended(Outcome.FAILED)
    of_kind(runs, "training").created()
    assert table(open_page("processes.py")) == ["Failed"]
    assert table(open_page("training_processes.py")) == ["Created"]


def test_a_link_to_a_process_of_the_other_kind_goes_on_to_its_page(runs: Runs, open_page: Open) -> None:
    process = of_kind(runs, "training").created()
    app = open_page("processes.py", process=process.id)
    assert app.title[0].value == "Training processes"
    assert is_there(app, f"start_{process.id}")


def test_a_training_has_no_labels_to_apply_and_says_where_its_model_is(runs: Runs, open_page: Open) -> None:
    process = of_kind(runs, "training").ended(Outcome.COMPLETED)
    app = open_page("training_processes.py", process=process.id)
    assert not is_there(app, f"apply_{process.id}")
    assert "The model is trained and kept under Models." in [caption.value for caption in app.caption]


def test_a_training_is_started_resumed_and_run_again_as_any_process(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    process = of_kind(runs, "training").ended(Outcome.STOPPED)
    app = press(open_page("training_processes.py", process=process.id), "again", process.id)
    assert [found.state for found in processes.list_processes(runs.store)[0]] == [State.QUEUED, State.STOPPED]
    assert app.query_params["process"] != process.id
    app = open_page("training_processes.py", process=process.id)
    assert app.button(key=f"start_{process.id}").label == "Resume"


def test_a_training_below_the_gate_is_refused_with_what_is_missing(runs: Runs, open_page: Open) -> None:
    process = of_kind(runs, "training").created()
    app = press(open_page("training_processes.py", process=process.id), "start", process.id)
    assert "needs 1 more images labelled by hand" in app.error[0].value


def test_a_process_that_is_disabled_says_so_and_cannot_be_started_until_it_is_enabled(runs: Runs, open_page: Open) -> None:
    process = runs.created()
    app = press(open_page("processes.py", process=process.id), "disable", process.id)
    start = app.button(key=f"start_{process.id}")
    assert (start.disabled, start.help) == (True, "This process is disabled. Enable it first")
    assert app.toast[0].value == "The process is disabled: it cannot be started"
    assert list(app.dataframe[0].value["state"][0]) == ["○ Created", "⊘ disabled"]
    app = press(app, "enable", process.id)
    assert not app.button(key=f"start_{process.id}").disabled
    assert processes.get(runs.store, process.id).spec.enabled


def test_a_process_that_runs_cannot_be_disabled(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    button = open_page("processes.py", process=process.id).button(key=f"disable_{process.id}")
    assert button.disabled
    assert "Not while the process is “Running”" in button.help


def test_run_again_of_a_disabled_process_makes_one_that_can_be_started(runs: Runs, open_page: Open) -> None:
    process = switched(runs, runs.ended(Outcome.STOPPED), enabled=False)
    press(open_page("processes.py", process=process.id), "again", process.id)
    assert processes.list_processes(runs.store)[0][0].spec.enabled


def test_a_process_of_classes_speaks_of_accuracy(runs: Runs, open_page: Open) -> None:
    runs.project = projects.create(runs.store, "letters", "classes", ("invoice", "order"))
    process = runs.running(640)
    app = open_page("processes.py", process=process.id)
    assert "Test accuracy" in [metric.label for metric in app.metric]


def test_a_stage_that_failed_says_why(runs: Runs, open_page: Open) -> None:
    process = runs.running(10)
    assert process.last is not None
    failed = Stage(name=StageName.DATA, state="failed", seconds=3)
    progress.write_status(process.last.paths, status(0).model_copy(update={"stages": (failed,)}))
    runs.end(process, Outcome.FAILED, Message(template="Image {image} skipped: {reason}", values={"image": "a_b", "reason": "empty"}))
    stages = open_page("processes.py", process=process.id).table[0].value
    assert stages.iloc[0].tolist() == [":red[✕] Data", r"Image a\_b skipped: empty", "3 s"]
