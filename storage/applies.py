"""Applying detections as labels, and rolling that back: a transaction of files created once and one compare-and-swap an image.

Pages that receive a label and lie sideways or upside down are turned with it, unless a person said how they are turned.
``plan.json`` fixes which image receives labels from which revision; ``applied.json`` says that each was dealt with.
Between the two anyone may carry it out, two at once included, and a repeated step changes nothing. An image that a
person touched meanwhile is kept as it is and listed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage import images, labels
from storage.attempts import Attempt
from storage.core import (
    ApplyPaths,
    Conflict,
    Damaged,
    NotFound,
    ProjectPaths,
    Store,
    create_once,
    encode,
    load,
    now,
    record,
    revision_path,
    unrecorded,
)
from storage.detections import ApplyCounts, Detection, DetectionTable, read_detections, select
from storage.labels import Box, Label, Said
from storage.plans import ApplyOutcome, Begun, Plan, Rule
from storage.projects import Project
from storage.snapshots import Snapshot, UnlabelledImage
from storage.turns import Turn

# At run time the index comes as an argument; importing it would only lengthen the chain of imports.
if TYPE_CHECKING:
    from storage.index import Index, Row


Chosen = tuple[tuple[Box, ...] | None, Said]
"""What an image is to be labelled with, as ``labels.save`` takes it: boxes, or what is said of its class."""


@dataclass(frozen=True)
class Preview:
    """What applying with a rule would do now: base revision by image, boxes by field id (images by class id), and images left out.

    ``turns`` are those of ``base`` that will be shown turned otherwise, with the degrees clockwise.
    """

    base: dict[str, int]
    turns: dict[str, Turn]
    boxes: dict[str, int]
    skipped: tuple[str, ...]
    nothing_found: int


@dataclass(frozen=True)
class Candidates:
    """Which images an apply of a run may label now: head revision by image; apart from them, those it will not come to."""

    free: dict[str, int]
    # Labelled, touched or deleted by people since the run began.
    skipped: tuple[str, ...]
    # Unlabelled, but the run did not search them: they were added, or their label was taken away, after it began.
    added: tuple[str, ...]
    # How those of ``free`` are turned of which no person said it.
    unsaid: dict[str, Turn]

    def turns(self, found: Mapping[str, Turn], images: Iterable[str]) -> dict[str, Turn]:
        """Those of ``images`` that ``found`` would show turned otherwise than they are."""
        return {image: found[image] for image in images if image in found and self.unsaid.get(image, found[image]) != found[image]}


@dataclass(frozen=True)
class RollBackPreview:
    """What rolling an apply back would do now: how many images get their earlier label back, and those that are kept."""

    restored: int
    kept: "tuple[Row, ...]"


def preview(store: Store, project: Project, attempt: Attempt, rule: Rule, index: "Index") -> Preview:
    """Which images still unlabelled would receive a label; one on which nothing reaches its threshold stays unlabelled."""
    found = candidates(store, project, attempt, index)
    table = detection_table(attempt, project, rule)
    counts = ApplyCounts(table, found.free)
    base = {image: found.free[image] for image in counts.images(rule.thresholds)}
    return Preview(base, found.turns(table.turns, base), counts.boxes(rule.thresholds), found.skipped, len(found.free) - len(base))


def detection_table(attempt: Attempt, project: Project, rule: Rule) -> DetectionTable:
    """What the run found of the fields that the project still has; of ``rule`` its limits count."""
    return DetectionTable(read_detections(attempt.paths.detections), (field.id for field in project.fields), rule.limits)


def preview_roll_back(store: Store, project: Project, process: str, apply: str, index: "Index") -> RollBackPreview:
    """What a roll back of this finished apply would do now; read from the index, no label's file is opened."""
    paths = store.process(process)
    plan, outcome = load(Plan, paths.apply(apply).plan), load(ApplyOutcome, paths.apply(apply).applied)
    # Those the apply never wrote to: a person was faster, and a roll back has nothing to do with them.
    applied = plan.base.keys() - set(outcome.kept)
    index.refresh(project.id, full=True)
    rows = index.rows(project.id, list(applied))
    # An apply writes the revision after its base and no other, so a later one is somebody else's. One that cannot be
    # read, which has no time of change, is kept, too.
    kept = tuple(row for row in rows if row.label_rev != plan.base[row.image] + 1 or row.changed is None)
    return RollBackPreview(len(applied) - len(kept), kept)


