"""What a desk answers: pages tried on a model, a model written as ONNX, a model judged on a project's test images."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from storage import models
from storage.attempts import Message, message_of
from storage.core import BadImage, Store, now
from storage.detections import Detection
from storage.jobs import Answer, Evaluated, Job, TriedPage
from storage.models import Model
from storage.pictures import read_rgb
from storage.words.missing import ENGLISH
from storage.words.words import Words
from worker import hardware, onnx_export, trained, upright
from worker.data import Example
from worker.detect import Detections, detect
from worker.judging import box_detections
from worker.models import READERS, ClassReader, FieldReader, PageModel
from worker.orientation import find_turns
from worker.reading.languages import languages

if TYPE_CHECKING:
    from worker.reading.page_reader import PageReader

_KEPT_MODELS = 2  # whoever compares two asks them in turn
_FREE_GPU = 2 << 30  # bytes; a training beside it must not run short of them
_LOADERS = 1


class Answers:
    """Answers jobs of one store; the models asked for last are kept in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, PageModel] = OrderedDict()
        self._reader: PageReader | None = None
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

        examples, built = [self._example(job, number) for number in range(len(job.pages))], self._built(model)
        if isinstance(built, READERS):
            examples = self._read(built, examples, device, notice)
        found = {each.image: each for each in detect(built, examples, device, _LOADERS, notice)}
        return tuple(
            TriedPage(detections=_detections(found[example.image], model))
            if example.image in found
            else TriedPage(message=_unreadable(page.name, reasons[example.image]))
            for example, page in zip(examples, job.pages, strict=True)
        )

    def _read(
        self, model: FieldReader | ClassReader, examples: list[Example], device: torch.device, notice: Callable[..., None]
    ) -> list[Example]:
        """The pages that can be read with their words, turned as those run or as the pages look."""
        # Only here: whoever tries no model that reads does without it.
        from worker.reading.page_reader import PageReader

        self._reader = self._reader or PageReader((ENGLISH, *languages()))
        read = []
        for example in examples:
            try:
                page = self._reader.read(read_rgb(example.path), None)
            except BadImage as error:
                notice("Image {image} skipped: {reason}", image=example.image, reason=message_of(error))
            else:
                words = Words(image=example.image, **vars(page))
                read.append(replace(example, words=partial(_same, words), turn_said=False))
        told = upright.told_by_words(read)
        looked = find_turns(model.orientation, upright.unsure(read, told), device, _LOADERS, lambda _done, _total: None)
        return upright.as_found(upright.as_found(read, told), looked)

    def _example(self, job: Job, number: int) -> Example:
        page = job.pages[number]
        nothing = np.zeros((0, 4), dtype=np.float32)
        return Example(str(number), self._store.job(job.id).page(number), page.width, page.height, nothing, np.zeros(0, dtype=np.int64))


def _same(words: Words) -> Words:
    return words


def _device() -> torch.device:
    """A GPU with memory to spare, else the CPU."""
    # From the driver: torch would take half a gigabyte of the training's memory only to ask.
    spare = any(gpu.memory - gpu.memory_used > _FREE_GPU for gpu in hardware.gpus()[:1])
    return torch.device("cuda" if spare and torch.cuda.is_available() else "cpu")


def _unreadable(page: str, reason: object) -> Message:
    return Message(template="Page {page} cannot be read: {reason}", values={"page": page, "reason": reason})


def _detections(found: Detections, model: Model) -> tuple[Detection, ...]:
    """Detections as the store keeps them."""
    ids = [field.id for field in model.fields]
    if model.task == "fields":
        return box_detections(found, ids)
    scores = found.score.astype(float).round(4).tolist()
    return tuple(Detection(field=ids[place], xyxy=None, score=score) for place, score in zip(found.class_id, scores, strict=True))
