"""A step of Adam in one pass over memory, compiled by Numba; the bits are those of `optimizers.Adapt`."""

from __future__ import annotations

from functools import partial

import numpy as np

from convscope.compiled import compiled

__all__ = ["adapt"]


@partial(compiled, contract=False)
def adapt(weights, gradient, mean, square, away_1, away_2, alpha, epsilon, shrink):  # type: ignore[no-untyped-def]
    """Move flat weights and both means in place; ``shrink`` is the weights' decay times the learning rate."""
    for at in range(len(weights)):
        number = gradient[at]
        mean[at] += (number - mean[at]) * away_1
        square[at] += (number * number - square[at]) * away_2
        weight = weights[at] - weights[at] * shrink if shrink else weights[at]
        weights[at] = weight - alpha * (mean[at] / (np.sqrt(square[at]) + epsilon))
