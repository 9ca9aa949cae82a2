"""Tiny data that every chart's ``example`` draws."""

from __future__ import annotations

import numpy as np

from convscope.records import Evaluation
from convscope.tables import PixelTable, images_to_table

__all__ = ["tiny_evaluation", "tiny_table"]


def tiny_table() -> PixelTable:
    """Make six images of 3x3: rows, columns and corners, two of each."""
    images = np.zeros((6, 3, 3), np.uint8)
    images[0, 0] = images[1, 2] = 255
    images[2, :, 0] = images[3, :, 2] = 200
    images[4, 0, 0] = images[5, 2, 2] = 120
    return images_to_table(images, ["row", "row", "column", "column", "corner", "corner"])


def tiny_evaluation() -> Evaluation:
    """Make predictions for the six images, two of them wrong."""
    labels = np.array([2, 2, 0, 0, 1, 1])
    probabilities = np.array(
        [[0.1, 0.1, 0.8], [0.2, 0.1, 0.7], [0.9, 0.05, 0.05], [0.3, 0.1, 0.6], [0.1, 0.8, 0.1], [0.55, 0.35, 0.1]]
    )
    return Evaluation(labels, probabilities.argmax(axis=1), probabilities, ("column", "corner", "row"))
