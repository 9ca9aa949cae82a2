"""The first weights of a network, and which points each step learns from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from convscope.playground.random import SeededRandom

__all__ = ["batches", "draw_weights"]

BIAS = 0.1


def draw_weights(shape: Sequence[int], random: SeededRandom) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Draw weights from -0.5 to 0.5, unit by unit; all biases begin at 0.1.

    Parameters
    ----------
    shape : sequence of int
        Number of features, units of each hidden layer, outputs.
    random : SeededRandom
        As `draw_points` leaves it.

    Returns
    -------
    weights : list of (kernel, bias)
        Of shapes (inputs, units) and (units,), one pair for each layer.

    Examples
    --------
    >>> from convscope.playground import SeededRandom
    >>> [(kernel.shape, bias.tolist()) for kernel, bias in draw_weights([2, 3, 1], SeededRandom("1"))]
    [((2, 3), [0.1, 0.1, 0.1]), ((3, 1), [0.1])]
    """
    weights = []
    for inputs, units in pairwise(shape):
        by_unit = np.array([[random() - 0.5 for _ in range(inputs)] for _ in range(units)])
        weights.append((by_unit.T.copy(), np.full(units, BIAS)))
    return weights


def batches(n_points: int, size: int, *, passes: int) -> Iterator[NDArray[np.int64]]:
    """Give the points of each step, pass after pass, in their order.

    As in TensorFlow Playground, points that fill no batch at the end of a pass count in the first step of the next.

    Examples
    --------
    >>> [rows.tolist() for rows in batches(5, 2, passes=2)]
    [[0, 1], [2, 3], [4, 0, 1], [2, 3]]
    """
    size = min(size, n_points)
    waiting: list[int] = []
    for _ in range(passes):
        for row in range(n_points):
            waiting.append(row)
            if (row + 1) % size == 0:
                yield np.array(waiting)
                waiting = []
