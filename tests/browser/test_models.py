"""Models and worst test images in a real browser."""

import io
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from storage import images, jobs, models
from storage.core import now
from storage.detections import Detection
from storage.evaluations import Evaluation, JudgedImage
from storage.jobs import Answer, Evaluated
from storage.plans import Rule
from tests.browser.conftest import Visit
from tests.browser.test_pages import await_points
from tests.finished import WEIGHTS, add_page, finish, judge
from tests.runs import Runs
from tests.storage.model_zip import packed, weights, whole


def test_a_model_is_promoted_named_and_downloaded(runs: Runs, visit: Visit) -> None:
    process = finish(runs, [])
    page = visit(f"/models?model={process.id}")
    page.get_by_role("button", name="Promote to Models").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("receipts-by-clicks")
    dialog.get_by_role("button", name="Promote to Models").click()
    expect(page.get_by_text("receipts-by-clicks is in Models now")).to_be_visible()
    expect(page.locator("[role=gridcell]", has_text="receipts-by-clicks")).to_be_attached()
    with zipfile.ZipFile(io.BytesIO(downloaded(page))) as archive:
        assert archive.read("weights.safetensors") == WEIGHTS


def test_a_model_is_uploaded_downloaded_and_uploaded_again(runs: Runs, visit: Visit, tmp_path: Path) -> None:
    first, again = tmp_path / "brought along (1).zip", tmp_path / "again.zip"
    first.write_bytes(packed(whole(runs.project, weights(len(runs.project.fields)))).getvalue())
    page = visit("/models")
    upload(page, first)
    expect(page.get_by_text("Model brought-along is uploaded")).to_be_visible()
    expect(page.get_by_role("heading", name="brought-along")).to_be_visible()
    again.write_bytes(downloaded(page))
    page.goto("/base_models")
    upload(page, again, "brought-along-again")
    expect(page.get_by_text("Base model brought-along-again is uploaded")).to_be_visible()
    expect(page.get_by_role("heading", name="brought-along-again")).to_be_visible()
    one, other = (models.look_up(runs.store, name) for name in ("brought-along", "brought-along-again"))
    assert (one.entry.base, other.entry.base) == (False, True)
    assert one.model.weights_sha256 == other.model.weights_sha256


def test_a_file_that_is_no_model_is_refused_in_words(chromium: Browser, server: str, tmp_path: Path) -> None:
    # Not `visit`, which takes an answer of 400 for an error: here the refusal is meant.
    page = chromium.new_page(base_url=server)
    page.goto("/models?dialog=upload")
    photos = tmp_path / "photos.zip"
    photos.write_bytes(packed({"cat.jpg": b"x"}).getvalue())
    upload(page, photos)
    expect(page.get_by_role("alert").filter(has_text="which does not belong there")).to_contain_text("“cat.jpg”")
    expect(page.locator(".model-upload").get_by_role("button", name="Upload")).to_be_enabled()
    page.close()


def test_a_comparison_is_opened_by_its_link(runs: Runs, visit: Visit) -> None:
    image = add_page(runs, "differing.png", 240)
    first, second = finish(runs, [], "training"), finish(runs, [], "training")
    company = runs.project.fields[0].id
    asked = []
    for model, found in ((first, False), (second, True)):
        job = jobs.ask(runs.store, "evaluate", model.id, runs.machine.id, "ann", project=runs.project.id)
        detections = (Detection(field=company, xyxy=(10, 10, 60, 30), score=0.9),) * found
        judged = JudgedImage(image=image.id, rev=1, detections=detections, right=(company,) * found, missing=(company,) * (not found))
        evaluation = Evaluation(rule=Rule(thresholds={company: 0.4}), images=(judged,))
        jobs.answer(runs.store, Answer(job=job.id, at=now(), seconds=1, evaluated=Evaluated(evaluation=evaluation, map_50=float(found))))
        asked.append(f"asked={job.id}")
    page = visit(f"/models?compare=1&first={first.id}&second={second.id}&on={runs.project.id}&{'&'.join(asked)}")
    expect(page.get_by_text("0.000 → 1.000")).to_be_visible()
    expect(page.get_by_text("① Missing: company")).to_be_visible()
    card = page.get_by_title("Enlarge differing.png")
    expect(card).to_have_count(2)
    expect(card.last.locator(".box.found")).to_have_count(1)


