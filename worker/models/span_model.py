"""Which span of a page's words each field is: words are scored by their features, then spans by their words and place.

Words are learned before a training begins (`fit_words`): from labelled pages, and from what the model is sure of on others.
In it spans learn, by a conditional logit over those of a page and "none of them" (McFadden, 1974), whose weights are shared
by all fields plus each field's own. Several copies learn side by side, each from all labelled pages but one fold. So every
labelled page can be judged by the copy that has not seen it, and spans are ranked by words that are scored as honestly as
those of a new page. What is published is the mean of all copies' weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from worker.models.minimum import minimise
from worker.text.guesses import guess_classes
from worker.text.prepared import PreparedPage
from worker.text.spans import FEATURES, PLACE
from worker.text.word_features import BUCKETS
from worker.text.word_learning import fit_words

WIDTH = 10 + FEATURES + 3
"""Features of a span for one field: of its words' scores, of itself, and of its distance from the field's usual place."""

_GAIN = 6.0  # of a word's features, scaled to length 1: with it the weights stay near 1
_CLIP = 9.0  # log-odds of a word, beyond which nothing is surer
_NOBODY = -3.0  # log-odds of a neighbour that is not there
_SHARED_DECAY, _OWN_DECAY = 0.08, 0.2  # L2 of the weights over spans: half or twice as much changes a third of a point
_SPAN_STEPS = 100  # of L-BFGS over spans


@dataclass(frozen=True)
class PageTensors:
    """A prepared page as tensors; `features` are rows of the word weights."""

    features: Tensor
    starts: Tensor
    norms: Tensor
    line_of: Tensor
    lines: int
    words: Tensor
    owner: Tensor
    lengths: Tensor
    spans: Tensor
    beside: Tensor
    around: Tensor


@dataclass(frozen=True)
class LearnedPage:
    """A labelled page: `classes` (n,) of its words, `targets` (spans + 1, classes), `known` (classes,), and its fold."""

    tensors: PageTensors
    classes: Tensor
    targets: Tensor
    known: Tensor
    fold: int


@dataclass(frozen=True)
class GuessedPage:
    """An unlabelled page: by each copy the `classes` (copies, n) of its words, and what each `counts` (copies, n)."""

    tensors: PageTensors
    classes: Tensor
    counts: Tensor


class SpanModel(nn.Module):
    """Prepared pages → logits over their spans and "none", for each of `num_classes` fields.

    With a `vocabulary` (a rising array of buckets) it holds weights for those alone, in `copies`: what learns. Without,
    one copy with a weight for every bucket: what is published. All its state is float32.
    """

    outputs: ClassVar[dict[str, int]] = {
        "weight": 1,
        **dict.fromkeys(("bias", "own", "none", "middle", "spread", "offsets", "textual"), 0),
    }
    middle: Tensor
    spread: Tensor
    mean: Tensor
    deviation: Tensor
    offsets: Tensor
    textual: Tensor

    def __init__(self, num_classes: int, copies: int = 1, vocabulary: NDArray[np.int64] | None = None) -> None:
        super().__init__()
        self.num_classes, self.copies, self.vocabulary = num_classes, copies, vocabulary
        rows = BUCKETS if vocabulary is None else len(vocabulary)
        self.weight = nn.Parameter(torch.zeros(rows, copies * num_classes), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(copies * num_classes), requires_grad=False)
        self.shared = nn.Parameter(torch.zeros(copies, WIDTH))
        self.own = nn.Parameter(torch.zeros(copies * num_classes, WIDTH))
        self.none = nn.Parameter(torch.zeros(copies * num_classes, 2))
        self.register_buffer("middle", torch.zeros(num_classes, PLACE))
        self.register_buffer("spread", torch.ones(num_classes, PLACE))
        self.register_buffer("mean", torch.zeros(WIDTH))
        self.register_buffer("deviation", torch.ones(WIDTH))
        self.register_buffer("offsets", torch.zeros(num_classes, 4))
        # Whether a field stands in words at all: 1 or 0.
        self.register_buffer("textual", torch.zeros(num_classes))
        self._begun: Tensor | None = None

    def begin_with(self, before: "SpanModel") -> None:
        """Take over what a published model knows; of a new one that is nothing."""
        self._begun = before.weight.detach()
        with torch.no_grad():
            self.weight.copy_(self._begun[self._rows()].repeat(1, self.copies))
            for name in ("bias", "own", "none"):
                part = getattr(before, name)
                getattr(self, name).copy_(part.repeat(self.copies, *[1] * (part.ndim - 1)))
            self.shared.copy_(before.shared.expand_as(self.shared))

    def _rows(self) -> Tensor:
        """Which bucket each row of weights is of."""
        known = torch.arange(BUCKETS) if self.vocabulary is None else torch.from_numpy(self.vocabulary)
        return known.to(self.weight.device)

    def span_weights(self) -> list[nn.Parameter]:
        """What learns in a training."""
        return [self.shared, self.own, self.none]

    def tensors(self, page: PreparedPage) -> PageTensors:
        """A page as this model looks at it."""
        lengths = np.diff(page.starts)
        known = page if self.vocabulary is None else page.with_vocabulary(self.vocabulary)
        spans = page.spans
        device = self.weight.device

        def there(values: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)

        return PageTensors(
            features=there(known.features),
            starts=there(known.starts[:-1].astype(np.int32)),
            # By all of a word's features: one of which the model knows little must not look sure.
            norms=there((_GAIN / np.sqrt(np.maximum(lengths, 1))).astype(np.float32)),
            line_of=there(page.page.line_of),
            lines=len(page.page.lines),
            words=there(spans.words),
            owner=there(np.repeat(np.arange(len(spans)), spans.lengths)),
            lengths=there(spans.lengths.astype(np.float32)),
            spans=there(spans.features),
            beside=there(spans.beside),
            around=there(spans.around),
        )

    def word_logits(self, page: PageTensors, copy: int) -> Tensor:
        """(n, classes) by one copy; 0 is that of no field."""
        columns = slice(copy * self.num_classes, (copy + 1) * self.num_classes)
        return F.embedding_bag(page.features, self.weight[:, columns], page.starts, mode="sum") * page.norms[:, None] + self.bias[columns]

    @torch.no_grad()
    def span_features(self, page: PageTensors, copy: int) -> Tensor:
        """(spans, classes, WIDTH) features of every span by that copy's words, standardised."""
        odds = _log_odds(self.word_logits(page, copy)).clamp(-_CLIP, _CLIP)
        place = ((page.spans[:, None, :PLACE] - self.middle) / self.spread).clamp(-4, 4)
        away = torch.stack([-(place**2).mean(-1), -place[..., :3].abs().mean(-1), -place[..., 8].abs()], dim=-1)
        itself = page.spans[:, None].expand(-1, self.num_classes, -1)
        return (torch.cat([_scores(page, odds), itself, away], dim=-1) - self.mean) / self.deviation

    @torch.no_grad()
    def standardise(self, pages: Sequence[LearnedPage]) -> None:
        """Give the features of these pages' spans mean 0 and deviation 1; without them one decay would not suit all weights."""
        self.mean.zero_()
        self.deviation.fill_(1)
        seen = [self.span_features(page.tensors, page.fold).flatten(0, 1) for page in pages if len(page.tensors.lengths)]
        if seen:
            every = torch.cat(seen)
            self.mean.copy_(every.mean(dim=0))
            self.deviation.copy_(every.std(dim=0, correction=0) + 1e-3)

    def span_logits(self, features: Tensor, copies: slice) -> Tensor:
        """(spans + 1, copies, classes): the last row is that of "none of them"."""
        shared = self.shared[copies]
        own = self.own.view(self.copies, self.num_classes, WIDTH)[copies]
        none = self.none.view(self.copies, self.num_classes, 2)[copies]
        logits = torch.einsum("nfd,rfd->nrf", features, shared[:, None] + own)
        # The surest span's words say how likely there is any.
        surest = features[:, :, 3].amax(dim=0)
        return torch.cat([logits, (none[..., 0] + none[..., 1] * surest)[None]])

    @torch.no_grad()
    def learn_words(self, pages: Sequence[LearnedPage], guessed: Sequence[GuessedPage], on_copy: Callable[[int], None]) -> None:
        """Set the weights over words to those of least loss, one copy after the other; report how many are done."""
        described = _describe([*(page.tensors for page in pages), *(page.tensors for page in guessed)], len(self.weight))
        folds = np.repeat([page.fold for page in pages], [len(page.classes) for page in pages])
        every, biases = self.weight.cpu().numpy(), self.bias.cpu().numpy()
        for copy in range(self.copies if described.shape[0] else 0):
            columns = slice(copy * self.num_classes, (copy + 1) * self.num_classes)
            classes = torch.cat([*(page.classes for page in pages), *(page.classes[copy] for page in guessed)]).cpu().numpy()
            counts = [((folds != copy) | (self.copies == 1)).astype(np.float32), *(page.counts[copy].cpu().numpy() for page in guessed)]
            weight, bias = fit_words(described, classes, np.concatenate(counts), every[:, columns], biases[columns])
            self.weight[:, columns] = torch.from_numpy(weight).to(self.weight.device)
            self.bias[columns] = torch.from_numpy(bias).to(self.weight.device)
            on_copy(copy + 1)

    def fit_spans(self, pages: Sequence[LearnedPage], features: Sequence[Tensor]) -> None:
        """Set the weights over spans to those of least loss, for a first look at pages before a training."""
        minimise(self.span_weights(), lambda: self.span_loss(pages, features), _SPAN_STEPS)

    @torch.no_grad()
    def guess(self, page: PreparedPage) -> GuessedPage:
        """Say what each copy is sure of on an unlabelled page."""
        tensors = self.tensors(page)
        found = []
        for copy in range(self.copies):
            spans = self._span_chances(tensors, copy)[:-1] * self.textual
            words = spans.new_zeros(len(page.page), self.num_classes).index_add(0, tensors.words, spans[tensors.owner])
            found.append(guess_classes(words))
        return GuessedPage(tensors, torch.stack([classes for classes, _ in found]), torch.stack([counts for _, counts in found]))

    def span_loss(self, pages: Sequence[LearnedPage], features: Sequence[Tensor]) -> Tensor:
        """Cross-entropy over the spans of these pages, described by `features`, and "none"; the mean of all copies."""
        total = self.shared.new_zeros(())
        for page, described in zip(pages, features, strict=True):
            if len(described):
                chances = self.span_logits(described, slice(None)).log_softmax(dim=0)
                each = -(page.targets[:, None] * chances).sum(dim=0) * page.known
                total = total + (each.mean(dim=1) * self._learns(page)).sum()
        decay = _SHARED_DECAY * self.shared.square().sum()
        decay = decay + _OWN_DECAY * (self.own.square().sum() + self.none.square().sum())
        return (total / max(1, len(pages)) + decay) / self.copies

    def _learns(self, page: LearnedPage) -> Tensor:
        """(copies,) 0 for the one copy that the page is kept from."""
        mask = torch.ones(self.copies, device=self.weight.device)
        if self.copies > 1:
            mask[page.fold] = 0
        return mask

    @torch.no_grad()
    def chances(self, page: PreparedPage, copy: int = 0) -> NDArray[np.float32]:
        """(spans + 1, classes) the probability of each span, and last that of none; by one copy."""
        if not len(page.spans):
            return np.ones((1, self.num_classes), dtype=np.float32)
        return self._span_chances(self.tensors(page), copy).cpu().numpy()

    def _span_chances(self, page: PageTensors, copy: int) -> Tensor:
        return self.span_logits(self.span_features(page, copy), slice(copy, copy + 1))[:, 0].softmax(dim=0)

    @torch.no_grad()
    def published(self) -> "SpanModel":
        """One copy with the mean of all copies' weights, and one for every bucket."""
        made = SpanModel(self.num_classes).to(self.weight.device)
        if self._begun is not None:
            made.weight.copy_(self._begun)  # of words that are on none of these pages
        # The mean of linear models is their ensemble; one model learned from all pages finds 1 % fewer fields on receipts.
        made.weight[self._rows()] = self.weight.view(-1, self.copies, self.num_classes).mean(dim=1)
        for name in ("bias", "own", "none"):
            part = getattr(self, name)
            getattr(made, name).copy_(part.view(self.copies, self.num_classes, *part.shape[1:]).mean(dim=0))
        made.shared.copy_(self.shared.mean(dim=0, keepdim=True))
        for name in ("middle", "spread", "mean", "deviation", "offsets", "textual"):
            getattr(made, name).copy_(getattr(self, name))
        return made


