"""The first weights of a network, and which points each step learns from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from convscope.errors import UsageError
from convscope.playground.random import SeededRandom

__all__ = ["batches", "draw_weights"]

BIAS = 0.1


def draw_weights(
    shape: Sequence[int], random: SeededRandom, *, zero: bool = False
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Draw weights from -0.5 to 0.5, unit by unit, and begin all biases at 0.1; or begin everything at 0.

    Parameters
    ----------
    shape : sequence of int
        Number of features, units of each hidden layer, outputs.
    random : SeededRandom
        As `draw_points` leaves it.
    zero : bool
        What ``initZero=true`` says in a link.

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
        by_unit = np.array([[0.0 if zero else random() - 0.5 for _ in range(inputs)] for _ in range(units)])
        weights.append((by_unit.T.copy(), np.full(units, 0.0 if zero else BIAS)))
    return weights


def batches(n_points: int, size: int, *, passes: int) -> Iterator[NDArray[np.int64]]:
    """Give the points of each step, pass after pass, in their order.

    As in TensorFlow Playground, points that fill no batch at the end of a pass count in the first step of the next.
    A batch of more points than there are is all of them.

    Raises
    ------
    UsageError
        A batch of less than one point.

    Examples
    --------
    >>> [rows.tolist() for rows in batches(5, 2, passes=2)]
    [[0, 1], [2, 3], [4, 0, 1], [2, 3]]
    """
    if size < 1:
        raise UsageError("a batch holds at least one point.", received=repr(size), expected="a whole number from 1")
    size = min(size, n_points)
    waiting: list[int] = []
    for _ in range(passes):
        for row in range(n_points):
            waiting.append(row)
            if (row + 1) % size == 0:
                yield np.array(waiting)
                waiting = []
