"""Two clouds of points (generated)."""

import numpy as np
from numpy.typing import NDArray

from convscope.datasets._playground import playground

__all__ = ["DATASET"]

CENTRE, VARIANCE = 2.0, 0.5


def draw(random: np.random.Generator, n_points: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Draw the points, and say which are blue."""
    blue = np.arange(n_points) < n_points // 2
    middle = np.where(blue, CENTRE, -CENTRE)[:, None]
    return random.normal(middle, np.sqrt(VARIANCE), (n_points, 2)), blue


DATASET = playground(draw)
