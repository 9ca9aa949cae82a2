"""One image as a heat map, with row, column and intensity under the pointer."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from altair.utils.schemapi import debug_mode
from numpy.typing import ArrayLike, NDArray

from convscope.charts._examples import tiny_table
from convscope.charts._theme import GREYS, LINE, axis, inline, legend, title
from convscope.charts._twin import with_twin
from convscope.errors import UsageError
from convscope.tables import PixelTable, Table, require, shuffle_pixels

__all__ = ["example", "image"]

CHANNELS = ("red", "green", "blue")
SIDE = 252
# Squares that only touch leave hairlines where a screen's pixels do not fall on their edges.
OVERLAP: Any = {"band": 1.03}


def image(
    table: PixelTable | ArrayLike, row: int = 0, *, pixel_order: str = "original", name: str | None = None
) -> alt.Chart | alt.HConcatChart:
    """Draw one image.

    Parameters
    ----------
    table : PixelTable, or array of shape (height, width) or (height, width, channels)
        Row then column.
    row : int
        Row of the table, 0-based.
    pixel_order : {"original", "shuffled"}
        ``"shuffled"`` shows the picture as the shuffled table holds it.
    name : str, optional
        Title, instead of the class.

    Returns
    -------
    chart : altair.Chart
        One heat map per channel; row and column are 1-based, as in the names of pixel columns.

    Raises
    ------
    UsageError
        There is no such row or pixel order.

    Examples
    --------
    >>> from convscope import charts, load_dataset
    >>> chart = charts.image(load_dataset("digits", split="test").table, 15)
    >>> charts.text_twin(chart).sentence
    'Image of class 8: 8 by 8 pixels, 35 of them not black.'
    """
    pixels, label = _one(table, row, pixel_order)
    brightest = 255.0 if pixels.max(initial=0) > 1 else 1.0
    order = "Shuffled image" if pixel_order == "shuffled" else "Image"
    heading = name or (f"{order} of class {label}" if label else order)
    channels = pixels.shape[2]
    # Altair checks every piece against its schema when it is made, and the whole chart when it is shown.
    with debug_mode(False):
        parts = [
            _heat_map(
                pixels[..., channel], brightest, heading if channels == 1 else f"{heading}, {CHANNELS[channel % 3]}"
            )
            for channel in range(channels)
        ]
        chart: Any = parts[0] if channels == 1 else alt.hconcat(*parts)
        drawn: alt.Chart | alt.HConcatChart = _described(chart, heading, pixels)
    return drawn


def example() -> Any:
    """Draw the first tiny image."""
    return image(tiny_table(), 0)


def _described(chart: Any, heading: str, pixels: NDArray[Any]) -> Any:
    height, width, _ = pixels.shape
    lit = int((pixels > 0).any(axis=2).sum())
    sentence = f"{heading}: {height} by {width} pixels, {lit} of them not black."
    rows = [[r + 1, *line] for r, line in enumerate(np.round(pixels.mean(axis=2), 3).tolist())]
    return with_twin(chart, sentence, ["row", *map(str, range(1, width + 1))], rows)


def _one(table: PixelTable | ArrayLike, row: int, pixel_order: str) -> tuple[NDArray[Any], str]:
    if pixel_order not in ("original", "shuffled"):
        raise UsageError(f"there is no pixel order {pixel_order!r}.", expected="'original' or 'shuffled'")
    if not isinstance(table, Table):
        pixels = np.atleast_3d(np.asarray(table))
        return pixels, ""
    if not -len(table) <= row < len(table):
        raise UsageError(f"there is no row {row}.", expected=f"0 to {len(table) - 1}")
    chosen = require(table[[row]], PixelTable, "a picture is drawn of a row of images.")
    label = "" if chosen.labels is None else chosen.class_names[0]
    return (shuffle_pixels(chosen) if pixel_order == "shuffled" else chosen).images[0], label


def _heat_map(channel: NDArray[Any], brightest: float, heading: str) -> alt.Chart:
    height, width = channel.shape
    values = channel.tolist()
    rows = [{"row": r + 1, "column": c + 1, "value": values[r][c]} for r in range(height) for c in range(width)]
    step = max(4, min(40, SIDE // max(height, width)))
    scale = alt.Scale(domain=[0, brightest], range=GREYS)
    return (
        alt.Chart(
            inline(rows),
            view=alt.ViewBackground(stroke=LINE),
            title=title(heading),
            width=alt.Step(step),
            height=alt.Step(step),
        )
        .mark_rect(width=OVERLAP, height=OVERLAP)
        .encode(
            x=alt.X("column:O", axis=axis("column", values=_few(width), domain=False, ticks=False)),
            y=alt.Y("row:O", axis=axis("row", values=_few(height), domain=False, ticks=False)),
            color=alt.Color(
                "value:Q",
                scale=scale,
                legend=legend("intensity", type="gradient", gradientLength=100, values=[0, brightest]),
            ),
            tooltip=[alt.Tooltip("row:O"), alt.Tooltip("column:O"), alt.Tooltip("value:Q")],
        )
    )


def _few(size: int) -> list[int]:
    return list(range(1, size + 1)) if size <= 10 else [1, *range(7, size + 1, 7)]
