"""Convolution as neural networks mean it: the kernel is not flipped (a cross-correlation)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic.padding import Padding, pad, padding_amounts
from convscope.arithmetic.sizes import output_size
from convscope.errors import ShapeError

__all__ = ["convolve", "windows"]

Pair = tuple[int, int]


def windows(
    image: NDArray[Any], size: Pair, *, strides: Pair, padding: Padding, dilation_rate: Pair = (1, 1), fill: float = 0.0
) -> NDArray[Any]:
    """List the pixels under a window at each place where it stands.

    Parameters
    ----------
    image : array of shape (height, width, channels)
    size, strides, dilation_rate : (int, int), in pixels, (down, right)
    padding : {"valid", "same"} or ((top, bottom), (left, right))
    fill : float
        Value of padded pixels.

    Returns
    -------
    windows : array view of shape (out_height, out_width, window_height, window_width, channels)

    Raises
    ------
    ShapeError
        The window does not fit.
    """
    sides = padding if isinstance(padding, tuple) else (padding, padding)
    amounts = tuple(
        padding_amounts(image.shape[axis], size[axis], strides[axis], sides[axis], dilation_rate[axis])
        for axis in (0, 1)
    )
    for axis in (0, 1):
        output_size(
            image.shape[axis],
            size[axis],
            stride=strides[axis],
            padding=amounts[axis],
            dilation_rate=dilation_rate[axis],
        )
    reach = tuple(dilation_rate[axis] * (size[axis] - 1) + 1 for axis in (0, 1))
    padded = pad(image, (amounts[0], amounts[1]), fill)
    seen = sliding_window_view(padded, reach, axis=(0, 1))
    seen = seen[:: strides[0], :: strides[1], :, :: dilation_rate[0], :: dilation_rate[1]]
    return np.moveaxis(seen, 2, -1)


def convolve(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: Pair = (1, 1),
    padding: Padding = "valid",
    dilation_rate: Pair = (1, 1),
    groups: int = 1,
) -> NDArray[Any]:
    """Slide kernels over an image and keep every sum.

    Parameters
    ----------
    image : array of shape (height, width, in_channels), or (height, width) for one channel
    kernels : array of shape (kernel_height, kernel_width, in_channels / groups, out_channels), or
        (kernel_height, kernel_width) for one kernel on one channel
    bias : array of shape (out_channels,), optional
        Added to each sum.
    strides, dilation_rate : (int, int), in pixels, (down, right)
    padding : {"valid", "same"} or ((top, bottom), (left, right))
    groups : int
        The channels are divided into so many groups, each seen by its own kernels only.

    Returns
    -------
    feature_maps : array of shape (out_height, out_width, out_channels), or (out_height, out_width) where both
        inputs had two axes
        Sums of intensity times weight plus bias, before the activation.

    Raises
    ------
    ShapeError
        Channels differ, or the kernel is larger than the padded image.

    References
    ----------
    Dumoulin and Visin 2016, arXiv:1603.07285, section 2.

    Examples
    --------
    >>> convolve([[1, 0, 1, 0], [0, 1, 1, 1], [0, 1, 0, 0], [1, 0, 0, 0]], [[1, 0], [1, 1]])
    array([[2., 2., 3.],
           [1., 2., 1.],
           [1., 1., 0.]])
    """
    pixels, weights = _floats(image), _floats(kernels)
    flat = pixels.ndim == 2 and weights.ndim == 2
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    weights = weights[..., None, None] if weights.ndim == 2 else weights
    _check(pixels, weights, groups)
    height, width, _, out_channels = weights.shape
    seen = windows(pixels, (height, width), strides=strides, padding=padding, dilation_rate=dilation_rate)
    maps = np.concatenate(
        [
            np.tensordot(part, kernel, axes=([2, 3, 4], [0, 1, 2]))
            for part, kernel in zip(np.split(seen, groups, axis=-1), np.split(weights, groups, axis=-1), strict=True)
        ],
        axis=-1,
    )
    if bias is not None:
        maps = maps + np.asarray(bias, maps.dtype).reshape(-1)
    return maps[..., 0] if flat and out_channels == 1 else maps


def _floats(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _check(image: NDArray[Any], kernels: NDArray[Any], groups: int) -> None:
    if image.ndim != 3 or kernels.ndim != 4:
        raise ShapeError(
            "an image has two or three axes, a set of kernels two or four.",
            received=f"image {image.shape}, kernels {kernels.shape}",
            expected="image (height, width, in_channels), kernels (height, width, in_channels, out_channels)",
        )
    if groups < 1 or image.shape[2] != kernels.shape[2] * groups or kernels.shape[3] % groups:
        raise ShapeError(
            f"the kernels have {kernels.shape[2]} channels but the image has {image.shape[2]}"
            + (f" in {groups} groups." if groups != 1 else "."),
            received=f"kernels {kernels.shape}, image {image.shape}",
            expected=f"kernels (any, any, {image.shape[2] / max(1, groups):g}, any)",
            repair=f"use kernels[:, :, :{image.shape[2]}]" if kernels.shape[2] > image.shape[2] else None,
        )
