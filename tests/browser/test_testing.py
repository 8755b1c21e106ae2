"""The page Testing in a real browser: documents dropped, a real worker's answer, and what can be done with it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from storage import jobs, machines, projects
from storage.core import create_once, encode, list_names, new_id, now, open_store
from storage.detections import Detection
from storage.jobs import Answer, Job, TriedPage
from storage.jobs import Page as Paper
from storage.models import Model
from storage.projects import Project
from tests import untrained
from tests.browser.conftest import Visit
from tests.browser.house import MACHINE, House, running
from tests.browser.pages_drawn import page_of_text
from tests.finished import finish
from tests.runs import Runs

SIZE = (600, 800)
FIRST_ANSWER_MS = 120_000  # torch takes its time to load on a busy machine
FOUND = [("company", (60, 60, 300, 90), 0.93), ("date", (60, 110, 300, 140), 0.62), ("date", (60, 160, 300, 190), 0.2)]

TEXTS = {"company": {"text": '=ООО "Ромашка"', "read": 0.875}}


# Answers of a real worker


@pytest.fixture(scope="module")
def models_there(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model, Model]:
    """A store's folder, with a model of fields and one of classes."""
    folder = tmp_path_factory.mktemp("house")
    store = open_store(folder / "store")
    machine = machines.register(store, MACHINE).id
    receipts = projects.create(store, "receipts", "fields", ("company", "date"))
    letters = projects.create(store, "letters", "classes", ("bill", "form"))
    return folder, *(untrained.publish(store, project, new_id(), machine=machine, canvas=(128, 96)) for project in (receipts, letters))


@pytest.fixture(scope="module")
def house(models_there: tuple[Path, Model, Model]) -> Iterator[House]:
    """The dashboard and a worker on that store."""
    with running(models_there[0], "--no-sample") as started:
        yield started


@pytest.mark.timeout(400)
def test_a_pdf_and_an_image_are_tried_on_a_model_and_then_on_another(house: House, chromium: Browser, models_there) -> None:
    _, fields, classes = models_there
    context = chromium.new_context(base_url=house.address, viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(f"/testing?model={fields.id}")
    page.locator("input[type=file]").set_input_files([two_pages(), picture("scan.png"), {**picture("notes.txt"), "buffer": b"no page"}])
    expect(page.get_by_text("“notes.txt” is not an image")).to_be_visible()
    expect(page.get_by_text(f"machine {MACHINE} answered in")).to_be_visible(timeout=FIRST_ANSWER_MS)
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator(".tile .caption")).to_have_text(["two.pdf · 1", "two.pdf · 2", "scan.png"])
    expect(page.locator(".box").first).to_be_visible()
    boxes = page.locator(".box").count()
    slide(page, to=5)
    assert page.locator(".box").count() > boxes
    choose(page, "Model", classes)
    page.get_by_role("button", name="Try these pages with").click()
    expect(page.locator(".class")).to_have_count(2, timeout=FIRST_ANSWER_MS)
    # A link brings back what was tried, and nothing of it came into a project.
    page.goto(page.url)
    expect(page.locator(".class")).to_have_count(2)
    assert not list((house.store.root / "projects").rglob("*.orig"))
    context.close()


def two_pages() -> dict[str, object]:
    """A PDF as the browser is given it."""
    first, second = (Image.open(io.BytesIO(page_of_text(number, SIZE))) for number in (1, 2))
    buffer = io.BytesIO()
    first.save(buffer, "PDF", save_all=True, append_images=[second], resolution=100)
    return {"name": "two.pdf", "mimeType": "application/pdf", "buffer": buffer.getvalue()}


