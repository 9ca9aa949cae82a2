"""The small picture and kernel that the lab works out by hand, and a second channel for both.

All whole numbers, so that every sum can be checked by eye.
"""

from __future__ import annotations

import numpy as np

__all__ = ["EDGE_KERNEL", "KERNEL", "PICTURE", "SECOND_CHANNEL", "SECOND_KERNEL"]

PICTURE = np.array([[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]], np.float32)
KERNEL = np.array([[1, 0], [1, 1]], np.float32)
SECOND_CHANNEL = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]], np.float32)
SECOND_KERNEL = np.array([[0, 0], [0, 1]], np.float32)
EDGE_KERNEL = np.array([[-0.5, 0.5], [-0.5, 0.5]], np.float32)
