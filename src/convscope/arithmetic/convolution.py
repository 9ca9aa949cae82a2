"""Convolution as neural networks mean it: the kernel is not flipped (a cross-correlation).

Sums are taken in float64 and given back in the image's own float type, so that a float32 result is rounded once;
a framework that adds in float32 stays within 1e-5 times the value of it, or within 1e-5 where that is more.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import Array, Pair, as_floats, as_pair, as_pixels
from convscope.arithmetic.padding import Padding, pad, padding_amounts
from convscope.arithmetic.sizes import output_size
from convscope.errors import ShapeError

__all__ = ["convolve", "convolve_1d", "depthwise_convolve", "separable_convolve", "window_padding", "windows"]


def window_padding(shape: Pair, size: Pair, strides: Pair, padding: Padding, dilation_rate: Pair) -> tuple[Pair, Pair]:
    """Work out ((top, bottom), (left, right)) and refuse a window that does not fit."""
    sides = padding if isinstance(padding, tuple | list) else (padding, padding)
    if len(sides) != 2:
        sides = (cast(Any, padding),) * 2  # refused below, with the legal forms
    amounts = []
    for axis in (0, 1):
        measures = (shape[axis], size[axis], strides[axis])
        amount = padding_amounts(*measures, sides[axis], dilation_rate[axis])
        output_size(shape[axis], size[axis], stride=strides[axis], padding=amount, dilation_rate=dilation_rate[axis])
        amounts.append(amount)
    return amounts[0], amounts[1]


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

    Examples
    --------
    >>> import numpy as np
    >>> image = np.arange(9.0).reshape(3, 3, 1)
    >>> windows(image, (2, 2), strides=(1, 1), padding="valid")[0, 1, :, :, 0]
    array([[1., 2.],
           [4., 5.]])
    """
    size, strides, dilation_rate = (
        as_pair(value, name)
        for value, name in ((size, "window size"), (strides, "strides"), (dilation_rate, "dilation_rate"))
    )
    amounts = window_padding((image.shape[0], image.shape[1]), size, strides, padding, dilation_rate)
    reach = tuple(dilation_rate[axis] * (size[axis] - 1) + 1 for axis in (0, 1))
    seen = sliding_window_view(pad(image, amounts, fill), reach, axis=(0, 1))
    seen = seen[:: strides[0], :: strides[1], :, :: dilation_rate[0], :: dilation_rate[1]]
    return np.moveaxis(seen, 2, -1)


