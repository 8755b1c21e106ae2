"""Uploading the ZIP of a model: what a download gives comes in again, anything else is refused in words."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from storage import model_files, models
from storage.core import Store
from storage.projects import Project
from storage.rights import Rights
from tests.storage.model_zip import packed, whole

Ask = Callable[..., TestClient]


@pytest.fixture
def data(project: Project) -> bytes:
    """The ZIP of a model."""
    return packed(whole(project)).getvalue()


def test_a_model_goes_round_by_upload_download_and_upload(store: Store, client: TestClient, data: bytes) -> None:
    first = client.post("/api/models?name=first", content=data)
    assert (first.status_code, first.json()["name"]) == (201, "first")
    again = client.get(f"/api/models/{first.json()['model']}/download").content
    second = client.post("/api/models?name=second&base=0", content=again).json()["model"]
    one, other = models.find(store, first.json()["model"]), models.find(store, second)
    alike = {"id", "at", "author"}
    assert one.model.model_dump(exclude=alike) == other.model.model_dump(exclude=alike)
    assert models.weights_path(store, other.model).read_bytes() == models.weights_path(store, one.model).read_bytes()
    assert (other.entry.name, other.entry.base, other.model.kind, other.model.author) == ("second", False, "uploaded", "local")


def test_a_base_model_is_uploaded_as_one(store: Store, client: TestClient, data: bytes) -> None:
    made = client.post("/api/models?name=start&base=1", content=data).json()["model"]
    assert models.find(store, made).entry.base


@pytest.mark.parametrize(
    ("query", "said"), [("", "lacks ?name="), ("?name=a/b", "is not allowed"), ("?name=taken", "name 'taken' is taken")]
)
def test_a_name_that_will_not_do_is_refused_before_the_file_is_read(
    client: TestClient, data: bytes, query: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/api/models?name=taken", content=data)
    monkeypatch.setattr(model_files, "add", lambda *_, **__: pytest.fail("the file was read"))
    answer = client.post(f"/api/models{query}", content=data)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_a_file_that_will_not_do_is_refused_with_its_template_and_nothing_is_kept(store: Store, client: TestClient) -> None:
    answer = client.post("/api/models?name=new", content=b"GIF89a")
    assert answer.status_code == 400
    assert answer.json()["template"].startswith("The file is damaged or not a ZIP: {reason}")
    assert models.list_ids(store) == []


def test_a_file_that_is_too_large_is_not_read_to_its_end(
    store: Store, client: TestClient, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "MAX_BYTES", 2_000_000)
    answer = client.post("/api/models?name=new", content=data)
    assert "more than 2 million bytes" in answer.json()["error"]
    assert models.list_ids(store) == []


@pytest.mark.parametrize(("base", "entity"), [(0, "models"), (1, "base_models")])
def test_who_may_not_create_such_models_may_not_upload_one(ask: Ask, data: bytes, base: int, entity: str) -> None:
    other = {"models": "base_models", "base_models": "models"}[entity]
    rights: Rights = frozenset({(other, "create"), (entity, "edit")})  # type: ignore[arg-type]
    answer = ask("eve", rights).post(f"/api/models?name=new&base={base}", content=data)
    assert answer.status_code == 403
    assert f"the right to create {entity}" in answer.json()["error"]
