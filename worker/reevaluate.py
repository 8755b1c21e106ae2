"""A trained model on a project's test images as they are labelled now, so that models can be compared on the same ones."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import torch

from storage import attempts, evaluations
from storage.core import ProjectPaths, Refused, Store, StoreError
from storage.evaluations import JudgedImage
from storage.index import Filter, Index
from storage.jobs import Evaluated
from storage.models import Model
from storage.plans import Rule
from storage.projects import PROJECTS, Field, Project
from storage.words.words import Reader
from worker import upright
from worker.data import Example
from worker.detect import Detections, detect
from worker.examples import labelled_example
from worker.judging import Judge, judge_all
from worker.models import READERS, FieldReader, PageModel
from worker.reading.languages import reader_of
from worker.run_reading import RunReading

_NEVER = 2.0  # above every score, as in storage.detections


def reevaluate(store: Store, model: Model, built: PageModel, project_id: str, device: torch.device) -> Evaluated:
    """Judge the model by its own rule on the project's confirmed test images; those that cannot be read are left out.

    Without a test image, or a field or class in common, there are no figures. Refused for a project of another task.
    """
    _, project = PROJECTS.get(store, project_id)
    if project.task != model.task:
        raise Refused("Project {project!r} is for another kind of model. Choose one with the same purpose", project=project.name)
    shared = _share(model, project)
    revisions, examples = _test_images(store, project, shared.fields)
    # It has learned from these since: what it found there before that is what it is worth.
    known = _found_before(store, model) if isinstance(built, FieldReader) else {}
    new = [example for example in examples if example.image not in known]
    if isinstance(built, READERS):
        new = _read_pages(store, project, new)
    known |= {each.image: each for each in detect(built, new, device, 1, _unsaid)}
    found = [shared.renumber(known[example.image]) for example in examples if example.image in known]
    judge = Judge(project.task, shared.fields)
    evaluation, judgements = judge_all(judge, found, examples, revisions, shared.rule(model))
    if not found:
        return Evaluated(evaluation=evaluation)
    scored = judge.score(found, examples, len(shared.fields))
    return Evaluated(
        evaluation=evaluation,
        map_50=scored.map_50,
        map_50_95=scored.map_50_95,
        accuracy=scored.accuracy,
        per_field=judge.figures(scored, judgements),
    )


@dataclass(frozen=True)
class _Shared:
    """The project's fields, or classes, that the model knows by name, and the place of each among the model's."""

    fields: tuple[Field, ...]
    places: tuple[int, ...]

    def renumber(self, found: Detections) -> Detections:
        """The detections of these alone, by their place here."""
        here = {place: index for index, place in enumerate(self.places)}
        kept = np.isin(found.class_id, self.places)
        class_id = np.array([here[place] for place in found.class_id[kept].tolist()], dtype=np.int64)
        xyxy = found.xyxy[kept] if len(found.xyxy) else found.xyxy  # a class has no box
        texts, read = tuple(compress(found.texts, kept)), tuple(compress(found.read, kept))
        return replace(found, xyxy=xyxy, class_id=class_id, score=found.score[kept], texts=texts, read=read)

    def rule(self, model: Model) -> Rule:
        """The model's rule by the project's ids."""
        pairs = [(field.id, model.fields[place].id) for field, place in zip(self.fields, self.places, strict=True)]
        return Rule(
            thresholds={own: model.rule.thresholds.get(theirs, _NEVER) for own, theirs in pairs},
            limits={own: model.rule.limits.get(theirs) for own, theirs in pairs},
        )


def _share(model: Model, project: Project) -> _Shared:
    # Case does not count, as nowhere with names.
    known = {field.name.casefold(): place for place, field in enumerate(model.fields)}
    pairs = [(field, known[field.name.casefold()]) for field in project.fields if field.name.casefold() in known]
    return _Shared(tuple(field for field, _ in pairs), tuple(place for _, place in pairs))


def _test_images(store: Store, project: Project, fields: tuple[Field, ...]) -> tuple[dict[str, int], list[Example]]:
    """Label revisions by image, and the images as examples; none where there is nothing to judge by."""
    index, paths = Index(store), store.project(project.id)
    # In full: what is compared later must be the labels of this moment.
    index.refresh(project.id, full=True)
    rows = index.page(project.id, Filter("confirmed", split="test"), limit=-1) if fields else []
    reader = reader_of(project)
    read = [example for row in rows for example in _read(paths, row.image, row.label_rev, fields, reader)]
    return {row.image: row.label_rev for row in rows}, read


def _found_before(store: Store, model: Model) -> dict[str, Detections]:
    """Read, by image, what the model's own run found on labelled images with weights that had not learned from them."""
    kept = evaluations.newest(attempts.list_attempts(store.process(model.id)))
    places = {field.id: place for place, field in enumerate(model.fields)}
    return {judged.image: _detections(judged, places) for judged in kept.images} if kept else {}


def _detections(judged: JudgedImage, places: dict[str, int]) -> Detections:
    boxes = judged.detections
    return Detections(
        judged.image,
        np.array([box.xyxy for box in boxes], dtype=np.float32).reshape(-1, 4),
        np.array([places[box.field] for box in boxes], dtype=np.int64),
        np.array([box.score for box in boxes], dtype=np.float32),
        tuple(box.text for box in boxes),
        tuple(box.read for box in boxes),
    )


def _read_pages(store: Store, project: Project, examples: list[Example]) -> list[Example]:
    """The pages with their words, which are read now where they were not, turned as those run."""
    reading = RunReading(store.project(project.id), reader_of(project), lambda _done, _total: None, lambda: False, _unsaid)
    reading.read(examples)
    return upright.as_found(examples, upright.told_by_words(examples))


def _read(paths: ProjectPaths, image: str, rev: int, fields: tuple[Field, ...], reader: Reader) -> Iterator[Example]:
    with suppress(StoreError):
        example = labelled_example(paths, image, rev, fields, reader)
        if example is not None:
            yield example


def _unsaid(_template: str, **_values: object) -> None:
    """The store's check says what is wrong with an image; here it is only left out."""
