"""A kernel slides over an image: one frame per step, the output filling up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convscope.arithmetic import convolution_steps
from convscope.arithmetic.digits import DECIMALS, decimals_needed, exact_sum_lines, format_number, shown_product
from convscope.arithmetic.padding import Padding
from convscope.charts._grids import Grid, draw_grids
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError

__all__ = ["convolution_frames", "example"]

MOST_FRAMES = 36


def convolution_frames(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    strides: int | tuple[int, int] = (1, 1),
    padding: Padding = "valid",
    frames_per_line: int = 3,
) -> Any:
    """Draw every step of a convolution: the image with its window, and the output computed so far.

    Parameters
    ----------
    image : array of shape (height, width)
    kernel : array of shape (kernel_height, kernel_width)
    strides : int or (int, int), (down, right)
    padding : {"valid", "same"} or ((top, bottom), (left, right))
    frames_per_line : int

    Returns
    -------
    chart : altair.LayerChart

    Raises
    ------
    ShapeError
        Sizes do not fit, or there are more than 36 steps.

    References
    ----------
    Dumoulin and Visin 2016, arXiv:1603.07285, figures 2.1 to 2.7.

    Examples
    --------
    >>> from convscope import charts
    >>> chart = charts.convolution_frames([[1, 0, 2], [0, 1, 0], [2, 0, 1]], [[1, 0], [0, 1]])
    >>> charts.text_twin(chart).sentence
    'The window stands in 4 places; the largest answer, 2, comes from step 1.'
    """
    weights = np.asarray(kernel, float)
    steps = convolution_steps(np.asarray(image, float), weights, strides=strides, padding=padding)
    sums = np.asarray(steps.sums[..., 0])
    if sums.size > MOST_FRAMES:
        raise ShapeError(
            "the image is too large for a chart of frames.",
            received=f"{sums.size} steps",
            expected=f"at most {MOST_FRAMES}",
            repair="use a part of the image, or larger strides",
        )
    padded = np.pad(np.asarray(image, float), steps.padding)
    (top, _), (left, _) = steps.padding
    largest = max(1.0, float(np.abs(sums).max()))
    wide, high = padded.shape[1] + sums.shape[1] + 3.0, max(padded.shape[0], sums.shape[0]) + 1.6
    first = Grid(weights, 0.2, 1.2, "kernel", largest=float(np.abs(weights).max()))
    grids, rows = [first], []
    start = weights.shape[0] + 2.8
    for index, place in enumerate(np.ndindex(sums.shape)):
        step = steps.at(*place)
        known = np.where(np.arange(sums.size).reshape(sums.shape) <= index, sums, np.nan)
        x, y = 0.2 + index % frames_per_line * wide, start + index // frames_per_line * high
        seen = (step.rows[0] + top, step.columns[0] + left, *weights.shape)
        lit = float(max(1, padded.max()))
        grey = bool(padded.min() >= 0)
        grids.append(Grid(padded, x, y, f"step {index + 1}", largest=lit, grey=grey, outlined=(seen,)))
        output_left = x + padded.shape[1] + 1.2
        grids.append(Grid(known, output_left, y, "output", largest=largest, outlined=((*place, 1, 1),), sign="→"))
        rows.append([*place, _products(step), step.sum])
    digits = decimals_needed(sums.flat, DECIMALS)
    sentence = (
        f"The window stands in {sums.size} places; the largest answer, {format_number(float(sums.max()), digits)}, "
        f"comes from step {int(sums.argmax()) + 1}."
    )
    chart = draw_grids(grids, "The kernel slides over the image", _stride_words(steps.strides))
    return with_twin(chart, sentence, ["output row", "output column", "products", "sum"], rows)


def _products(step: Any) -> str:
    """Write the products of the shown numbers, and what rounding leaves of the sum."""
    pairs = zip(step.window.flat, step.kernel.flat, strict=True)
    products = [("", shown_product(pair)) for pair in pairs]
    digits = decimals_needed([product for _, product in products] + [step.sum], DECIMALS)
    *lines, _ = exact_sum_lines(products, step.sum, digits=digits)
    return " + ".join(line.text.removeprefix("+") + (f" ({line.name})" if line.name else "") for line in lines)


def _stride_words(strides: tuple[int, int]) -> str:
    return f"strides ({strides[0]}, {strides[1]}): {strides[1]} to the right, then {strides[0]} down"


def example() -> Any:
    """Draw a diagonal line under a kernel of one."""
    return convolution_frames(np.eye(4), np.eye(2))
