"""What the first layer learned, as pictures: the kernels of a convolution, or the weights of dense units."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.charts._pictures import signed_picture
from convscope.charts._theme import MINUS, ON_CELL, PAPER, bare, inline, legend, number, signed, title
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError

__all__ = ["example", "kernels"]

TILE, GAP = 48, 8
CORNER = "M0,0L1,0L0,1Z"
MARKED_CELLS = 64
"""Up to this many cells, each negative one carries its own mark."""


def kernels(
    weights: ArrayLike,
    *,
    image_shape: tuple[int, ...] | None = None,
    in_channel: int = 0,
    most: int = 32,
    per_line: int = 8,
) -> alt.LayerChart:
    """Draw weights as pictures: orange below 0, paper at 0, blue above; negative cells carry a corner mark.

    Parameters
    ----------
    weights : array of shape (kernel_height, kernel_width, in_channels, out_channels), or (n_pixels, n_units)
    image_shape : (height, width, channels), optional
        For the weights of a dense layer; a square if left out.
    in_channel : int
        The input channel to show.
    most : int
        Kernels shown at most.
    per_line : int
        Kernels in a line.

    Returns
    -------
    chart : altair.LayerChart
        One colour range for all kernels, symmetric about 0.

    Raises
    ------
    ShapeError
        The weights are neither kernels nor those of a dense layer on such images.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts
    >>> edge = np.array([[-0.5, 0.5], [-0.5, 0.5]])
    >>> charts.text_twin(charts.kernels(edge[:, :, None, None])).sentence
    '1 of 1 kernels of 2 by 2; 50% of the weights are negative, the largest is 0.500 in size.'
    """
    stack = _as_pictures(np.asarray(weights, np.float64), image_shape, in_channel)
    shown = stack[:most]
    largest = float(np.abs(shown).max(initial=0)) or 1.0
    height, width = shown.shape[1:]
    tile_height = TILE * height / max(height, width)
    tile_width = TILE * width / max(height, width)
    tiles = [
        {
            "x": (place % per_line) * (TILE + GAP),
            "y": (place // per_line) * (TILE + GAP),
            "url": signed_picture(picture, largest),
            "kernel": place,
            "values": "  /  ".join(" ".join(number(value, 2) for value in row) for row in picture)
            if height * width <= 49
            else "",
            "largest": largest * (1 if place % 2 else -1),
        }
        for place, picture in enumerate(shown)
    ]
    lines = -(-len(shown) // per_line)
    size = {"width": min(per_line, len(shown)) * (TILE + GAP), "height": lines * (TILE + GAP)}
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, size["width"]], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[size["height"], 0], nice=False))
    pictures = (
        alt.Chart(inline(tiles))
        .mark_image(width=tile_width, height=tile_height, smooth=False, align="left", baseline="top")
        .encode(x=x, y=y, url=alt.Url("url:N"), tooltip=[alt.Tooltip("kernel:Q"), alt.Tooltip("values:N")])
    )
    scale = (
        alt.Chart(inline(tiles))
        .mark_point(opacity=0)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "largest:Q",
                scale=signed(largest),
                legend=legend("weight", gradientLength=100, values=[-largest, 0, largest], format=".2f"),
            ),
        )
    )
    marks = (
        alt.Chart(inline(_minus_marks(shown, per_line, largest)))
        .mark_point(shape=CORNER, filled=True, opacity=0.9, size=(0.6 * TILE / max(height, width)) ** 2)
        .encode(x=x, y=y, color=alt.Color("ink:N", scale=None, legend=None), tooltip=[alt.Tooltip("sign:N")])
    )
    negative = float(np.mean(shown < 0))
    kind = "kernels" if np.ndim(weights) == 4 else "units, each with weights"
    sentence = (
        f"{len(shown)} of {len(stack)} {kind} of {height} by {width}; "
        f"{negative:.0%} of the weights are negative, the largest is {largest:.3f} in size."
    )
    chart: Any = alt.layer(
        pictures, scale, marks, view=bare(), title=title("Weights of the first layer", sentence), **size
    ).resolve_scale(color="independent")
    rows = [
        [place, number(float(picture.min())), number(float(picture.max())), number(float(picture.sum()))]
        for place, picture in enumerate(shown)
    ]
    return with_twin(chart, sentence, ["kernel", "smallest", "largest", "sum"], rows)


def example() -> Any:
    """Draw an edge kernel and its negative."""
    edge = np.array([[-0.5, 0.5], [-0.5, 0.5]])
    return kernels(np.stack([edge, -edge], axis=-1)[:, :, None, :])


def _as_pictures(weights: NDArray[Any], image_shape: tuple[int, ...] | None, in_channel: int) -> NDArray[Any]:
    """Give an array (n_kernels, height, width)."""
    if weights.ndim == 4:
        return np.moveaxis(weights[:, :, in_channel, :], -1, 0)
    if weights.ndim == 2:
        side = round(weights.shape[0] ** 0.5)
        shape = image_shape or (side, side, 1)
        if int(np.prod(shape)) == weights.shape[0]:
            return np.moveaxis(weights.reshape(*shape, -1)[:, :, in_channel, :], -1, 0)
    raise ShapeError(
        "these weights cannot be drawn as pictures.",
        received=f"shape {weights.shape}",
        expected="(kernel_height, kernel_width, in_channels, out_channels), or (n_pixels, n_units)",
    )


def _minus_marks(stack: NDArray[Any], per_line: int, largest: float) -> list[dict[str, Any]]:
    _, height, width = stack.shape
    if height * width > MARKED_CELLS:
        return []
    cell = TILE / max(height, width)
    return [
        {
            "x": (kernel % per_line) * (TILE + GAP) + column * cell,
            "y": (kernel // per_line) * (TILE + GAP) + row * cell,
            "sign": MINUS,
            "ink": PAPER if stack[kernel, row, column] < -0.6 * largest else ON_CELL,
        }
        for kernel, row, column in np.argwhere(stack < 0).tolist()
    ]
