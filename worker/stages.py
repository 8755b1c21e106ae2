"""The stages of a run, from the labels as they are now to a published model."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np
import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes

from storage import checkpoints, evaluations, images, models, snapshots
from storage.attempts import Ended, Outcome
from storage.core import (
    AttemptPaths,
    LineWriter,
    ProjectPaths,
    Refused,
    Store,
    StoreError,
    create_once,
    encode,
    load,
    load_if_there,
    now,
    revision_path,
    sha256,
)
from storage.detections import Detection, ImageDetections, read_detections
from storage.evaluations import JudgedImage
from storage.index import Index
from storage.labels import Label
from storage.models import FieldScore, Model
from storage.plans import Rule
from storage.processes import Process
from storage.progress import StageName
from storage.projects import PROJECTS
from storage.snapshots import LabelledImage, Snapshot
from storage.templates import Parameters
from worker import hardware
from worker.data import Example, choose_canvas
from worker.detect import Detections, detect
from worker.evaluate import Evaluation, judge, limits, score, thresholds
from worker.models import build, weights
from worker.models.detector import FieldDetector
from worker.reporter import Reporter
from worker.train import TrainSettings, TrainState, train

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Data:
    """What one run works on: labelled examples by split, and the unlabelled ones to find fields on."""

    train: list[Example]
    test: list[Example]
    unlabelled: list[Example]


@dataclass(frozen=True)
class _Run:
    """One attempt, with what every stage needs."""

    store: Store
    process: Process
    attempt: AttemptPaths
    snapshot: Snapshot
    device: torch.device
    loaders: int
    reporter: Reporter
    stop: Event

    @property
    def parameters(self) -> Parameters:
        return self.process.spec.template.parameters


def warm_up() -> None:
    """Do before an attempt is known what takes long the first time."""
    # The first product starts the threads and loads the library behind it.
    torch.ones(8, 8).mm(torch.ones(8, 8))


def run(store: Store, process: Process, number: int, stop: Event) -> Ended:
    """Run attempt ``number`` of ``process`` through its stages and say how it ended; errors are the caller's."""
    attempt = store.process(process.id).attempt(number)
    _, project = PROJECTS.get(store, process.spec.project)
    reporter = Reporter(attempt, project.fields, process.spec.template.parameters.refresh, stop)
    try:
        with reporter.stage(StageName.SNAPSHOT):
            snapshot = _snapshot(store, process, number)
        reporter.fields = snapshot.fields  # the project's may have changed since an earlier attempt
        device, loaders = _resources(process.spec.template.parameters, reporter)
        return _stages(_Run(store, process, attempt, snapshot, device, loaders, reporter, stop))
    finally:
        reporter.close()


def _stages(run: _Run) -> Ended:
    with run.reporter.stage(StageName.DATA):
        data, model, resume = _data(run)
    with run.reporter.stage(StageName.TRAINING):
        trained = train(model, data.train, data.test, _settings(run), run.reporter, resume)
    # A stop that came with the last iteration finds training complete; what little is left is done.
    if trained.stopped and trained.done < run.parameters.iterations:
        return Ended(outcome=Outcome.STOPPED, at=now())
    with run.reporter.stage(StageName.EVALUATION):
        found, rule = _evaluate(run, model, data)
    if run.process.spec.kind == "auto-label":
        with run.reporter.stage(StageName.DETECTION):
            _detect(run, model, data.unlabelled)
        if run.stop.is_set():
            # What was found until here is kept, and the next attempt copies it.
            return Ended(outcome=Outcome.STOPPED, at=now())
    with run.reporter.stage(StageName.PUBLISHING):
        _publish(run, model, data, found, rule)
    return Ended(outcome=Outcome.COMPLETED, at=now(), model=run.process.id)


def _snapshot(store: Store, process: Process, number: int) -> Snapshot:
    """The snapshot of an earlier attempt, so that a resumed run goes on with the same data; else a new one."""
    paths = store.process(process.id)
    for earlier in range(number - 1, 0, -1):
        snapshot = load_if_there(Snapshot, paths.attempt(earlier).snapshot)
        if snapshot is not None:
            break
    else:
        _, project = PROJECTS.get(store, process.spec.project)
        snapshot = snapshots.take(store, project, Index(store), process.spec.template.parameters.use_unreviewed, process.spec.author)
    # A copy for each attempt, so that its readers need look nowhere else.
    create_once(paths.attempt(number).snapshot, encode(snapshot))
    return snapshot


