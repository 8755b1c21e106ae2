"""Runs that went through: what they found on their test images, and their model, as the training child writes them."""

import io

import PIL.Image

from storage import evaluations, labels, models, projects, templates, uploads
from storage.attempts import Outcome
from storage.core import files
from storage.core.records import encode, now
from storage.detections import Detection, ImageDetections
from storage.evaluations import Evaluation, JudgedImage
from storage.images import Image
from storage.labels import Box
from storage.models import FieldScore, Model
from storage.plans import Rule
from storage.processes import Process
from storage.snapshots import LabelledImage, Snapshot, UnlabelledImage
from storage.templates import RunKind
from tests.runs import Runs

WEIGHTS = b"weights"
CLASSES = ("invoice", "letter", "form")


def add_page(runs: Runs, name: str, shade: int = 250) -> Image:
    """A page of this grey, with a person's label of the first two fields."""
    paths, picture = runs.store.project(runs.project.id), io.BytesIO()
    PIL.Image.new("L", (120, 160), shade).save(picture, "PNG")
    image = uploads.add(paths, name, picture.getvalue(), "ann")
    company, date = runs.project.fields[:2]
    labels.save(paths, image.id, 0, (Box(field=company.id, xyxy=(10, 10, 60, 30)), Box(field=date.id, xyxy=(10, 40, 60, 60))), "ann")
    return image


def finish(runs: Runs, pages: list[Image], kind: RunKind = "auto-label", test_images: int = 11) -> Process:
    """A completed run with its model, judged on these pages."""
    kept = runs.template
    runs.template = kept.model_copy(update={"kind": kind})
    process = runs.ended(Outcome.COMPLETED, iterations=1000)
    runs.template = kept  # of a store that tests share, later ones would get a process of this kind
    rule = judge(runs, process, pages)
    models.publish(runs.store, model(runs, process.id, kind, rule, test_images), WEIGHTS)
    return process


def judge(runs: Runs, process: Process, pages: list[Image]) -> Rule:
    """The run found the first field on each page and the second nowhere, or, on all but the first, in a wrong place."""
    assert process.last is not None
    company, date = (field.id for field in runs.project.fields[:2])
    rule = Rule(thresholds={field.id: 0.4 for field in runs.project.fields}, limits={company: 1, date: 2})
    found = (Detection(field=company, xyxy=(10, 10, 60, 30), score=0.93), Detection(field=date, xyxy=(70, 90, 110, 110), score=0.62))
    judged = tuple(
        JudgedImage(image=page.id, rev=1, detections=found, right=(company,), missing=(date,), wrong=(date,) * min(1, place))
        for place, page in enumerate(pages)
    )
    evaluations.keep(process.last.paths, Evaluation(rule=rule, images=judged))
    return rule


def model(runs: Runs, identifier: str, kind: RunKind, rule: Rule, test_images: int) -> Model:
    """The record of a model of this process."""
    scores = {field.id: FieldScore(ap_50=0.9 - 0.1 * place, ap_50_95=0.6) for place, field in enumerate(runs.project.fields)}
    return Model(
        id=identifier,
        project=runs.project.id,
        kind=kind,
        author="ann",
        template=runs.template.name,
        machine=runs.machine.id,
        base_model="base-SmartOCR-01",
        fields=runs.project.fields,
        canvas=(1120, 512),
        rule=rule,
        map_50=0.75,
        map_50_95=0.6,
        per_field=scores,
        iterations=1000,
        images=45,
        test_images=test_images,
        weights_sha256=files.sha256(WEIGHTS),
        at=now(),
    )


def finished_classes(runs: Runs, labelled: int = 9, unlabelled: int = 4, kind: RunKind = "auto-label") -> Process:
    """A completed run of a project of classes, which becomes that of ``runs``: with pages, model, detections and evaluation.

    Of nine labelled pages the class of three is right, three are taken for the next class, and of three it is not sure enough.
    """
    runs.project = projects.create(runs.store, "forms", "classes", CLASSES)
    runs.template = templates.create(runs.store, f"forms-{kind}", kind, base_model="base-Classifier-01")
    pages = [add_classified(runs, number, None if number >= labelled else number % 3) for number in range(labelled + unlabelled)]
    process = runs.ended(Outcome.COMPLETED, iterations=1000)
    rule = judge_classes(runs, process, pages[:labelled])
    detect_classes(runs, process, pages, labelled)
    scores = {field.id: FieldScore(precision=0.5, recall=0.4 + 0.1 * place, f1=0.5) for place, field in enumerate(runs.project.fields)}
    changes = {"task": "classes", "base_model": "base-Classifier-01", "map_50": None, "map_50_95": None, "accuracy": 0.75}
    record = model(runs, process.id, kind, rule, labelled).model_copy(update={**changes, "per_field": scores})
    models.publish(runs.store, record, WEIGHTS)
    return process


def add_classified(runs: Runs, number: int, place: int | None) -> Image:
    """A page of its own grey, of the project's class at ``place`` as a person says; None leaves it unlabelled."""
    paths, picture = runs.store.project(runs.project.id), io.BytesIO()
    PIL.Image.new("L", (120, 160), 250 - number).save(picture, "PNG")
    image = uploads.add(paths, f"page{number}.png", picture.getvalue(), "ann")
    if place is not None:
        labels.save(paths, image.id, 0, None, "ann", class_id=runs.project.fields[place].id)
    return image


def judge_classes(runs: Runs, process: Process, pages: list[Image]) -> Rule:
    """Of each nine pages three are right, three taken for the next class, and three below the threshold, one a class."""
    assert process.last is not None
    ids = [field.id for field in runs.project.fields]
    rule = Rule(thresholds=dict.fromkeys(ids, 0.5), limits=dict.fromkeys(ids, 1))
    judged = []
    for number, page in enumerate(pages):
        true, kind = ids[number % 3], number // 3 % 3
        found = ids[(number + 1) % 3] if kind == 1 else true
        detection = Detection(field=found, xyxy=None, score=0.42 if kind == 2 else 0.91)
        word = {"right": (true,)} if kind == 0 else {"missing": (true,), "wrong": (found,) if kind == 1 else ()}
        judged.append(JudgedImage(image=page.id, rev=1, detections=(detection,), **word))
    evaluations.keep(process.last.paths, Evaluation(rule=rule, images=tuple(judged)))
    return rule


def detect_classes(runs: Runs, process: Process, pages: list[Image], labelled: int) -> None:
    """The run's snapshot, and on each unlabelled page the classes in turn, ever less certain."""
    assert process.last is not None
    snapshot = Snapshot(
        project=runs.project.id,
        fields=runs.project.fields,
        labelled=tuple(LabelledImage(image=page.id, rev=1, split="test") for page in pages[:labelled]),
        unlabelled=tuple(UnlabelledImage(image=page.id, rev=0) for page in pages[labelled:]),
    )
    files.create_once(process.last.paths.snapshot, encode(snapshot))
    with files.LineWriter(process.last.paths.detections) as writer:
        for number, page in enumerate(pages[labelled:]):
            found = Detection(field=runs.project.fields[number % 3].id, xyxy=None, score=max(0.35, 0.95 - 0.2 * number))
            writer.write(ImageDetections(image=page.id, detections=(found,)).model_dump_json().encode())