def candidates(store: Store, project: Project, attempt: Attempt, index: "Index") -> Candidates:
    """The images of the run's snapshot that are there, unlabelled, and were touched by nobody since."""
    snapshot, paths = load(Snapshot, attempt.paths.snapshot), store.project(project.id)
    # Something is decided on this, so every name is listed rather than trusting folder times: 31 ms for 100,000.
    index.refresh(project.id, full=True)
    rows = index.images(project.id, "unlabelled")
    heads = {row.image: row.label_rev for row in rows}
    searched = {item.image: item for item in snapshot.unlabelled}
    free = {image: heads[image] for image, item in searched.items() if image in heads and _untouched(paths, item, heads[image])}
    skipped = tuple(image for image in searched if image not in free)
    unsaid = {row.image: row.turn for row in rows if row.image in free and not row.turn_said}
    return Candidates(free, skipped, tuple(image for image in heads if image not in searched), unsaid)


def chosen_labels(attempt: Attempt, project: Project, rule: Rule, model: str) -> Iterator[tuple[str, Chosen]]:
    """What ``rule`` chooses, an image at a time; fields and classes deleted since the run give none."""
    # By id: a field renamed since the run still gets its boxes.
    known = {field.id for field in project.fields}
    to_label = _to_boxes if project.task == "fields" else _to_class
    for found in read_detections(attempt.paths.detections):
        chosen = tuple(detection for detection in select(found, rule) if detection.field in known)
        if chosen:
            yield found.image, to_label(chosen, model)


def carry_out(
    project: ProjectPaths,
    paths: ApplyPaths,
    plan: Plan,
    found: Iterable[tuple[str, Chosen]],
    on_progress: Callable[[int, int], None],
) -> ApplyOutcome:
    """Apply the plan: one compare-and-swap an image, passing over those that this apply or a person came to first."""
    # Kept until shown to be changed: an image whose line of detections was damaged is listed rather than lost.
    kept = set(plan.base)
    # The plan decides, not what is unlabelled now: taken up after a cut, it must come to the same images.
    planned = ((image, chosen) for image, chosen in found if image in plan.base)
    for done, (image, chosen) in enumerate(planned, start=1):
        with unrecorded():
            if _apply_one(project, plan, image, plan.base[image], chosen):
                kept.discard(image)
                _turn_one(project, plan, image)
        on_progress(done, len(plan.base))
    result = ApplyOutcome(changed=len(plan.base) - len(kept), kept=tuple(sorted(kept)), at=now())
    # Of two that carry it out the first one's figures stand, and both report those.
    if create_once(paths.applied, encode(result)):
        _journal(project, "process.applied", plan, result)
    return load(ApplyOutcome, paths.applied)


def roll_back(project: ProjectPaths, paths: ApplyPaths, plan: Plan, author: str, on_progress: Callable[[int, int], None]) -> ApplyOutcome:
    """Put back what was there before, wherever the head is still this apply's; what people changed since is kept and listed."""
    # Before the first label changes, so that a cut leaves a trace of who began.
    create_once(paths.rollback, encode(Begun(author=author, at=now())))
    changed: list[str] = []
    kept: list[str] = []
    for done, (image, base) in enumerate(plan.base.items(), start=1):
        try:
            with unrecorded():
                restored = _restore_one(project, plan, image, base, author)
                if restored:
                    _turn_back(project, plan, image, author)
        except (Damaged, NotFound):
            restored = False  # as in _apply_one
        if restored is not None:
            (changed if restored else kept).append(image)
        on_progress(done, len(plan.base))
    result = ApplyOutcome(changed=len(changed), kept=tuple(kept), at=now())
    if create_once(paths.rolledback, encode(result)):
        _journal(project, "process.rolledback", plan, result)
    return load(ApplyOutcome, paths.rolledback)


def _journal(project: ProjectPaths, operation: str, plan: Plan, result: ApplyOutcome) -> None:
    """One record of an apply or its roll back, and none of each image."""
    figures: dict[str, Any] = {"apply": plan.id, "images": result.changed, "kept": len(result.kept), "project": project.id}
    record(project.store, operation, "process", plan.process, thread=plan.process, **figures)


