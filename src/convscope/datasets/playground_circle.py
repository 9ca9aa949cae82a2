"""Blue points inside a circle, red ones in a ring around it (generated)."""

import numpy as np
from numpy.typing import NDArray

from convscope.datasets._playground import RADIUS, playground

__all__ = ["DATASET"]


def draw(random: np.random.Generator, n_points: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Draw the points, and say which are blue."""
    half = n_points // 2
    distance = np.r_[random.uniform(0, RADIUS * 0.5, half), random.uniform(RADIUS * 0.7, RADIUS, n_points - half)]
    angle = random.uniform(0, 2 * np.pi, n_points)
    features = np.column_stack([distance * np.sin(angle), distance * np.cos(angle)])
    return features, np.hypot(*features.T) < RADIUS * 0.5


DATASET = playground(draw)
