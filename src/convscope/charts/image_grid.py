"""Many images at once: some rows of each class, or the chosen rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from convscope.charts._examples import tiny_table
from convscope.charts._pictures import grey_picture
from convscope.charts._theme import FONT, INK, bare, inline, title
from convscope.charts._twin import with_twin
from convscope.errors import TableError
from convscope.tables import PixelTable

__all__ = ["example", "image_grid"]

TILE, GAP, LETTER = 56, 4, 8


def image_grid(table: PixelTable, rows: Sequence[int] | None = None, *, per_class: int = 8) -> alt.LayerChart:
    """Draw a gallery: one line per class with its name, or the given rows in lines of ``per_class``.

    Parameters
    ----------
    table : PixelTable
    rows : sequence of int, optional
        Rows of the table, 0-based; if left out, the first ``per_class`` rows of each class.
    per_class : int
        Images in a line.

    Returns
    -------
    chart : altair.LayerChart
        Row numbers under the pointer.

    Raises
    ------
    TableError
        The table has no labels, and no rows were asked for.

    Examples
    --------
    >>> from convscope import charts, load_dataset
    >>> chart = charts.image_grid(load_dataset("digits", split="test").table, per_class=4)
    >>> charts.text_twin(chart).sentence
    '40 images of 10 classes.'
    """
    if rows is None and table.labels is None:
        raise TableError("a class gallery needs labels.", repair="give rows=[...] instead")
    lines = _lines(table, rows, per_class)
    images, brightest = table.images, 255.0 if table.pixels.dtype == np.uint8 else float(table.pixels.max(initial=1))
    left = max(LETTER * max(len(name) for name, _ in lines) + 2 * LETTER, 3 * LETTER) if rows is None else 0
    cells = [
        {
            "x": left + place * (TILE + GAP) + TILE / 2,
            "y": line * (TILE + GAP) + TILE / 2,
            "url": grey_picture(images[row], brightest),
            "row": int(row),
            "class": name,
        }
        for line, (name, chosen) in enumerate(lines)
        for place, row in enumerate(chosen)
    ]
    names = [{"y": line * (TILE + GAP) + TILE / 2, "class": name} for line, (name, _) in enumerate(lines) if name]
    width, height = left + per_class * (TILE + GAP) - GAP, len(lines) * (TILE + GAP) - GAP
    place: dict[str, Any] = {
        "x": alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False)),
        "y": alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False)),
    }
    pictures = (
        alt.Chart(inline(cells))
        .mark_image(width=TILE, height=TILE, smooth=False)
        .encode(url=alt.Url("url:N"), tooltip=[alt.Tooltip("class:N"), alt.Tooltip("row:Q")], **place)
    )
    captions = (
        alt.Chart(inline(names))
        .mark_text(align="left", font=FONT, fontSize=13, color=INK)
        .encode(x=alt.value(0), y=place["y"], text=alt.Text("class:N"))
    )
    sentence = f"{len(cells)} images of {len({name for name, _ in lines})} classes."
    chart: Any = alt.layer(
        pictures, captions, width=width, height=height, view=bare(), title=title("Images by class", table.source)
    )
    return with_twin(
        chart, sentence, ["class", "rows"], [[name, ", ".join(map(str, chosen))] for name, chosen in lines]
    )


def example() -> Any:
    """Draw the six tiny images."""
    return image_grid(tiny_table(), per_class=2)


def _lines(table: PixelTable, rows: Sequence[int] | None, per_line: int) -> list[tuple[str, list[int]]]:
    if rows is not None:
        chosen = [int(row) for row in rows]
        return [("", chosen[start : start + per_line]) for start in range(0, len(chosen), per_line)]
    return [
        (name, np.flatnonzero(table.labels == label)[:per_line].tolist())
        for label, name in zip(table.classes, table.class_names, strict=True)
    ]
