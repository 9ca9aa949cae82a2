"""Sixteen pictures of a table in one PNG file, to see with one's own eyes that they were read right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.errors import UsageError
from convscope.files import writing
from convscope.tables import PixelTable, Table, require

__all__ = ["draw_sixteen"]

SIDE = 4
LEAST_WIDTH = 112
"""Pixels of the screen for one picture; small ones are enlarged by a whole number."""
BETWEEN = 4
GREY = 96


def draw_sixteen(table: Table, path: Path) -> None:
    """Draw pictures of as many classes as there are, four in a row.

    Parameters
    ----------
    table : PixelTable
    path : Path
        A PNG file.

    Raises
    ------
    UsageError
        The table holds points, or the file is not called .png.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(
            "pictures of a table are drawn into a PNG file.",
            received=str(path),
            expected="a name that ends in .png",
        )
    pictures = require(table, PixelTable, "pictures of a table are drawn of images only.")
    rows = _chosen(pictures)
    height, width, channels = pictures.image_shape
    times = max(1, LEAST_WIDTH // max(height, width))
    images = _as_bytes(pictures, rows).repeat(times, axis=1).repeat(times, axis=2)
    step = (height * times + BETWEEN, width * times + BETWEEN)
    sheet = np.full((SIDE * step[0] - BETWEEN, SIDE * step[1] - BETWEEN, 3), GREY, np.uint8)
    for place, image in enumerate(images):
        top, left = place // SIDE * step[0], place % SIDE * step[1]
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = image[..., :3] if channels > 1 else image
    with writing(path) as temporary:
        Image.fromarray(sheet).save(temporary, format="PNG")


def _chosen(table: PixelTable) -> NDArray[np.int64]:
    """Choose the first row of each class, then the second, and so on."""
    if table.labels is None:
        return np.arange(min(len(table), SIDE * SIDE))
    _, place = np.unique(table.labels, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], place[order])
    rank = np.empty(len(table), np.int64)
    rank[order] = np.arange(len(table)) - starts
    return np.sort(np.lexsort((place, rank))[: SIDE * SIDE])


def _as_bytes(table: PixelTable, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Bring intensities to 0 to 255 for the eye; standardised ones from their least to their largest."""
    images = np.asarray(table[rows].images, np.float64)
    low, high = (images.min(), images.max()) if isinstance(table.intensity, str) else table.intensity or (0, 255)
    return np.clip(np.rint((images - low) / max(high - low, 1e-9) * 255), 0, 255).astype(np.uint8)
