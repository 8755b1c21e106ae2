"""The Monitoring page as a person uses it."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from storage import images, labels, projects
from storage.attempts import Outcome
from tests.finished import add_page, finish
from tests.runs import Runs

Open = Callable[..., AppTest]


def test_without_a_process_the_page_says_where_to_start_one(runs: Runs, open_page: Open) -> None:
    assert "There is no process to watch yet" in open_page("monitoring.py").info[0].value


def test_without_a_link_the_newest_run_is_shown_and_another_can_be_chosen(runs: Runs, open_page: Open) -> None:
    other, newest = runs.running(20), runs.running(10)
    app = open_page("monitoring.py")
    assert app.selectbox[1].value == newest.id
    app.selectbox[1].select(other.id).run()
    assert app.query_params["process"] == other.id
    assert app.metric[3].value == "20 of 1,000"


def test_the_figures_are_those_of_the_newest_iteration(runs: Runs, open_page: Open) -> None:
    process = runs.running(640)
    runs.report(process, 650, start=640)
    shown = {metric.label: metric.value for metric in open_page("monitoring.py", process=process.id).metric}
    assert shown["Iteration"] == "650 of 1,000"
    assert shown["Test AP"] == "0.783"


def test_the_sentence_tells_what_it_is_trained_on(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=runs.running(640).id)
    said = next(caption.value for caption in app.caption if "Trains on" in caption.value)
    assert said.startswith("AP 0.783, loss 0.1")
    assert "epoch 28. Trains on 45 images, tested on 11, batch 2, on CPU. Last update" in said
    assert "Done at about" in said


def test_the_log_shows_its_last_lines(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.COMPLETED)
    assert process.last is not None
    process.last.paths.log.write_text("\n".join(f"line {number}" for number in range(60)))
    assert open_page("monitoring.py", process=process.id).code[0].value.startswith("line 10\n")


def test_a_link_to_no_process_offers_the_list(runs: Runs, open_page: Open) -> None:
    runs.running(10)
    app = open_page("monitoring.py", process="0" * 26)
    assert not app.exception
    assert not app.metric


def test_a_project_in_the_address_narrows_the_runs_to_its_own(runs: Runs, open_page: Open) -> None:
    runs.running(10)
    runs.project = projects.create(runs.store, "cheques", "fields", ("payee",))
    of_cheques = runs.running(10)
    runs.project = projects.create(runs.store, "forms", "fields", ("name",))
    runs.running(10)
    app = open_page("monitoring.py", project=of_cheques.spec.project)
    assert app.query_params["process"] == of_cheques.id
    assert len(app.selectbox[1].options) == 1


def test_choosing_another_project_shows_its_newest_run(runs: Runs, open_page: Open) -> None:
    receipts = runs.running(10)
    runs.project = projects.create(runs.store, "cheques", "fields", ("payee",))
    runs.running(10)
    app = open_page("monitoring.py")
    app.selectbox[0].select(receipts.spec.project).run()
    assert app.query_params["process"] == receipts.id


def test_a_run_on_a_silent_machine_makes_no_promise(runs: Runs, open_page: Open) -> None:
    process = runs.running(640)
    runs.heartbeat(left=True)
    app = open_page("monitoring.py", process=process.id)
    assert "~ Time left" not in [metric.label for metric in app.metric]
    assert not any("Done at about" in caption.value for caption in app.caption)


def test_a_finished_run_keeps_its_figures_curves_and_verdict(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=finish(runs, []).id)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Iteration"] == "1,000 of 1,000"
    assert "Time taken" in shown
    assert app.info[0].value.startswith("**The loss falls well.** It still fell at the end")


def test_after_auto_labelling_the_next_step_is_to_apply(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    app = open_page("monitoring.py", process=process.id)
    button(app, "Apply labels").click().run()
    assert app.title[0].value == "Processes"
    assert app.query_params["process"] == process.id


def test_after_a_training_the_next_step_is_its_model(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("monitoring.py", process=process.id)
    button(app, "Show the model").click().run()
    assert app.title[0].value == "Models"
    assert app.query_params["model"] == process.id


def test_before_training_is_complete_the_worst_images_are_not_known(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=runs.running(640).id)
    assert any(caption.value.startswith("Known once training is complete") for caption in app.caption)


def test_the_worst_images_come_first_each_with_what_is_wrong(runs: Runs, open_page: Open) -> None:
    pages = [add_page(runs, name, shade) for shade, name in enumerate(("a_1.png", "b_2.png"), start=200)]
    app = open_page("monitoring.py", process=finish(runs, pages).id)
    said = [caption.value for caption in app.caption if "Missing" in caption.value]
    assert said == [r"**b\_2.png**  " + "\nMissing: date  \nWrong: date", r"**a\_1.png**  " + "\nMissing: date"]


def test_a_label_that_was_changed_since_is_said_to_be(runs: Runs, open_page: Open) -> None:
    page = add_page(runs, "a.png")
    process = finish(runs, [page])
    labels.save(runs.store.project(runs.project.id), page.id, 1, (), "ann")
    app = open_page("monitoring.py", process=process.id)
    assert any("Its label was changed since." in caption.value for caption in app.caption)


def test_an_image_deleted_since_is_not_shown(runs: Runs, open_page: Open) -> None:
    kept, deleted = add_page(runs, "a.png", 200), add_page(runs, "b.png", 201)
    process = finish(runs, [kept, deleted])
    images.change(runs.store.project(runs.project.id), deleted, "ann", deleted=True)
    app = open_page("monitoring.py", process=process.id)
    assert [caption.value.split("**")[1] for caption in app.caption if "Missing" in caption.value] == ["a.png"]


def button(app: AppTest, label: str) -> Any:
    """The button with this text."""
    return next(button for button in app.button if button.label == label)
