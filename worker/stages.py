"""The stages of a run, from the labels as they are now to a published model."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Event

import torch
from safetensors.torch import save as to_bytes

from storage import actions, evaluations, models, snapshots
from storage.attempts import Ended, Outcome
from storage.base_models import BaseModel
from storage.core import AttemptPaths, LineWriter, Refused, Store, create_once, encode, load_if_there, now, sha256
from storage.detections import read_detections
from storage.index import Index
from storage.models import FieldScore, Model
from storage.plans import Rule
from storage.processes import Process
from storage.progress import StageName
from storage.projects import PROJECTS
from storage.snapshots import Snapshot
from storage.templates import Parameters
from worker import beginning, hardware, upright
from worker.augment import ROTATIONS
from worker.data import Example
from worker.detect import detect
from worker.evaluate import Evaluation
from worker.examples import Data, read_data
from worker.judging import Judge, judge_all
from worker.models import BASE_MODELS, READERS, ClassReader, FieldReader, PageModel, weights
from worker.models.precision import prepare
from worker.orientation import FoundTurn, find_turns, learn_turns
from worker.reading.languages import reader_of
from worker.reporter import Reporter
from worker.run_reading import RunReading
from worker.text.learning import calibrate, learn, learn_classes
from worker.train import TrainSettings, TrainState, train

log = logging.getLogger(__name__)

_TOGETHER = 0.5  # of the iterations: once the test pages have said how good a model is, it learns from them, too
_LEAST_TOGETHER = 250  # iterations; who begins again needs so many, or is worth less than with the test pages left out


@dataclass(frozen=True)
class _Run:
    """One attempt, with what every stage needs."""

    store: Store
    process: Process
    attempt: AttemptPaths
    snapshot: Snapshot
    judge: Judge
    base: BaseModel
    device: torch.device
    loaders: int
    reporter: Reporter
    stop: Event

    @property
    def parameters(self) -> Parameters:
        return self.process.spec.template.parameters

    @property
    def reads(self) -> bool:
        """Whether the model goes by what is written."""
        return BASE_MODELS[beginning.architecture(self.base)] in READERS


@dataclass(frozen=True)
class _Outcome:
    """How good the trained model is; ``evaluation`` and ``per_field`` are empty without a test image."""

    rule: Rule
    evaluation: Evaluation | None
    per_field: dict[str, FieldScore]


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
            base = actions.base_for(store, project, process.spec.template)
        reporter.fields = snapshot.fields  # the project's may have changed since an earlier attempt
        device, loaders = _resources(process.spec.template.parameters, reporter)
        judge = Judge(project.task, snapshot.fields)
        return _stages(_Run(store, process, attempt, snapshot, judge, base, device, loaders, reporter, stop))
    finally:
        reporter.close()


def _stages(run: _Run) -> Ended:
    with run.reporter.stage(StageName.READING):
        data, told = _read(run)
    if run.stop.is_set():
        return Ended(outcome=Outcome.STOPPED, at=now())
    with run.reporter.stage(StageName.DATA):
        data, model, resume = _data(run, data, told)
    with run.reporter.stage(StageName.TRAINING):
        trained = train(model, data.train, data.test, _settings(run, model, data), run.reporter, resume, run.judge.score)
    # A stop that came with the last iteration finds training complete; what little is left is done.
    if trained.stopped and trained.done < run.parameters.iterations:
        return Ended(outcome=Outcome.STOPPED, at=now())
    with run.reporter.stage(StageName.EVALUATION):
        outcome = _evaluate(run, model, data)
    if trained.whole is not None:
        model.load_state_dict(trained.whole, strict=False)
        data = replace(data, train=data.labelled)
    if isinstance(model, FieldReader):
        model.conclude()
    if run.process.spec.kind == "auto-label":
        with run.reporter.stage(StageName.DETECTION):
            _detect(run, model, data.unlabelled)
        if run.stop.is_set():
            # What was found until here is kept, and the next attempt copies it.
            return Ended(outcome=Outcome.STOPPED, at=now())
    with run.reporter.stage(StageName.PUBLISHING):
        _publish(run, model, data, outcome)
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


def _read(run: _Run) -> tuple[Data, dict[str, FoundTurn]]:
    """The run's pages, for a model that reads with their words and turned as those run; and what each page's words told."""
    notice, auto_label = run.reporter.notice, run.process.spec.kind == "auto-label"
    paths = run.store.project(run.snapshot.project)
    if not run.reads:
        return read_data(paths, run.snapshot, auto_label, notice), {}
    reading = _reading(run, StageName.READING)
    data = read_data(paths, run.snapshot, auto_label, notice, reading.reader)
    reading.read([*data.labelled, *data.unlabelled])
    if run.stop.is_set():
        return data, {}
    told = upright.told_by_words([*data.labelled, *data.unlabelled])
    return data.changed(partial(upright.as_found, found=told)), told


def _reading(run: _Run, stage: StageName) -> RunReading:
    _, project = PROJECTS.get(run.store, run.snapshot.project)
    progress = partial(run.reporter.progress, stage)
    return RunReading(run.store.project(project.id), reader_of(project), progress, run.stop.is_set, run.reporter.notice)


def _data(run: _Run, data: Data, told: dict[str, FoundTurn]) -> tuple[Data, PageModel, TrainState | None]:
    notice = run.reporter.notice
    if not data.train:
        raise Refused("Process {process} has no labelled image to train on; label some images and start it again", process=run.process.id)
    model = beginning.new_model(run.store, run.base, run.snapshot.fields, data.labelled, run.parameters.seed, notice)
    if isinstance(model, READERS):
        data = _learn_words(run, model, data, told)
    checkpoint = beginning.resume(run.store, run.process, model, notice)
    resume = TrainState(*checkpoint) if checkpoint else None
    if resume is None:
        pages, on_progress = [*data.train, *data.unlabelled], partial(run.reporter.progress, StageName.DATA)
        beginning.acquaint(model, pages, run.device, run.loaders, run.parameters.seed, on_progress)
    run.reporter.set(
        canvas=model.canvas, images=len(data.train), test_images=len(data.test), iteration=resume.meta["done"] if resume else 0
    )
    return data, model, resume


def _learn_words(run: _Run, model: FieldReader | ClassReader, data: Data, told: dict[str, FoundTurn]) -> Data:
    """Make a model that reads ready to learn → the data with every page upright and read so."""
    progress, seed = partial(run.reporter.progress, StageName.DATA), run.parameters.seed
    if run.parameters.augment in ROTATIONS:
        learn_turns(model.orientation, data.labelled, run.device, run.loaders, seed, progress)
        looked = find_turns(model.orientation, upright.unsure(data.unlabelled, told), run.device, run.loaders, progress)
        data = data.changed(partial(upright.as_found, found=looked))
    reading = _reading(run, StageName.DATA)
    data = data.changed(partial(reading.read_as_turned, told=told))
    # First: what it learns from lies where it does.
    prepare(model, run.device)
    if isinstance(model, ClassReader):
        learn_classes(model, data.train, beginning.some(data.unlabelled, seed))
        return data
    # Words make small sums: several threads would wait for each other twenty times as long as they work.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    learn(model, data.labelled, data.unlabelled, seed, progress)
    if model.sees or run.device.type != "cpu":
        torch.set_num_threads(threads)
    # Where no pixel is looked at, pages held out are held out for nothing: each is judged by words learned from the others.
    return data if model.sees else replace(data, train=data.labelled, test=data.labelled)


def _settings(run: _Run, model: PageModel, data: Data) -> TrainSettings:
    last, together = run.process.last, round(run.parameters.iterations * _TOGETHER)
    joins = isinstance(model, FieldReader) and model.sees and data.test and together >= _LEAST_TOGETHER
    return TrainSettings(
        iterations=run.parameters.iterations,
        batch=run.parameters.batch,
        lr=run.parameters.lr,
        augment=run.parameters.augment,
        loaders=run.loaders,
        seed=run.parameters.seed,
        device=run.device,
        together=together if joins else 0,
        micro_batch=last.claim.micro_batch if last else None,
    )


def _evaluate(run: _Run, model: PageModel, data: Data) -> _Outcome:
    """How good the weights are that will be published, and the threshold and limit of each field."""
    if isinstance(model, FieldReader):
        calibrate(model, data.labelled, data.test, run.device, run.loaders, run.reporter.notice)
    # Searched once more: the model holds its best weights only now, and thresholds need their detections.
    found = list(detect(model, data.test, run.device, run.loaders, run.reporter.notice))
    rule = run.judge.learn_rule(found, data.test, data.labelled, calibrated=isinstance(model, FieldReader))
    revisions = {item.image: item.rev for item in run.snapshot.labelled}
    kept, judgements = judge_all(run.judge, found, data.test, revisions, rule)
    evaluations.keep(run.attempt, kept)
    if not data.test:
        return _Outcome(rule, None, {})
    evaluation = run.judge.score(found, data.test, model.num_classes)
    return _Outcome(rule, evaluation, run.judge.figures(evaluation, judgements))


def _detect(run: _Run, model: PageModel, unlabelled: Sequence[Example]) -> None:
    """Append the detections of every unlabelled image; those an earlier attempt found with these weights are copied."""
    known = _known_detections(run)
    turns = {example.image: example.turn if run.reads and not example.turn_said else None for example in unlabelled}
    todo = [example for example in unlabelled if example.image not in known]
    with LineWriter(run.attempt.detections) as writer:
        for line in known.values():
            writer.write(line)
        for done, found in enumerate(detect(model, todo, run.device, run.loaders, run.reporter.notice), start=len(known) + 1):
            writer.write(run.judge.record(found).model_copy(update={"turn": turns[found.image]}).model_dump_json().encode())
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


def _publish(run: _Run, model: PageModel, data: Data, outcome: _Outcome) -> None:
    """Publish the model under the process's id, unless the attempt was declared lost meanwhile."""
    if load_if_there(Ended, run.attempt.end) is not None:
        raise Refused("Attempt {attempt} was ended meanwhile; nothing more of it is kept", attempt=run.attempt.folder.name)
    # The bytes that are hashed are those that are written, so the record vouches for the file.
    published = to_bytes(weights(model))
    spec, evaluation = run.process.spec, outcome.evaluation
    record = Model(
        # One model a process: an attempt that publishes again cannot make a second.
        id=run.process.id,
        project=spec.project,
        task=run.judge.task,
        kind=spec.kind,
        model_type=spec.template.model_type,
        author=spec.author,
        template=spec.template.name,
        machine=spec.machine,
        base_model=beginning.architecture(run.base),
        parent=run.base.model.id if run.base.model else None,
        fields=run.snapshot.fields,
        canvas=model.canvas,
        rule=outcome.rule,
        map_50=evaluation.map_50 if evaluation else None,
        map_50_95=evaluation.map_50_95 if evaluation else None,
        accuracy=evaluation.accuracy if evaluation else None,
        per_field=outcome.per_field,
        iterations=run.parameters.iterations,
        images=len(data.train),
        test_images=len(data.test),
        attempt=run.process.attempts[-1].number,
        seconds=_seconds(run.process),
        weights_sha256=sha256(published),
        at=now(),
    )
    models.publish(run.store, record, published)


def _seconds(process: Process) -> float:
    """How long all attempts took together, the one under way until now."""
    spans = [(attempt.end.at if attempt.end else now()) - attempt.started.at for attempt in process.attempts if attempt.started]
    return round(sum(span.total_seconds() for span in spans), 1)
