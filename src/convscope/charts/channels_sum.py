"""Several input channels: each has its kernel, and the answers are added."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convscope.arithmetic import convolution_steps
from convscope.charts._grids import Grid, draw_grids
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError

__all__ = ["channels_sum", "example"]


def channels_sum(image: ArrayLike, kernel: ArrayLike, bias: float = 0.0) -> Any:
    """Draw each channel times its kernel, and the sum over the channels.

    Parameters
    ----------
    image : array of shape (height, width, in_channels)
    kernel : array of shape (kernel_height, kernel_width, in_channels)
    bias : float
        Added to each sum.

    Returns
    -------
    chart : altair.LayerChart

    Raises
    ------
    ShapeError
        Image or kernel has no axis of channels, or their channels differ.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts
    >>> image, kernel = np.ones((3, 3, 2)), np.ones((2, 2, 2))
    >>> charts.text_twin(charts.channels_sum(image, kernel)).sentence
    'Each of the 2 channels is seen by a kernel of its own; the maps are added place by place.'
    """
    pixels, weights = np.asarray(image, float), np.asarray(kernel, float)
    if pixels.ndim != 3 or weights.ndim != 3:
        raise ShapeError(
            "both image and kernel need an axis of channels.",
            received=f"image {pixels.shape}, kernel {weights.shape}",
            expected="image (height, width, in_channels), kernel (height, width, in_channels)",
        )
    steps = convolution_steps(pixels, weights[..., None], [bias])
    partial, total = steps.partial_sums[..., 0], steps.sums[..., 0]
    largest = max(1.0, float(np.abs(partial).max()), float(np.abs(total).max()))
    heaviest, lit = float(np.abs(weights).max()), float(max(1, pixels.max()))
    high, kernel_left = pixels.shape[0] + 1.6, pixels.shape[1] + 1.4
    map_left = kernel_left + weights.shape[1] + 1.2
    grids = []
    for channel in range(pixels.shape[2]):
        top, grey = 1.2 + channel * high, bool(pixels.min() >= 0)
        grids += [
            Grid(pixels[..., channel], 0.2, top, name=f"channel {channel + 1}", largest=lit, grey=grey),
            Grid(weights[..., channel], kernel_left, top, f"kernel {channel + 1}", heaviest, sign="×"),
            Grid(partial[..., channel], map_left, top, f"map {channel + 1}", largest, sign="="),
        ]
    middle = 1.2 + (pixels.shape[2] - 1) * high / 2
    name = "sum of the maps" + (" and bias" if bias else "")
    grids.append(Grid(total, map_left + partial.shape[1] + 1.4, middle, name, largest, sign="→"))
    sentence = (
        f"Each of the {pixels.shape[2]} channels is seen by a kernel of its own; the maps are added place by place."
    )
    columns = ["row", "column", *(f"map {channel + 1}" for channel in range(pixels.shape[2])), "bias", "sum"]
    rows = [[*place, *partial[place].tolist(), bias, float(total[place])] for place in np.ndindex(total.shape)]
    return with_twin(draw_grids(grids, "Several channels, one sum", sentence), sentence, columns, rows)


def example() -> Any:
    """Draw two channels, one diagonal line each."""
    return channels_sum(
        np.stack([np.eye(4), np.fliplr(np.eye(4))], axis=-1), np.stack([np.eye(2), np.ones((2, 2))], axis=-1)
    )
