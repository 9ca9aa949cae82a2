"""What the generated point sets have in common: 500 points, seeded, a split of four to one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from convscope.datasets._records import Dataset
from convscope.tables import PointTable

__all__ = ["RADIUS", "playground"]

RADIUS = 5.0
N_POINTS = 500
N_TEST = 100
SEED = 0

Draw = Callable[[np.random.Generator, int], tuple[NDArray[np.float64], NDArray[np.bool_]]]


def playground(draw: Draw) -> Dataset:
    """Declare a point set by the function that draws it.

    Parameters
    ----------
    draw : callable
        Given a random generator and a number of points, gives features (n, 2) and whether each is blue.
    """

    def make(split: str) -> PointTable:
        random = np.random.default_rng(SEED)
        features, blue = draw(random, N_POINTS)
        order = random.permutation(len(features))
        parts = np.where(np.arange(len(features)) < len(features) - N_TEST, "train", "test").astype(object)
        labels = np.where(blue, "blue", "red").astype(object)
        table = PointTable(features[order], labels=labels[order], split=parts)
        return table if split == "all" else table.part(split)

    return Dataset(
        kind="points",
        source="made here by the formulas of TensorFlow Playground (dataset.ts, Apache 2.0), without noise",
        licence="MIT",
        shape=(2,),
        make=make,
    )