def picture(name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": page_of_text(3, SIZE)}


def choose(page: Page, label: str, model: Model) -> None:
    """Choose a model by the end of its name, which is that of its id."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option").filter(has_text=model.id[-4:]).click()


# What is shown of an answer


def answered(runs: Runs, model: str, pages: int = 2, machine: str | None = None) -> Job:
    """A job whose machine has found the same on every page."""
    asked = unanswered(runs, model, pages, machine)
    names = {field.name: field.id for field in runs.project.fields}
    rows = [Detection(field=names[name], xyxy=xyxy, score=score, **TEXTS.get(name, {})) for name, xyxy, score in FOUND]
    found = TriedPage(detections=tuple(rows))
    jobs.answer(runs.store, Answer(job=asked.id, at=now(), seconds=0.4, device="cpu", pages=(found,) * pages))
    return asked


def unanswered(runs: Runs, model: str, pages: int = 2, machine: str | None = None) -> Job:
    papers = [(Paper(name=f"page-{number}.png", width=SIZE[0], height=SIZE[1]), page_of_text(number, SIZE)) for number in range(pages)]
    return jobs.ask(runs.store, "try", model, machine or runs.machine.id, "ann", pages=papers)


def slide(page: Page, to: int) -> None:
    """Move the threshold to so many hundredths."""
    page.locator(".slider").fill(str(to))


def test_the_threshold_changes_what_is_shown_without_a_word_to_the_server(runs: Runs, visit: Visit) -> None:
    page = visit(f"/testing?job={answered(runs, finish(runs, [], 'training').id).id}")
    # By the model's own thresholds of 0.4.
    expect(page.locator(".box")).to_have_text(["company 0.93", "date 0.62"])
    expect(page.get_by_text("On this page: 2 · On all pages: 4")).to_be_visible()
    sent: list[object] = []
    page.context.on("request", lambda request: sent.append(request.url))
    state = page.locator("[data-testid=stApp]").get_attribute("data-test-script-state")
    slide(page, to=10)
    expect(page.locator(".found tbody tr")).to_have_count(3)
    slide(page, to=70)
    expect(page.locator(".box")).to_have_text(["company 0.93"])
    assert page.locator(".tile .badge").all_inner_texts() == ["1", "1"]
    assert (sent, page.locator("[data-testid=stApp]").get_attribute("data-test-script-state")) == ([], state)
    page.get_by_role("button", name="The model's own thresholds").click()
    expect(page.locator(".box")).to_have_count(2)


def test_what_is_written_in_a_box_stands_beside_its_score_with_the_readers_certainty(runs: Runs, visit: Visit) -> None:
    page = visit(f"/testing?job={answered(runs, finish(runs, [], 'training').id).id}")
    expect(page.locator(".found th")).to_have_text(["Field", "Score", "Read", "Place, pixels"])
    expect(page.locator(".found tbody tr").first.locator("td")).to_have_text(['company=ООО "Ромашка"', "0.93", "0.88", "60, 60 – 300, 90"])
    expect(page.locator(".found tbody tr").nth(1).locator("td").nth(2)).to_have_text("–")


def test_what_is_shown_can_be_taken_along(runs: Runs, visit: Visit) -> None:
    job = answered(runs, finish(runs, [], "training").id)
    page = visit(f"/testing?job={job.id}")
    text = page.locator("textarea")
    written = json.loads(text.input_value())
    assert (written["threshold"], [entry["page"] for entry in written["pages"]]) == ("model", ["page-0.png", "page-1.png"])
    company, date = written["pages"][0]["fields"]
    assert company == {"field": "company", "text": '=ООО "Ромашка"', "score": 0.93, "read": 0.875, "xyxy": [60, 60, 300, 90]}
    assert (date["text"], date["read"]) == (None, None)
    slide(page, to=90)
    assert json.loads(text.input_value())["threshold"] == 0.9
    page.get_by_role("button", name="CSV").click()
    rows = [f'''page-{number}.png,company,0.93,60,60,300,90,"'=ООО ""Ромашка""",0.875''' for number in range(2)]
    lines = ["page,field,score,left,top,right,bottom,text,read", *rows]  # with the mark that keeps a spreadsheet from running it
    assert text.input_value().splitlines() == lines
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert download.value.path().read_text("utf-8-sig").splitlines() == lines


def test_pages_are_turned_by_keys_and_a_box_is_found_by_its_line(runs: Runs, visit: Visit) -> None:
    page = visit(f"/testing?job={answered(runs, finish(runs, [], 'training').id, pages=3).id}")
    page.locator(".tile").first.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tile[aria-pressed=true] .caption")).to_have_text("page-2.png")
    expect(page.locator(".paper img")).to_have_js_property("naturalWidth", SIZE[0])
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".tile[aria-pressed=true] .caption")).to_have_text("page-1.png")
    page.locator(".found tbody tr").nth(1).hover()
    expect(page.locator(".box.on")).to_have_text("date 0.62")


def test_a_box_lies_where_it_was_found_however_large_the_page_is_shown(runs: Runs, visit: Visit) -> None:
    page = visit(f"/testing?job={answered(runs, finish(runs, [], 'training').id, pages=1).id}")
    for _ in range(2):
        paper, box = page.locator(".paper").bounding_box(), page.locator(".box").first.bounding_box()
        assert paper is not None
        assert box is not None
        assert abs((box["x"] - paper["x"]) / paper["width"] - 60 / SIZE[0]) < 0.01
        assert abs((box["y"] - paper["y"]) / paper["height"] - 60 / SIZE[1]) < 0.01
        page.locator(".paper").click(position={"x": 5, "y": 5})  # larger


def test_an_answer_that_comes_while_somebody_waits_is_shown(runs: Runs, visit: Visit) -> None:
    job = unanswered(runs, finish(runs, [], "training").id, pages=1)
    page = visit(f"/testing?job={job.id}")
    expect(page.get_by_text("Machine bench looks at the pages")).to_be_visible()
    expect(page.locator(".paper img")).to_have_js_property("naturalWidth", SIZE[0])  # the page itself is there already
    found = Detection(field=runs.project.fields[0].id, xyxy=(60, 60, 300, 90), score=0.93)
    jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=0.4, device="cpu", pages=(TriedPage(detections=(found,)),)))
    expect(page.locator(".box")).to_have_text(["company 0.93"])


def test_a_machine_that_does_not_answer_is_said(runs: Runs, visit: Visit) -> None:
    job = unanswered(runs, finish(runs, [], "training").id, pages=1)
    # Asked a minute ago.
    early = job.model_copy(update={"id": new_id(), "at": job.at.replace(year=job.at.year - 1)})
    runs.store.job(early.id).folder.mkdir()
    create_once(runs.store.job(early.id).page(0), page_of_text(0, SIZE))
    create_once(runs.store.job(early.id).record, encode(early))
    page = visit(f"/testing?job={early.id}")
    expect(page.get_by_text("Machine bench has not answered for")).to_be_visible()
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()


def test_a_page_that_could_not_be_read_says_why(runs: Runs, visit: Visit) -> None:
    job = unanswered(runs, finish(runs, [], "training").id, pages=1)
    message = {"template": "Page {page} cannot be read: {reason}", "values": {"page": "page-0.png", "reason": "cut off"}}
    answer = Answer.model_validate({"job": job.id, "at": now(), "seconds": 1, "pages": [{"message": message}]})
    jobs.answer(runs.store, answer)
    page = visit(f"/testing?job={job.id}")
    expect(page.locator(".findings .problem")).to_have_text("Page page-0.png cannot be read: cut off")


def test_what_cannot_be_read_is_refused_on_the_spot(runs: Runs, server: str, chromium: Browser) -> None:
    # Not `visit`, which takes an answer of 400 for an error: here a refusal is meant.
    page = chromium.new_page(base_url=server, locale="en-GB")
    runs.heartbeat()
    page.goto(f"/testing?model={finish(runs, [], 'training').id}")
    before = list_names(runs.store.jobs)
    page.locator("input[type=file]").set_input_files([{"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 nothing"}])
    expect(page.locator(".notes")).to_have_text("PDF “notes.pdf” is damaged or has no page. Save or print it to a PDF again")
    assert list_names(runs.store.jobs) == before
    page.close()


def test_the_page_speaks_russian_numbers(runs: Runs, visit: Visit) -> None:
    page = visit(f"/testing?job={answered(runs, finish(runs, [], 'training').id).id}", locale="ru-RU")
    expect(page.locator(".box").first).to_have_text("company 0,93")


def test_of_classes_each_has_a_bar_and_the_best_is_named_if_it_is_sure(runs: Runs, visit: Visit) -> None:
    letters: Project = projects.create(runs.store, f"letters-{new_id()[-6:]}", "classes", ("bill", "form"))
    model = untrained.publish(runs.store, letters, new_id())
    job = unanswered(runs, model.id, pages=1)
    bill, form = letters.fields
    scores = (Detection(field=form.id, xyxy=None, score=0.8), Detection(field=bill.id, xyxy=None, score=0.2))
    jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=0.4, device="cpu", pages=(TriedPage(detections=scores),)))
    page = visit(f"/testing?job={job.id}")
    expect(page.locator(".verdict")).to_have_text("form 0.80")
    expect(page.locator(".class .name")).to_have_text(["form", "bill"])
    slide(page, to=90)
    expect(page.locator(".verdict")).to_have_text("No class: form is the likeliest with 0.80, and 0.90 is asked for")
    written = json.loads(page.locator("textarea").input_value())
    assert written["pages"][0] | {"width": 0, "height": 0} == {
        "page": "page-0.png",
        "width": 0,
        "height": 0,
        "class": None,
        "scores": {"form": 0.8, "bill": 0.2},
    }
