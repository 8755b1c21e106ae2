"""The page Testing as a person uses it, up to the components, which the browser's tests look at."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import testing_result
from storage import jobs, machines, models
from storage.attempts import Message
from storage.core import new_id, now
from storage.detections import Detection
from storage.jobs import Answer, Job, Page, TriedPage
from storage.machines import Info, Machine
from tests.finished import finish
from tests.runs import Runs

Open = Callable[..., AppTest]
PAGE = Page(name="scan.png", width=120, height=160)


def ask(runs: Runs, model: str, machine: str | None = None) -> Job:
    """One page to try, asked of the machine."""
    return jobs.ask(runs.store, "try", model, machine or runs.machine.id, "ann", pages=[(PAGE, b"page")])


def answer(runs: Runs, job: Job, message: Message | None = None) -> None:
    """The machine found the first field."""
    found = Detection(field=runs.project.fields[0].id, xyxy=(10, 10, 60, 30), score=0.93)
    pages = () if message else (TriedPage(detections=(found,)),)
    jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=1.26, device="cpu", message=message, pages=pages))


def other_machine(runs: Runs) -> Machine:
    """A second machine, which runs nothing."""
    machine = machines.register(runs.store, "spare")
    machines.report(
        runs.store, machine.id, Info(host="h", pid=2, worker="v", seq=1, cores=2, memory=1, memory_used=1, since=now(), at=now())
    )
    return machine


def button(app: AppTest, label: str) -> Any:
    """The button with this text."""
    return next(button for button in app.button if button.label == label)


@pytest.fixture
def model(runs: Runs) -> str:
    """A model kept under Models."""
    return finish(runs, [], "training").id


def test_without_a_model_the_page_says_where_they_come_from(runs: Runs, open_page: Open) -> None:
    assert "There is no model to try yet" in open_page("testing.py").info[0].value


def test_the_newest_model_is_chosen_at_first_and_the_one_in_the_address_otherwise(runs: Runs, model: str, open_page: Open) -> None:
    newest = finish(runs, [], "training").id
    assert open_page("testing.py").selectbox[0].value == newest
    assert open_page("testing.py", model=model).selectbox[0].value == model


def test_models_of_auto_labelling_come_with_the_toggle_or_by_their_address(runs: Runs, model: str, open_page: Open) -> None:
    hidden = finish(runs, []).id
    app = open_page("testing.py")
    assert len(app.selectbox[0].options) == 1
    app.toggle[0].set_value(True).run()
    assert len(app.selectbox[0].options) == 2
    assert open_page("testing.py", model=hidden).selectbox[0].value == hidden


def test_a_deleted_model_is_not_offered(runs: Runs, model: str, open_page: Open) -> None:
    models.delete(runs.store, models.find(runs.store, model), "ann")
    assert "There is no model to try yet" in open_page("testing.py").info[0].value


def test_without_a_machine_the_page_says_how_to_start_one(runs: Runs, model: str, open_page: Open) -> None:
    runs.heartbeat(left=True)
    app = open_page("testing.py")
    assert "No machine answers now" in app.warning[0].value
    assert app.code[0].value == "python cli.py worker"
    runs.heartbeat()
    button(app, "Look again").click().run()
    assert not app.warning


def test_the_machine_that_would_be_asked_is_named_and_others_can_be_chosen(runs: Runs, model: str, open_page: Open) -> None:
    machine = open_page("testing.py").selectbox[1]
    assert (machine.value, machine.placeholder, machine.options) == (None, "Chosen by itself: bench", ["bench · free"])


def test_while_the_machine_is_at_it_the_page_says_so(runs: Runs, model: str, open_page: Open) -> None:
    app = open_page("testing.py", job=ask(runs, model).id)
    assert "Machine bench looks at the pages" in app.info[0].value


def test_an_answer_says_who_gave_it_in_what_time_and_on_what(runs: Runs, model: str, open_page: Open) -> None:
    job = ask(runs, model)
    answer(runs, job)
    app = open_page("testing.py", job=job.id)
    assert any("1 page · machine bench answered in 1.3 s (processor)" in text.value for text in app.markdown)
    assert not app.exception


def test_a_machine_that_takes_too_long_is_said_and_another_can_be_asked(
    runs: Runs, model: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare, job = other_machine(runs), ask(runs, model)
    monkeypatch.setattr(testing_result, "PATIENCE_S", -1)
    app = open_page("testing.py", job=job.id)
    assert "Machine bench has not answered for" in app.warning[0].value
    button(app, "Ask spare").click().run()
    asked = jobs.get(runs.store, app.query_params["job"])
    assert (asked.id == job.id, asked.machine, asked.pages) == (False, spare.id, job.pages)


def test_what_went_wrong_is_said_with_the_means_to_ask_again(runs: Runs, model: str, open_page: Open) -> None:
    job = ask(runs, model)
    answer(runs, job, Message(template="{kind}: {error}", values={"kind": "RuntimeError", "error": "no"}))
    app = open_page("testing.py", job=job.id)
    assert app.error[0].value == r"RuntimeError: no"
    button(app, "Ask again").click().run()
    assert app.query_params["job"] != job.id


def test_the_same_pages_are_tried_with_another_model(runs: Runs, model: str, open_page: Open) -> None:
    other, job = finish(runs, [], "training").id, ask(runs, model)
    answer(runs, job)
    assert open_page("testing.py", job=job.id).selectbox[0].value == model
    app = open_page("testing.py", job=job.id, model=other)
    button(app, f"Try these pages with {models.find(runs.store, other).entry.name}").click().run()
    asked = jobs.get(runs.store, app.query_params["job"])
    assert (asked.model, asked.pages) == (other, job.pages)


def test_what_is_not_kept_any_more_is_said(runs: Runs, model: str, open_page: Open) -> None:
    job = ask(runs, model)
    jobs.remove_old(runs.store, now() + timedelta(days=2))
    for gone in (job.id, new_id(), "../etc"):
        assert "not kept any more" in open_page("testing.py", job=gone).info[0].value


def test_a_damaged_answer_is_said_and_the_page_stands(runs: Runs, model: str, open_page: Open) -> None:
    job = ask(runs, model)
    answer(runs, job)
    runs.store.job(job.id).answer.write_bytes(b"{")
    app = open_page("testing.py", job=job.id)
    assert "is damaged" in app.error[0].value
    assert not app.exception