def _apply_one(project: ProjectPaths, plan: Plan, image: str, base: int, chosen: Chosen) -> bool:
    boxes, about = chosen
    said: Said = {**about, "origin": "auto", "apply": plan.id}
    # Taken up after a cut, most images are done: listing a shard is cheaper than a save that gets refused.
    if labels.head_rev(project, image) == base:
        try:
            labels.save(project, image, base, boxes, plan.author, **said)
            return True
        except Conflict:
            pass  # a person, or another executor of this same plan: the history tells which
    try:
        # Anywhere since the base: a person may have corrected this apply's label already.
        return any(label.apply == plan.id for label in _since(project, image, base))
    except (Damaged, NotFound):
        return False  # whose label it is cannot be told: the image is kept and listed, the others go on


def _turn_one(project: ProjectPaths, plan: Plan, image: str) -> None:
    """Turn the page as planned, as long as its label is this apply's and no person said how it is turned."""
    turn = plan.turns.get(image)
    if turn is None:
        return
    try:
        label, page = labels.head(project, image), images.find(project, image)
        # Taken up after a cut, it may have been done and taken back by a person, or by a roll back.
        if label and label.apply == plan.id and page.said_turn is None and page.turned_by != plan.id:
            images.turn_as_found(project, page, turn, plan.id, plan.author)
    except Conflict:
        _turn_one(project, plan, image)  # somebody saved meanwhile; ends, as each round needs another save
    except (Damaged, NotFound):
        pass  # how it is turned cannot be told: its label is right either way


def _turn_back(project: ProjectPaths, plan: Plan, image: str, author: str) -> None:
    """Turn the page as it was before, if it still is as this apply turned it."""
    try:
        page = images.find(project, image)
        if page.turned_by == plan.id:
            before = images.turned_before(project, page)
            images.turn_as_found(project, page, before.turn, before.turned_by, author)
    except Conflict:
        _turn_back(project, plan, image, author)  # as in _turn_one
    except (Damaged, NotFound):
        pass  # as in _turn_one


def _restore_one(project: ProjectPaths, plan: Plan, image: str, base: int, author: str) -> bool | None:
    """True if the earlier label is back, False if a person's stands, None if this apply never came here."""
    later = list(_since(project, image, base))
    # Put back before a cut or by another executor; whatever came on top is not this apply's.
    if any(label.undoes == plan.id for label in later):
        return True
    if not any(label.apply == plan.id for label in later):
        return None
    head = later[-1]
    if head.apply != plan.id:
        return False
    before = load(Label, revision_path(project.label_shard(image), image, base)) if base else _never_labelled(image, plan)
    try:
        # All of it comes back, but not as of an apply: an older one must not take it for its own.
        labels.save_after(project, before.model_copy(update={"rev": head.rev}), before.boxes, author, apply=None, undoes=plan.id)
        return True
    except Conflict:
        # Somebody saved since the listing above. Ends, as each round needs another save.
        return _restore_one(project, plan, image, base, author)


def _never_labelled(image: str, plan: Plan) -> Label:
    """What stands for the label of an image that had none: nothing, and nobody said so."""
    return Label(image=image, rev=0, origin="auto", author=plan.author, at=plan.at)


def _untouched(paths: ProjectPaths, item: UnlabelledImage, head: int) -> bool:
    """Whether every revision since the snapshot is of an apply or its roll back, none a person's."""
    try:
        # An apply that was rolled back leaves revisions as well, and must not bar the next one.
        return head == item.rev or all(label.apply or label.undoes for label in _since(paths, item.image, item.rev))
    except (Damaged, NotFound):
        return False


def _since(project: ProjectPaths, image: str, base: int) -> Iterator[Label]:
    shard = project.label_shard(image)
    for rev in range(base + 1, labels.head_rev(project, image) + 1):
        yield load(Label, revision_path(shard, image, rev))


def _to_boxes(detections: tuple[Detection, ...], model: str) -> Chosen:
    """Boxes of origin ``auto``, each with the process, model and score it comes from; a model bears its process's id."""
    return tuple(
        Box(
            field=found.field,
            xyxy=found.xyxy,
            origin="auto",
            process=model,
            model=model,
            score=round(found.score, 4),
            text=found.text,
            read=found.read,
        )
        for found in detections
        if found.xyxy
    ), {}


def _to_class(detections: tuple[Detection, ...], model: str) -> Chosen:
    """The likeliest class, with the process, model and score it comes from."""
    found = max(detections, key=lambda detection: detection.score)
    return None, {"class_id": found.field, "score": round(found.score, 4), "process": model, "model": model}
