"""The Models page as a person uses it."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.parts.model_differences import fields_frame
from pages.parts.model_table import ModelCache
from storage import jobs, models, projects, templates
from storage.attempts import Message
from storage.core import new_id, now
from storage.evaluations import Evaluation, JudgedImage
from storage.images import Image
from storage.jobs import Answer, Evaluated
from storage.models import FieldScore, Listed
from storage.plans import Rule
from storage.templates import Parameters
from tests.finished import WEIGHTS, add_page, finish, model
from tests.runs import Runs

Open = Callable[..., AppTest]


def table(app: AppTest) -> list[str]:
    """The name of each row."""
    return list(app.dataframe[0].value["name"]) if app.dataframe else []


def button(app: AppTest, label: str) -> Any:
    """The newest button with this text: a dialog's comes after that of the page."""
    return [button for button in app.button if button.label == label][-1]


def toggle(app: AppTest, label: str) -> Any:
    """The toggle with this text."""
    return next(toggle for toggle in app.toggle if toggle.label == label)


def test_without_a_model_the_page_says_where_they_come_from(runs: Runs, open_page: Open) -> None:
    assert "There is no model yet" in open_page("models.py").info[0].value


def test_models_of_auto_labelling_are_offered_while_none_is_promoted(runs: Runs, open_page: Open) -> None:
    finish(runs, [])
    app = open_page("models.py")
    assert app.info[0].value.startswith("1 model of an auto-labelling process. None of them was promoted to Models yet")
    assert table(app) == []
    button(app, "Show them").click().run()
    assert len(table(app)) == 1
    assert app.query_params["all"] == "1"


def test_the_list_shows_what_is_kept_and_on_demand_all(runs: Runs, open_page: Open) -> None:
    finish(runs, [])
    training = finish(runs, [], "training")
    name = models.find(runs.store, training.id).entry.name
    app = open_page("models.py")
    assert table(app) == [name]
    app.toggle[0].set_value(True).run()
    assert len(table(app)) == 2


def test_a_row_tells_where_a_model_comes_from_and_how_good_it_is(runs: Runs, open_page: Open) -> None:
    finish(runs, [], "training")
    row = open_page("models.py").dataframe[0].value.iloc[0]
    origin = [row[column] for column in ("marks", "purpose", "project", "kind", "template", "machine", "base_model", "author")]
    assert origin == ["★", "Fields", "receipts", "Training", "quick", "bench", "base-SmartOCR-01", "ann"]
    assert (row["score"], row["images"], row["iterations"]) == ("0.750", "45 + 11", "1,000")


