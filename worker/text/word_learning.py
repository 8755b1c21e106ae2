"""Which field each word belongs to: logistic regression on what describes the words, at its minimum."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import log_softmax

_DECAY = 1 / 24  # L2 of weights beside the loss of all words: so much that words of a dozen pages do not look sure
# Of L-BFGS, which needs some forty; each step kept takes as much memory as the weights.
_OPTIONS = {"maxiter": 60, "maxcor": 10, "gtol": 1e-5}


def fit_words(
    described: csr_array, classes: NDArray[np.int64], learns: NDArray[np.float32], weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (features, fields) and bias (fields,) of least loss, with decay towards the weights that are given.

    `described` (words, features); of `classes` (words,) 0 is no field, whose logit stays 0; `learns` (words,) is what each
    word counts. By L-BFGS (Liu and Nocedal, 1989): in seconds it is at the one minimum, which several hundred steps along
    the gradient do not reach.
    """
    words = np.arange(len(classes))
    begun = np.vstack([weight, bias]).astype(np.float64)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        now = flat.reshape(begun.shape)
        away = np.vstack([now[:-1] - begun[:-1], np.zeros_like(bias)])
        logits = described @ now[:-1].astype(np.float32) + now[-1].astype(np.float32)
        chances = log_softmax(np.hstack([np.zeros((len(classes), 1), np.float32), logits]), axis=1)
        total = -chances[words, classes] @ learns + _DECAY * (away**2).sum()
        slope = np.exp(chances)
        slope[words, classes] -= 1
        slope = slope[:, 1:] * learns[:, None]
        down = np.vstack([described.T @ slope, slope.sum(axis=0)]) + 2 * _DECAY * away
        return float(total) / len(classes), down.ravel() / len(classes)

    found = minimize(loss, begun.ravel(), jac=True, method="L-BFGS-B", options=_OPTIONS).x.reshape(begun.shape).astype(np.float32)
    return found[:-1], found[-1]
