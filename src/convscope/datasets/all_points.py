"""A grid of 50 by 50 points over the unit square, for drawing decision regions."""

import numpy as np

from convscope.datasets._records import Dataset
from convscope.tables import PointTable

__all__ = ["DATASET"]

N_STEPS = 50


def make(split: str) -> PointTable:
    """Make the grid, feature1 slowest; it has no labels and no split."""
    steps = np.arange(N_STEPS) / N_STEPS
    feature1, feature2 = np.meshgrid(steps, steps, indexing="ij")
    return PointTable(np.column_stack([feature1.ravel(), feature2.ravel()]))


DATASET = Dataset(
    kind="points", source="made here; equal to the lab's all_points.csv", licence="MIT", shape=(2,), make=make
)