def test_a_link_opens_a_model_though_it_is_not_in_the_list(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    app = open_page("models.py", model=process.id)
    assert app.subheader[0].value == models.find(runs.store, process.id).entry.name
    assert any("Trained on 45 images of project **receipts** by template **quick** on machine bench" in text.value for text in app.markdown)
    assert list(app.table[1].value["Score from"]) == ["0.40"] * 4


def test_the_parameters_of_its_template_are_listed(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    frame = open_page("models.py", model=process.id).table[0].value
    values = dict(zip(frame["Parameter"], frame["Value"], strict=True))
    assert (values["Iterations"], values["Batch size"], values["Base model"]) == ("1,000", "2", "base-SmartOCR-02")


def test_a_model_tested_on_a_handful_of_images_comes_with_a_warning(runs: Runs, open_page: Open) -> None:
    few, enough = finish(runs, [], test_images=3), finish(runs, [], test_images=5)
    assert open_page("models.py", model=few.id).warning[0].value.startswith("AP was measured on 3 test images only")
    assert not open_page("models.py", model=enough.id).warning


def test_promoting_gives_a_model_a_name_and_puts_it_into_the_list(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    app = open_page("models.py", model=process.id)
    button(app, "Promote to Models").click().run()
    app.text_input[0].set_value("receipts-best")
    app.text_area[0].set_value("For the shop")
    button(app, "Promote to Models").click().run()
    assert table(app) == ["receipts-best"]
    assert app.toast[0].value == "receipts-best is in Models now"
    assert models.find(runs.store, process.id).entry.description == "For the shop"


def test_a_name_that_is_taken_is_refused_in_the_dialog(runs: Runs, open_page: Open) -> None:
    first, second = finish(runs, []), finish(runs, [])
    models.change(runs.store, models.find(runs.store, first.id), "ann", name="best", promoted=True)
    app = open_page("models.py", model=second.id)
    button(app, "Promote to Models").click().run()
    app.text_input[0].set_value("Best")
    button(app, "Promote to Models").click().run()
    assert "name 'Best' is taken" in app.error[0].value
    assert not models.find(runs.store, second.id).entry.promoted


def test_a_promoted_model_can_be_taken_out_and_stays_on_demand(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("models.py", model=process.id)
    button(app, "Take out of Models").click().run()
    assert table(app) == []
    assert not models.find(runs.store, process.id).entry.promoted
    assert app.subheader[0].value  # still open, so that a slip can be undone


def test_somebody_elses_change_is_not_overwritten(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("models.py", model=process.id)
    button(app, "Name and description").click().run()
    models.change(runs.store, models.find(runs.store, process.id), "bob", name="of-bob")
    app.text_input[0].set_value("of-ann")
    button(app, "Save").click().run()
    assert models.find(runs.store, process.id).entry.name == "of-bob"


def test_who_may_only_view_finds_promoting_disabled(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    rights = frozenset({("projects", "view"), ("models", "view")})
    promote = button(open_page("models.py", rights=rights, model=process.id), "Promote to Models")
    assert promote.disabled
    assert promote.help == "You need the right to edit models; ask the administrator"


def test_a_model_whose_weights_are_gone_says_so(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [])
    runs.store.model(process.id).weights.unlink()
    assert "The weights are missing" in open_page("models.py", model=process.id).error[0].value


def test_a_damaged_model_is_named_and_hides_no_other(runs: Runs, open_page: Open) -> None:
    whole, damaged = finish(runs, [], "training"), finish(runs, [], "training")
    runs.store.model(damaged.id).record.write_text("{")
    app = open_page("models.py")
    assert damaged.id in app.warning[0].value
    assert table(app) == [models.find(runs.store, whole.id).entry.name]


def test_a_link_to_no_model_says_so(runs: Runs, open_page: Open) -> None:
    finish(runs, [], "training")
    assert "does not exist" in open_page("models.py", model="0" * 26).warning[0].value


def publish(runs: Runs, **changed: Any) -> Listed:
    """A model like that of a finished run with some values changed, without a process."""
    made = model(runs, new_id(), "training", Rule(thresholds={field.id: 0.4 for field in runs.project.fields}), 11)
    models.publish(runs.store, made.model_copy(update=changed), WEIGHTS)
    return models.find(runs.store, made.id)


def classifier(runs: Runs, **changed: Any) -> Listed:
    """A model of two classes of a project of its own."""
    project = projects.create(runs.store, f"forms-{new_id()[-6:]}", "classes", ("invoice", "letter"))
    scores = {field.id: FieldScore(precision=0.9, recall=0.8, f1=0.847) for field in project.fields}
    values: dict[str, Any] = {"task": "classes", "project": project.id, "fields": project.fields, "base_model": "base-Classifier-01"}
    figures: dict[str, Any] = {"accuracy": 0.92, "map_50": None, "map_50_95": None, "per_field": scores}
    rule = Rule(thresholds={field.id: 0.4 for field in project.fields})
    return publish(runs, **values, **figures, rule=rule, **changed)


def test_a_model_of_classes_shows_accuracy_and_no_boxes(runs: Runs, open_page: Open) -> None:
    listed = classifier(runs)
    app = open_page("models.py", model=listed.model.id)
    assert app.dataframe[0].value.iloc[0]["score"] == "0.920"
    assert {metric.label: metric.value for metric in app.metric} == {"Accuracy": "0.920", "Mean F1": "0.847", "Test images": "11"}
    assert list(app.table[0].value.columns) == ["Class", "Score from"]


def test_a_model_made_elsewhere_says_what_is_not_known_here(runs: Runs, open_page: Open) -> None:
    listed = publish(runs, kind="uploaded", project="9" * 26, machine="8" * 26, author="bob")
    app = open_page("models.py", model=listed.model.id)
    row = app.dataframe[0].value.iloc[0]
    assert (row["project"], row["machine"], row["kind"]) == ("–", "–", "Uploaded")
    assert any("Uploaded" in text.value and "by bob." in text.value for text in app.markdown)
    assert not app.exception


def test_a_model_that_went_on_from_another_leads_to_it(runs: Runs, open_page: Open) -> None:
    parent = finish(runs, [], "training")
    models.change(runs.store, models.find(runs.store, parent.id), "ann", name="first-of-all")
    child = publish(runs, parent=parent.id)
    app = open_page("models.py", model=child.model.id)
    assert app.dataframe[0].value.iloc[0]["base_model"] == "first-of-all"
    button(app, "Went on from first-of-all").click().run()
    assert app.subheader[0].value == "first-of-all"


def test_a_model_is_deleted_after_saying_what_depends_on_it_and_restored(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    name = models.find(runs.store, process.id).entry.name
    templates.create(runs.store, "goes-on", "training", base_model=process.id)
    app = open_page("models.py", model=process.id)
    button(app, "Delete").click().run()
    assert any("1 template begins with it: **goes-on**" in text.value for text in app.markdown)
    app.button(key="confirm").click().run()
    assert table(app) == []
    assert models.read(runs.store, process.id).entry.deleted
    toggle(app, "Show deleted").set_value(True).run()
    assert table(app) == [name]
    app.query_params["model"] = process.id  # a click on the row
    app.run()
    app.button(key="restore_model").click().run()
    assert not models.find(runs.store, process.id).entry.deleted
    assert app.toast[0].value == f"{name} is restored"


def test_a_model_that_a_running_process_begins_with_cannot_be_deleted(runs: Runs, open_page: Open) -> None:
    model = finish(runs, [], "training")
    runs.template = runs.template.model_copy(update={"parameters": Parameters(base_model=model.id)})
    runs.running(10)
    app = open_page("models.py", model=model.id)
    button(app, "Delete").click().run()
    assert any("begins with it and is unfinished" in warning.value for warning in app.warning)
    assert app.button(key="confirm").disabled


def test_a_model_becomes_a_base_model_and_stops_being_one(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("models.py", model=process.id)
    toggle(app, "Use as base model").set_value(True).run()
    assert models.find(runs.store, process.id).entry.base
    assert app.dataframe[0].value.iloc[0]["marks"] == "★◆"
    toggle(app, "Use as base model").set_value(False).run()
    assert not models.find(runs.store, process.id).entry.base


def test_a_machine_is_asked_for_the_onnx_file_and_what_it_says_is_shown(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    app = open_page("models.py", model=process.id)
    app.button(key="make_onnx").click().run()
    [job] = jobs.list_open(runs.store, runs.machine.id)
    assert (job.kind, job.model) == ("onnx", process.id)
    assert app.button(key="make_onnx").disabled
    assert any("bench writes the ONNX file" in info.value for info in app.info)
    jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=1, message=Message(template="No file was kept")))
    app.run()
    assert any(error.value == "No file was kept" for error in app.error)
    assert not app.button(key="make_onnx").disabled


def test_a_model_that_reads_says_why_there_is_no_onnx_file_of_it(runs: Runs, open_page: Open) -> None:
    app = open_page("models.py", model=publish(runs, base_model="base-SmartOCR-02").model.id)
    assert app.button(key="make_onnx").disabled
    assert "there is no ONNX for reading" in app.button(key="make_onnx").help


def test_without_a_machine_the_onnx_file_cannot_be_asked_for(runs: Runs, open_page: Open) -> None:
    process = finish(runs, [], "training")
    runs.heartbeat(left=True)
    app = open_page("models.py", model=process.id)
    app.button(key="make_onnx").click().run()
    assert "No machine answers now" in app.error[0].value


def evaluated(runs: Runs, pages: list[Image], right: int, quality: float) -> Evaluated:
    """A model that gets the first ``right`` pages right and misses the first field on the others."""
    company = runs.project.fields[0].id
    judged = tuple(
        JudgedImage(image=page.id, rev=1, detections=(), right=(company,) * (place < right), missing=(company,) * (place >= right))
        for place, page in enumerate(pages)
    )
    rule = Rule(thresholds={company: 0.4})
    score = FieldScore(ap_50=quality, precision=quality, recall=quality, f1=quality)
    return Evaluated(evaluation=Evaluation(rule=rule, images=judged), map_50=quality, per_field={company: score})


def answer_both(runs: Runs, pages: list[Image]) -> None:
    """The machine lets both models look at the pages: the second gets one more right."""
    for place, job in enumerate(jobs.list_open(runs.store, runs.machine.id)):
        found = evaluated(runs, pages, 1 + place, 0.5 + 0.25 * place)
        jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=1, evaluated=found))


def test_two_models_are_compared_on_the_same_images_and_the_address_keeps_what_came_of_it(runs: Runs, open_page: Open) -> None:
    pages = [add_page(runs, f"{number}.png", 200 + number) for number in range(3)]
    first, second = finish(runs, [], "training"), finish(runs, [], "training")
    app = open_page("models.py", compare="1", first=first.id, second=second.id)
    app.button(key="compare").click().run()
    assert any("lets both models look at the test images" in info.value for info in app.info)
    assert [job.project for job in jobs.list_open(runs.store, runs.machine.id)] == [runs.project.id] * 2
    answer_both(runs, pages)
    app.run()
    shown = {metric.label: (metric.value, metric.delta) for metric in app.metric}
    assert shown["AP@50"] == ("0.500 → 0.750", "+0.250")
    assert shown["Images without error"] == ("1 → 2", "+1")
    assert list(app.dataframe[0].value.iloc[0])[:4] == ["company", "0.50", "0.75", "+0.25"]
    assert any("1 image: on 1 of them ② makes fewer errors" in caption.value for caption in app.caption)
    linked = open_page("models.py", **app.query_params)
    assert {metric.label: metric.value for metric in linked.metric}["AP@50"] == "0.500 → 0.750"


def test_values_are_compared_where_a_model_read_any(runs: Runs) -> None:
    company = runs.project.fields[0].id
    first = evaluated(runs, [], 0, 0.5)
    read = first.per_field[company].model_copy(update={"value_right": 0.9})
    second = first.model_copy(update={"per_field": {company: read}})
    frame = fields_frame(first, second, runs.project.fields, "fields")
    assert frame[["Value right ①", "Value right ②", "Value right ±"]].values.tolist() == [["–", "0.90", "–"]]
    assert not [head for head in fields_frame(first, first, runs.project.fields, "fields") if "Value" in head]


def test_only_models_for_the_same_purpose_can_be_compared(runs: Runs, open_page: Open) -> None:
    fields, classes = finish(runs, [], "training"), classifier(runs)
    app = open_page("models.py", compare="1", first=fields.id)
    assert classes.model.id not in app.selectbox(key="linked_second").options
    assert len(app.selectbox(key="linked_second").options) == 0
    assert app.selectbox(key="linked_on").options == ["receipts"]


def test_a_comparison_that_is_not_kept_any_more_says_so(runs: Runs, open_page: Open) -> None:
    first, second = finish(runs, [], "training"), finish(runs, [], "training")
    app = open_page("models.py", compare="1", first=first.id, second=second.id, on=runs.project.id, asked=["1" * 26, "2" * 26])
    assert "is not kept any more" in app.info[0].value
    assert app.button(key="compare")


def test_a_comparison_that_failed_says_why(runs: Runs, open_page: Open) -> None:
    first, second = finish(runs, [], "training"), finish(runs, [], "training")
    app = open_page("models.py", compare="1", first=first.id, second=second.id)
    app.button(key="compare").click().run()
    for job in jobs.list_open(runs.store, runs.machine.id):
        jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=1, message=Message(template="The weights are gone")))
    app.run()
    assert app.error[0].value == "The weights are gone"


def test_the_cache_sees_every_change_of_an_entry(runs: Runs) -> None:
    process, cache = finish(runs, []), ModelCache(runs.store)
    before = cache.load()[0][0]
    models.change(runs.store, before, "ann", name="best")
    assert before.entry.name != "best"
    assert cache.load()[0][0].entry.name == "best"
    assert cache.load()[0][0].model.id == process.id
    models.delete(runs.store, models.find(runs.store, process.id), "ann")
    assert [listed.model.id for listed in cache.load_all().deleted] == [process.id]
