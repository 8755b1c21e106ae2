"""The Processes page as a person uses it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import data
from pages.parts.states import why_not
from storage import processes
from storage.attempts import Message, Outcome
from storage.processes import State
from tests.runs import Runs

Open = Callable[..., AppTest]


def table(app: AppTest) -> list[str]:
    """The state of each row, without its sign."""
    return [chips[0].split(" ", 1)[1] for chips in app.dataframe[0].value["state"]]


def test_an_empty_store_says_what_to_do_next(runs: Runs, open_page: Open) -> None:
    app = open_page("processes.py")
    assert "There is no process yet" in app.info[0].value
    assert "python cli.py process create" in app.code[0].value


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
    assert "confirm" not in [button.key for button in app.button]


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
