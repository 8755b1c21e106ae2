"""Models from a shell."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from storage import models
from storage.core import Store
from storage.models import Listed
from storage.projects import Project
from tests.storage.model_zip import packed, whole

Run = Callable[..., Result]


@pytest.fixture
def run(store: Store) -> Run:
    return lambda *arguments: CliRunner().invoke(cli.app, ["model", *arguments, "--store", str(store.root)])


@pytest.fixture
def file(project: Project, tmp_path: Path) -> Path:
    """The ZIP of a model."""
    path = tmp_path / "shop.zip"
    path.write_bytes(packed(whole(project, map_50=0.75)).getvalue())
    return path


@pytest.fixture
def listed(store: Store, run: Run, file: Path) -> Listed:
    """That model, uploaded under its file's name."""
    return models.find(store, run("upload", str(file)).stdout.strip())


def test_a_model_goes_round_by_upload_download_and_upload(store: Store, run: Run, listed: Listed, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    assert run("download", "shop", str(target)).stdout.strip() == str(target)
    again = run("upload", str(target), "--name", "shop-again", "--base")
    found = models.find(store, again.stdout.strip())
    assert (found.entry.name, found.entry.base) == ("shop-again", True)
    assert found.model.weights_sha256 == listed.model.weights_sha256


def test_a_file_that_is_there_is_not_overwritten(run: Run, listed: Listed, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_text("mine")
    answer = run("download", "shop", str(tmp_path / "out.zip"))
    assert answer.exit_code == 2
    assert "exists already" in answer.stderr
    assert (tmp_path / "out.zip").read_text() == "mine"


def test_damaged_weights_leave_no_file(store: Store, run: Run, listed: Listed, tmp_path: Path) -> None:
    store.model(listed.model.id).weights.write_bytes(b"x")
    assert run("download", "shop", str(tmp_path / "out.zip")).exit_code == 2
    assert not (tmp_path / "out.zip").exists()


def test_a_model_is_shown_by_name_and_by_id(run: Run, listed: Listed) -> None:
    by_name, by_id = run("show", "shop").stdout, run("show", listed.model.id).stdout
    assert by_name == by_id
    assert all(text in by_name for text in ("0.750", "receipts", "uploaded", "date", "total", listed.model.weights_sha256))


def test_a_model_is_renamed(store: Store, run: Run, listed: Listed) -> None:
    assert run("rename", "shop", "corner-shop").stdout.strip() == "corner-shop"
    assert models.find(store, listed.model.id).entry.name == "corner-shop"


def test_a_model_is_deleted_and_restored(store: Store, run: Run, listed: Listed) -> None:
    assert run("delete", "shop").stdout.strip() == listed.model.id
    assert "does not exist" in run("show", "shop").stderr
    assert run("restore", listed.model.id).stdout.strip() == "shop"
    assert models.look_up(store, "shop").model == listed.model


@pytest.mark.parametrize("arguments", [("show", "nobody"), ("upload", "no-such-file.zip"), ("rename", "nobody", "x"), ("delete", "nobody")])
def test_what_is_not_there_is_one_sentence_and_no_traceback(run: Run, arguments: tuple[str, ...]) -> None:
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output
