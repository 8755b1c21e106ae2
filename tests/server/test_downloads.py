"""A model's download: a ZIP that is whole, says what it holds, and runs as its page says."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import save as to_bytes
from starlette.testclient import TestClient

from storage import models
from storage.core import files
from storage.core.paths import Store
from storage.models import FieldScore, Model
from storage.projects import Project, Task
from tests.worker import house

ROOT = Path(__file__).resolve().parents[2]
ID = "0" * 26

Ask = Callable[[str], TestClient]


def published(store: Store, project: Project, base_model: str, task: Task = "fields", **figures: object) -> Model:
    """A published model with small real weights."""
    from worker.models import build, weights

    made = build(base_model, 2, (64, 128), pretrained=False)
    if task == "fields":
        detector = getattr(made, "detector", made)
        detector.head.score.bias.data.fill_(3.0)  # sure of itself everywhere, so that it finds something untrained
    data = to_bytes(weights(made))
    values = {"task": task, "base_model": base_model, "machine": "3" * 26, "weights_sha256": files.sha256(data), **figures}
    model = house.model(ID, project).model_copy(update=values)
    models.publish(store, model, data)
    return model


@pytest.fixture
def model(store: Store, project: Project) -> Model:
    """A detector of two fields."""
    scores = {project.fields[0].id: FieldScore(ap_50=0.9, ap_50_95=0.6, precision=0.8, recall=0.75, f1=0.774)}
    return published(store, project, "base-SmartOCR-01", per_field=scores, map_50=0.9)


@pytest.fixture
def classifier(store: Store, project: Project) -> Model:
    """A classifier of two classes."""
    scores = {project.fields[0].id: FieldScore(precision=0.8, recall=0.75, f1=0.774)}
    return published(store, project, "base-Classifier-01", "classes", per_field=scores, accuracy=0.95)


def add_onnx(store: Store, model: Model) -> None:
    """Its ONNX file as a machine makes it."""
    from worker import onnx_export, trained

    files.create_once(store.model(model.id).onnx, onnx_export.to_onnx(model, trained.load(store, model)))


def unpacked(client: TestClient, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(client.get(f"/api/models/{ID}/download").content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (folder / "page.png").write_bytes(house.page(1))
    return folder


def run_program(folder: Path, number: int) -> list[str]:
    """The lines that the README's program of this number prints for a page."""
    program = (folder / "README.md").read_text("utf-8").split("```python\n")[number].split("```")[0]
    environment = {"PYTHONPATH": str(ROOT)} if number == 1 else {}  # the one for ONNX Runtime needs nothing of ours
    command = [sys.executable, "-c", program, "page.png"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_zip_holds_the_weights_as_published_and_says_what_they_are(client: TestClient, model: Model, tmp_path: Path) -> None:
    folder = unpacked(client, tmp_path / "model")
    members = ["README.md", "fields.json", "model.json", "weights.safetensors"]
    assert sorted(path.name for path in folder.iterdir()) == [*members[:3], "page.png", members[3]]
    assert files.sha256((folder / "weights.safetensors").read_bytes()) == model.weights_sha256
    assert Model.model_validate_json((folder / "model.json").read_text("utf-8")) == model
    assert [field["name"] for field in json.loads((folder / "fields.json").read_text("utf-8"))] == ["date", "total"]
    assert "| date | 0.900 | 0.800 | 0.750 | 0.774 | 0.500 |" in (folder / "README.md").read_text("utf-8")


def test_both_programs_for_fields_run_and_find_the_same(store: Store, client: TestClient, model: Model, tmp_path: Path) -> None:
    add_onnx(store, model)
    folder = unpacked(client, tmp_path / "model")
    assert (folder / "model.onnx").read_bytes() == client.get(f"/api/models/{ID}/onnx").content
    with_torch, with_onnx = (sorted(run_program(folder, number)) for number in (1, 2))
    assert any(line.startswith("date [") for line in with_torch)
    assert with_torch == with_onnx


def test_the_program_of_a_model_that_reads_finds_fields_and_what_is_written_in_them(
    store: Store, client: TestClient, project: Project, tmp_path: Path
) -> None:
    published(store, project, "base-SmartOCR-02")
    found = run_program(unpacked(client, tmp_path / "model"), 1)
    assert any(line.startswith("date [") for line in found)
    assert any("date 1" in line.split("] ", 1)[1] for line in found)


def test_the_program_of_a_model_that_reads_tells_classes_apart(store: Store, client: TestClient, project: Project, tmp_path: Path) -> None:
    published(store, project, "base-Classifier-02", "classes")
    found = run_program(unpacked(client, tmp_path / "model"), 1)
    assert sorted(line.split()[0] for line in found) == ["date", "total"]


def test_both_programs_for_classes_run_and_find_the_same(store: Store, client: TestClient, classifier: Model, tmp_path: Path) -> None:
    add_onnx(store, classifier)
    folder = unpacked(client, tmp_path / "model")
    with_torch, with_onnx = (sorted(line.split()[:2] for line in run_program(folder, number)) for number in (1, 2))
    assert [name for name, _ in with_torch] == ["date", "total"]
    assert with_torch == with_onnx


@pytest.mark.usefixtures("classifier")
def test_a_classifiers_page_says_how_good_it_is(client: TestClient, tmp_path: Path) -> None:
    page = (unpacked(client, tmp_path / "model") / "README.md").read_text("utf-8")
    assert "share of them whose class is right | 0.950 |" in page
    assert "| date | 0.800 | 0.750 | 0.774 | 0.500 |" in page


@pytest.mark.usefixtures("model")
def test_without_an_onnx_file_the_answer_says_where_to_ask_for_it(client: TestClient) -> None:
    answer = client.get(f"/api/models/{ID}/onnx")
    assert answer.status_code == 404
    assert "has no ONNX file yet. Ask a machine" in answer.json()["error"]


@pytest.mark.usefixtures("model")
def test_a_deleted_model_is_not_downloaded(store: Store, client: TestClient) -> None:
    models.delete(store, models.find(store, ID), "ann")
    answers = [client.get(f"/api/models/{ID}/{what}") for what in ("download", "onnx")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "was deleted. Restore it" in answers[0].json()["error"]


@pytest.mark.usefixtures("model")
def test_the_file_bears_the_models_name_in_any_alphabet(store: Store, client: TestClient) -> None:
    models.change(store, models.find(store, ID), "ann", name="чеки-2")
    answer = client.get(f"/api/models/{ID}/download")
    assert answer.headers["content-disposition"] == "attachment; filename=\"____-2.zip\"; filename*=UTF-8''%D1%87%D0%B5%D0%BA%D0%B8-2.zip"


@pytest.mark.usefixtures("model")
def test_damaged_weights_are_refused_before_anything_is_sent(store: Store, client: TestClient) -> None:
    store.model(ID).weights.write_bytes(b"weighty")
    answer = client.get(f"/api/models/{ID}/download")
    assert answer.status_code >= 400
    assert "does not match its SHA-256" in answer.json()["error"]


@pytest.mark.parametrize("identifier", ["1" * 26, "..", "x"])
def test_a_model_that_is_not_there_is_refused(client: TestClient, identifier: str) -> None:
    assert client.get(f"/api/models/{identifier}/download").status_code in (400, 404)


@pytest.mark.usefixtures("model")
def test_who_may_not_see_models_may_not_download_one(ask: Ask) -> None:
    assert ask("mallory").get(f"/api/models/{ID}/download").status_code == 403
