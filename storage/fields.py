"""Fields that leave a project's scheme: what their boxes number, and taking these off the labels."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from storage import labels
from storage.core import Conflict, Damaged, InvalidValue, NotFound, ProjectPaths, Store, create_revision, now
from storage.labels import Box, Label
from storage.projects import Project

if TYPE_CHECKING:
    from storage.index import Index


def count_boxes(project: Project, index: "Index", field: str) -> tuple[int, int]:
    """How many images have boxes of the field, and how many boxes these are; deleted images do not count."""
    index.refresh(project.id)
    deleted = {row.image for row in index.images(project.id, "deleted")}
    counts = [count for image, count in index.boxes_of(project.id, field).items() if image not in deleted]
    return len(counts), sum(counts)


def clear_field(
    store: Store,
    project: Project,
    index: "Index",
    field: str,
    author: str,
    to: str | None,
    on_progress: Callable[[int, int], None],
) -> int:
    """Drop the field's boxes from every label, or move them to the field ``to``; how many labels were changed.

    Deleted images are cleared too, as they may come back. Repeatable after a cut; labels that are damaged are passed over.
    """
    if to is not None and (to == field or all(to != known.id for known in project.fields)):
        raise InvalidValue(
            "Boxes cannot be moved to {field!r}. Choose another field of project {project!r}", field=to, project=project.name
        )
    # Something is decided on this: a label that is missed keeps boxes of a field that nobody can name any more.
    index.refresh(project.id, full=True)
    images = list(index.boxes_of(project.id, field))
    changed = 0
    for done, image in enumerate(images, start=1):
        changed += _clear_one(store.project(project.id), image, field, author, to)
        on_progress(done, len(images))
    return changed


def _clear_one(paths: ProjectPaths, image: str, field: str, author: str, to: str | None) -> bool:
    try:
        head = labels.head(paths, image)
    except (Damaged, NotFound):
        return False
    if head is None or all(box.field != field for box in head.boxes or ()):
        return False
    cleared = head.model_copy(update={"rev": head.rev + 1, "boxes": _without(head, field, to), "author": author, "at": now()})
    try:
        create_revision(paths.label_shard(image), image, head.rev, cleared)
        return True
    except Conflict:
        # Somebody saved since; theirs may have such boxes as well. Ends, as each round needs another save.
        return _clear_one(paths, image, field, author, to)


def _without(head: Label, field: str, to: str | None) -> tuple[Box, ...] | None:
    """The label's boxes without the field's; everything else about it stays, so that the apply it came from can be rolled back."""
    boxes = (box.model_copy(update={"field": to or field}) if box.field == field else box for box in head.boxes or ())
    kept = tuple(box for box in boxes if box.field != field)
    # As in an apply, an image on which nothing is found stays unlabelled; "no fields here" is a person's to say.
    return kept if kept or head.is_confirmed else None
