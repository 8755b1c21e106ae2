"""Models as ONNX: the same boxes and scores in onnxruntime as in torch, and nothing kept that differs."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from storage import projects
from storage.core import Damaged, NotFound, Refused, Store, new_id, open_store
from storage.models import Model
from tests import untrained
from tests.worker import house
from worker import onnx_export, trained
from worker.data import read_page
from worker.onnx_export import LEAST_IOU, MOST_APART, difference, export, open_session, run_onnx, run_torch


@dataclass(frozen=True)
class Exported:
    """A model of two fields whose project has six labelled pages, and its ONNX file."""

    store: Store
    model: Model
    path: Path

    @property
    def pages(self):
        return [read_page(example, self.model.canvas) for example in onnx_export._examples(self.store, self.model)]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        store = open_store(folder / "store")
        model = untrained.publish(store, house.fill(store, "pages", 6, 6)[0], new_id())
        yield Exported(store, model, export(store, model.id))


@pytest.fixture
def fields(store, project):
    return untrained.publish(store, project, new_id())


@pytest.fixture
def classes(store):
    return untrained.publish(store, projects.create(store, "letters", "classes", ("bill", "form", "letter")), new_id())


def test_boxes_and_scores_are_those_of_torch(exported):
    session, built = open_session(exported.path.read_bytes()), trained.load(exported.store, exported.model)
    found = [(run_torch(built, page), run_onnx(session, page)) for page in exported.pages]
    assert all(len(torchs["boxes"]) for torchs, _ in found)
    overlap, apart = zip(*(difference(*both) for both in found), strict=True)
    assert min(overlap) >= LEAST_IOU
    assert max(apart) <= MOST_APART


def test_each_page_has_as_many_boxes_as_are_on_it(exported):
    session = open_session(exported.path.read_bytes())
    assert len({len(run_onnx(session, page)["boxes"]) for page in exported.pages}) > 1


def test_probabilities_are_those_of_torch_in_the_order_of_the_classes(store, classes):
    session, built = open_session(export(store, classes.id).read_bytes()), trained.load(store, classes)
    page = onnx_export._drawn(classes.canvas, 1)
    ours, theirs = run_torch(built, page)["probabilities"], run_onnx(session, page)["probabilities"]
    assert theirs.shape == (1, 3)
    assert theirs.sum() == pytest.approx(1)
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_the_file_says_what_somebody_needs_to_use_it(exported):
    session = onnxruntime.InferenceSession(exported.path)
    (images,) = session.get_inputs()
    assert (images.name, images.shape, images.type) == ("images", [1, 3, 64, 128], "tensor(uint8)")
    about = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
    assert (about["task"], about["canvas"], about["model"]) == ("fields", [64, 128], exported.model.id)
    assert [(field["name"], field["score_from"], field["most_on_a_page"]) for field in about["fields"]] == [
        ("date", 0.3, 1),
        ("total", 0.3, 1),
    ]


def test_it_is_made_once(exported, monkeypatch):
    monkeypatch.delattr(onnx_export, "to_onnx")
    assert export(exported.store, exported.model.id) == exported.path


def test_a_file_that_finds_something_else_is_not_kept(store, fields, monkeypatch):
    def moved(*arguments):
        found = run_onnx(*arguments)
        return {**found, "boxes": found["boxes"] + 4}

    monkeypatch.setattr(onnx_export, "run_onnx", moved)
    with pytest.raises(Refused, match="other results"):
        export(store, fields.id)
    assert not store.model(fields.id).onnx.exists()


def test_weights_that_are_not_those_published_are_not_exported(store, fields):
    store.model(fields.id).weights.write_bytes(b"others")
    with pytest.raises(Damaged):
        export(store, fields.id)


def test_there_is_nothing_to_export_without_a_model(store):
    with pytest.raises(NotFound):
        export(store, new_id())


BOX = {"boxes": np.array([[0, 0, 100, 20]], np.float32), "scores": np.array([0.9], np.float32), "labels": np.array([1])}
NONE = {"boxes": np.zeros((0, 4), np.float32), "scores": np.zeros(0, np.float32), "labels": np.zeros(0, np.int64)}
DIFFERENCES = [
    (BOX, BOX, 1.0, 0.0),
    (BOX, {**BOX, "boxes": BOX["boxes"] + [[0, 0, 10, 0]]}, 100 / 110, 0.0),
    (BOX, {**BOX, "scores": BOX["scores"] - 0.005}, 1.0, 0.005),
    (BOX, {**BOX, "scores": BOX["scores"] - 0.02}, 0.0, 0.02),  # too far apart to be counterparts
    (BOX, {**BOX, "labels": np.array([0])}, 0.0, 0.0),
    (NONE, BOX, 0.0, 0.0),
    (NONE, NONE, 1.0, 0.0),
    (NONE, {**BOX, "scores": np.array([0.055], np.float32)}, 1.0, 0.0),  # just above the floor
]


@pytest.mark.parametrize(("one", "other", "overlap", "apart"), DIFFERENCES)
def test_the_difference_of_two_results(one, other, overlap, apart):
    assert difference(one, {**other, "boxes": other["boxes"].astype(np.float32)}) == pytest.approx((overlap, apart), abs=1e-6)
