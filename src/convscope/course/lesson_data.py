"""The tables that the notebooks work on: the lab's own if available, else tables that every machine has."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.lab_data import ImageData, PointData, choose_fashion, choose_images, choose_points
from convscope.tables import PixelTable, read_table, require, write_table

__all__ = ["DATA_VARIABLE", "ROWS_VARIABLE", "clothes", "images", "points", "write_for_grading"]

ROWS_VARIABLE = "CONVSCOPE_LESSON_ROWS"
DATA_VARIABLE = "CONVSCOPE_LESSON_DATA"
PARTS = ("train", "test")


def images() -> ImageData:
    """Load MNIST, else 5,000 of its images, else the digits of scikit-learn at 28 by 28 pixels, and say which.

    Returns
    -------
    data : ImageData
        ``.train`` and ``.test`` are pixel tables. The environment variable ``CONVSCOPE_LESSON_ROWS`` keeps that many
        rows of each, for a quick look.
    """
    return _prepared("images") or _told(choose_images("auto", data_home=None, progress=False))


def clothes() -> ImageData:
    """Load Fashion-MNIST, else the same images as `images`, and say which."""
    if prepared := _prepared("clothes"):
        return prepared
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


def _prepared(name: str) -> ImageData | None:
    """Read the tables that `write_for_grading` wrote, where the environment names their folder."""
    folder = Path(os.environ.get(DATA_VARIABLE) or "/nowhere") / name
    if not folder.is_dir():
        return None
    tables = (read_table(folder / f"{part}.npz") for part in PARTS)
    train, test = (require(table, PixelTable, "the lessons look at images.") for table in tables)
    return _told(ImageData(name, train, test))


def write_for_grading(folder: Path, rows: int, seed: int) -> dict[str, NDArray[Any]]:
    """Write the lessons' tables with test labels that are wrong, and return the true ones.

    The test rows are drawn and ordered anew, so that predictions can neither be copied from the labels nor brought
    along.

    Parameters
    ----------
    folder : path
    rows : int
        At most so many rows of each part.
    seed : int

    Returns
    -------
    labels : dict of str to array of shape (n_test,)
        ``"images"``, and ``"clothes"`` if Fashion-MNIST is at hand.
    """
    rng = np.random.default_rng(seed)
    found = {"images": choose_images("auto", data_home=None, progress=False)}
    fashion = choose_fashion(data_home=None, progress=False)
    if not isinstance(fashion, str):
        found["clothes"] = fashion
    labels = {}
    for name, data in found.items():
        (folder / name).mkdir(mode=0o755)
        test = data.test[rng.permutation(len(data.test))[:rows]]
        assert test.labels is not None
        labels[name] = test.labels
        hidden = replace(test, labels=rng.permutation(test.labels))
        for part, table in zip(PARTS, (data.train[rng.permutation(len(data.train))[:rows]], hidden), strict=True):
            write_table(table, folder / name / f"{part}.npz")
    return labels
