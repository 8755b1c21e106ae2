"""`base-SmartOCR-02`: the span model of a page's words beside the field detector of `-01`, with one score for each field.

The detector learns, and looks, only where it is needed: for fields that stand in no words (a signature, a stamp), or on
pages whose words the reader does not find. Where all fields are printed text, no pixel is looked at.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from worker.data import Example
from worker.models.backbone import TextBackbone
from worker.models.detector import FieldDetector
from worker.models.orientation import OrientationHead
from worker.models.span_model import LearnedPage, SpanModel
from worker.text import targets
from worker.text.candidates import Candidate, bring_together
from worker.text.choosing import NOTHING_SEEN, Seen, choose
from worker.text.prepared import PreparedPage

FOLDS = 6
"""Parts that the labelled pages are divided in; each is judged by what was learned from the others."""

_AT_ONCE = 16  # pages whose spans are learned in one iteration: a page of words costs a hundredth of a page of pixels
_MOST_KEPT = 512 << 20  # bytes of spans' features that are computed once
_TEXTUAL = 0.5  # of a field's boxes that some words fit: with fewer, words tell where it is less well than the detector alone
_LOOSE, _TIGHT = 0.6, 0.9  # IoU of labels with their words: from not to be followed to followed alone
# Of evidence (words, looks, both, words alone, looks alone), before there is anything to learn it from.
_PRIOR = (0.8, 0.8, 0.5, -0.5, -0.5)
_PRIOR_WEIGHT = 2.0  # of it, and of each field being as all others: one over the variance expected
# The same of how sure a model is in general, which may be anything, and of how fast odds rise, which few pages cannot tell.
_LEVEL_WEIGHT, _SLOPE_WEIGHT = 0.2, 20.0
_STEPS = 20  # of Newton's method, which needs six


class FieldReader(nn.Module):
    """Pages of words, and where `sees` of pixels, → boxes of `num_classes` fields.

    In training each target has the place of its page among the `learned` ones as `page` (). The detector's images and
    targets are as in `FieldDetector`.
    """

    pixels: ClassVar[int] = FieldDetector.pixels
    outputs: ClassVar[dict[str, int]] = {
        **{f"detector.{name}": side for name, side in FieldDetector.outputs.items()},
        **{f"text.{name}": side for name, side in SpanModel.outputs.items()},
        "fit": 0,
        "shifts": 0,
    }
    seeing: Tensor
    fit: Tensor
    slope: Tensor
    shifts: Tensor
    weights: Tensor

    def __init__(self, num_classes: int, canvas: tuple[int, int]) -> None:
        super().__init__()
        self.num_classes, self.canvas = num_classes, canvas
        self.detector = FieldDetector(num_classes, canvas)
        self.text = SpanModel(num_classes)
        self.orientation = OrientationHead()
        self.register_buffer("seeing", torch.ones(1))
        self.register_buffer("fit", torch.ones(num_classes))
        self.register_buffer("slope", torch.ones(1))
        self.register_buffer("shifts", torch.zeros(num_classes))
        self.register_buffer("weights", torch.tensor(_PRIOR))
        self.learned: list[LearnedPage] = []
        self._described: dict[int, Tensor] = {}
        self._prepared: dict[str, tuple[PreparedPage, int]] = {}

    @property
    def backbone(self) -> TextBackbone:
        """The detector's."""
        return self.detector.backbone

    @property
    def sees(self) -> bool:
        """Whether the detector takes part."""
        return bool(self.seeing.item())

    def parameter_groups(self) -> tuple[list[nn.Parameter], ...]:
        """What learns: the detector's new layers, its pretrained ones, and the weights over spans."""
        head, backbone = self.detector.parameter_groups() if self.sees else ([], [])
        if not self.sees:
            self.detector.requires_grad_(False)
        return head, backbone, self.text.span_weights()

    def learn_from(
        self,
        images: Sequence[str],
        pages: Sequence[PreparedPage],
        boxes: Sequence[targets.Boxes],
        unlabelled: Iterable[PreparedPage],
        seed: int,
        on_progress: Callable[[int, int], None],
    ) -> None:
        """Learn the words of pages, and make ready to learn spans; whether the detector is needed is decided by the labelled."""
        before, device = self.text, self.seeing.device
        offsets = targets.learn_offsets(pages, boxes, self.num_classes)
        overlaps = targets.best_overlaps(pages, boxes, offsets)
        self.seeing.fill_(float(not all(targets.stands_in_words(each) for each in overlaps)))
        # Beside a detector nothing is gained by them: three draws of cheques 97.2, 96.1, 97.2 % with, 97.0, 96.1, 97.4 % without.
        others = [] if self.sees else [page for page in unlabelled if len(page.spans)]
        vocabulary = np.unique(np.concatenate([np.zeros(1, np.int32), *(page.features for page in (*pages, *others))])).astype(np.int64)
        self.text = SpanModel(self.num_classes, FOLDS, vocabulary).to(device)
        self.text.begin_with(before)
        # What the odds of a model that is gone on from meant, these need not.
        self.slope.fill_(1)
        self.shifts.zero_()
        text = self.text
        text.offsets.copy_(torch.from_numpy(offsets))
        # Of a field that nobody labelled there is nothing to follow, or to read.
        follow = [(each.mean() - _LOOSE) / (_TIGHT - _LOOSE) if len(each) else 0 for each in overlaps]
        self.fit.copy_(torch.tensor(follow).clip(0, 1))
        text.textual.copy_(torch.tensor([len(each) > 0 and (each >= targets.RIGHT_IOU).mean() >= _TEXTUAL for each in overlaps]))
        middle, spread = targets.usual_places(pages, boxes, self.num_classes)
        text.middle.copy_(torch.from_numpy(middle))
        text.spread.copy_(torch.from_numpy(spread))
        folds = np.random.default_rng(seed).permutation(len(pages)) % FOLDS
        self._described = {}
        self.learned = [self._learned(page, box, int(fold)) for page, box, fold in zip(pages, boxes, folds, strict=True)]
        self._prepared = {image: (page, int(fold)) for image, page, fold in zip(images, pages, folds, strict=True)}
        self._learn_words(before, others, on_progress)

    def _learn_words(self, before: SpanModel, unlabelled: Sequence[PreparedPage], on_progress: Callable[[int, int], None]) -> None:
        """First from the labels alone, then once more with what that is sure of on unlabelled pages."""
        text, steps = self.text, FOLDS * (2 if unlabelled else 1)
        text.learn_words(self.learned, [], lambda done: on_progress(done, steps))
        text.standardise(self.learned[:_AT_ONCE])
        if unlabelled:
            text.fit_spans(self.learned, [text.span_features(page.tensors, page.fold) for page in self.learned])
            guessed = [text.guess(page) for page in unlabelled]
            text.begin_with(before)
            text.learn_words(self.learned, guessed, lambda done: on_progress(FOLDS + done, steps))
            text.standardise(self.learned[:_AT_ONCE])

    def _learned(self, page: PreparedPage, boxes: targets.Boxes, fold: int) -> LearnedPage:
        device = self.seeing.device
        wanted, known = targets.span_targets(page, boxes, self.text.offsets.cpu().numpy())
        known *= self.text.textual.cpu().numpy()
        classes = torch.from_numpy(targets.word_classes(page.page, boxes)).to(device)
        return LearnedPage(self.text.tensors(page), classes, torch.from_numpy(wanted).to(device), torch.from_numpy(known).to(device), fold)

    def forward(self, images: Tensor, wanted: list[dict[str, Tensor]] | None = None) -> Any:
        """Losses where targets are given; else the detector's boxes of each image."""
        if wanted is None:
            return self.detector(images)
        losses = dict(self.detector(images, wanted)) if self.sees else {}
        places = self._near([int(target["page"]) for target in wanted])
        with torch.autocast(self.seeing.device.type, enabled=False):  # three digits are too few for odds of a thousand words
            spans = self.text.span_loss([self.learned[place] for place in places], [self._describe(place) for place in places])
        return losses | {"text": spans}

    def _near(self, places: list[int]) -> list[int]:
        """All pages up to `_AT_ONCE`, else as many from the batch's on: labels held out for the detector are none for the words."""
        count = len(self.learned)
        if count <= _AT_ONCE:
            return list(range(count))
        step, each = count // _AT_ONCE, math.ceil(_AT_ONCE / len(places))
        return sorted({(place + step * number) % count for place in places for number in range(each)})

    def _describe(self, place: int) -> Tensor:
        """The features of a page's spans, which words that learn no more leave as they are."""
        found = self._described.get(place)
        if found is None:
            found = self.text.span_features(self.learned[place].tensors, self.learned[place].fold)
            if (len(self._described) + 1) * found.nbytes <= _MOST_KEPT:
                self._described[place] = found
        return found

    def known_page(self, image: str) -> tuple[PreparedPage, int] | None:
        """A labelled page of this training and the copy of the weights that has not seen it; None of any other image."""
        return self._prepared.get(image)

    def conclude(self) -> None:
        """Keep what is published, and forget the labelled pages."""
        self.text = self.text.published()
        self.learned, self._described, self._prepared = [], {}, {}

    def candidates(self, example: Example, page: PreparedPage, copy: int, seen: Seen = NOTHING_SEEN) -> list[Candidate]:
        """Every box that may be a field of a page, by that copy of the weights over words and by what the detector saw."""
        text = self.text
        found = choose(page, text.chances(page, copy), text.offsets.cpu().numpy(), text.textual.cpu().numpy(), seen)
        spans = [(each, page.spans.of(each.span)) for each in found]
        made = bring_together(example, page.page, spans, seen, self.fit.cpu().numpy())
        return [each if each.by_words is None else replace(each, by_words=self._by_words(each.class_id, each.by_words)) for each in made]

    def _by_words(self, class_id: int, odds: float) -> float:
        return float(self.slope) * odds + float(self.shifts[class_id])

    def score(self, found: Candidate) -> float:
        """One probability from what both models say."""
        if not self.text.textual[found.class_id]:
            return _sigmoid((found.by_looks or 0.0) + float(self.shifts[found.class_id]))
        return _sigmoid(float(_evidence(found) @ self.weights.cpu().numpy()) if self.sees else found.by_words or 0.0)

    def calibrate_words(self, judged: Sequence[tuple[Candidate, bool]]) -> None:
        """Learn what the span model's odds mean for each field, from boxes found by words alone on pages not learned from."""
        count = self.num_classes
        table = [np.concatenate([np.eye(count)[each.class_id], [1.0, each.by_words or 0.0]]) for each, _ in judged]
        weight = np.array([_PRIOR_WEIGHT] * count + [_LEVEL_WEIGHT, _SLOPE_WEIGHT])
        fitted = _fit(table, [right for _, right in judged], np.append(np.zeros(count + 1), 1), weight)
        self.shifts.copy_(torch.from_numpy(fitted[:count] + fitted[count]))
        self.slope.copy_(torch.from_numpy(fitted[-1:]))

    def calibrate(self, judged: Sequence[tuple[Candidate, bool]]) -> None:
        """Learn how much to believe each model, from boxes of pages that neither has learned from.

        How sure they are in general is learned from all fields together, also from those that stand in no words.
        """
        textual = self.text.textual.cpu().numpy() > 0
        table = [np.append(_evidence(each) * textual[each.class_id], 1.0) for each, _ in judged]
        looks = [0.0 if textual[each.class_id] else each.by_looks or 0.0 for each, _ in judged]
        weight = np.array([_PRIOR_WEIGHT] * len(_PRIOR) + [_LEVEL_WEIGHT])
        fitted = _fit(table, [right for _, right in judged], np.append(_PRIOR, 0), weight, looks)
        level = float(fitted[-1])
        # One of the last three is in every box of a field that stands in words: both, words alone or looks alone.
        self.weights.copy_(torch.from_numpy(fitted[:-1]) + torch.tensor([0, 0, level, level, level]))
        self.shifts[self.text.textual == 0] = level


