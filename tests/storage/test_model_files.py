"""The ZIP of a model, taken in only if it is exactly what a download gives."""

import io
import os
import pickle
import stat
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from storage import model_files, models
from storage.check import check_store
from storage.core import Store
from storage.core.errors import InvalidValue, NameTaken
from storage.projects import Project, Task
from tests.storage.model_zip import packed, read_record, weights, whole


@pytest.fixture
def refused(store: Store, project: Project) -> Callable[..., str]:
    """Why a ZIP of these members is refused; nothing of it may be kept."""

    def asked(members: Any) -> str:
        with pytest.raises(InvalidValue) as refusal:
            model_files.add(store, "new", packed(members), "ann")
        assert models.list_ids(store) == []
        assert check_store(store) == []
        return str(refusal.value)

    return asked


def test_an_uploaded_model_is_the_one_that_was_sent_under_an_id_of_its_own(store: Store, project: Project) -> None:
    members = whole(project)
    listed = model_files.add(store, "new", packed(members), "ann")
    sent = read_record(members)
    assert listed == models.find(store, listed.model.id)
    assert listed.model == sent.model_copy(update={"id": listed.model.id, "kind": "uploaded", "author": "ann", "at": listed.model.at})
    assert listed.model.id != sent.id
    assert models.weights_path(store, listed.model).read_bytes() == members["weights.safetensors"]
    assert (listed.entry.name, listed.entry.promoted, listed.entry.base, listed.entry.author) == ("new", True, False, "ann")
    assert check_store(store) == []


def test_a_model_of_classes_is_taken_in_too(store: Store, project: Project) -> None:
    data = weights(2, "base-Classifier-01")
    members = whole(project, data, task="classes", base_model="base-Classifier-01", accuracy=0.9)
    assert model_files.add(store, "new", packed(members), "ann").model.accuracy == 0.9


@pytest.mark.parametrize(("base_model", "task"), [("base-SmartOCR-02", "fields"), ("base-Classifier-02", "classes")])
def test_a_model_that_reads_is_taken_in_too(store: Store, project: Project, base_model: str, task: Task) -> None:
    members = whole(project, weights(2, base_model), base_model=base_model, task=task)
    listed = model_files.add(store, "new", packed(members, zipfile.ZIP_DEFLATED), "ann")
    assert listed.model.base_model == base_model
    assert models.weights_path(store, listed.model).read_bytes() == members["weights.safetensors"]


def test_a_compressed_zip_with_the_onnx_file_is_taken_in_without_that_file(store: Store, project: Project) -> None:
    file = packed({**whole(project), "model.onnx": b"of no account"}, zipfile.ZIP_DEFLATED)
    listed = model_files.add(store, "new", file, "ann", base=True)
    assert listed.entry.base
    assert models.onnx_size(store, listed.model) is None


def test_a_model_of_a_project_that_is_not_here_is_taken_in(store: Store, project: Project) -> None:
    listed = model_files.add(store, "new", packed(whole(project, project="9" * 26, parent="8" * 26)), "ann")
    assert (listed.model.project, listed.model.parent) == ("9" * 26, "8" * 26)


def test_a_name_that_is_taken_is_refused_before_the_file_is_looked_at(store: Store, project: Project) -> None:
    model_files.add(store, "best", packed(whole(project)), "ann")
    with pytest.raises(NameTaken, match="'best' exists"):
        model_files.add(store, "BEST", io.BytesIO(b"no zip"), "ann")
    with pytest.raises(InvalidValue, match="use letters, digits"):
        model_files.check_free(store, "a/b")


def test_of_two_uploads_of_one_name_at_once_one_is_kept(store: Store, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    model_files.add(store, "best", packed(whole(project)), "ann")
    monkeypatch.setattr(model_files, "check_free", lambda *_: None)  # as it was before the first came
    with pytest.raises(NameTaken):
        model_files.add(store, "best", packed(whole(project)), "bob")
    live = [model for model in models.list_ids(store) if not models.read(store, model).entry.deleted]
    assert len(live) == 1
    assert check_store(store) == []


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"PK\x03\x04 and no more"], ids=["empty", "an image", "cut off"])
def test_what_is_no_zip_is_refused(store: Store, data: bytes) -> None:
    with pytest.raises(InvalidValue, match="damaged or not a ZIP"):
        model_files.add(store, "new", io.BytesIO(data), "ann")


@pytest.mark.parametrize("name", ["../model.json", "/etc/passwd", "model/model.json", "__MACOSX/x", "run.pkl", "model.json/"])
def test_a_member_that_does_not_belong_there_is_named(refused: Callable[..., str], project: Project, name: str) -> None:
    assert repr(name) in refused({**whole(project), name: b"x"})


@pytest.mark.parametrize("name", ["README.md", "fields.json", "model.json", "weights.safetensors"])
def test_a_member_that_is_missing_is_named(refused: Callable[..., str], project: Project, name: str) -> None:
    assert f"lacks {name!r}" in refused({other: data for other, data in whole(project).items() if other != name})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(refused: Callable[..., str], project: Project) -> None:
    assert "or twice" in refused([*whole(project).items(), ("model.json", b"{}")])


