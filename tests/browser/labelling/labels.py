"""Labels of the images that the tests draw on: made behind the editor's back, and looked up in the store."""

from storage import labels
from storage.images import Image
from storage.labels import XYXY, Box
from storage.projects import Project
from storage.words import words
from storage.words.words import Reader, Words
from tests.runs import Runs

BOX = (60.0, 50.0, 300.0, 110.0)
OTHER = (60.0, 200.0, 240.0, 250.0)
PROCESS, MODEL = "0" * 26, "1" * 26


def label_by_hand(runs: Runs, project: Project, image: Image, *boxes: XYXY, author: str = "bob") -> None:
    """Somebody saves these boxes of the first field."""
    paths = runs.store.project(project.id)
    regions = [(project.fields[0].id, box) for box in boxes]
    labels.save_by_person(paths, project, image, labels.head_rev(paths, image.id), regions, author)


def label_by_model(
    runs: Runs, project: Project, image: Image, score: float = 0.9, text: str | None = None, read: float | None = None
) -> None:
    """A process labels an image that nobody labelled."""
    box = Box(field=project.fields[0].id, xyxy=BOX, origin="auto", score=score, text=text, read=read, process=PROCESS, model=MODEL)
    labels.save(runs.store.project(project.id), image.id, 0, (box,), "worker", origin="auto", apply=PROCESS)


def read_page(runs: Runs, project: Project, image: Image) -> None:
    """The page is read: in BOX stand two words, in OTHER one."""
    found = Words(
        image=image.id,
        turn=0,
        texts=("Acme", "Ltd.", "1.250,00"),
        boxes=((70, 60, 150, 100), (160, 62, 220, 100), (70, 205.5, 200, 240)),
        confidences=(0.97, 0.91, 0.66),
        lines=(0, 0, 1),
    )
    words.keep(runs.store.project(project.id), found, Reader(project.languages), None)


def state_of(runs: Runs, project: Project, image: Image) -> str:
    """The image's state in the store."""
    head = labels.head(runs.store.project(project.id), image.id)
    return head.state if head else "unlabelled"
