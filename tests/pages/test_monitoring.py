"""The Monitoring page as a person uses it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.page_picture import mark_text
from pages.parts.run_scores import model_frame, values_text
from storage import images, labels, progress, projects, templates
from storage.attempts import Outcome
from storage.models import FieldScore
from storage.plans import Rule
from tests.finished import add_page, finish, finished_classes, model
from tests.runs import Runs, status

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
    assert sentence(app).startswith("AP 0.783, loss 0.1")
    assert "epoch 28. Trains on 45 images, tested on 11, batch 2, on CPU. Last update" in sentence(app)


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
    assert not any("done at about" in caption.value for caption in app.caption)


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
    assert app.title[0].value == "Auto-labelling processes"
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


def test_without_test_images_nothing_is_promised_of_them(runs: Runs, open_page: Open) -> None:
    process = runs.running(50)
    assert process.last is not None
    progress.write_status(process.last.paths, status(50).model_copy(update={"test_images": 0}))
    app = open_page("monitoring.py", process=process.id)
    assert any("There is no test image, so there is no AP" in text.value for text in (*app.info, *app.warning))
    assert "Not known: there was no test image." in [caption.value for caption in app.caption]
    assert "Worst test images" not in [title.value for title in app.subheader]


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


def test_the_time_left_stands_in_the_sentence_while_it_runs(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=runs.running(640).id)
    assert "~ 5 min 24 s left, done at about" in sentence(app)


def test_of_classes_accuracy_is_shown_everywhere_in_place_of_ap(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=finished_classes(runs).id)
    assert app.metric[0].label == "Test accuracy"
    assert sentence(app).startswith("Accuracy 0.851, loss 0.1")
    assert "F1 by class" in [title.value for title in app.subheader]
    assert not [text.value for text in (*app.info, *app.warning, *app.subheader) if "AP" in text.value]


def test_of_classes_the_confusion_matrix_is_shown_once_the_test_images_are_judged(runs: Runs, open_page: Open) -> None:
    done = open_page("monitoring.py", process=finished_classes(runs).id)
    assert "Confusion matrix" in [title.value for title in done.subheader]
    running = open_page("monitoring.py", process=runs.running(300).id)
    assert "Confusion matrix" not in [title.value for title in running.subheader]


def test_a_run_of_fields_has_no_confusion_matrix(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=finish(runs, [add_page(runs, "a.png")]).id)
    assert "Confusion matrix" not in [title.value for title in app.subheader]


def test_worst_images_of_classes_say_true_and_found_class_the_surest_first(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=finished_classes(runs).id)
    said = [caption.value for caption in app.caption if "True class" in caption.value]
    wrong = [words for words in said if "Found: " in words]
    assert len(said) == 5
    assert said[:3] == wrong
    assert all("0.91" in words for words in wrong)
    assert all("Below its threshold: " in words and "0.42" in words for words in said[3:])


def test_a_published_model_brings_precision_and_recall_beside_each_field(runs: Runs) -> None:
    date = runs.project.fields[1].id
    published = model(runs, "0" * 26, "training", rule=finish_rule(runs), test_images=11)
    known = published.model_copy(update={"per_field": {date: FieldScore(ap_50=0.8, precision=0.75, recall=0.5, f1=0.6)}})
    frame = model_frame("fields", runs.project.fields, known)
    assert frame[["name", "text", "Precision", "Recall", "F1"]].values.tolist() == [["date", "0.80", "0.75", "0.50", "0.60"]]


def test_where_values_were_compared_their_share_stands_beside_and_is_explained(runs: Runs) -> None:
    company, date = (field.id for field in runs.project.fields[:2])
    published = model(runs, "0" * 26, "training", rule=finish_rule(runs), test_images=11)
    scores = {company: FieldScore(ap_50=0.9, f1=0.8, value_right=0.625), date: FieldScore(ap_50=0.8, f1=0.6)}
    known = published.model_copy(update={"per_field": scores})
    assert model_frame("fields", runs.project.fields, known)["Value right"].tolist() == ["0.62", "–"]
    assert "the very text of the label" in (values_text(known) or "")
    assert values_text(published) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "date 0.90"), ("", "date 0.90"), ("12 мая", "date 0.90: 12 мая"), ("x" * 60, "date 0.90: " + "x" * 39 + "…")],
)
def test_a_box_on_a_picture_says_what_is_written_in_it(text: str | None, said: str) -> None:
    assert mark_text("date 0.90", text) == said


def test_a_model_without_precision_shows_ap_alone(runs: Runs) -> None:
    published = model(runs, "0" * 26, "training", rule=finish_rule(runs), test_images=11)
    assert list(model_frame("fields", runs.project.fields, published).columns) == ["name", "colour", "ap", "text"]


def test_the_metrics_are_a_click_away(runs: Runs, open_page: Open) -> None:
    process = runs.running(20)
    link = open_page("monitoring.py", process=process.id).get("link_button")[0]
    assert link.proto.url == f"/api/processes/{process.id}/metrics.csv"


def test_others_are_compared_with_the_one_watched_and_stand_in_the_address(runs: Runs, open_page: Open) -> None:
    other, watched = runs.ended(Outcome.STOPPED, iterations=200), runs.running(640)
    app = open_page("monitoring.py", process=watched.id)
    assert "Comparison" not in [title.value for title in app.subheader]
    app.multiselect[0].select(other.id).run()
    assert app.query_params["compare"] == other.id
    figures = compared(app)
    assert figures["Iteration"] == ["640 of 1,000", "200 of 1,000"]
    assert figures["Test AP"] == ["0.783", "0.467"]
    assert figures["State"] == ["Running", "Stopped"]


def test_a_link_opens_a_comparison_of_five_and_no_more(runs: Runs, open_page: Open) -> None:
    watched, *others = [runs.ended(Outcome.STOPPED, iterations=20) for _ in range(7)]
    app = open_page("monitoring.py", process=watched.id, compare=",".join(process.id for process in others))
    assert len(compared(app)["State"]) == 5
    assert app.multiselect[0].proto.max_selections == 4


def test_the_table_names_the_parameters_that_differ_and_no_others(runs: Runs, open_page: Open) -> None:
    watched = runs.running(20)
    runs.template = templates.create(runs.store, "slow", "training", lr=0.0005)
    app = open_page("monitoring.py", process=watched.id, compare=runs.running(20).id)
    figures = compared(app)
    assert figures["Initial learning rate"] == ["0.005", "0.0005"]
    assert "Seed" not in figures


def test_processes_of_classes_are_not_compared_with_those_of_fields_and_it_is_said_why(runs: Runs, open_page: Open) -> None:
    fields, another, classes = runs.running(20), runs.running(30), finished_classes(runs)
    app = open_page("monitoring.py", process=fields.id, compare=f"{classes.id},{another.id}")
    assert app.multiselect[0].value == [another.id]
    assert "1 process is left out. Processes that learn classes are not compared with these" in app.warning[0].value


def test_figures_of_two_projects_are_said_to_compare_only_roughly(runs: Runs, open_page: Open) -> None:
    watched = runs.running(20)
    runs.project = projects.create(runs.store, "cheques", "fields", ("payee",))
    app = open_page("monitoring.py", process=watched.id, compare=runs.running(20).id)
    assert any("Each project has test images of its own" in caption.value for caption in app.caption)


def finish_rule(runs: Runs) -> Rule:
    """A rule for the fields of the project."""
    return Rule(thresholds={field.id: 0.4 for field in runs.project.fields})


def sentence(app: AppTest) -> str:
    """The sentence under the figures."""
    return next(caption.value for caption in app.caption if "Trains on" in caption.value)


def compared(app: AppTest) -> dict[str, list[str]]:
    """The table under the comparison: what stands in each row, by the row's name."""
    return {str(row[0]).strip("*"): list(row[1:]) for row in app.table[0].value.values.tolist()}


def button(app: AppTest, label: str) -> Any:
    """The button with this text."""
    return next(button for button in app.button if button.label == label)
