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
from storage.projects import Project
from tests.worker import house

ROOT = Path(__file__).resolve().parents[2]
ID = "0" * 26

Ask = Callable[[str], TestClient]


@pytest.fixture
def model(store: Store, project: Project) -> Model:
    """A published model with small real weights."""
    from worker.models import build, weights

    detector = build("base-SmartOCR-01", 2, (64, 128), pretrained=False)
    detector.head.score.bias.data.fill_(3.0)  # sure of itself everywhere, so that it finds something untrained
    data = to_bytes(weights(detector))
    scores = {project.fields[0].id: FieldScore(ap_50=0.9, ap_50_95=0.6)}
    figures = {"base_model": "base-SmartOCR-01", "weights_sha256": files.sha256(data), "per_field": scores, "map_50": 0.9}
    made = house.model(ID, project).model_copy(update=figures)
    models.publish(store, made, data)
    return made


def unpacked(client: TestClient, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(client.get(f"/api/models/{ID}/download").content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def test_the_zip_holds_the_weights_as_published_and_says_what_they_are(client: TestClient, model: Model, tmp_path: Path) -> None:
    folder = unpacked(client, tmp_path / "model")
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "fields.json", "model.json", "weights.safetensors"]
    assert files.sha256((folder / "weights.safetensors").read_bytes()) == model.weights_sha256
    assert Model.model_validate_json((folder / "model.json").read_text("utf-8")) == model
    assert [field["name"] for field in json.loads((folder / "fields.json").read_text("utf-8"))] == ["date", "total"]


def test_the_program_on_its_page_runs(client: TestClient, model: Model, tmp_path: Path) -> None:
    folder = unpacked(client, tmp_path / "model")
    (folder / "page.png").write_bytes(house.page(1))
    program = (folder / "README.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    command = [sys.executable, "-c", program, "page.png"]
    done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert "date [" in done.stdout, done.stderr


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
