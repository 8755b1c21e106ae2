"""What the detector learns from: which locations answer for which box, and how wrong they are."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou, generalized_box_iou_loss

_BEST = 13  # locations that learn one box, and
_SCORE_POWER, _IOU_POWER = 1.0, 6.0  # how score and overlap rank them: TOOD, §3.2 (alpha, beta)
_BOX_WEIGHT = 2.0  # of GIoU against the score loss, as for TOOD
_RANK_WEIGHT = 0.5
_LEAST_REACH = 4.5  # pixels, a little over half the finest stride


def detection_losses(
    logits: Tensor,
    boxes: Tensor,
    places: Tensor,
    targets: list[dict[str, Tensor]],
    refine: Callable[[int, Tensor], Tensor],
) -> dict[str, Tensor]:
    """`score`, `rank` and `box` losses of one batch; the first and last are divided by the sum of target scores.

    `logits` (b, n, classes), `boxes` (b, n, 4) xyxy, `places` (n, 2), `targets`: `boxes` (k, 4) and `labels` (k,).
    `refine(page, boxes)` looks at boxes (m, 4) of one page again and returns better ones.
    """
    wanted = torch.zeros_like(logits)
    box_losses, weights = [], []
    for page, target in enumerate(targets):
        # Detached: who answers for a box is a choice, and nothing to be learned through.
        place, owner, quality = assign(logits[page].detach().sigmoid(), boxes[page].detach(), places, target)
        wanted[page, place, target["labels"][owner]] = quality
        truth, guess = target["boxes"][owner], boxes[page][place]
        refined = refine(page, guess)
        # GIoU (Rezatofighi et al., 2019) pulls even where a guess misses its box altogether and IoU is flat.
        box_losses.append(generalized_box_iou_loss(guess, truth) + generalized_box_iou_loss(refined, truth))
        weights.append(quality)
    # A batch of empty pages has no target score to divide by.
    total = torch.cat(weights).sum().clamp(min=1.0)
    box = (torch.cat(box_losses) * torch.cat(weights)).sum() / total
    return {
        "score": _score_loss(logits, wanted).sum() / total,
        "rank": _RANK_WEIGHT * _rank_loss(logits, wanted),
        "box": _BOX_WEIGHT * box,
    }


def _rank_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Of all places on a page, the right ones should score a field highest: cross-entropy over places.

    A document holds most fields once, so the choice between two likely lines is what counts; the score loss looks at
    each place for itself and does not teach it.
    """
    hopeless = torch.finfo(logits.dtype).min
    right = torch.where(wanted > 0, logits, hopeless).logsumexp(dim=1)
    present = (wanted > 0).any(dim=1)
    return (logits.logsumexp(dim=1) - right)[present].sum() / present.sum().clamp(min=1)


def _score_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Varifocal loss (Zhang et al., 2021): a background location counts by the score it wrongly gives."""
    focus = torch.where(wanted > 0, wanted, 0.75 * logits.detach().sigmoid() ** 2)  # the paper's alpha and gamma
    return F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * focus


def assign(scores: Tensor, boxes: Tensor, places: Tensor, target: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Locations that learn a box → their index (m,), the box each learns (m,), and the score it should give (m,)."""
    truth, labels = target["boxes"], target["labels"]
    if not len(truth):
        return labels.new_zeros(0), labels.new_zeros(0), scores.new_zeros(0)
    overlap = box_iou(boxes, truth)
    inside = _inside(places, truth)
    rank = scores[:, labels] ** _SCORE_POWER * overlap**_IOU_POWER * inside
    best = torch.zeros_like(inside).scatter_(0, rank.topk(min(_BEST, len(rank)), dim=0).indices, True) & inside
    # A location under two boxes learns the one it already covers best.
    owner = torch.where(best, overlap, -1.0).argmax(dim=1)
    place = best.any(dim=1).nonzero().squeeze(1)
    owner = owner[place]
    # TOOD, §3.2: a box's best place is asked for its overlap, the others for less in proportion.
    rank = torch.where(best, rank, 0.0)
    # Overlap to the sixth is as good as zero while guesses are wild.
    top = (overlap * best).amax(dim=0) / rank.amax(dim=0).clamp(min=1e-12)
    return place, owner, (rank * top)[place, owner]


def _inside(places: Tensor, truth: Tensor) -> Tensor:
    # Text smaller than a cell may lie between the centres of all cells; it is found from the nearest ones.
    centre = (truth[:, :2] + truth[:, 2:]) / 2
    half = ((truth[:, 2:] - truth[:, :2]) / 2).clamp(min=_LEAST_REACH)
    return ((places[:, None] - centre).abs() < half).all(dim=-1)
