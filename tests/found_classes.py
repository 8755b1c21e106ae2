"""A completed auto-labelling of classes without any training: what it found is written as the training child does."""

from collections.abc import Sequence

from storage import attempts, models, projects, uploads
from storage.attempts import Ended, Outcome
from storage.core import files
from storage.core.paths import Store
from storage.core.records import encode, now
from storage.detections import Detection, ImageDetections
from storage.projects import Project
from storage.snapshots import Snapshot, UnlabelledImage
from tests.worker import house


def find_classes(store: Store, name: str, scores: Sequence[float]) -> tuple[Project, list[str], str]:
    """A project of invoices and orders, its images, and a process that found an invoice on each with these scores."""
    project = projects.create(store, name, "classes", ("invoice", "order"))
    paths = store.project(project.id)
    images = [uploads.add(paths, f"page_{number}.png", house.page(number), "ann").id for number in range(len(scores))]
    process = house.new_process(store, project, base_model="base-Classifier-01")
    made = house.claim(store, process)
    unlabelled = tuple(UnlabelledImage(image=image, rev=0) for image in images)
    files.create_once(made.paths.snapshot, encode(Snapshot(project=project.id, fields=project.fields, labelled=(), unlabelled=unlabelled)))
    with files.LineWriter(made.paths.detections) as writer:
        for image, score in zip(images, scores, strict=True):
            found = (Detection(field=project.fields[0].id, xyxy=None, score=score),)
            writer.write(ImageDetections(image=image, detections=found).model_dump_json().encode())
    models.publish(store, house.model(process, project), b"weights")
    attempts.end(made.paths, Ended(outcome=Outcome.COMPLETED, at=now(), model=process))
    return project, images, process
