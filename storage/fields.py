"""Fields and classes that leave a project's scheme: how many labels have them, and taking them off these."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from storage import labels
from storage.core import Conflict, Damaged, InvalidValue, NotFound, ProjectPaths, Store, record, unrecorded
from storage.labels import Box, Label
from storage.projects import Project

if TYPE_CHECKING:
    from storage.index import Index


def count_boxes(project: Project, index: "Index", field: str) -> tuple[int, int]:
    """How many images have boxes of the field, and how many boxes these are; deleted images do not count.

    Of a class, both are the images that have it.
    """
    index.refresh(project.id)
    if project.task == "classes":
        images = sum(index.classes(project.id).get(field, {}).values())
        return images, images
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

    Images of a class become unlabelled again, or of the class ``to``. Deleted images are cleared too, as they may come
    back. Repeatable after a cut; labels that are damaged are passed over.
    """
    if to is not None and (to == field or all(to != known.id for known in project.fields)):
        raise _no_target(project, to)
    # Something is decided on this: a label that is missed keeps boxes of a field that nobody can name any more.
    index.refresh(project.id, full=True)
    images = index.images_of_class(project.id, field) if project.task == "classes" else list(index.boxes_of(project.id, field))
    changed = 0
    for done, image in enumerate(images, start=1):
        with unrecorded():
            changed += _clear_one(store.project(project.id), image, field, author, to)
        on_progress(done, len(images))
    names = {known.id: known.name for known in project.fields}
    about: dict[str, Any] = {"field": names.get(field, field), "to": names.get(to or ""), "images": changed}
    record(store, "project.clear_field", "project", project.id, project.name, **about)
    return changed


def _no_target(project: Project, to: str) -> InvalidValue:
    values = {"field": to, "project": project.name}
    if project.task == "classes":
        return InvalidValue("Labels cannot be moved to {field!r}. Choose another class of project {project!r}", **values)
    return InvalidValue("Boxes cannot be moved to {field!r}. Choose another field of project {project!r}", **values)


def _clear_one(paths: ProjectPaths, image: str, field: str, author: str, to: str | None) -> bool:
    try:
        head = labels.head(paths, image)
    except (Damaged, NotFound):
        return False
    if head is None or (head.class_id != field and all(box.field != field for box in head.boxes or ())):
        return False
    try:
        # Everything else about the label stays, so that the apply it came from can be rolled back.
        if head.class_id is None:
            labels.save_after(paths, head, _without(head, field, to), author)
        elif to is None:
            labels.save_after(paths, head, None, author, class_id=None, score=None, process=None, model=None)
        else:
            labels.save_after(paths, head, None, author, class_id=to)
        return True
    except Conflict:
        # Somebody saved since; theirs may have such boxes as well. Ends, as each round needs another save.
        return _clear_one(paths, image, field, author, to)


def _without(head: Label, field: str, to: str | None) -> tuple[Box, ...] | None:
    """The label's boxes without the field's, or with these given to the field ``to``."""
    boxes = (box.model_copy(update={"field": to or field}) if box.field == field else box for box in head.boxes or ())
    kept = tuple(box for box in boxes if box.field != field)
    # As in an apply, an image on which nothing is found stays unlabelled; "no fields here" is a person's to say.
    return kept if kept or head.is_confirmed else None
