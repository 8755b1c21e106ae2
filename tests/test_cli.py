"""The command line: each action by its command, refusals as one sentence, and the whole path on a tiny project."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner, Result

import cli
from storage.core import open_store
from storage.machines import MACHINES
from storage.projects import PROJECTS
from storage.templates import TEMPLATES
from tests.finished import finish
from tests.runs import Runs

ROOT = Path(__file__).parent.parent
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FIELDMARK_STORE", str(tmp_path / "store"))
    return lambda *arguments: CliRunner().invoke(cli.app, list(arguments))


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Ten small forms with one filled box each, as a COCO folder."""
    folder = tmp_path / "forms"
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for number in range(10):
        page, left = Image.new("RGB", (128, 64), "white"), 10 + 6 * number
        ImageDraw.Draw(page).rectangle((left, 20, left + 40, 40), fill="black")
        page.save(folder / "images" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 128, "height": 64})
        annotations.append({"id": number, "image_id": number, "category_id": 1, "bbox": [left, 20, 41, 21]})
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "total"}]}
    (folder / "annotations.json").write_text(json.dumps(content), "utf-8")
    return folder


@pytest.fixture
def worker(tmp_path: Path, run: Run) -> Iterator[subprocess.Popen[str]]:
    """A worker of machine ``here``, from the moment it says that it works until it is told to stop."""
    command = [sys.executable, "-m", "worker", "--machine", "here", "--store", str(tmp_path / "store")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "Machine here works" in process.stderr.readline()
    # The pipe must not fill up, or the worker would wait for it.
    threading.Thread(target=process.stderr.read, daemon=True).start()
    yield process
    process.terminate()
    assert process.wait(90) == 0


def made(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_project_is_created_once_whatever_the_case(run: Run) -> None:
    made(run("project", "create", "Receipts"))
    again = run("project", "create", "RECEIPTS")
    assert again.exit_code == 2
    assert "'Receipts' exists" in again.stderr


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "two words", "tail.", "x" * 101])
def test_a_name_outside_the_pattern_is_refused_with_the_name(run: Run, name: str) -> None:
    result = run("project", "create", name)
    assert result.exit_code == 2
    assert repr(name)[1:20] in result.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--iterations", "0"),
        ("--batch", "0"),
        ("--lr", "0"),
        ("--lr", "nan"),
        ("--loaders", "-1"),
        ("--refresh", "0.1"),
        ("--augment", "blur"),
        ("--device", "tpu"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_its_name(run: Run, option: str, value: str) -> None:
    result = run("template", "create", "t", "--kind", "auto-label", option, value)
    assert result.exit_code == 2
    assert option.removeprefix("--") in result.stderr


def test_unwise_parameters_are_allowed_and_said(run: Run) -> None:
    result = run("template", "create", "t", "--kind", "training", "--iterations", "6000")
    assert result.exit_code == 0
    assert "5,000 iterations" in result.stderr


def test_a_folder_that_holds_something_else_is_not_taken_for_a_store(run: Run, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "thesis.txt").write_text("mine")
    result = run("project", "create", "p")
    assert result.exit_code == 2
    assert "thesis.txt" in result.stderr


def test_a_store_of_another_format_is_refused(run: Run, tmp_path: Path) -> None:
    made(run("project", "create", "p"))
    root = tmp_path / "store" / "root.json"
    root.write_text('{"format": 9}')
    result = run("project", "list")
    assert result.exit_code == 2
    assert "root.json" in result.stderr


def test_a_process_on_a_machine_nobody_knows_is_refused(run: Run) -> None:
    made(run("project", "create", "p"))
    made(run("template", "create", "t", "--kind", "auto-label"))
    result = run("process", "create", "--project", "p", "--template", "t", "--machine", "gone")
    assert result.exit_code == 2
    assert "'gone'" in result.stderr


def test_values_come_out_as_a_table_of_images_or_of_boxes(run: Run, tmp_path: Path) -> None:
    made(run("project", "create", "p"))
    (tmp_path / "coco" / "images").mkdir(parents=True)
    Image.new("RGB", (32, 32), "white").save(tmp_path / "coco" / "images" / "a.png")
    box = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 4], "attributes": {"text": "12 мая"}}
    document = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [box], "categories": [{"id": 1, "name": "date"}]}
    (tmp_path / "coco" / "annotations.json").write_text(json.dumps(document))
    made(run("import", "coco", "p", str(tmp_path / "coco"), "--label-share", "1"))
    expected = {"values": ("file,date,label state,least score,least read", "a.png,12 мая,labelled,,")}
    expected["boxes"] = ("file,field,left,top,right,bottom,score,origin,text,read", "a.png,date,1.0,2.0,11.0,6.0,,person,12 мая,")
    for lines, written in expected.items():
        target = tmp_path / f"{lines}.csv"
        assert "1 lines about 1 images" in made(run("export", "csv", "p", str(target), *(["--lines", lines] if lines == "boxes" else [])))
        assert tuple(target.read_text("utf-8-sig").splitlines()) == written


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    """Twenty pages in folders of two classes."""
    for number in range(20):
        folder = tmp_path / "forms" / ("invoice", "letter")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (number, number, number)).save(folder / f"{number}.png")
    return tmp_path / "forms"


