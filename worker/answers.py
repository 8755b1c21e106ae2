"""What a desk answers: pages tried on a model, a model written as ONNX, a model judged on a project's test images."""

from collections import OrderedDict

import numpy as np
import torch

from storage import models
from storage.attempts import Message
from storage.core import Store, now
from storage.detections import Detection
from storage.jobs import Answer, Evaluated, Job, TriedPage
from storage.models import Model
from worker import hardware, onnx_export, trained
from worker.data import Example
from worker.detect import Detections, detect
from worker.models import PageModel

_KEPT_MODELS = 2  # whoever compares two asks them in turn
_FREE_GPU = 2 << 30  # bytes; a training beside it must not run short of them
_LOADERS = 1


class Answers:
    """Answers jobs of one store; the models asked for last are kept in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, PageModel] = OrderedDict()
        # Not all cores: OpenMP waits for its slowest thread, which would be the one that a training is in the way of.
        torch.set_num_threads(max(1, hardware.cores() // 2))

    def to(self, job: Job) -> Answer:
        """The answer to a job, without its seconds; what goes wrong is raised."""
        model, device = models.find(self._store, job.model).model, _device()
        answer = Answer(job=job.id, at=now(), seconds=0, device=str(device))
        if job.kind == "onnx":
            onnx_export.export(self._store, model.id)
            return answer.model_copy(update={"device": "cpu"})
        if job.kind == "evaluate":
            return answer.model_copy(update={"evaluated": self._evaluate(job, model, device)})
        return answer.model_copy(update={"pages": self._try(job, model, device)})

    def _built(self, model: Model) -> PageModel:
        if model.id not in self._kept:
            self._kept[model.id] = trained.load(self._store, model)
        self._kept.move_to_end(model.id)
        if len(self._kept) > _KEPT_MODELS:
            self._kept.popitem(last=False)
        return self._kept[model.id]

    def _evaluate(self, job: Job, model: Model, device: torch.device) -> Evaluated:
        # Only here: few ask for it, and nobody who tries a page should wait for what it needs.
        from worker.reevaluate import reevaluate

        assert job.project is not None  # whoever asks for this names one
        return reevaluate(self._store, model, self._built(model), job.project, device)

    def _try(self, job: Job, model: Model, device: torch.device) -> tuple[TriedPage, ...]:
        """What is found on each page; one that cannot be read says why, and keeps no other from its turn."""
        reasons: dict[str, object] = {}

        def notice(_template: str, **values: object) -> None:
            reasons[str(values["image"])] = values["reason"]

        examples = [self._example(job, number) for number in range(len(job.pages))]
        found = {each.image: each for each in detect(self._built(model), examples, device, _LOADERS, notice)}
        return tuple(
            TriedPage(detections=_detections(found[example.image], model))
            if example.image in found
            else TriedPage(message=_unreadable(page.name, reasons[example.image]))
            for example, page in zip(examples, job.pages, strict=True)
        )

    def _example(self, job: Job, number: int) -> Example:
        page = job.pages[number]
        nothing = np.zeros((0, 4), dtype=np.float32)
        return Example(str(number), self._store.job(job.id).page(number), page.width, page.height, nothing, np.zeros(0, dtype=np.int64))


def _device() -> torch.device:
    """A GPU with memory to spare, else the CPU."""
    # From the driver: torch would take half a gigabyte of the training's memory only to ask.
    spare = any(gpu.memory - gpu.memory_used > _FREE_GPU for gpu in hardware.gpus()[:1])
    return torch.device("cuda" if spare and torch.cuda.is_available() else "cpu")


def _unreadable(page: str, reason: object) -> Message:
    return Message(template="Page {page} cannot be read: {reason}", values={"page": page, "reason": reason})


def _detections(found: Detections, model: Model) -> tuple[Detection, ...]:
    """Detections as the store keeps them; boxes of no area, which rounding can leave, are left out."""
    ids = [model.fields[place].id for place in found.class_id]
    scores = found.score.astype(float).round(4).tolist()
    if model.task == "classes":
        return tuple(Detection(field=field, xyxy=None, score=score) for field, score in zip(ids, scores, strict=True))
    boxes = [(left, top, right, bottom) for left, top, right, bottom in found.xyxy.astype(float).round(2).tolist()]
    return tuple(
        Detection(field=field, xyxy=box, score=score)
        for field, box, score in zip(ids, boxes, scores, strict=True)
        if box[2] - box[0] >= 1 and box[3] - box[1] >= 1
    )