def _evidence(found: Candidate) -> NDArray[np.float64]:
    """What both models say of a box: the log-odds of each, and which of them found it (5,)."""
    words, looks = found.by_words is not None, found.by_looks is not None
    return np.array(
        [found.by_words or 0.0, found.by_looks or 0.0, words and looks, words and not looks, looks and not words], dtype=np.float64
    )


def _sigmoid(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


def _fit(
    table: Sequence[NDArray[np.float64]],
    right: Sequence[bool],
    prior: NDArray[np.float64],
    weight: NDArray[np.float64],
    given: Sequence[float] | None = None,
) -> NDArray[np.float32]:
    """Weights (n,) of a logistic regression on rows (n,), each drawn to its `prior` by its `weight`; by Newton's method.

    The log-odds of each row begin at what is `given`, else at 0.
    """
    known = prior.astype(np.float64)
    if table:
        rows, truth, begun = np.array(table), np.array(right, dtype=np.float64), np.array(given or [0.0] * len(table))
        for _ in range(_STEPS):
            chance = 1 / (1 + np.exp(-rows @ known - begun))
            slope = rows.T @ (truth - chance) - weight * (known - prior)
            curve = rows.T @ (rows * (chance * (1 - chance))[:, None]) + np.diag(weight)
            known = known + np.clip(np.linalg.solve(curve, slope), -2, 2)
    return known.astype(np.float32)
