"""Sixteen pictures of a table in one PNG file, to see with one's own eyes that they were read right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from convscope.errors import UsageError
from convscope.files import writing
from convscope.tables.pixel_table import PixelTable
from convscope.tables.table import Table, require

__all__ = ["draw_sixteen"]

SIDE = 4
LEAST, MOST = 112, 224
"""Pixels of the screen for one picture: small ones are enlarged by a whole number, large ones made smaller."""
BETWEEN, CAPTION, LETTERS = 4, 18, 13
BEHIND, WRITTEN = (48, 48, 48), (255, 255, 255)


def draw_sixteen(table: Table, path: Path) -> list[str]:
    """Draw pictures of as many classes as there are, four in a row, each with its class below.

    Parameters
    ----------
    table : PixelTable
    path : Path
        A PNG file.

    Returns
    -------
    captions : list of str
        What stands below each picture, in the same order.

    Raises
    ------
    UsageError
        The table holds points, or the file is not called .png.

    Examples
    --------
    >>> from pathlib import Path
    >>> from convscope import load_dataset
    >>> from convscope.tables.sixteen import draw_sixteen
    >>> draw_sixteen(load_dataset("digits", split="test").table, Path("sixteen.png"))[:3]
    ['1', '4', '8']
    """
    if path.suffix.lower() != ".png":
        raise UsageError(
            "pictures of a table are drawn into a PNG file.",
            received=str(path),
            expected="a name that ends in .png",
        )
    drawn = require(table, PixelTable, "pictures of a table are drawn of images only.")
    rows = _chosen(drawn)
    pictures = [_sized(picture) for picture in _as_bytes(drawn, rows)]
    captions = _captions(drawn, rows)
    width, height = pictures[0].size
    step = (width + BETWEEN, height + CAPTION + BETWEEN)
    n_lines = -(-len(pictures) // SIDE)
    sheet = Image.new("RGB", (SIDE * step[0] - BETWEEN, n_lines * step[1] - BETWEEN), BEHIND)
    font, pen = ImageFont.load_default(LETTERS), ImageDraw.Draw(sheet)
    for place, (picture, caption) in enumerate(zip(pictures, _drawn(captions, drawn), strict=True)):
        left, top = place % SIDE * step[0], place // SIDE * step[1]
        sheet.paste(picture, (left, top))
        pen.text((left + 2, top + height + 1), _cut(caption, font, width - 4), WRITTEN, font)
    with writing(path) as temporary:
        sheet.save(temporary, format="PNG")
    return captions


def _captions(table: PixelTable, rows: NDArray[np.int64]) -> list[str]:
    """Name the class of each picture; the row, where there are no classes."""
    if table.labels is None:
        return [f"row {row + 1}" for row in rows.tolist()]
    return [table.names.get(label, str(label)) for label in table.labels[rows].tolist()]


def _drawn(captions: list[str], table: PixelTable) -> list[str]:
    """Give the captions in letters that the font has: other names by their place among the classes."""
    places = {name: f"class {place}" for place, name in enumerate(table.class_names, 1)}
    return [caption if caption.isascii() else places.get(caption, "") for caption in captions]


def _cut(text: str, font: Any, width: int) -> str:
    """Shorten a text that is too wide to stand below its picture."""
    while text and font.getlength(text) > width:
        text = text.removesuffix("...")[:-1] + "..." if len(text) > len("...") else ""
    return text


def _sized(values: NDArray[Any]) -> Image.Image:
    """Enlarge a small picture by a whole number, so that its pixels can be told apart; make a large one smaller."""
    picture = Image.fromarray(values[..., :3] if values.shape[2] > 1 else values[..., 0]).convert("RGB")
    largest = max(picture.size)
    if largest > MOST:
        return picture.resize([max(1, side * MOST // largest) for side in picture.size], Image.Resampling.BOX)
    times = max(1, LEAST // largest)
    return picture.resize([side * times for side in picture.size], Image.Resampling.NEAREST)


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
