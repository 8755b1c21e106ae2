"""What a model is sure of on unlabelled pages, for it to learn from as well: self-training (Yarowsky, 1995)."""

from torch import Tensor

_SURE = 0.7  # chance of a word's field from which it counts as labelled
_UNLIKELY = 0.05  # of the likeliest word's chance: with less a word is no part of the field
_COUNT = 0.2  # of a word that was guessed, where one that a person labelled counts 1


def guess_classes(chances: Tensor) -> tuple[Tensor, Tensor]:
    """Guess the class of each word (n,), 0 for none, and what it counts (n,), from its chances to be of a field (n, classes).

    A word that may be part of a field, or may not, counts nothing.
    """
    surest, label = chances.max(dim=1)
    sure = surest >= _SURE
    unlikely = (chances <= _UNLIKELY * chances.amax(dim=0)).all(dim=1)
    return (label + 1) * sure, _COUNT * (sure | unlikely).float()
