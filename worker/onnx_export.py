"""A trained model as an ONNX file that runs in `onnxruntime` alone, checked against torch before it is kept.

Input `images`: uint8 pixels (1, 3, height, width), RGB, one page on the model's canvas, letterboxed as in `worker.data`.
Outputs of a model of fields: `boxes` (n, 4) float32 xyxy in canvas pixels, `scores` (n,) and `labels` (n,) int64, best
first and after non-maximum suppression, as torch gives them. Of one of classes: `probabilities` (1, classes).
"""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.ops import box_iou, nms

from storage import models, templates
from storage.core import BadImage, NotFound, Refused, Store, create_once, read_file
from storage.index import Filter, Index
from storage.models import Model
from storage.projects import PROJECTS
from worker import trained
from worker.data import Example, read_page
from worker.models import READERS, PageModel
from worker.models.classifier import PageClassifier
from worker.models.detector import _MOST_CANDIDATES, _NMS_IOU, SCORE_FLOOR, FieldDetector, settle

if TYPE_CHECKING:
    import onnxruntime

LEAST_IOU, MOST_APART = 0.99, 0.01
"""What torch and ONNX may differ by: the overlap of a box with its counterpart, and their scores."""

_OPSET = 18  # the oldest that the exporter writes without converting
_CHECKED = 4  # pages; each takes a second
_OUTPUTS = {"fields": ["boxes", "scores", "labels"], "classes": ["probabilities"]}
_PADDING = 114  # as in worker.data

Found = dict[str, NDArray[Any]]


def export(store: Store, model_id: str) -> Path:
    """The ONNX file of the model, made now unless there is one; Refused if it does not give what torch gives."""
    path = store.model(model_id).onnx
    try:
        read_file(path)  # by reading: only that is fresh on a file server
    except FileNotFoundError:
        model = models.get(store, model_id)
        built = trained.load(store, model)
        made = to_onnx(model, built)
        _check(built, made, _pages(store, model))
        if create_once(path, made):
            models.journal(store, "onnx", model)
    return path


def to_onnx(model: Model, built: PageModel) -> bytes:
    """The ONNX file of `built`, which is `model` with its weights."""
    if isinstance(built, READERS):
        raise Refused(
            "Model {model} goes by words as well as pixels, and there is no ONNX for reading. Train one from {base} for that",
            model=model.id,
            base=templates.READERS[model.base_model],
        )
    graph = _Fields(built) if isinstance(built, FieldDetector) else _Classes(built)
    page = torch.zeros(1, 3, *model.canvas, dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torchvision's of torch
        made = torch.onnx.export(
            graph.eval(), (page,), opset_version=_OPSET, input_names=["images"], output_names=_OUTPUTS[model.task], verbose=False
        )
    assert made is not None
    made.model.metadata_props.update(_metadata(model))
    return made.model_proto.SerializeToString()


def open_session(made: bytes) -> "onnxruntime.InferenceSession":
    """The file ready to be run."""
    # Only here: a worker that exports nothing does without it.
    import onnxruntime

    return onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])


def run_onnx(session: "onnxruntime.InferenceSession", page: NDArray[np.uint8]) -> Found:
    """What the file finds on a page (height, width, 3), by the names of its outputs."""
    outputs = session.run(None, {"images": page.transpose(2, 0, 1)[None]})
    return dict(zip((output.name for output in session.get_outputs()), outputs, strict=True))


def run_torch(built: PageModel, page: NDArray[np.uint8]) -> Found:
    """What torch finds on it in float32, by the same names."""
    with torch.inference_mode():
        found = built(torch.from_numpy(page).permute(2, 0, 1)[None])[0]
    if isinstance(built, PageClassifier):
        return {"probabilities": found["scores"][found["labels"].argsort()][None].numpy()}
    return {name: found[name].numpy() for name in _OUTPUTS["fields"]}


def difference(one: Found, other: Found) -> tuple[float, float]:
    """The least overlap (IoU) of a box with its counterpart in the other, and the most that two scores are apart.

    A box's counterpart is the one of its field, among those of nearly its score, that covers it best; overlap 0 where
    there is none. Boxes whose scores are just above the floor, which a rounding error would drop, need none.
    """
    if "probabilities" in one:
        return 1.0, float(np.abs(one["probabilities"] - other["probabilities"]).max())
    pairs = [*_counterparts(one, other), *_counterparts(other, one)]
    return min((overlap for overlap, _ in pairs), default=1.0), max((apart for _, apart in pairs), default=0.0)


