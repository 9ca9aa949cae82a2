"""The tables that the notebooks work on: the lab's own where they are at hand, else what every machine has."""

from __future__ import annotations

import os
import sys

from convscope.experiments._lab_data import ImageData, PointData, choose_fashion, choose_images, choose_points

__all__ = ["ROWS_VARIABLE", "clothes", "images", "points"]

ROWS_VARIABLE = "CONVSCOPE_LESSON_ROWS"


def images() -> ImageData:
    """Load MNIST, else the digits of scikit-learn at 28 by 28 pixels, and say which.

    Returns
    -------
    data : ImageData
        ``.train`` and ``.test`` are pixel tables. The environment variable ``CONVSCOPE_LESSON_ROWS`` keeps that many
        rows of each, for a quick look.
    """
    return _told(choose_images("auto", data_home=None, progress=False))


def clothes() -> ImageData:
    """Load Fashion-MNIST, else the same images as `images`, and say which."""
    found = choose_fashion(data_home=None, progress=False)
    if isinstance(found, str):
        sys.stdout.write(f"{found}\nThis lesson goes on with digits.\n")
        return images()
    return _told(found)


def points() -> PointData:
    """Load the lab's circle of points, else generated ones."""
    found = choose_points(data_home=None)
    sys.stdout.write("".join(f"{note}\n" for note in found.notes))
    return found


def _told(found: ImageData) -> ImageData:
    limited = found.limited(int(os.environ[ROWS_VARIABLE]) if os.environ.get(ROWS_VARIABLE) else None)
    sys.stdout.write(f"{found.name}: {len(limited.train):,} rows for training, {len(limited.test):,} for testing\n")
    sys.stdout.write("".join(f"{note}\n" for note in found.notes))
    return limited