def test_a_model_is_deleted_and_restored_by_clicks(runs: Runs, visit: Visit) -> None:
    process = finish(runs, [], "training")
    models.change(runs.store, models.find(runs.store, process.id), "ann", name="to-be-deleted")
    page = visit(f"/models?model={process.id}")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("Model to-be-deleted is deleted")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.goto(f"/models?deleted=1&model={process.id}")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("to-be-deleted is restored")).to_be_visible()
    expect(page.get_by_role("button", name="Try it")).to_be_visible()


def test_the_switch_for_all_models_stands_in_the_address_and_survives_a_reload(runs: Runs, visit: Visit) -> None:
    name = models.find(runs.store, finish(runs, []).id).entry.name
    page = visit("/models")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_text("Also models of auto-labelling").click()
    expect(page.locator("[role=gridcell]", has_text=name)).to_be_attached()
    assert "all=1" in page.url
    page.reload()
    expect(page.locator("[role=gridcell]", has_text=name)).to_be_attached()


def test_a_models_fields_are_drawn_as_bars(runs: Runs, visit: Visit) -> None:
    page = visit(f"/models?model={finish(runs, []).id}")
    page.locator(".live-chart[data-points='4']").wait_for()


def test_a_worst_image_is_shown_large_with_both_boxes_and_closed_by_a_key(runs: Runs, visit: Visit) -> None:
    process = finish(runs, [add_page(runs, "worst.png", 210), add_page(runs, "second.png", 211)])
    page = visit(f"/monitoring?process={process.id}")
    page.get_by_title("Enlarge worst.png").click()
    dialog = page.get_by_label("worst.png")
    expect(dialog.get_by_text("date 0.62")).to_be_visible()
    assert dialog.locator(".box").count() == 4
    assert dialog.locator(".box.found").count() == 2
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_news_of_the_run_leave_an_enlarged_image_open(runs: Runs, visit: Visit) -> None:
    process = runs.running(30)
    judge(runs, process, [add_page(runs, "open.png", 215)])
    page = visit(f"/monitoring?process={process.id}")
    page.get_by_title("Enlarge open.png").click()
    runs.report(process, 40, start=30)
    await_points(page, 40)
    expect(page.get_by_label("open.png")).to_be_visible()


def test_on_a_turned_page_the_boxes_lie_where_they_lay(runs: Runs, visit: Visit) -> None:
    image = add_page(runs, "turned.png", 220)
    process = finish(runs, [image])
    images.change(runs.store.project(runs.project.id), image, "ann", turn=90)
    page = visit(f"/monitoring?process={process.id}")
    card = page.get_by_title("Enlarge turned.png")
    paper, box = card.locator(".paper").bounding_box(), card.locator(".box").first.bounding_box()
    assert paper is not None
    assert box is not None
    # From 10, 10, 60, 30 on 120 × 160: a quarter clockwise takes it to 130, 10, 150, 60 on 160 × 120.
    assert abs((box["x"] - paper["x"]) / paper["width"] - 130 / 160) < 0.01
    assert abs((box["y"] - paper["y"]) / paper["height"] - 10 / 120) < 0.01


def test_a_worst_image_leads_to_its_label(runs: Runs, visit: Visit) -> None:
    image = add_page(runs, "label.png", 230)
    page = visit(f"/monitoring?process={finish(runs, [image]).id}")
    page.get_by_role("link", name="Is the label right?").click()
    page.wait_for_url(f"**/labelling?*image={image.id}*")
    assert f"project={runs.project.id}" in page.url


def upload(page: Page, file: Path, name: str | None = None) -> None:
    """Send the file by the dialog, under the name it proposes or another."""
    if "dialog=upload" not in page.url:
        page.get_by_role("button", name="Upload").click()
    form = page.locator(".model-upload")
    form.locator(".file").set_input_files(file)
    if name:
        form.get_by_label("Name").fill(name)
    form.get_by_role("button", name="Upload").click()


def downloaded(page: Page) -> bytes:
    """What the download button leads to."""
    address = page.get_by_role("link", name="Download").get_attribute("href")
    assert address is not None
    answer = page.request.get(address)
    assert answer.ok
    return answer.body()
