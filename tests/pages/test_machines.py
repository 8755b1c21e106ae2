"""The Machines page as an administrator uses it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.machine_chart import load_figure, load_frame
from storage import machine_load, machines
from storage.core.ids import new_id
from storage.core.records import now
from storage.machine_load import GpuLoad, LoadPoint
from storage.machines import MACHINES, Gpu, Info, Machine
from tests.runs import Runs

Open = Callable[..., AppTest]
GIB = 2**30


def rows(app: AppTest) -> dict[str, dict[str, Any]]:
    """The table's rows by the machine's name."""
    return {row["name"]: row for row in app.dataframe[0].value.to_dict("records")}


def button(app: AppTest, label: str) -> Any:
    """The newest button with this text: a dialog's comes after that of the page."""
    return [button for button in app.button if button.label == label][-1]


def texts(app: AppTest) -> str:
    """All that is said in words."""
    kinds = (app.markdown, app.caption, app.info, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def machine(runs: Runs) -> Machine:
    """The machine of the store, as it is now."""
    return MACHINES.get(runs.store, runs.machine.id)[1]


def info(**more: Any) -> Info:
    """What the worker of a large host with one graphics card reports."""
    figures = {"cores": 16, "memory": 64 * GIB, "memory_used": 16 * GIB, "load": 0.5, "disk": 2000 * GIB, "disk_free": 731 * GIB}
    card = Gpu(name="H100", memory=80 * GIB, memory_used=40 * GIB, load=0.9)
    versions = {"python": "3.11.7", "torch": "2.14.1"}
    return Info(host="h", pid=1, worker="w", seq=1, since=now(), at=now(), versions=versions, gpus=(card,), **{**figures, **more})


def test_without_a_machine_the_page_says_how_to_start_a_worker(tmp_path: Path, runs: Runs, open_page: Open) -> None:
    runs.heartbeat(left=True)
    MACHINES.delete(runs.store, 1, runs.machine)
    app = open_page("machines.py")
    assert app.info[0].value == "There is no machine yet."
    assert app.code[0].value == f"python cli.py worker --store {tmp_path / 'store'}"


def test_each_machine_is_in_one_of_five_states(runs: Runs, open_page: Open) -> None:
    for name in ("never", "off", "closed"):
        machines.create(runs.store, name)
    off = MACHINES.get(runs.store, "off")[1].id
    machines.report(runs.store, off, info(left=True))
    machines.switch(runs.store, MACHINES.get(runs.store, "closed")[1].id, False)
    states = {name: row["standing"][0] for name, row in rows(open_page("machines.py")).items()}
    assert states == {"bench": "✓ Available", "closed": "■ Disabled", "never": "○ Never seen", "off": "! Not responding"}
    runs.running(10)
    assert rows(open_page("machines.py"))["bench"]["standing"] == ["▶ Busy"]


def test_a_row_tells_what_the_machine_is_and_does(runs: Runs, open_page: Open) -> None:
    machines.report(runs.store, runs.machine.id, info())
    runs.running(100)
    row = rows(open_page("machines.py"))["bench"]
    figures = [row[column] for column in ("process", "cores", "load", "memory", "gpus", "disk", "versions")]
    assert figures == ["quick", "16", "50 %", "16 of 64 GB", "90 %, 40 of 80 GB, H100", "731 GB", "Python 3.11.7 · torch 2.14.1"]
    assert row["until"] != "–"


def test_of_a_silent_machine_no_figure_of_the_past_is_shown_as_one_of_now(runs: Runs, open_page: Open) -> None:
    machines.report(runs.store, runs.machine.id, info(left=True))
    runs.running(100)
    app = open_page("machines.py", machine=runs.machine.id)
    row = rows(app)["bench"]
    assert [row[column] for column in ("load", "memory", "gpus", "disk", "until")] == ["–", "64 GB", "80 GB, H100", "–", "–"]
    assert [metric.value for metric in app.metric] == ["–"] * 4
    assert "Its worker was shut down at" in app.warning[0].value
    assert app.code[0].value.startswith("python cli.py worker --machine bench --store ")


def test_what_runs_and_what_waits_is_named(runs: Runs, open_page: Open) -> None:
    runs.running(100)
    runs.queued()
    app = open_page("machines.py", machine=runs.machine.id)
    links = [link.label for link in app.get("page_link")]
    assert links[0].startswith("quick · receipts · runs until about ")
    assert links[1:] == ["quick · receipts · Queued"]


def test_a_machine_is_added_before_its_worker_and_shows_the_command_that_starts_it(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py")
    button(app, "Add machine").click().run()
    app.text_input(key="machine_name").set_value("mill")
    app.text_area(key="machine_description").set_value("In the copying room")
    app.toggle(key="machine_queue").set_value(True)
    button(app, "Add").click().run()
    made = MACHINES.get(runs.store, "mill")[1]
    assert (made.description, made.queue, made.enabled) == ("In the copying room", True, True)
    assert (app.query_params["machine"], "dialog" in app.query_params) == (made.id, False)
    assert app.toast[0].value == "Machine mill is added; start its worker there"
    assert f"--machine mill --store {runs.store.root}" in app.code[0].value


def test_a_name_that_is_taken_is_refused_in_the_dialog(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py", dialog="add")
    app.text_input(key="machine_name").set_value("Bench")
    button(app, "Add").click().run()
    assert "name 'Bench' is taken" in app.error[0].value


def test_description_and_queue_are_changed_and_the_name_is_said_to_stay(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py", machine=runs.machine.id)
    button(app, "Description and queue").click().run()
    assert "The name **bench** stays" in texts(app)
    machines.switch(runs.store, runs.machine.id, False)  # by somebody else, while the dialog is open
    app.text_area[0].set_value("For the night")
    app.toggle[0].set_value(True)
    button(app, "Save").click().run()
    assert (machine(runs).description, machine(runs).queue, machine(runs).enabled) == ("For the night", True, False)
    assert app.toast[0].value == "Machine bench is saved"


@pytest.mark.parametrize("choice", ["finish", "stop"])
def test_disabling_says_what_runs_and_asks_what_becomes_of_it(runs: Runs, open_page: Open, choice: str) -> None:
    runs.running(100)
    runs.queued()
    app = open_page("machines.py", machine=runs.machine.id)
    button(app, "Disable").click().run()
    assert "Process **quick** of project receipts runs there. Done at about" in texts(app)
    assert "1 process waits until then." in texts(app)
    app.radio(key="when_disabled").set_value(choice)
    button(app, "Disable").click().run()
    assert (machine(runs).enabled, machine(runs).when_disabled) == (False, choice)
    ends = {"finish": "Process quick runs to its end.", "stop": "Process quick is being stopped; it goes on when the machine is enabled."}
    assert app.info[0].value.endswith(f"1 process waits until it is enabled. {ends[choice]}")


def test_with_nothing_running_there_is_nothing_to_choose(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py", machine=runs.machine.id, dialog="disable")
    assert not app.radio
    button(app, "Disable").click().run()
    assert not machine(runs).enabled


def test_enabling_takes_one_press(runs: Runs, open_page: Open) -> None:
    machines.switch(runs.store, runs.machine.id, False)
    app = open_page("machines.py", machine=runs.machine.id)
    button(app, "Enable").click().run()
    assert machine(runs).enabled
    assert app.toast[0].value == "The machine is enabled; what waited there goes on"
    assert button(app, "Disable")


def test_a_machine_with_a_process_is_kept_and_one_without_is_deleted_after_a_question(runs: Runs, open_page: Open) -> None:
    runs.queued()
    app = open_page("machines.py", machine=runs.machine.id)
    assert button(app, "Delete").help == "Not while a process on it is unfinished"
    other = machines.create(runs.store, "mill")
    app = open_page("machines.py", machine=other.id)
    button(app, "Delete").click().run()
    assert "If a worker starts under this name again, the machine comes back as it was." in texts(app)
    button(app, "Delete").click().run()
    assert list(rows(app)) == ["bench"]
    assert app.toast[0].value == "Machine mill is deleted"


def test_a_machine_whose_worker_runs_says_why_it_is_not_deleted(runs: Runs, open_page: Open) -> None:
    delete = button(open_page("machines.py", machine=runs.machine.id), "Delete")
    assert (delete.disabled, delete.help) == (True, "End its worker there first: it would bring the machine back")


def test_a_refusal_of_the_store_is_shown_in_the_dialog(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py", machine=runs.machine.id, dialog="delete")
    button(app, "Delete").click().run()
    assert "cannot be deleted while its worker runs" in app.error[0].value


def test_who_may_only_view_finds_all_buttons_disabled_and_why(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py", rights=frozenset({("machines", "view")}), machine=runs.machine.id, dialog="disable")
    assert {(each.label, each.disabled, each.help) for each in app.button} == {
        ("Add machine", True, "You need the right to create machines; ask the administrator"),
        ("Disable", True, "You need the right to manage machines; ask the administrator"),
        ("Description and queue", True, "You need the right to edit machines; ask the administrator"),
        ("Delete", True, "You need the right to delete machines; ask the administrator"),
    }


def test_a_damaged_machine_is_named_and_hides_no_other(runs: Runs, open_page: Open) -> None:
    damaged = machines.create(runs.store, "mill")
    (runs.store.machine(damaged.id).folder / "machine.000001.json").write_text("{")
    app = open_page("machines.py")
    assert damaged.id in app.warning[0].value
    assert list(rows(app)) == ["bench"]


def test_a_link_to_no_machine_says_so(runs: Runs, open_page: Open) -> None:
    assert "does not exist" in open_page("machines.py", machine=new_id()).warning[0].value


def test_before_the_first_minute_the_chart_says_that_nothing_is_known(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py", machine=runs.machine.id)
    assert "Nothing was reported in this time." in texts(app)
    machine_load.append(runs.store, runs.machine.id, info())
    assert "Nothing was reported in this time." not in texts(open_page("machines.py", machine=runs.machine.id))


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def points(*minutes: int) -> list[LoadPoint]:
    card = GpuLoad(load=0.9, memory=0.5)
    return [LoadPoint(at=NOON + timedelta(minutes=minute), load=0.5, memory=0.25, gpus=(card,)) for minute in minutes]


def test_the_chart_draws_percent_at_the_readers_time() -> None:
    frame = load_frame(points(0, 1), timedelta(hours=3))
    names = {"load": "CPU load", "memory": "Memory", "gpu0": "Card", "gpu0_memory": "Card, memory"}
    figure = load_figure(frame, names, (NOON, NOON + timedelta(hours=1)), key="k")
    assert [(line.name, line.y[0]) for line in figure.data] == [("CPU load", 50), ("Memory", 25), ("Card", 90), ("Card, memory", 50)]
    assert list(figure.data[0].x) == ["2026-11-21 15:00:00", "2026-11-21 15:01:00"]


def test_where_nothing_was_reported_the_line_is_broken() -> None:
    frame = load_frame(points(0, 1, 30), timedelta())
    assert list(frame["load"].isna()) == [False, False, True, False]


def test_without_points_the_frame_is_empty() -> None:
    assert load_frame([], timedelta()).empty