def convolve(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: int | Pair = (1, 1),
    padding: Padding = "valid",
    dilation_rate: int | Pair = (1, 1),
    groups: int = 1,
) -> NDArray[Any]:
    """Slide kernels over an image and keep every sum.

    Parameters
    ----------
    image : array of shape (height, width, in_channels), or (height, width) for one channel
    kernels : array of shape (kernel_height, kernel_width, in_channels / groups, out_channels), or
        (kernel_height, kernel_width) for one kernel on one channel
    bias : array of shape (out_channels,), or a number, optional
        Added to each sum.
    strides, dilation_rate : int or (int, int), in pixels, (down, right)
    padding : {"valid", "same"} or ((top, bottom), (left, right))
    groups : int
        The channels are divided into so many groups, each seen by its own kernels only.

    Returns
    -------
    feature_maps : array of shape (out_height, out_width, out_channels), or (out_height, out_width) where both
        inputs had two axes
        Sums of intensity times weight plus bias, before the activation, in the image's float type.

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
    pixels, weights = as_pixels(image), as_kernels(kernels)
    check_channels(pixels, weights, groups)
    offsets = as_bias(bias, weights.shape[3])
    seen = windows(
        pixels,
        (weights.shape[0], weights.shape[1]),
        strides=as_pair(strides, "strides"),
        padding=padding,
        dilation_rate=as_pair(dilation_rate, "dilation_rate"),
    ).astype(np.float64)
    parts = zip(np.split(seen, groups, axis=-1), np.split(weights.astype(np.float64), groups, axis=-1), strict=True)
    maps = np.concatenate([np.tensordot(part, kernel, axes=3) for part, kernel in parts], axis=-1)
    maps = (maps + offsets).astype(pixels.dtype)
    return maps[..., 0] if np.ndim(image) == 2 and np.ndim(kernels) == 2 else maps


def depthwise_convolve(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: int | Pair = (1, 1),
    padding: Padding = "valid",
    dilation_rate: int | Pair = (1, 1),
) -> NDArray[Any]:
    """Apply separate kernels to each channel, without mixing channels.

    Parameters
    ----------
    image : array of shape (height, width, in_channels)
    kernels : array of shape (kernel_height, kernel_width, in_channels, depth_multiplier)
    bias : array of shape (in_channels * depth_multiplier,), optional
    strides, padding, dilation_rate
        As in `convolve`.

    Returns
    -------
    feature_maps : array of shape (out_height, out_width, in_channels * depth_multiplier)
        The maps of the first channel, then those of the second, and so on.

    Raises
    ------
    ShapeError
        Channels differ, or the kernel is larger than the padded image.

    Examples
    --------
    >>> depthwise_convolve([[[1, 10]]], [[[[2, 3], [4, 5]]]])
    array([[[ 2.,  3., 40., 50.]]])
    """
    grouped, channels = depthwise_as_groups(kernels)
    return convolve(
        as_pixels(image), grouped, bias, strides=strides, padding=padding, dilation_rate=dilation_rate, groups=channels
    )


def separable_convolve(
    image: ArrayLike,
    depthwise_kernels: ArrayLike,
    pointwise_kernels: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: int | Pair = (1, 1),
    padding: Padding = "valid",
    dilation_rate: int | Pair = (1, 1),
) -> NDArray[Any]:
    """Convolve each channel on its own, then mix the channels of each pixel.

    Parameters
    ----------
    image : array of shape (height, width, in_channels)
    depthwise_kernels : array of shape (kernel_height, kernel_width, in_channels, depth_multiplier)
    pointwise_kernels : array of shape (1, 1, in_channels * depth_multiplier, out_channels)
    bias : array of shape (out_channels,), optional
    strides, padding, dilation_rate
        As in `convolve`, for the first of the two convolutions.

    Returns
    -------
    feature_maps : array of shape (out_height, out_width, out_channels)

    Raises
    ------
    ShapeError
        Channels differ, or the kernel is larger than the padded image.

    References
    ----------
    Chollet 2017, "Xception", arXiv:1610.02357.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.ones((3, 3, 2))
    >>> separable_convolve(image, np.ones((2, 2, 2, 1)), np.ones((1, 1, 2, 4))).shape
    (2, 2, 4)
    """
    between = depthwise_convolve(
        image, depthwise_kernels, strides=strides, padding=padding, dilation_rate=dilation_rate
    )
    return convolve(between, as_kernels(pointwise_kernels), bias)


def convolve_1d(
    sequence: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: int = 1,
    padding: str | Pair = "valid",
    dilation_rate: int = 1,
    groups: int = 1,
) -> NDArray[Any]:
    """Slide kernels along a sequence: a convolution over an image of height 1.

    Parameters
    ----------
    sequence : array of shape (length, in_channels)
    kernels : array of shape (kernel_length, in_channels / groups, out_channels)
    bias : array of shape (out_channels,), optional
    stride, dilation_rate : int
    padding : {"valid", "same", "causal"} or (before, after)
        ``"causal"`` pads before only, so that no output sees what comes later.
    groups : int

    Returns
    -------
    feature_maps : array of shape (out_length, out_channels)

    Raises
    ------
    ShapeError
        Channels differ, or the kernel is longer than the padded sequence.

    Examples
    --------
    >>> convolve_1d([[1], [2], [4]], [[[1]], [[10]]], padding="causal")[:, 0]
    array([10., 21., 42.])
    """
    values, weights = as_floats(sequence, "sequence"), as_floats(kernels, "kernels")
    if values.ndim != 2 or weights.ndim != 3:
        raise ShapeError(
            "a sequence must have two axes, and its kernels three.",
            received=f"sequence {values.shape}, kernels {weights.shape}",
            expected="sequence (length, in_channels), kernels (kernel_length, in_channels, out_channels)",
        )
    stride, dilation_rate = as_pair(stride, "stride")[0], as_pair(dilation_rate, "dilation_rate")[0]
    amounts: Any = (dilation_rate * (len(weights) - 1), 0) if padding == "causal" else padding
    along = padding_amounts(len(values), len(weights), stride, amounts, dilation_rate)
    maps = convolve(
        values[None],
        weights[None],
        bias,
        strides=(1, stride),
        padding=((0, 0), along),
        dilation_rate=(1, dilation_rate),
        groups=groups,
    )
    return np.asarray(maps[0])


def as_kernels(kernels: ArrayLike) -> Array:
    """Make kernels of shape (height, width, in_channels, out_channels); two axes mean one kernel on one channel."""
    weights = as_floats(kernels, "kernels")
    weights = weights[..., None, None] if weights.ndim == 2 else weights
    if weights.ndim != 4 or weights.size == 0:
        raise ShapeError(
            "a set of kernels must have two or four axes, none of them empty.",
            received=f"kernels {np.shape(kernels)}",
            expected="kernels (height, width, in_channels, out_channels), or (height, width) for a single one",
            repair="for one kernel on several channels use kernel[..., None]" if weights.ndim == 3 else None,
        )
    return weights


def as_bias(bias: ArrayLike | None, out_channels: int) -> NDArray[np.float64]:
    """Make one float64 number per output channel; no bias is 0."""
    offsets = np.zeros(1) if bias is None else as_floats(bias, "bias").astype(np.float64).reshape(-1)
    if offsets.size not in (1, out_channels):
        raise ShapeError(
            f"there are {out_channels} kernels but {offsets.size} biases.",
            received=f"bias ({offsets.size},)",
            expected=f"bias ({out_channels},)",
        )
    return np.broadcast_to(offsets, (out_channels,))


def depthwise_as_groups(kernels: ArrayLike) -> tuple[Array, int]:
    """Write depthwise kernels as grouped ones: (height, width, 1, channels * multiplier) and the channels."""
    weights = as_kernels(kernels)
    height, width, channels, multiplier = weights.shape
    return weights.reshape(height, width, 1, channels * multiplier), channels


def check_channels(image: Array, kernels: Array, groups: int) -> None:
    """Refuse kernels and groups that do not fit the image's channels."""
    seen, out_channels = kernels.shape[2:]
    if groups < 1 or image.shape[2] % groups or out_channels % groups:
        raise ShapeError(
            f"{image.shape[2]} channels and {out_channels} kernels cannot be divided into {groups} groups.",
            received=f"groups={groups}, image {image.shape}, kernels {kernels.shape}",
            expected="a number of groups that divides both",
        )
    expected = image.shape[2] // groups
    if seen != expected:
        raise ShapeError(
            f"the kernels have {seen} channels but the image has {image.shape[2]}"
            + (f" in {groups} groups." if groups != 1 else "."),
            received=f"kernels {kernels.shape}, image {image.shape}",
            expected=f"kernels (any, any, {expected}, any)",
            repair=f"use kernels[:, :, :{expected}]" if seen > expected else None,
        )
