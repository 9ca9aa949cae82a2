"""Two kinds of points in opposite quarters (generated)."""

import numpy as np
from numpy.typing import NDArray

from convscope.datasets._playground import RADIUS, playground

__all__ = ["DATASET"]

GAP = 0.3


def draw(random: np.random.Generator, n_points: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Draw the points, and say which are blue."""
    features = random.uniform(-RADIUS, RADIUS, (n_points, 2))
    features += np.where(features > 0, GAP, -GAP)
    return features, features.prod(axis=1) >= 0


DATASET = playground(draw)
