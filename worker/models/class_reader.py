"""`base-Classifier-02`: the page classifier of `-01` beside one linear layer over the words of a page.

Words are learned before a training begins, to their least loss, and how far they can be believed from pages kept aside; in
it the looks learn as they do in `-01`. Of forms in four classes, four labelled each, 99.5 % come out right, where looks
alone give 93 %, words alone 99 %, and both added up 97 %.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from worker.models.backbone import TextBackbone
from worker.models.classifier import PageClassifier
from worker.models.minimum import minimise
from worker.models.orientation import OrientationHead
from worker.text.page_words import PageWords
from worker.text.word_features import BUCKETS

_DECAY = 1 / 1000  # L2 of weights over words beside the loss of all pages: from 1/600 to 1/3000 a tenth of a point
_STEPS = 60
_FOLDS = 6  # of the labelled pages, each judged by words of the others
_TRUSTED_LOOKS = 0.2  # what looks count where words can be believed: of .1 to .3 the best, from .5 on looks spoil what words know
_PRIOR = 0.5  # of the slope of words, in pages
_LEAST_PAGES = 2  # that a word must stand on: what is on one alone is a name, a number or a slip of the reader


class ClassReader(nn.Module):
    """Pages of pixels and words → which of `num_classes` classes each is of.

    `images`, targets and results are as in `PageClassifier`; `words` are those of each image.
    """

    pixels: ClassVar[int] = PageClassifier.pixels
    sees: ClassVar[bool] = True  # looks at pictures
    outputs: ClassVar[dict[str, int]] = {
        **{f"looks.{name}": side for name, side in PageClassifier.outputs.items()},
        "words.weight": 1,
        "words.bias": 0,
    }

    def __init__(self, num_classes: int, canvas: tuple[int, int]) -> None:
        super().__init__()
        self.num_classes, self.canvas = num_classes, canvas
        self.looks = PageClassifier(num_classes, canvas)
        self.words = _WordClassifier(num_classes)
        self.orientation = OrientationHead()

    @property
    def backbone(self) -> TextBackbone:
        """The one that looks."""
        return self.looks.backbone

    def parameter_groups(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """What learns in a training, as in `PageClassifier`."""
        return self.looks.parameter_groups()

    def learn_from(self, labelled: Sequence[PageWords], labels: Tensor, others: Sequence[PageWords]) -> None:
        """Learn the words of pages with their `labels` (n,); other pages say which words are common."""
        for page in (*labelled, *others):
            self.words.follow(page)
        if len(labelled) > 1:
            self.words.learn(labelled, labels)

    def forward(self, images: Tensor, targets: list[dict[str, Tensor]] | None = None, words: Sequence[PageWords] = ()) -> Any:
        """Losses where targets are given, else classes."""
        if targets is not None:
            return self.looks(images, targets)
        return self.looks.sort(self.words.join(words, self.looks.predict(images)))


class _WordClassifier(nn.Module):
    """Words of pages → logits, by how often each word is there and on how few pages it stands (TF-IDF, Salton 1988)."""

    pages: Tensor
    seen: Tensor
    trust: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        # Not by the gradient of a training: they are set to their least loss before it.
        self.weight = nn.Parameter(torch.zeros(BUCKETS, num_classes), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(num_classes), requires_grad=False)
        self.register_buffer("pages", torch.zeros(1))
        self.register_buffer("seen", torch.zeros(BUCKETS))
        # How far words can be believed, 0 to 1.
        self.register_buffer("trust", torch.zeros(1))

    def follow(self, page: PageWords) -> None:
        """Take one more page into account for how common words are."""
        self.pages += 1
        self.seen[page.buckets] += 1

    def learn(self, pages: Sequence[PageWords], labels: Tensor) -> None:
        """Set the weights to those of least loss, with decay towards what was known, and the trust by pages kept aside."""
        labels = labels.to(self.weight.device)
        aside = torch.zeros(len(pages), self.weight.shape[1], device=labels.device)
        for fold in range(min(_FOLDS, len(pages))):
            others = [number for number in range(len(pages)) if number % _FOLDS != fold]
            known = self._fit([pages[number] for number in others], labels[others])
            aside[fold::_FOLDS] = self._logits(pages[fold::_FOLDS], *known)
        slope = torch.ones(1, device=labels.device, requires_grad=True)
        minimise([slope], lambda: F.cross_entropy(slope * aside, labels, reduction="sum") + _PRIOR * (slope - 1).square().sum(), _STEPS)
        weight, bias = self._fit(pages, labels)
        with torch.no_grad():
            self.trust.copy_(slope.clamp(0, 1))
            self.weight.copy_(weight)
            self.bias.copy_(bias)

    def join(self, pages: Sequence[PageWords], looks: Tensor) -> Tensor:
        """Give the logits (n, classes) of words and looks together; of a page whose words say nothing those of its looks."""
        logits = self._logits(pages, self.weight, self.bias)
        trust = self.trust * (logits != 0).any(dim=1, keepdim=True)
        return trust * logits + (1 - (1 - _TRUSTED_LOOKS) * trust) * looks

    def _fit(self, pages: Sequence[PageWords], labels: Tensor) -> tuple[Tensor, Tensor]:
        """Find the weight (BUCKETS, classes) and bias (classes,) of least loss; what these pages do not say stays as it is."""
        buckets, shares, starts = self._describe(pages)
        known, places = torch.unique(buckets, return_inverse=True)
        begun = self.weight[known].detach()
        weight, bias = begun.clone().requires_grad_(), self.bias.detach().clone().requires_grad_()

        def loss() -> Tensor:
            logits = F.embedding_bag(places, weight, starts, mode="sum", per_sample_weights=shares) + bias
            return F.cross_entropy(logits, labels, reduction="sum") + _DECAY * (weight - begun).square().sum()

        minimise([weight, bias], loss, _STEPS)
        return self.weight.detach().index_copy(0, known, weight.detach()), bias.detach()

    def _logits(self, pages: Sequence[PageWords], weight: Tensor, bias: Tensor) -> Tensor:
        """(n, classes), float32; 0 of a page without a word that stands on a labelled one."""
        buckets, shares, starts = self._describe(pages)
        logits = F.embedding_bag(buckets, weight, starts, mode="sum", per_sample_weights=shares)
        return logits + bias * (logits != 0).any(dim=1, keepdim=True)

    def _describe(self, pages: Sequence[PageWords]) -> tuple[Tensor, Tensor, Tensor]:
        """Of all pages' known words, one page after the other: buckets, shares in the page, and where each page begins."""
        device = self.weight.device
        found, sizes = [], []
        for page in pages:
            buckets, counts = torch.from_numpy(page.buckets).to(device), torch.from_numpy(page.counts).to(device)
            seen = self.seen[buckets]
            share = (1 + counts.log()) * (1 + ((1 + self.pages) / (1 + seen)).log()) * (seen >= _LEAST_PAGES)
            kept = share > 0
            found.append((buckets[kept], F.normalize(share[kept], dim=0)))
            sizes.append(int(kept.sum()))
        starts = torch.tensor([0, *sizes[:-1]], device=device).cumsum(0)
        return torch.cat([buckets for buckets, _ in found]), torch.cat([share for _, share in found]), starts
