"""Pooling: one number for each window, its largest or its mean."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import Pair, as_pair, as_pixels
from convscope.arithmetic.convolution import windows
from convscope.arithmetic.padding import Padding
from convscope.errors import UsageError, did_you_mean

__all__ = ["Kind", "check_kind", "global_pool", "pool"]

Kind = Literal["max", "average"]


def pool(
    image: ArrayLike,
    pool_size: int | Pair,
    *,
    strides: int | Pair | None = None,
    padding: Padding = "valid",
    kind: Kind = "max",
) -> NDArray[Any]:
    """Keep one number of each window, channel by channel.

    Parameters
    ----------
    image : array of shape (height, width, channels), or (height, width)
    pool_size : int or (int, int), in pixels, (down, right)
    strides : int or (int, int), optional
        Like ``pool_size`` if left out, so that windows tile the image.
    padding : {"valid", "same"} or ((top, bottom), (left, right))
        Padded pixels never win and are not counted in a mean. A window of padded pixels only gives −∞ as
        largest and NaN as mean; "valid" and "same" have none.
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
    check_kind(kind)
    pixels, size = as_pixels(image), as_pair(pool_size, "pool_size")
    place: dict[str, Any] = {
        "strides": size if strides is None else as_pair(strides, "strides"),
        "padding": padding,
    }
    if kind == "max":
        pooled = windows(pixels, size, fill=-np.inf, **place).max(axis=(2, 3))
    else:
        real = windows(np.ones(pixels.shape), size, **place).sum(axis=(2, 3))
        sums = windows(pixels, size, **place).sum(axis=(2, 3), dtype=np.float64)
        nothing = np.full_like(sums, np.nan)
        pooled = np.divide(sums, real, out=nothing, where=real > 0).astype(pixels.dtype)
    result: NDArray[Any] = pooled[..., 0] if np.ndim(image) == 2 else pooled
    return result


def global_pool(image: ArrayLike, *, kind: Kind = "average", keepdims: bool = False) -> NDArray[Any]:
    """Keep one number of each channel.

    Parameters
    ----------
    image : array of shape (height, width, channels), or (height, width)
    kind : {"max", "average"}
    keepdims : bool
        Keep height and width, both 1.

    Returns
    -------
    pooled : array of shape (channels,), or (1, 1, channels)

    Raises
    ------
    UsageError
        There is no such kind.

    Examples
    --------
    >>> global_pool([[1, 2], [3, 6]]), global_pool([[1, 2], [3, 6]], kind="max")
    (array([3.]), array([6.]))
    """
    pixels = as_pixels(image)
    pooled = pool(pixels, (pixels.shape[0], pixels.shape[1]), kind=kind)
    return pooled if keepdims else pooled[0, 0]


def check_kind(kind: str) -> None:
    """Refuse a pooling that is neither "max" nor "average"."""
    if kind not in ("max", "average"):
        raise UsageError(f"there is no pooling kind {kind!r}.", expected=did_you_mean(kind, ("max", "average")))