def test_a_link_is_refused(refused: Callable[..., str], project: Project) -> None:
    link = zipfile.ZipInfo("weights.safetensors")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    members = [(name, data) for name, data in whole(project).items() if name != link.filename]
    assert "weights.safetensors is a link" in refused([*members, (link, b"/etc/passwd")])


def test_a_member_that_unpacks_to_more_than_a_model_has_is_not_unpacked(refused: Callable[..., str], project: Project) -> None:
    assert "weights.safetensors has 60000000 bytes" in refused({**whole(project), "weights.safetensors": bytes(60_000_000)})
    assert "model.json has 3000000 bytes" in refused({**whole(project), "model.json": bytes(3_000_000)})


def test_a_damaged_member_is_named(store: Store, project: Project) -> None:
    members = whole(project)
    file = bytearray(packed(members).getvalue())
    place = bytes(file).index(members["weights.safetensors"][:100]) + 1000
    file[place] ^= 1
    with pytest.raises(InvalidValue, match=r"weights\.safetensors cannot be read out of the ZIP"):
        model_files.add(store, "new", io.BytesIO(bytes(file)), "ann")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"base_model": "base-Other-01"}, "base_model is 'base-Other-01', expected base-SmartOCR-02 / base-SmartOCR-01"),
        ({"task": "classes"}, "base_model is 'base-SmartOCR-01', expected base-Classifier-02 / base-Classifier-01"),
        ({"fields": []}, "fields is 0"),
        ({"canvas": [64, 100]}, "canvas is '64 × 100'"),
        ({"canvas": [0, 64]}, "canvas is '0 × 64'"),
        ({"canvas": [64, 64_000]}, "canvas is '64 × 64000'"),
        ({"project": "../x"}, "'../x' is not an id"),
        ({"machine": "/"}, "'/' is not an id"),
        ({"parent": "x"}, "'x' is not an id"),
        ({"template": "<b>"}, "Template name '<b>' is not allowed"),
        ({"extra": 1}, "extra"),
        ({"iterations": "many"}, "iterations"),
        ({"weights_sha256": "0" * 64}, "and model.json says " + "0" * 64),
    ],
)
def test_a_record_that_cannot_be_one_of_a_model_here_is_refused(
    refused: Callable[..., str], project: Project, changed: dict[str, Any], said: str
) -> None:
    assert said in refused(whole(project, **changed))


def test_fields_that_cannot_be_told_apart_are_refused(refused: Callable[..., str], project: Project) -> None:
    twice = [project.fields[0].model_dump()] * 2
    assert "Two fields are called 'date'" in refused(whole(project, fields=twice))


def test_what_is_no_json_is_refused(refused: Callable[..., str], project: Project) -> None:
    assert "model.json is not the record of a model" in refused({**whole(project), "model.json": b"{"})


class Bomb:
    """Would end the tests if it were ever unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os._exit, (3,))


@pytest.mark.parametrize("data", [pickle.dumps(Bomb()), b"", bytes(8), b"\xff" * 64], ids=["pickle", "empty", "zeros", "ones"])
def test_weights_in_any_other_format_are_refused(refused: Callable[..., str], project: Project, data: bytes) -> None:
    assert "weights.safetensors is damaged or not in safetensors format" in refused(whole(project, data))


BIAS = "head.score.bias"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"head__score__bias": np.zeros(3, np.float32)}, f"tensor '{BIAS}' is F32 of shape [3], expected F32 of shape [2]"),
        ({"head__score__bias": np.zeros(2, np.float16)}, f"tensor '{BIAS}' is F16 of shape [2]"),
        ({"head__score__bias": np.zeros(2, np.float64)}, f"tensor '{BIAS}' is F64 of shape [2]"),
        ({"head__score__bias": np.array([0, np.nan], np.float32)}, f"tensor '{BIAS}' holds numbers that are not finite"),
        ({"head__score__bias": np.array([0, np.inf], np.float32)}, f"tensor '{BIAS}' holds numbers that are not finite"),
        ({"more": np.zeros(1, np.float32)}, "holds the tensor 'more'"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(
    refused: Callable[..., str], project: Project, changed: dict[str, np.ndarray], said: str
) -> None:
    assert said in refused(whole(project, weights(**changed)))


def test_a_tensor_that_is_missing_is_named(refused: Callable[..., str], project: Project) -> None:
    assert "lacks the tensor 'backbone.stages.0.0.narrow.bias'" in refused(whole(project, save({BIAS: np.zeros(2, np.float32)})))


def test_weights_for_another_number_of_fields_are_refused(refused: Callable[..., str], project: Project) -> None:
    assert f"tensor '{BIAS}' is F32 of shape [5]" in refused(whole(project, weights(5)))
