"""Bringing a small loss to its minimum at once, where a training of many steps would be too much."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def minimise(weights: Sequence[Tensor], loss: Callable[[], Tensor], steps: int) -> None:
    """Set the weights to where a convex loss is least, by at most so many steps of L-BFGS (Liu and Nocedal, 1989)."""
    search = torch.optim.LBFGS(weights, max_iter=steps, line_search_fn="strong_wolfe")

    def value() -> Tensor:
        search.zero_grad()
        found = loss()
        found.backward()  # type: ignore[no-untyped-call]
        return found

    search.step(value)  # type: ignore[no-untyped-call]
