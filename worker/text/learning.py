"""What the span model begins to learn from, and how its scores come to mean probabilities."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from storage.turns import turn_box
from worker.data import Example, limits
from worker.detect import find_candidates
from worker.models.class_reader import ClassReader
from worker.models.field_reader import FieldReader
from worker.text.candidates import Candidate
from worker.text.page_words import page_words
from worker.text.prepared import PreparedPage, prepare_page
from worker.text.targets import RIGHT_IOU, Boxes, iou

_MOST = 1000
"""Pages times fields that words are learned from in all, as far as unlabelled pages are taken: more labels need none, and
many fields take long."""


def learn(
    model: FieldReader,
    labelled: Sequence[Example],
    unlabelled: Sequence[Example],
    seed: int,
    on_progress: Callable[[int, int], None],
) -> None:
    """Have the model learn the words of all labelled pages, and of some unlabelled ones where the labels are few."""
    images, pages, boxes = [each.image for each in labelled], [prepare_page(each) for each in labelled], [_boxes(each) for each in labelled]
    model.learn_from(images, pages, boxes, _drawn(model, len(labelled), unlabelled, seed), seed, on_progress)


def _drawn(model: FieldReader, labelled: int, unlabelled: Sequence[Example], seed: int) -> Iterator[PreparedPage]:
    """Prepare the unlabelled pages to learn from, one after the other, as a model beside a detector asks for none."""
    count = min(len(unlabelled), max(0, _MOST // model.num_classes - labelled))
    chosen = np.random.default_rng(seed).permutation(len(unlabelled))[:count]
    return (prepare_page(unlabelled[number]) for number in sorted(chosen.tolist()))


def learn_classes(model: ClassReader, labelled: Sequence[Example], others: Sequence[Example]) -> None:
    """Have the model learn the words of labelled pages; other pages say which words are common."""
    labels = torch.tensor([int(each.class_id[0]) for each in labelled])
    model.learn_from([page_words(each.words()) for each in labelled], labels, [page_words(each.words()) for each in others])


def calibrate(
    model: FieldReader,
    labelled: Sequence[Example],
    held_out: Sequence[Example],
    device: torch.device,
    loaders: int,
    notice: Callable[..., None],
) -> None:
    """Have scores mean probabilities: of words by all labelled pages, each judged by weights that have not seen it, and
    of both models together by those that the detector has not seen."""
    most = limits(labelled, model.num_classes)
    known = [(example, model.known_page(example.image)) for example in labelled]
    by_words = [(example, model.candidates(example, *page)) for example, page in known if page is not None]
    model.calibrate_words([pair for example, candidates in by_words for pair in _judge(example, candidates, model, most)])
    if model.sees:
        found = find_candidates(model, held_out, device, loaders, notice)
        model.calibrate([pair for example, candidates in found for pair in _judge(example, candidates, model, most)])


def _boxes(example: Example) -> Boxes:
    turned = [turn_box(tuple(box), example.width, example.height, example.turn) for box in example.xyxy.tolist()]
    return Boxes(np.array(turned, dtype=np.float32).reshape(-1, 4), example.class_id)


def _judge(example: Example, candidates: Sequence[Candidate], model: FieldReader, most: Sequence[int]) -> list[tuple[Candidate, bool]]:
    """Each candidate, best first, with whether it fits a labelled box that no better one has taken.

    Of each field as many as may be applied to a page, `most`: the others, nearly all wrong, say nothing of these.
    """
    taken = np.zeros(len(example.class_id), dtype=bool)
    judged = []
    left = list(most)
    for candidate in sorted(candidates, key=model.score, reverse=True):
        if not left[candidate.class_id]:
            continue
        left[candidate.class_id] -= 1
        free = (example.class_id == candidate.class_id) & ~taken
        overlaps = np.where(free, iou(np.array(candidate.xyxy, dtype=np.float32), example.xyxy), 0)
        right = bool(len(overlaps)) and overlaps.max() >= RIGHT_IOU
        if right:
            taken[overlaps.argmax()] = True
        judged.append((candidate, right))
    return judged
