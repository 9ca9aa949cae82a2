"""An edge kernel answers where the edge is, and the answer moves with the edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convscope.arithmetic import convolve
from convscope.arithmetic.worked import EDGE_KERNEL
from convscope.charts._grids import Grid, draw_grids
from convscope.charts._twin import with_twin

__all__ = ["edge_shift", "example"]


def edge_shift(kernel: ArrayLike = EDGE_KERNEL, *, side: int = 4) -> Any:
    """Draw square images that turn from 0 to 1, one column later each, with kernel and answers.

    Parameters
    ----------
    kernel : array of shape (kernel_height, kernel_width)
        By default −0.5 left and 0.5 right: it finds vertical edges.
    side : int
        Height and width of the images, in pixels.

    Returns
    -------
    chart : altair.LayerChart

    Examples
    --------
    >>> from convscope import charts
    >>> charts.text_twin(charts.edge_shift()).sentence
    'Each time the edge moves one column to the right, so does the strongest answer.'
    """
    weights = np.asarray(kernel, float)
    grids, rows, found = [], [], []
    for number in range(1, side):
        picture = np.tile((np.arange(side) >= number).astype(float), (side, 1))
        answer = convolve(picture, weights)
        top = 1.2 + (number - 1) * (side + 1.6)
        strongest = np.flatnonzero(np.abs(answer).max(axis=0) == np.abs(answer).max())
        found.append(strongest.tolist())
        grids += [
            Grid(picture, 0.2, top, f"edge before column {number}", grey=True),
            Grid(weights, side + 1.6, top, "kernel", float(np.abs(weights).max()), sign="×"),
            Grid(answer, side + weights.shape[1] + 3, top, "output", max(1.0, float(np.abs(answer).max())), sign="="),
        ]
        rows += [[number, row, *line] for row, line in enumerate(answer.tolist())]
    moves = all(columns == [number] for number, columns in enumerate(found))
    sentence = (
        "Each time the edge moves one column to the right, so does the strongest answer."
        if moves
        else "The strongest answer does not move along with this edge."
    )
    columns = ["edge before column", "output row", *(f"output column {column}" for column in range(len(answer[0])))]
    return with_twin(draw_grids(grids, "The answer moves with the edge", sentence), sentence, columns, rows)


def example() -> Any:
    """Draw a vertical edge in three places."""
    return edge_shift()
