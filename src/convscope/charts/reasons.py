"""Why a network answers what it answers: one image, and pictures of what speaks for and against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.charts._pictures import grey_picture, share_picture, signed_picture
from convscope.charts._theme import COUNTS, FONT, INK, QUIET, bare, inline, number, title
from convscope.charts._twin import with_twin
from convscope.errors import UsageError

__all__ = ["example", "reasons"]

TILE, GAP, CAPTION = 176, 24, 60
KINDS = ("signed", "size")


def reasons(
    image: ArrayLike, pictures: Sequence[tuple[str, ArrayLike, str]], *, label: str = "", per_line: int = 3
) -> alt.LayerChart:
    """Draw an image, and beside it pictures that a question about it gave.

    Parameters
    ----------
    image : array of shape (height, width) or (height, width, channels)
    pictures : sequence of (name, array of shape (height, width), kind)
        ``kind`` is ``"signed"``: orange speaks against, paper says nothing, blue speaks for; or ``"size"``: paper is
        0, ink the largest.
    label : str
        The class that was asked about.
    per_line : int
        Pictures in a line, with the image.

    Returns
    -------
    chart : altair.LayerChart
        Each picture has a scale of its own, whose end stands below it.

    Raises
    ------
    UsageError
        There is no such kind.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts
    >>> cross = np.eye(5) * 255
    >>> chart = charts.reasons(cross, [("slope", np.gradient(cross)[0], "signed")], label="a line")
    >>> charts.text_twin(chart).sentence
    'What speaks for a line; the strongest pixel of each picture: slope: row 1, column 1.'
    """
    pixels = np.atleast_3d(np.asarray(image, np.float64))
    brightest = 255.0 if pixels.max(initial=0) > 1 else 1.0
    tiles: list[dict[str, Any]] = [
        {"name": "the image", "url": grey_picture(pixels, brightest), "range": f"0 to {brightest:,.0f}"}
    ]
    tiles += [_tile(name, np.asarray(values, np.float64), kind) for name, values, kind in pictures]
    for place, tile in enumerate(tiles):
        tile["x"] = (place % per_line) * (TILE + GAP)
        tile["y"] = (place // per_line) * (TILE + CAPTION)
        tile["below"] = tile["y"] + TILE
    lines = -(-len(tiles) // per_line)
    width, height = min(per_line, len(tiles)) * (TILE + GAP) - GAP, lines * (TILE + CAPTION)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False))
    y_scale = alt.Scale(domain=[height, 0], nice=False)
    base = alt.Chart(inline(tiles))
    drawn = base.mark_image(width=TILE, height=TILE, smooth=False, align="left", baseline="top").encode(
        x=x,
        y=alt.Y("y:Q", axis=None, scale=y_scale),
        url=alt.Url("url:N"),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("range:N")],
    )
    captions = [
        base.mark_text(align="left", baseline="top", font=FONT, fontSize=12, color=colour, dy=down).encode(
            x=x, y=alt.Y("below:Q", axis=None, scale=y_scale), text=field
        )
        for colour, down, field in ((INK, 6, "name:N"), (QUIET, 22, "range:N"))
    ]
    sentence = _sentence(label, pictures)
    chart: Any = alt.layer(
        drawn, *captions, width=width, height=height, view=bare(), title=title(f"Why {label or 'this answer'}?")
    )
    rows = [[name, *_peak(np.asarray(values, np.float64))] for name, values, _ in pictures]
    return with_twin(chart, sentence, ["picture", "row", "column", "value"], rows)


def _tile(name: str, values: NDArray[np.float64], kind: str) -> dict[str, Any]:
    if kind not in KINDS:
        raise UsageError(f"there is no kind of picture {kind!r}.", expected=" or ".join(map(repr, KINDS)))
    largest = float(np.abs(values).max(initial=0))
    if kind == "signed":
        shown = _few(largest)
        return {"name": name, "url": signed_picture(values, largest), "range": f"orange −{shown}, blue {shown}"}
    return {"name": name, "url": share_picture(values / (largest or 1), COUNTS), "range": f"0 to {_few(largest)}"}


def _few(value: float) -> str:
    """Write a size with three digits that count."""
    return f"{value:.3g}"


def _peak(values: NDArray[np.float64]) -> list[Any]:
    """Find the pixel with the largest size: row and column from 1, and its value."""
    row, column = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return [int(row) + 1, int(column) + 1, number(float(values[row, column]), 4)]


def _sentence(label: str, pictures: Sequence[tuple[str, ArrayLike, str]]) -> str:
    told = [
        f"{name}: row {row}, column {column}"
        for name, values, _ in pictures
        for row, column, _ in [_peak(np.asarray(values, np.float64))]
    ]
    return f"What speaks for {label or 'the answer'}; the strongest pixel of each picture: {'; '.join(told)}."


def example() -> Any:
    """Draw a cross, a signed and an unsigned picture of it."""
    cross = np.zeros((9, 9))
    cross[4, 1:8] = cross[1:8, 4] = 255
    slopes = np.gradient(cross / 255)[0]
    return reasons(cross, [("slope", slopes, "signed"), ("its size", np.abs(slopes), "size")], label="a cross")
