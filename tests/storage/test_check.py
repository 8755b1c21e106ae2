"""A whole store has no problems; whatever is wrong with one file is said of that file alone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import (
    attempts,
    checkpoints,
    evaluations,
    jobs,
    labels,
    machine_load,
    machines,
    model_types,
    models,
    plans,
    processes,
    progress,
    projects,
    templates,
    uploads,
)
from storage.attempts import Claim, Ended, Outcome
from storage.check import Problem, check_store
from storage.core import files, revisions
from storage.core.ids import new_id
from storage.core.objects import Holder
from storage.core.paths import Store
from storage.core.records import Record, encode, now
from storage.detections import Detection, ImageDetections
from storage.evaluations import Evaluation, JudgedImage
from storage.jobs import Answer, Page
from storage.labels import Box
from storage.machines import Info
from storage.models import Model
from storage.plans import ApplyOutcome, Begun, Plan, Progress, Rule
from storage.progress import Point, Status
from storage.projects import PROJECTS, Project
from storage.snapshots import Snapshot
from storage.templates import Template
from storage.words import words
from storage.words.words import Reader, Words

Document = Callable[..., bytes]


@pytest.fixture
def full(store: Store, project: Project, document: Document) -> Store:
    """A store with at least one file of every kind."""
    paths = store.project(project.id)
    for name, kind in (("a.png", "PNG"), ("b.tif", "TIFF")):
        image = uploads.add(paths, name, document(name, kind=kind), "ann")
        labels.save(paths, image.id, 0, (Box(field=project.fields[0].id, xyxy=(1, 2, 3, 4)),), "ann")
    labels.save(paths, image.id, 1, (), "ann")
    words.keep(paths, Words(image=image.id, turn=0), Reader(("eng", "rus")), None)
    machine = machines.register(store, "bench")
    info = Info(host="h", pid=1, worker="w", seq=1, cores=2, memory=1, memory_used=1, since=now(), at=now())
    machines.report(store, machine.id, info)
    machine_load.append(store, machine.id, info)
    store.machine(machine.id).worker_lock.write_bytes(b"")
    template = templates.create(store, "quick", "auto-label")
    run(store, project, template, machine.id, image.id)
    model_types.create(store, "letters", "classes")
    sort_one(store, document("form"))
    ask(store, machine.id)
    return store


def sort_one(store: Store, page: bytes) -> None:
    """A project of classes whose only image was given one, which left the scheme."""
    project = projects.create(store, "forms", "classes", ("invoice",))
    image = uploads.add(store.project(project.id), "form.png", page, "ann")
    labels.save_class(store.project(project.id), project, image.id, 0, project.fields[0].id, "ann")
    projects.change(store, 1, project, fields=())


def ask(store: Store, machine: str) -> None:
    """A job that was answered: two pages tried on the model, which was also written as ONNX."""
    model_id = models.list_ids(store)[0]
    pages = [(Page(name="a.png", width=9, height=9), b"page"), (Page(name="b.png", width=9, height=9), b"other page")]
    job = jobs.ask(store, "try", model_id, machine, "ann", pages=pages)
    jobs.answer(store, Answer(job=job.id, at=now(), seconds=1.0))
    files.create_once(store.model(model_id).onnx, b"onnx")


def run(store: Store, project: Project, template: Template, machine: str, image: str) -> None:
    """A process that ended, its model, and an apply that was rolled back."""
    spec = processes.create(store, project, template, machine, "ann")
    processes.ask(store, processes.get(store, spec.id), "start", "ann")
    attempt = attempts.claim(store.process(spec.id), Claim(machine=machine, worker="w", host="h", pid=1, request=1, at=now()))
    assert attempt is not None
    paths = attempt.paths
    attempts.start(paths, 1)
    progress.write_status(paths, Status(stages=(), at=now()))
    files.create_once(paths.snapshot, encode(Snapshot(project=project.id, fields=project.fields, labelled=(), unlabelled=())))
    lines(paths.metrics, Point(iteration=1, loss=0.5), Point(iteration=2, loss=0.4))
    lines(paths.detections, ImageDetections(image=image, detections=(Detection(field="f", xyxy=(0, 0, 1, 1), score=0.5),)))
    judged = JudgedImage(image=image, rev=2, detections=(), missing=(project.fields[0].id,))
    evaluations.keep(paths, Evaluation(rule=Rule(thresholds={}), images=(judged,)))
    checkpoints.write(paths, 10, b"tensors", "{}")
    paths.log.write_bytes(b"hello\n")
    store.process(spec.id).run_lock.write_bytes(b"")
    attempts.finish(paths, Ended(outcome=Outcome.COMPLETED, at=now()))
    attempts.end(paths, Ended(outcome=Outcome.COMPLETED, at=now()))
    models.publish(store, model(spec.id, project), b"weights")
    models.change(store, models.find(store, spec.id), "ann", name="best", promoted=True)
    applied(store, spec.id)


def applied(store: Store, process: str) -> None:
    plan = Plan(id=new_id(), process=process, attempt=1, author="ann", rule=Rule(thresholds={}), base={}, skipped=(), at=now())
    paths = store.process(process).apply(plan.id)
    plans.make_plan(paths, plan)
    outcome = ApplyOutcome(changed=0, kept=(), at=now())
    written = {paths.applied: outcome, paths.rollback: Begun(author="ann", at=now()), paths.rolledback: outcome}
    for path, record in {**written, paths.progress: Progress(done=0, total=0)}.items():
        files.create_once(path, encode(record))


def model(identifier: str, project: Project) -> Model:
    figures = {"per_field": {}, "iterations": 10, "images": 1, "test_images": 0}
    return Model(
        id=identifier,
        project=project.id,
        template="quick",
        machine="bench",
        base_model="base-SmartOCR-01",
        fields=project.fields,
        canvas=(64, 64),
        rule=Rule(thresholds={}),
        weights_sha256=files.sha256(b"weights"),
        at=now(),
        **figures,
    )


def lines(path: Path, *records: Record) -> None:
    with files.LineWriter(path) as writer:
        for record in records:
            writer.write(record.model_dump_json(exclude_none=True).encode())


def everything(store: Store) -> list[Path]:
    return [path for path in sorted(store.root.rglob("*")) if path.is_file()]


def one(store: Store, pattern: str) -> Path:
    return next(path for path in everything(store) if path.relative_to(store.root).match(pattern))


def found(store: Store) -> list[str]:
    return [problem.path for problem in check_store(store)]


def said(store: Store) -> str:
    problems = check_store(store)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return str(problems[0])


def test_a_whole_store_has_no_problems_and_every_file_was_looked_at(full: Store) -> None:
    seen: list[tuple[int, int]] = []
    assert check_store(full, lambda done, total: seen.append((done, total))) == []
    assert seen[-1] == (len(everything(full)), len(everything(full)))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "0 bytes": lambda good: b"",
    "truncated": lambda good: good[: len(good) // 2],
    "NULs": lambda good: bytes(len(good)),
    "another record": lambda good: encode(Box(field="x", xyxy=(0, 0, 1, 1))),
    "a picture": lambda good: b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_record_of_any_kind_is_reported_and_nothing_else(full: Store, damage: Callable[[bytes], bytes]) -> None:
    records = [path for path in everything(full) if path.suffix == ".json"]
    reports = {}
    for path in records:
        good = path.read_bytes()
        path.write_bytes(damage(good))
        reports[path] = found(full)
        path.write_bytes(good)
    assert len(records) > 20
    assert reports == {path: [str(path.relative_to(full.root))] for path in records}


@pytest.mark.parametrize(
    ("pattern", "data", "reason"),
    [
        ("*.orig", b"other bytes", "does not match its SHA-256"),
        ("*.png", b"", "not a PNG"),
        ("weights.safetensors", b"other", "weights.safetensors beside it does not match"),
        ("step-00000010.safetensors", b"", "does not match its SHA-256"),
        ("metrics.jsonl", b'{"iteration":1}\n{"iter\n', "Line 2 cannot be read"),
        ("detections.jsonl", b"\0\0\0\n", "Line 1 cannot be read"),
    ],
)
def test_content_that_is_not_a_record_is_checked_too(full: Store, pattern: str, data: bytes, reason: str) -> None:
    one(full, pattern).write_bytes(data)
    assert reason.lower() in said(full).lower()


def test_an_unfinished_last_line_is_no_problem(full: Store) -> None:
    with one(full, "metrics.jsonl").open("ab") as file:
        file.write(b'{"iteration":3,"lo')
    assert check_store(full) == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("*.orig", "original .* is missing"),
        ("labels/*/*.000001.json", "000001.json: Is missing, though revision 2 is there"),
        ("weights.safetensors", "is missing beside it"),
    ],
)
def test_missing_files_are_reported_where_something_points_to_them(full: Store, pattern: str, reason: str) -> None:
    chained = [path for path in everything(full) if path.relative_to(full.root).match(pattern)]
    path = next((path for path in chained if (path.parent / path.name.replace("000001", "000002")).exists()), chained[0])
    path.unlink()
    assert re.search(reason, said(full))


def test_an_object_whose_name_is_not_entered_is_reported(full: Store) -> None:
    for path in full.names("template").iterdir():
        path.unlink()
    assert "Bears the name 'quick', which is not entered for it under names/" in said(full)


def test_a_label_without_its_image_is_reported(full: Store) -> None:
    label = one(full, "labels/*/*.json")
    image = label.name.split(".")[0]
    for path in label.parents[2].glob(f"images/*/{image}.*"):
        path.unlink()
    assert all("There is no image" in str(problem) for problem in check_store(full))
    assert str(label.relative_to(full.root)) in found(full)


def test_a_record_in_anothers_place_is_reported(full: Store) -> None:
    label = one(full, "labels/*/*.000001.json")
    copy = revisions.revision_path(label.parent, label.name.split(".")[0], 2)
    copy.unlink(missing_ok=True)
    copy.write_bytes(label.read_bytes())
    assert "Is about rev 1, but lies where 000002 belongs" in said(full)


def test_files_that_are_not_ours_and_links_are_reported(full: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    strange = [full.root / "notes.txt", full.processes / "Thumbs.db", full.models / "folder" / "x.bin"]
    strange[2].parent.mkdir()
    for path in strange:
        path.write_bytes(b"x")
    (full.root / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert found(full) == ["link", "models/folder/x.bin", "notes.txt", "processes/Thumbs.db"]


def test_what_a_cut_write_left_behind_is_harmless(full: Store) -> None:
    half_model = full.models / f"{files.TEMP_PREFIX}1"
    half_model.mkdir()
    left = [
        full.root / f"{files.TEMP_PREFIX}2",
        half_model / "weights.safetensors",
        one(full, "step-00000010.json").with_name("step-00000020.safetensors"),
    ]
    for path in left:
        path.write_bytes(b"half")
    assert [problem.harmless for problem in check_store(full)] == [True] * 3


def test_what_is_left_of_a_job_is_harmless(full: Store) -> None:
    one(full, "jobs/*/job.json").unlink()
    problems = check_store(full)
    assert [(Path(problem.path).name, problem.harmless) for problem in problems] == [
        ("0000.page", True),
        ("0001.page", True),
        ("answer.json", True),
    ]


def test_an_original_whose_record_was_never_written_is_harmless(full: Store, project: Project, document: Document) -> None:
    data = document("cut")
    shard = full.project(project.id).image_shard(files.sha256(data))
    shard.mkdir(exist_ok=True)
    full.project(project.id).original(files.sha256(data)).write_bytes(data)
    assert [problem.harmless for problem in check_store(full)] == [True]


def test_names_that_a_cut_off_creation_or_renaming_left_behind_are_harmless(full: Store, project: Project) -> None:
    revisions.create_revision(full.names("project"), "0" * 32, 0, Holder(name="gone", holder=new_id()))
    revisions.create_revision(full.names("project"), "1" * 32, 0, Holder(name="other", holder=project.id))
    assert [(problem.path[-38:-36], problem.harmless) for problem in check_store(full)] == [("00", True), ("11", True)]


def test_a_deleted_object_needs_no_name(full: Store, project: Project) -> None:
    rev, record = PROJECTS.get(full, project.id)
    PROJECTS.change(full, rev, record.model_copy(update={"deleted": True}))
    assert all(problem.harmless for problem in check_store(full))


def test_a_problem_reads_as_path_and_sentence(full: Store) -> None:
    (full.root / "notes.txt").write_bytes(b"x")
    problem: Problem = check_store(full)[0]
    assert str(problem) == "notes.txt: Not a file of the store; move it elsewhere"
