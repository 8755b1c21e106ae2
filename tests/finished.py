"""Runs that went through: what they found on their test images, and their model, as the training child writes them."""

import io

import PIL.Image

from storage import evaluations, labels, models, uploads
from storage.attempts import Outcome
from storage.core import files
from storage.core.records import now
from storage.detections import Detection
from storage.evaluations import Evaluation, JudgedImage
from storage.images import Image
from storage.labels import Box
from storage.models import FieldScore, Model
from storage.plans import Rule
from storage.processes import Process
from storage.templates import RunKind
from tests.runs import Runs

WEIGHTS = b"weights"


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
    runs.template = runs.template.model_copy(update={"kind": kind})
    process = runs.ended(Outcome.COMPLETED, iterations=1000)
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
