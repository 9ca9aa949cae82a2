"""Pooling: one number for each window, its largest or its mean."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic.convolution import windows
from convscope.arithmetic.padding import Padding
from convscope.errors import UsageError, did_you_mean

__all__ = ["pool"]

Pair = tuple[int, int]


def pool(
    image: ArrayLike,
    pool_size: Pair,
    *,
    strides: Pair | None = None,
    padding: Padding = "valid",
    kind: Literal["max", "average"] = "max",
) -> NDArray[Any]:
    """Keep one number of each window, channel by channel.

    Parameters
    ----------
    image : array of shape (height, width, channels), or (height, width)
    pool_size : (int, int), in pixels, (down, right)
    strides : (int, int), optional
        Like ``pool_size`` if left out, so that windows tile the image.
    padding : {"valid", "same"} or ((top, bottom), (left, right))
        Padded pixels never win and are not counted in a mean.
    kind : {"max", "average"}

    Returns
    -------
    pooled : array of shape (out_height, out_width, channels), or without channels like the image

    Raises
    ------
    ShapeError
        The window is larger than the padded image.
    UsageError
        There is no such kind.

    References
    ----------
    Dumoulin and Visin 2016, arXiv:1603.07285, section 3.

    Examples
    --------
    >>> pool([[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]], (2, 2))
    array([[1., 1.],
           [1., 0.]])
    """
    if kind not in ("max", "average"):
        raise UsageError(f"there is no pooling of the kind {kind!r}.", expected=did_you_mean(kind, ("max", "average")))
    pixels = np.asarray(image)
    pixels = pixels if pixels.dtype.kind == "f" else pixels.astype(np.float64)
    flat = pixels.ndim == 2
    pixels = pixels[..., None] if flat else pixels
    place: dict[str, Any] = {"strides": strides or pool_size, "padding": padding}
    if kind == "max":
        pooled = windows(pixels, pool_size, fill=-np.inf, **place).max(axis=(2, 3))
    else:
        real = windows(np.ones_like(pixels), pool_size, **place).sum(axis=(2, 3))
        pooled = windows(pixels, pool_size, **place).sum(axis=(2, 3)) / real
    result: NDArray[Any] = pooled[..., 0] if flat else pooled
    return result