def test_folders_become_a_project_of_classes_and_come_out_again(run: Run, forms: Path, tmp_path: Path) -> None:
    (forms / "letter" / "notes.txt").write_text("not a page")
    result = run("import", "folders", "letters", str(forms), "--label-share", "0.2")
    assert made(result) == "20 images added, 4 labelled, 2 classes, 1 problems"
    assert "Project letters created, to sort images into classes" in result.stderr
    assert "letter/notes.txt" in result.stderr
    assert made(run("import", "folders", "letters", str(forms), "--label-share", "0.2")).startswith("0 images added, 0 labelled")
    assert "4 lines about 4 images" in made(run("export", "csv", "letters", str(tmp_path / "out.csv"), "--origin", "person"))
    assert (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[0] == "file,class,score,origin"
    assert "0 lines" in made(run("export", "csv", "letters", str(tmp_path / "auto.csv"), "--origin", "auto"))
    assert "4 images copied to 2 folders" in made(run("export", "folders", "letters", str(tmp_path / "out")))
    assert made(run("store", "check")).endswith("Every file is whole")


def test_a_folder_that_is_not_there_leaves_no_project_behind(run: Run, tmp_path: Path) -> None:
    assert run("import", "folders", "letters", str(tmp_path / "gone")).exit_code == 2
    assert PROJECTS.list(open_store(tmp_path / "store")).items == []


def test_folders_do_not_go_into_a_project_of_fields(run: Run, forms: Path) -> None:
    made(run("project", "create", "forms"))
    result = run("import", "folders", "forms", str(forms))
    assert (result.exit_code, "is about fields" in result.stderr) == (2, True)


def test_a_template_names_what_its_training_begins_with(run: Run, tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    common = ("template", "create", "sorter", "--kind", "training", "--base-model", "base-Classifier-01", "--model-type")
    refused = run(*common, "fields")
    assert (refused.exit_code, "choose one of classifier" in refused.stderr) == (2, True)
    made(run(*common, "classifier"))
    template = TEMPLATES.get(store, "sorter")[1]
    assert (template.parameters.base_model, template.model_type) == ("base-Classifier-01", "classifier")
    unknown = run("template", "create", "other", "--kind", "training", "--base-model", "no-such")
    assert (unknown.exit_code, "'no-such'" in unknown.stderr) == (2, True)


def test_a_machine_is_entered_disabled_and_given_a_queue(run: Run, tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    made(run("machine", "add", "mill", "--description", "under the desk"))
    made(run("machine", "disable", "mill", "--stop"))
    made(run("machine", "queue", "mill"))
    machine = MACHINES.get(store, "mill")[1]
    assert (machine.description, machine.enabled, machine.when_disabled, machine.queue) == ("under the desk", False, "stop", True)
    made(run("machine", "enable", "mill"))
    made(run("machine", "queue", "mill", "--forbid"))
    machine = MACHINES.get(store, "mill")[1]
    assert (machine.enabled, machine.when_disabled, machine.queue) == (True, "stop", False)


def test_a_disabled_process_is_not_started_until_it_is_enabled(run: Run) -> None:
    made(run("project", "create", "p"))
    made(run("template", "create", "t", "--kind", "auto-label"))
    made(run("machine", "add", "mill"))
    process = made(run("process", "create", "--project", "p", "--template", "t", "--machine", "mill"))
    made(run("process", "disable", process))
    assert "is disabled; enable it first" in run("process", "start", process).stderr
    made(run("process", "enable", process))
    assert "does not respond" in run("process", "start", process).stderr


def test_models_are_listed_with_how_good_they_are_and_damaged_ones_apart(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    runs = Runs(tmp_path / "store")
    finish(runs, [])
    hurt = finish(runs, [])
    assert made(run("model", "list")).count("0.750") == 2
    runs.store.model(hurt.id).record.write_bytes(b"{}")
    result = run("model", "list")
    assert (made(result).count("0.750"), hurt.id in result.stderr) == (1, True)


def test_the_whole_path_from_import_to_roll_back(run: Run, coco: Path, worker: object, tmp_path: Path) -> None:
    made(run("project", "create", "forms", "--task", "fields"))
    assert "10 images added, 4 labelled" in made(run("import", "coco", "forms", str(coco), "--label-share", "0.4"))
    made(run("template", "create", "quick", "--kind", "auto-label", "--iterations", "80", "--device", "cpu", "--refresh", "0.2"))
    process = made(run("process", "create", "--project", "forms", "--template", "quick", "--machine", "here"))
    assert run("process", "start", process, "--wait").exit_code == 0
    applied = made(run("process", "apply", process, "--wait", "--threshold", "total=0.0"))
    made(run("export", "coco", "forms", str(tmp_path / "auto.json"), "--origin", "auto"))
    rolled_back = made(run("process", "rollback", process, "--wait"))
    assert (applied, rolled_back) == ("Applied: 6 images, 0 kept as people left them", "Rolled back: 6 images, 0 kept as people left them")
    exported = json.loads((tmp_path / "auto.json").read_text())
    assert (len(exported["images"]), {"score"} <= exported["annotations"][0].keys()) == (6, True)
    shown = json.loads(made(run("process", "show", process, "--json")))
    assert (shown["state"], len(shown["attempts"])) == ("Rolled back", 1)
    life = [json.loads(line) for line in made(run("journal", "list", "--thread", process, "--json")).splitlines()][::-1]
    verbs = ["create", "start", "run", "publish", "end", "apply", "applied", "rollback", "rolledback"]
    assert [entry["operation"].partition(".")[2] for entry in life] == verbs
    assert {entry["by"].partition(":")[0] for entry in life} == {"shell", "worker"}
    assert made(run("store", "check")).endswith("Every file is whole")


def test_a_damaged_store_fails_the_check_with_the_file(run: Run, tmp_path: Path) -> None:
    project = made(run("project", "create", "p"))
    record = tmp_path / "store" / "projects" / project / "project.000001.json"
    record.write_bytes(record.read_bytes()[:-20])
    result = run("store", "check")
    assert result.exit_code == 1
    assert f"projects/{project}/project.000001.json" in result.stdout


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(("options", "projects"), [((), ["sample-invoices"]), (("--no-sample",), [])], ids=["with the sample", "without"])
def test_run_says_where_the_dashboard_is_once_it_answers(
    run: Run, tmp_path: Path, free_port: int, options: tuple[str, ...], projects: list[str]
) -> None:
    command = [sys.executable, "cli.py", "run", "--machine", "here", "--port", str(free_port), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as started:
        assert started.stdout is not None
        try:
            said = started.stdout.readline()
            answer = httpx.get(f"http://127.0.0.1:{free_port}/_stcore/health")
        finally:
            started.terminate()
        rest = started.stdout.read()
    there = ", with the project sample-invoices to try it" if projects else ""
    nobody = "Nobody signs in: whoever uses this computer may do everything; --sign-in changes that"
    assert said == f"Fieldmark is on http://127.0.0.1:{free_port}{there}. {nobody}. Ctrl-C ends it\n"
    assert (answer.status_code, started.returncode) == (200, 0)
    assert "http" not in rest
    assert [project.name for project in PROJECTS.list(open_store(tmp_path / "store")).items] == projects


def test_run_on_a_taken_port_is_refused_and_starts_nothing(run: Run, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        result = run("run", "--port", str(free_port), "--no-sample")
    assert result.exit_code == 2
    assert f"Port {free_port} is taken" in result.stderr
