"""The default template on real pages: whether what a person gets without choosing anything is of any use."""

import json
from pathlib import Path

import pytest

from storage import labels, machines, models, processes, projects, templates, uploads
from storage.core import open_store
from storage.detections import read_detections, select
from storage.labels import Box
from storage.templates import Parameters
from tests.worker import house
from tests.worker.conftest import run_here

# Twelve pages are really read, some seconds each.
pytestmark = pytest.mark.timeout(600)

SAMPLES = Path(__file__).parents[2] / "samples" / "invoices"
PAGES, LABELLED = 12, 6
FIELDS = ("number", "date", "seller", "buyer", "total")  # what is printed; a signature would have pixels looked at for minutes


def truth():
    """File name → pairs of field name and box, of the first pages."""
    coco = json.loads((SAMPLES / "annotations.json").read_text("utf-8"))
    names = {category["id"]: category["name"] for category in coco["categories"]}
    found = {image["file_name"]: [] for image in coco["images"][:PAGES]}
    ids = {image["id"]: image["file_name"] for image in coco["images"][:PAGES]}
    for item in coco["annotations"]:
        if item["image_id"] in ids and names[item["category_id"]] in FIELDS:
            left, top, width, height = item["bbox"]
            found[ids[item["image_id"]]].append((names[item["category_id"]], (left, top, left + width, top + height)))
    return found


def overlap(one, other):
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0, across) * max(0, down)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the default template finds after a short run, as it would be applied, and the truth, by image."""
    folder, pages = tmp_path_factory.mktemp("default"), truth()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        store = open_store(folder / "store")
        project = projects.create(store, "invoices", "fields", FIELDS)
        paths = store.project(project.id)
        images = {name: uploads.add(paths, name, (SAMPLES / "images" / name).read_bytes(), "ann").id for name in pages}
        for name in list(pages)[:LABELLED]:
            boxes = tuple(Box(field=project.field(field).id, xyxy=xyxy) for field, xyxy in pages[name])
            labels.save(paths, images[name], 0, boxes, "ann")
        template = templates.create(store, "short", "auto-label", iterations=150, device="cpu", refresh=5)
        process = processes.create(store, project, template, machines.register(store, house.MACHINE).id, "ann").id
        run_here(store, process)
        model = models.get(store, process)
        attempt = processes.get(store, process).attempts[-1]
        applied = {each.image: select(each, model.rule) for each in read_detections(attempt.paths.detections)}
    wanted = {images[name]: [(project.field(field).id, xyxy) for field, xyxy in pages[name]] for name in list(pages)[LABELLED:]}
    return applied, wanted, project, template.parameters, model.rule


def test_the_default_model_is_the_one_that_reads(found):
    assert found[3].base_model == Parameters().base_model == "base-SmartOCR-02"


def test_after_a_short_run_most_fields_of_other_invoices_are_right(found):
    applied, wanted, *_ = found
    right = [
        any(each.field == field and overlap(each.xyxy, xyxy) >= 0.5 for each in applied[image])
        for image in wanted
        for field, xyxy in wanted[image]
    ]
    assert sum(right) / len(right) >= 0.6


def test_scores_say_how_many_of_the_boxes_applied_are_right(found):
    applied, wanted, *_, rule = found
    judged = [
        (each.score, any(each.field == field and overlap(each.xyxy, xyxy) >= 0.5 for field, xyxy in wanted[image]))
        for image in wanted
        for each in applied[image]
    ]
    scores, right = zip(*judged, strict=True)
    assert rule.calibrated
    assert sum(scores) / len(scores) == pytest.approx(sum(right) / len(right), abs=0.15)


def test_values_are_read_in_both_languages(found):
    applied, _, project, *_ = found
    texts = " ".join(each.text or "" for image in applied for each in applied[image] if each.field == project.field("seller").id)
    assert any(letter.isascii() and letter.isalpha() for letter in texts)
    assert any("а" <= letter <= "я" for letter in texts.lower())