def _counterparts(one: Found, other: Found) -> Iterator[tuple[float, float]]:
    overlaps = box_iou(torch.from_numpy(one["boxes"]), torch.from_numpy(other["boxes"])).numpy()
    apart = np.abs(one["scores"][:, None] - other["scores"])
    overlaps[(one["labels"][:, None] != other["labels"]) | (apart > MOST_APART)] = 0
    for row in np.flatnonzero(one["scores"] >= SCORE_FLOOR + MOST_APART):
        best = int(overlaps[row].argmax()) if overlaps.shape[1] else None
        yield (0.0, 0.0) if best is None else (float(overlaps[row, best]), float(apart[row, best]))


class _Fields(nn.Module):
    """A detector on one page, in operations that ONNX has: nothing before the suppression has a size that varies.

    That one box is dropped below the floor before it suppresses others or after makes no difference: it could only
    suppress those that score lower still.
    """

    edges: Tensor

    def __init__(self, detector: FieldDetector) -> None:
        super().__init__()
        self.detector = detector
        height, width = detector.canvas
        self.register_buffer("edges", torch.tensor([width, height, width, height], dtype=torch.float32))

    def forward(self, pages: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (n, 4), scores (n,), labels (n,)."""
        logits, boxes, finest = self.detector.predict(pages)
        scores, index = logits[0].sigmoid().flatten().topk(min(_MOST_CANDIDATES, logits[0].numel()))
        places, labels = index // self.detector.num_classes, index % self.detector.num_classes
        found = self.detector.refiner(finest[0], boxes[0][places]).clamp(min=0).minimum(self.edges)
        # Fields suppress nothing of one another: each is moved to a place of its own, as torchvision's batched_nms does.
        apart = found + labels[:, None] * (max(self.detector.canvas) + 1.0)
        kept = nms(apart, scores, _NMS_IOU)
        kept = kept[scores[kept] >= SCORE_FLOOR]
        return settle(found, scores * (scores >= SCORE_FLOOR), labels, kept), scores[kept], labels[kept]


class _Classes(nn.Module):
    """A classifier with its probabilities in the order of the classes."""

    def __init__(self, classifier: PageClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pages: Tensor) -> Tensor:
        """Probabilities (1, classes)."""
        return self.classifier.predict(pages).softmax(dim=1)


def _metadata(model: Model) -> dict[str, str]:
    """What somebody with nothing but the file needs to know, each value as JSON."""
    rule = model.rule
    fields = [
        {"name": field.name, "score_from": rule.thresholds.get(field.id), "most_on_a_page": rule.limits.get(field.id)}
        for field in model.fields
    ]
    about = {"model": model.id, "task": model.task, "canvas": model.canvas, "padding": _PADDING, "fields": fields}
    return {key: json.dumps(value, ensure_ascii=False) for key, value in about.items()}


def _check(built: PageModel, made: bytes, pages: Iterator[NDArray[np.uint8]]) -> None:
    session = open_session(made)
    for page in pages:
        overlap, apart = difference(run_torch(built, page), run_onnx(session, page))
        if overlap < LEAST_IOU or apart > MOST_APART:
            raise Refused(
                "As ONNX the model gives other results: boxes overlap by {overlap}, scores are {apart} apart. No file was kept",
                overlap=round(overlap, 3),
                apart=round(apart, 4),
            )


def _pages(store: Store, model: Model) -> Iterator[NDArray[np.uint8]]:
    """Pages to check the file on, (height, width, 3) on the canvas: the project's, or drawn ones where it has none."""
    found = 0
    for example in _examples(store, model):
        try:
            yield read_page(example, model.canvas)
            found += 1
        except BadImage:
            continue  # what is wrong with it is nothing to the model
    if not found:
        yield from (_drawn(model.canvas, number) for number in range(_CHECKED))


def _examples(store: Store, model: Model) -> Iterator[Example]:
    try:
        _, project = PROJECTS.get(store, model.project)
    except NotFound:  # deleted since, or the model was made elsewhere
        return
    index, paths = Index(store), store.project(project.id)
    index.refresh(project.id)
    for row in index.page(project.id, Filter(split="test"), limit=_CHECKED) or index.page(project.id, limit=_CHECKED):
        yield Example(
            image=row.image,
            path=paths.original(row.image),
            width=row.width,
            height=row.height,
            xyxy=np.zeros((0, 4), dtype=np.float32),
            class_id=np.zeros(0, dtype=np.int64),
            turn=row.turn,
        )


def _drawn(canvas: tuple[int, int], number: int) -> NDArray[np.uint8]:
    page = np.full((*canvas, 3), 255, dtype=np.uint8)
    for line, top in enumerate(range(20, canvas[0], 24)):
        cv2.putText(
            page, f"Line {line} of page {number}: {line * 37 + number}.50", (8 * number, top), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0)
        )
    return page