def _resources(parameters: Parameters, reporter: Reporter) -> tuple[torch.device, int]:
    """The device and number of loaders this machine allows, saying where that is less than was asked for."""
    device = torch.device(parameters.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        reporter.notice("No CUDA device on this machine: running on the CPU")
        device = torch.device("cpu")
    loaders = min(parameters.loaders, hardware.cores())
    if loaders < parameters.loaders:
        reporter.notice(
            "Data loader processes lowered from {asked} to {cores}, the physical cores of this machine",
            asked=parameters.loaders,
            cores=loaders,
        )
    reporter.set(device=str(device), batch=parameters.batch, iterations=parameters.iterations)
    return device, loaders


def _data(run: _Run) -> tuple[Data, FieldDetector, TrainState | None]:
    paths, snapshot = run.store.project(run.snapshot.project), run.snapshot
    labelled = [(item, example) for item in snapshot.labelled for example in _labelled(run, paths, item)]
    wanted = snapshot.unlabelled if run.process.spec.kind == "auto-label" else ()
    data = Data(
        train=[example for item, example in labelled if item.split == "train"],
        test=[example for item, example in labelled if item.split == "test"],
        unlabelled=[example for item in wanted for example in _unlabelled(run, paths, item.image)],
    )
    if not data.train:
        raise Refused("Process {process} has no labelled image to train on; label some images and start it again", process=run.process.id)
    # The canvas of a resumed run follows from the same snapshot, so it is the same, unless pages were turned meanwhile.
    canvas = choose_canvas([example.seen_size for _, example in labelled])
    model = build(run.parameters.base_model, len(snapshot.fields), canvas, seed=run.parameters.seed)
    resume = _resume(run)
    run.reporter.set(canvas=canvas, images=len(data.train), test_images=len(data.test))
    return data, model, resume


def _labelled(run: _Run, paths: ProjectPaths, item: LabelledImage) -> Iterator[Example]:
    """The example of a labelled image, or none with a notice if its files are damaged."""
    index = {field.id: position for position, field in enumerate(run.snapshot.fields)}
    try:
        # The snapshot's revision and not the newest: a resumed attempt goes on with the labels it began with.
        label = load(Label, revision_path(paths.label_shard(item.image), item.image, item.rev))
        record = images.get(paths, item.image)
    except StoreError as error:
        run.reporter.notice("Image {image} skipped: {reason}", image=item.image, reason=str(error))
        return
    # A field deleted from the scheme leaves its boxes behind in older labels.
    boxes = [box for box in label.boxes or () if box.field in index]
    yield Example(
        image=item.image,
        path=paths.original(item.image),
        width=record.width,
        height=record.height,
        xyxy=np.array([box.xyxy for box in boxes], dtype=np.float32).reshape(-1, 4),
        class_id=np.array([index[box.field] for box in boxes], dtype=np.int64),
        turn=record.turn,
    )


def _unlabelled(run: _Run, paths: ProjectPaths, image: str) -> Iterator[Example]:
    try:
        record = images.get(paths, image)
    except StoreError as error:
        run.reporter.notice("Image {image} skipped: {reason}", image=image, reason=str(error))
        return
    nothing = np.zeros((0, 4), dtype=np.float32)
    yield Example(image, paths.original(image), record.width, record.height, nothing, np.zeros(0, dtype=np.int64), record.turn)


def _resume(run: _Run) -> TrainState | None:
    checkpoint = checkpoints.newest(run.store.process(run.process.id), len(run.process.attempts))
    if checkpoint is None:
        return None
    run.reporter.notice("Resumed after iteration {iteration}", iteration=checkpoint.manifest.iteration)
    run.reporter.set(iteration=checkpoint.manifest.iteration)
    return TrainState(from_bytes(checkpoint.tensors), json.loads(checkpoint.manifest.meta))


def _settings(run: _Run) -> TrainSettings:
    last = run.process.last
    return TrainSettings(
        iterations=run.parameters.iterations,
        batch=run.parameters.batch,
        lr=run.parameters.lr,
        augment=run.parameters.augment,
        loaders=run.loaders,
        seed=run.parameters.seed,
        device=run.device,
        micro_batch=last.claim.micro_batch if last else None,
    )


def _evaluate(run: _Run, model: FieldDetector, data: Data) -> tuple[Evaluation | None, Rule]:
    """AP of the weights that will be published, and the threshold and limit of each field."""
    # Searched once more: the model holds its best weights only now, and thresholds need their boxes.
    found = list(detect(model, data.test, run.device, run.loaders, run.reporter.notice))
    most = limits([*data.train, *data.test], len(run.snapshot.fields))
    ids = [field.id for field in run.snapshot.fields]
    least = thresholds(found, data.test, most)
    rule = Rule(thresholds=dict(zip(ids, least, strict=True)), limits=dict(zip(ids, most, strict=True)))
    judged = _judge(run, data.test, found, least, most)
    evaluations.keep(run.attempt, evaluations.Evaluation(rule=rule, images=tuple(judged)))
    return score(found, data.test, len(ids)) if data.test else None, rule


def _judge(
    run: _Run, examples: Sequence[Example], found: Sequence[Detections], least: Sequence[float], most: Sequence[int]
) -> Iterator[JudgedImage]:
    """Each test image that could be read, with what was found on it and what of it is right."""
    labelled = {example.image: example for example in examples}
    revisions = {item.image: item.rev for item in run.snapshot.labelled}
    fields = run.snapshot.fields
    for detections in found:
        judgement = judge(detections, labelled[detections.image], least, most)
        yield JudgedImage(
            image=detections.image,
            rev=revisions[detections.image],
            detections=_record(detections, run.snapshot).detections,
            right=tuple(fields[label].id for label in judgement.right),
            missing=tuple(fields[label].id for label in judgement.missing),
            wrong=tuple(fields[label].id for label in judgement.wrong),
        )


def _detect(run: _Run, model: FieldDetector, unlabelled: Sequence[Example]) -> None:
    """Append the detections of every unlabelled image; those an earlier attempt found with these weights are copied."""
    known = _known_detections(run)
    todo = [example for example in unlabelled if example.image not in known]
    with LineWriter(run.attempt.detections) as writer:
        for line in known.values():
            writer.write(line)
        for done, found in enumerate(detect(model, todo, run.device, run.loaders, run.reporter.notice), start=len(known) + 1):
            writer.write(_record(found, run.snapshot).model_dump_json().encode())
            run.reporter.progress(StageName.DETECTION, done, len(unlabelled))
            if run.stop.is_set():
                return


def _known_detections(run: _Run) -> dict[str, bytes]:
    """Lines by image of earlier attempts: detection only begins once training is complete, so the weights are these."""
    paths = run.store.process(run.process.id)
    known: dict[str, bytes] = {}
    for attempt in run.process.attempts[:-1]:
        for found in read_detections(paths.attempt(attempt.number).detections):
            known[found.image] = found.model_dump_json().encode()
    return known


def _record(found: Detections, snapshot: Snapshot) -> ImageDetections:
    """Detections as the store keeps them; boxes of no area, which rounding can leave, are left out."""
    detections = tuple(
        # Hundredths of a pixel are finer than anybody draws; more digits only lengthen the line.
        Detection(field=snapshot.fields[field].id, xyxy=(left, top, right, bottom), score=round(float(certainty), 4))
        for (left, top, right, bottom), field, certainty in zip(found.xyxy.round(2).tolist(), found.class_id, found.score, strict=True)
        if right - left >= 1 and bottom - top >= 1
    )
    return ImageDetections(image=found.image, detections=detections)


def _publish(run: _Run, model: FieldDetector, data: Data, evaluation: Evaluation | None, rule: Rule) -> None:
    """Publish the model under the process's id, unless the attempt was declared lost meanwhile."""
    if load_if_there(Ended, run.attempt.end) is not None:
        raise Refused("Attempt {attempt} was ended meanwhile; nothing more of it is kept", attempt=run.attempt.folder.name)
    # The bytes that are hashed are those that are written, so the record vouches for the file.
    published = to_bytes(weights(model))
    spec, fields = run.process.spec, run.snapshot.fields
    scores = evaluation.per_field if evaluation else ()
    record = Model(
        # One model a process: an attempt that publishes again cannot make a second.
        id=run.process.id,
        project=spec.project,
        kind=spec.kind,
        author=spec.author,
        template=spec.template.name,
        machine=spec.machine,
        base_model=run.parameters.base_model,
        fields=fields,
        canvas=model.canvas,
        rule=rule,
        map_50=evaluation.map_50 if evaluation else None,
        map_50_95=evaluation.map_50_95 if evaluation else None,
        # Not strict: without a test image there are no scores at all.
        per_field={field.id: FieldScore(ap_50=each.ap_50, ap_50_95=each.ap) for field, each in zip(fields, scores, strict=False)},
        iterations=run.parameters.iterations,
        images=len(data.train),
        test_images=len(data.test),
        weights_sha256=sha256(published),
        at=now(),
    )
    models.publish(run.store, record, published)
