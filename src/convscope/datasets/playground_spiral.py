"""Two spiral arms wound into each other (generated)."""

import numpy as np
from numpy.typing import NDArray

from convscope.datasets._playground import RADIUS, playground

__all__ = ["DATASET"]


def draw(random: np.random.Generator, n_points: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Draw the points, and say which are blue."""
    half = n_points // 2
    step = np.tile(np.arange(half) / half, 2)
    blue = np.arange(2 * half) < half
    angle = 1.75 * step * 2 * np.pi + np.where(blue, 0, np.pi)
    return np.column_stack([RADIUS * step * np.sin(angle), RADIUS * step * np.cos(angle)]), blue


DATASET = playground(draw)
