"""What most tests need: an empty store, a project in it, and document images drawn for the test."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from storage import projects
from storage.core.paths import ProjectPaths, Store
from storage.core.root import open_store
from storage.index import Index
from storage.projects import Project


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("FIELDMARK_CACHE", str(tmp_path / "cache"))
    return open_store(tmp_path / "store")


@pytest.fixture
def project(store: Store) -> Project:
    return projects.create(store, "receipts", "fields", ("date", "total"))


@pytest.fixture
def paths(store: Store, project: Project) -> ProjectPaths:
    return store.project(project.id)


@pytest.fixture
def index(store: Store) -> Index:
    return Index(store)


@pytest.fixture
def document() -> Callable[..., bytes]:
    """Bytes of a small printed page; pages of other text differ, of the same text are equal."""

    def draw(text: str, size: tuple[int, int] = (120, 80), kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
        page = Image.new("RGB", size, "white")
        ImageDraw.Draw(page).text((8, 8), text, fill="black")
        buffer = io.BytesIO()
        page.convert(mode).save(buffer, kind, **options)
        return buffer.getvalue()

    return draw
