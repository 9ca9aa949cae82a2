"""Pooling, one frame per window: the winner outlined, the output filling up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convscope.arithmetic import pooling_steps
from convscope.arithmetic.digits import DECIMALS, decimals_needed, format_number
from convscope.arithmetic.padding import Padding
from convscope.arithmetic.pooling import Kind
from convscope.charts._grids import Grid, draw_grids
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError

__all__ = ["example", "pooling_frames"]

MOST_FRAMES = 36


def pooling_frames(
    image: ArrayLike,
    pool_size: int | tuple[int, int] = (2, 2),
    *,
    strides: int | tuple[int, int] | None = None,
    padding: Padding = "valid",
    kind: Kind = "max",
    frames_per_line: int = 3,
) -> Any:
    """Draw every window of a pooling: the image with the window, and the output computed so far.

    Parameters
    ----------
    image : array of shape (height, width)
    pool_size : int or (int, int), (down, right)
    strides : int or (int, int), optional
        Like ``pool_size`` if left out.
    padding : {"valid", "same"} or ((top, bottom), (left, right))
    kind : {"max", "average"}
    frames_per_line : int

    Returns
    -------
    chart : altair.LayerChart

    Raises
    ------
    ShapeError
        Sizes do not fit, or there are more than 36 windows.

    Examples
    --------
    >>> from convscope import charts
    >>> charts.text_twin(charts.pooling_frames([[1, 3], [4, 2]], (2, 2))).sentence
    'Of each window the largest value is kept: 4 numbers become 1.'
    """
    pixels = np.asarray(image, float)
    steps = pooling_steps(pixels, pool_size, strides=strides, padding=padding, kind=kind)
    values = np.asarray(steps.values[..., 0])
    if values.size > MOST_FRAMES:
        raise ShapeError(
            "the image is too large for a chart of frames.",
            received=f"{values.size} windows",
            expected=f"at most {MOST_FRAMES}",
            repair="use a part of the image, or larger strides",
        )
    padded = np.pad(pixels, steps.padding, constant_values=np.nan)
    (top, _), (left, _) = steps.padding
    lit, grey = float(max(1, pixels.max())), bool(pixels.min() >= 0)
    wide, high = padded.shape[1] + values.shape[1] + 3.0, max(padded.shape[0], values.shape[0]) + 1.6
    grids, rows = [], []
    for index, place in enumerate(np.ndindex(values.shape)):
        step = steps.at(*place)
        known = np.where(np.arange(values.size).reshape(values.shape) <= index, values, np.nan)
        x, y = 0.2 + index % frames_per_line * wide, 1.2 + index // frames_per_line * high
        seen = (step.rows[0] + top, step.columns[0] + left, *step.window.shape)
        winner = [] if step.winner is None else [(step.winner[0] + top, step.winner[1] + left, 1, 1)]
        output_left = x + padded.shape[1] + 1.2
        grids += [
            Grid(padded, x, y, name=f"step {index + 1}", largest=lit, grey=grey, outlined=(seen, *winner)),
            Grid(known, output_left, y, name="output", largest=lit, grey=grey, outlined=((*place, 1, 1),), sign="→"),
        ]
        rows.append([*place, _listed(step.window[step.inside]), *(step.winner or ("", "")), step.value])
    word = "largest value" if kind == "max" else "mean"
    sentence = f"Of each window the {word} is kept: {pixels.size} numbers become {values.size}."
    columns = ["output row", "output column", "window", "winner's row", "winner's column", "value"]
    return with_twin(draw_grids(grids, "Pooling keeps one number of each window", sentence), sentence, columns, rows)


def _listed(values: Any) -> str:
    digits = decimals_needed(values, DECIMALS)
    return ", ".join(format_number(float(value), digits) for value in values)


def example() -> Any:
    """Draw the numbers 1 to 16, pooled with strides (1, 1)."""
    return pooling_frames(np.arange(1, 17).reshape(4, 4), (2, 2), strides=(1, 1))
