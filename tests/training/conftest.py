"""Tiny tables that every model can learn in a second."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def stripes():
    """60 pictures of 4x4 pixels, 0..255, in three classes that differ in brightness."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 20)
    pixels = (rng.integers(0, 60, (60, 16)) + 90 * labels[:, None]).astype(np.uint8)
    return pixels, labels


@pytest.fixture(scope="session")
def points():
    """80 points in two classes on both sides of a line."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(80, 2))
    return features, np.where(features.sum(axis=1) > 0, "red", "blue")
