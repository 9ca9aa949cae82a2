"""Small matrices with their numbers, side by side in one drawing: windows outlined, signs marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from convscope.arithmetic.digits import DECIMALS, decimals_needed, format_number
from convscope.charts._theme import ACCENT, FONT, GREYS, LINE, ON_CELL, PAPER, QUIET, SIGNED, bare, inline, title

__all__ = ["Grid", "draw_grids"]

CELL, LETTER = 26, 6.6
DARK = 0.45


@dataclass(frozen=True)
class Grid:
    """One matrix of a drawing.

    Parameters
    ----------
    values : array of shape (height, width)
        NaN cells show a dot: not known yet, or no image.
    left, top : float
        Where its upper left corner lies, in cells.
    name : str
        Stands above it.
    largest : float
        The end of its colour scale.
    grey : bool
        Intensities, black to white; else signed numbers, orange and blue.
    outlined : tuple of (top, left, height, width)
        In cells: what is in focus, window and winner.
    sign : str
        Stands left of it: "×", "=", "+" or "→".
    """

    values: NDArray[Any]
    left: float
    top: float
    name: str = ""
    largest: float = 1.0
    grey: bool = False
    outlined: tuple[tuple[float, float, float, float], ...] = ()
    sign: str = ""


def draw_grids(grids: Sequence[Grid], heading: str, below: str = "") -> Any:
    """Draw matrices in one coordinate system, in cells: x to the right, y down."""
    cells = [cell for grid in grids for cell in _cells(grid)]
    words = [word for grid in grids for word in _words(grid)]
    outlines = [outline for grid in grids for outline in _outlines(grid)]
    right = max(grid.left + max(grid.values.shape[1], 0.18 * len(grid.name)) for grid in grids) + 0.2
    bottom = max(grid.top + grid.values.shape[0] for grid in grids) + 0.2
    across = alt.Scale(domain=[0, right], nice=False, zero=False)
    down = alt.Scale(domain=[bottom, 0], nice=False, zero=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=across, axis=None)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=down, axis=None)

    cell = max(CELL, max(len(cell["text"]) for cell in cells) * LETTER + 8)
    size = {"width": round(right * cell), "height": round(bottom * cell)}
    base = alt.Chart(inline(cells), **size)
    squares = base.mark_rect(stroke=LINE, strokeWidth=1).encode(
        x=x("x"),
        x2=alt.X2("x2:Q"),
        y=y("y"),
        y2=alt.Y2("y2:Q"),
        color=alt.Color("fill:N", scale=None),
        tooltip=[alt.Tooltip("matrix:N"), alt.Tooltip("text:N")],
    )
    corners = (
        base.transform_filter("datum.negative")
        .mark_point(shape="triangle-up", angle=315, filled=True, size=18, opacity=1)
        .encode(x=x("corner_x"), y=y("corner_y"), color=alt.Color("ink:N", scale=None))
    )
    numbers = base.mark_text(font=FONT, fontSize=11).encode(
        x=x("middle"), y=y("centre"), text=alt.Text("text:N"), color=alt.Color("ink:N", scale=None)
    )
    layers: list[Any] = [squares, corners, numbers]
    for colour, width in ((PAPER, 5), (ACCENT, 2)):
        outline = alt.Chart(inline(outlines), **size).mark_rect(fill=None, stroke=colour, strokeWidth=width)
        layers.append(outline.encode(x=x("x"), x2=alt.X2("x2:Q"), y=y("y"), y2=alt.Y2("y2:Q")))
    texts = alt.Chart(inline(words), **size)
    for align in ("left", "center"):
        shown = texts.transform_filter(f"datum.align == '{align}'").mark_text(
            font=FONT, fontSize=12 if align == "left" else 14, align=align, baseline="middle", color=QUIET
        )
        layers.append(shown.encode(x=x("x"), y=y("y"), text=alt.Text("text:N")))
    return alt.layer(*layers, view=bare(), title=title(heading, below))


def _cells(grid: Grid) -> list[dict[str, Any]]:
    digits = decimals_needed(grid.values[np.isfinite(grid.values)], DECIMALS)
    cells = []
    for (row, column), value in np.ndenumerate(grid.values):
        known = bool(np.isfinite(value))
        fill, ink = _colours(float(value), grid) if known else (PAPER, ON_CELL)
        left, top = grid.left + column, grid.top + row
        cells.append(
            {
                "matrix": grid.name,
                "x": left,
                "x2": left + 1,
                "y": top,
                "y2": top + 1,
                "middle": left + 0.5,
                "centre": top + 0.5,
                "corner_x": left + 0.12,
                "corner_y": top + 0.12,
                "text": format_number(float(value), digits) if known else "·",
                "negative": known and float(value) < 0,
                "fill": fill,
                "ink": ink,
            }
        )
    return cells


def _colours(value: float, grid: Grid) -> tuple[str, str]:
    """Choose the ground of a cell, and black or white for what is written on it."""
    share = float(np.clip(value / (grid.largest or 1), 0 if grid.grey else -1, 1))
    if grid.grey:
        return _between(GREYS, share), ON_CELL if share > DARK else PAPER
    return _between(SIGNED, (share + 1) / 2), PAPER if abs(share) > DARK else ON_CELL


def _between(stops: Sequence[str], share: float) -> str:
    parts = np.array([[int(stop[place : place + 2], 16) for place in (1, 3, 5)] for stop in stops], float)
    position = share * (len(stops) - 1)
    mixed = [round(float(np.interp(position, range(len(stops)), parts[:, part]))) for part in range(3)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _words(grid: Grid) -> list[dict[str, Any]]:
    words = [{"x": grid.left, "y": grid.top - 0.4, "text": grid.name, "align": "left"}] if grid.name else []
    if grid.sign:
        middle = grid.top + grid.values.shape[0] / 2
        words.append({"x": grid.left - 0.5, "y": middle, "text": grid.sign, "align": "center"})
    return words


def _outlines(grid: Grid) -> list[dict[str, float]]:
    return [
        {
            "x": grid.left + left,
            "x2": grid.left + left + width,
            "y": grid.top + top,
            "y2": grid.top + top + height,
        }
        for top, left, height, width in grid.outlined
    ]
