"""What a filter answers to an edge in each of four directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convscope.arithmetic import convolve
from convscope.arithmetic.digits import format_number
from convscope.arithmetic.worked import EDGE_KERNEL
from convscope.charts._grids import Grid, draw_grids
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError

__all__ = ["example", "filter_answers"]

SIDE = 7
_ROW, _COLUMN = np.indices((SIDE, SIDE))
EDGES = {
    "━": _ROW > SIDE // 2,
    "┃": _COLUMN > SIDE // 2,
    "╲": _COLUMN > _ROW,
    "╱": _ROW + _COLUMN >= SIDE,
}


def filter_answers(kernel: ArrayLike) -> Any:
    """Draw four pictures of one edge each, and the answers of a filter to them.

    Parameters
    ----------
    kernel : array of shape (kernel_height, kernel_width)
        At most 7 by 7.

    Returns
    -------
    chart : altair.LayerChart

    Raises
    ------
    ShapeError
        The kernel is no matrix, or larger than the pictures.

    Examples
    --------
    >>> from convscope import charts
    >>> charts.text_twin(charts.filter_answers([[-1, 1], [-1, 1]])).sentence
    'The strongest answer, 2.00, is to the edge ┃.'
    """
    weights = np.atleast_2d(np.asarray(kernel, float))
    if weights.ndim != 2 or not weights.size or max(weights.shape) > SIDE:
        raise ShapeError(
            "the filter does not fit the pictures of edges.",
            received=f"shape {np.shape(kernel)}",
            expected=f"at most ({SIDE}, {SIDE})",
        )
    answers = {name: convolve(edge.astype(float), weights) for name, edge in EDGES.items()}
    largest = max(1e-9, *(float(np.abs(found).max()) for found in answers.values()))
    left = weights.shape[1] + 1.6
    grids = [Grid(weights, 0.2, 1.2, "filter", float(np.abs(weights).max()) or 1.0)]
    for index, (name, edge) in enumerate(EDGES.items()):
        x, y = left + index % 2 * (2 * SIDE + 3.6), 1.2 + index // 2 * (SIDE + 1.6)
        grids.append(Grid(edge.astype(float), x, y, f"edge {name}", grey=True))
        grids.append(Grid(answers[name], x + SIDE + 1.2, y, "answers", largest, sign="→"))
    rows: list[Any] = [
        [name, float(np.abs(found).max()), float(np.abs(found).sum())] for name, found in answers.items()
    ]
    strongest = max(rows, key=lambda row: row[1])
    sentence = (
        f"The strongest answer, {format_number(strongest[1], 2)}, is to the edge {strongest[0]}."
        if len({round(row[1], 9) for row in rows}) > 1
        else "It answers all four edges alike."
    )
    chart = draw_grids(grids, "What the filter answers", sentence)
    return with_twin(chart, sentence, ["edge", "strongest answer", "sum of sizes"], rows)


def example() -> Any:
    """Draw the answers of the kernel that finds vertical edges."""
    return filter_answers(EDGE_KERNEL)