def _describe(pages: Sequence[PageTensors], features: int) -> csr_array:
    """(words, features) what describes the words of several pages."""
    columns = np.concatenate([page.features.cpu().numpy() for page in pages])
    counts = np.concatenate([np.diff(page.starts.cpu().numpy(), append=len(page.features)) for page in pages])
    values = np.repeat(np.concatenate([page.norms.cpu().numpy() for page in pages]), counts)
    return csr_array((values, columns, np.concatenate([[0], np.cumsum(counts)])), shape=(len(counts), features))


def _log_odds(logits: Tensor) -> Tensor:
    """Of each field against everything else, from logits (n, classes) beside 0 for none."""
    chance = torch.cat([logits.new_zeros(len(logits), 1), logits], dim=1).softmax(dim=1)[:, 1:]
    chance = chance.clamp(5e-5, 1 - 5e-5)
    return torch.log(chance / (1 - chance))


def _scores(page: PageTensors, odds: Tensor) -> Tensor:
    """(spans, classes, 10) what the log-odds (n, classes) of its words and neighbours say of each span."""
    count, classes = len(page.lengths), odds.shape[1]
    inside, owner = odds[page.words], page.owner[:, None].expand(-1, classes)
    empty = odds.new_zeros(count, classes)
    total = empty.index_add(0, page.owner, inside)
    least = torch.full_like(empty, _CLIP).scatter_reduce(0, owner, inside, "amin")
    most = torch.full_like(empty, -_CLIP).scatter_reduce(0, owner, inside, "amax")
    nobody = odds.new_full((1, classes), _NOBODY)
    by_line = odds.new_zeros(page.lines, classes).index_add(0, page.line_of, odds)
    by_line = by_line / torch.bincount(page.line_of, minlength=page.lines)[:, None]
    words, lines = torch.cat([odds, nobody]), torch.cat([by_line, nobody])
    around = torch.stack([words[page.beside[:, 0]], words[page.beside[:, 1]], lines[page.around[:, 0]], lines[page.around[:, 1]]], dim=-1)
    share = empty.index_add(0, page.owner, inside.clamp(min=0)) / (odds.clamp(min=0).sum(dim=0) + 0.3)
    lead = total - around.clamp(min=0).sum(dim=-1)
    own = torch.stack([total, total / page.lengths[:, None], least, most], dim=-1)
    return torch.cat([own, around, torch.stack([share, lead], dim=-1)], dim=-1)
