"""The steps behind each sum: window, products, partial sums, bias, sum.

All steps of a layer are arrays (views where possible); ``at`` takes one step out as small arrays. The products
of a single step are exact float64 products of the layer's own numbers, and its sum is rounded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import Pair, as_pair, as_pixels
from convscope.arithmetic._places import check_place, span
from convscope.arithmetic.convolution import (
    as_bias,
    as_kernels,
    check_channels,
    depthwise_as_groups,
    window_padding,
    windows,
)
from convscope.arithmetic.dense import check_dense
from convscope.arithmetic.padding import Padding
from convscope.errors import ShapeError

__all__ = [
    "ConvolutionStep",
    "ConvolutionSteps",
    "DenseStep",
    "DenseSteps",
    "convolution_steps",
    "dense_steps",
    "depthwise_steps",
]


@dataclass(frozen=True)
class ConvolutionStep:
    """One sum of products.

    Parameters
    ----------
    row, column, channel : int
        Its place in the feature maps, 0-based.
    rows, columns : int array of shape (kernel_height,), (kernel_width,)
        Where the window stands in the image; below 0 or past the end lies padding.
    in_channels : int array of shape (n,)
        The image's channels that this kernel sees.
    window, kernel, products : float array of shape (kernel_height, kernel_width, n)
        ``window * kernel == products``, in float64.
    partial_sums : float array of shape (n,)
        The products of each channel, added up.
    bias, sum : float
        ``sum`` is all products and the bias, rounded once.
    """

    row: int
    column: int
    channel: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    in_channels: NDArray[np.int64]
    window: NDArray[np.float64]
    kernel: NDArray[np.float64]
    products: NDArray[np.float64]
    partial_sums: NDArray[np.float64]
    bias: float
    sum: float


@dataclass(frozen=True)
class ConvolutionSteps:
    """Every sum of products of a convolution; made by `convolution_steps`.

    Parameters
    ----------
    windows : array view of shape (out_height, out_width, kernel_height, kernel_width, in_channels)
    kernels : array of shape (kernel_height, kernel_width, in_channels / groups, out_channels)
    bias : float64 array of shape (out_channels,)
    strides, dilation_rate : (int, int)
    padding : ((top, bottom), (left, right)), in pixels
    groups : int
    """

    windows: NDArray[Any]
    kernels: NDArray[Any]
    bias: NDArray[np.float64]
    strides: Pair
    dilation_rate: Pair
    padding: tuple[Pair, Pair]
    groups: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the feature maps: (out_height, out_width, out_channels)."""
        return self.windows.shape[0], self.windows.shape[1], self.kernels.shape[3]

    @cached_property
    def products(self) -> NDArray[Any]:
        """Products of shape (out_height, out_width, kernel_height, kernel_width, in_channels / groups, out_channels).

        In the image's float type.
        """
        height, width, seen, out_channels = self.kernels.shape
        places, each = self.windows.shape[:2], out_channels // self.groups
        parts = self.windows.reshape(*places, height, width, self.groups, seen, 1)
        weights = self.kernels.reshape(height, width, seen, self.groups, each).swapaxes(2, 3)
        products = (parts * weights.astype(self.windows.dtype, copy=False)).swapaxes(4, 5)
        return np.asarray(products.reshape(*places, height, width, seen, out_channels))

    @cached_property
    def partial_sums(self) -> NDArray[Any]:
        """Sums over each window, channel by channel: (out_height, out_width, in_channels / groups, out_channels)."""
        return np.asarray(np.einsum("hwijco->hwco", self.products))

    @cached_property
    def sums(self) -> NDArray[Any]:
        """Feature maps of shape (out_height, out_width, out_channels): all products and the bias."""
        sums = self.partial_sums.sum(axis=2, dtype=np.float64) + self.bias
        return np.asarray(sums, self.windows.dtype)

    def at(self, row: int, column: int, channel: int = 0) -> ConvolutionStep:
        """Take out one step.

        Parameters
        ----------
        row, column, channel : int
            A place in the feature maps, 0-based.

        Raises
        ------
        ShapeError
            There is no such place.
        """
        check_place((row, column, channel), self.shape)
        n_seen, each = self.kernels.shape[2], self.kernels.shape[3] // self.groups
        in_channels = np.arange(n_seen) + channel // each * n_seen
        window = self.windows[row, column][..., in_channels].astype(np.float64)
        kernel = self.kernels[..., channel].astype(np.float64)
        products, bias = window * kernel, float(self.bias[channel])
        return ConvolutionStep(
            row,
            column,
            channel,
            rows=span(row, self.strides[0], self.padding[0][0], kernel.shape[0], self.dilation_rate[0]),
            columns=span(column, self.strides[1], self.padding[1][0], kernel.shape[1], self.dilation_rate[1]),
            in_channels=in_channels,
            window=window,
            kernel=kernel,
            products=products,
            partial_sums=np.array([fsum(products[..., seen].flat) for seen in range(n_seen)]),
            bias=bias,
            sum=_exact_sum([*products.flat, bias]),
        )


@dataclass(frozen=True)
class DenseStep:
    """One unit's sum of products.

    Parameters
    ----------
    unit : int
    inputs, weights, products : float array of shape (n_features,)
    bias, sum : float
        ``sum`` is all products and the bias, rounded once.
    """

    unit: int
    inputs: NDArray[np.float64]
    weights: NDArray[np.float64]
    products: NDArray[np.float64]
    bias: float
    sum: float


@dataclass(frozen=True)
class DenseSteps:
    """Every sum of products of a dense layer; made by `dense_steps`.

    Parameters
    ----------
    inputs : array of shape (n_features,)
    weights : array of shape (n_features, n_units)
    bias : float64 array of shape (n_units,)
    """

    inputs: NDArray[Any]
    weights: NDArray[Any]
    bias: NDArray[np.float64]

    @cached_property
    def products(self) -> NDArray[Any]:
        """Inputs times weights, of shape (n_features, n_units)."""
        return np.asarray(self.inputs[:, None] * self.weights.astype(self.inputs.dtype, copy=False))

    @cached_property
    def sums(self) -> NDArray[Any]:
        """One number per unit: all products and the bias."""
        return np.asarray(self.products.sum(axis=0, dtype=np.float64) + self.bias, self.inputs.dtype)

    def at(self, unit: int) -> DenseStep:
        """Take out one unit's step; raises ShapeError if there is no such unit."""
        check_place((unit,), self.bias.shape)
        inputs, weights = self.inputs.astype(np.float64), self.weights[:, unit].astype(np.float64)
        products, bias = inputs * weights, float(self.bias[unit])
        return DenseStep(unit, inputs, weights, products=products, bias=bias, sum=_exact_sum([*products, bias]))


def convolution_steps(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: int | Pair = (1, 1),
    padding: Padding = "valid",
    dilation_rate: int | Pair = (1, 1),
    groups: int = 1,
) -> ConvolutionSteps:
    """Keep every term of a convolution; arguments and errors as in `convolve`.

    Examples
    --------
    >>> step = convolution_steps([[1, 0], [0, 1]], [[1, 0], [1, 1]], [0.5]).at(0, 0)
    >>> step.products[..., 0].tolist(), step.sum
    ([[1.0, 0.0], [0.0, 1.0]], 2.5)
    """
    pixels, weights = as_pixels(image), as_kernels(kernels)
    check_channels(pixels, weights, groups)
    steps, size = as_pair(strides, "strides"), (weights.shape[0], weights.shape[1])
    dilation = as_pair(dilation_rate, "dilation_rate")
    amounts = window_padding((pixels.shape[0], pixels.shape[1]), size, steps, padding, dilation)
    seen = windows(pixels, size, strides=steps, padding=amounts, dilation_rate=dilation)
    return ConvolutionSteps(
        seen,
        weights,
        as_bias(bias, weights.shape[3]),
        strides=steps,
        dilation_rate=dilation,
        padding=amounts,
        groups=groups,
    )


def depthwise_steps(
    image: ArrayLike, kernels: ArrayLike, bias: ArrayLike | None = None, **place: Any
) -> ConvolutionSteps:
    """Keep every term of a depthwise convolution; arguments and errors as in `depthwise_convolve`.

    Examples
    --------
    >>> import numpy as np
    >>> image, kernels = np.ones((3, 3, 2)), np.ones((2, 2, 2, 1))
    >>> float(depthwise_steps(image, kernels).at(0, 0, 1).products.sum())
    4.0
    """
    grouped, channels = depthwise_as_groups(kernels)
    return convolution_steps(as_pixels(image), grouped, bias, groups=channels, **place)


def dense_steps(inputs: ArrayLike, weights: ArrayLike, bias: ArrayLike | None = None) -> DenseSteps:
    """Keep every term of a dense layer for one input of shape (n_features,); errors as in `dense`.

    Examples
    --------
    >>> dense_steps([1, 2], [[1, 0], [10, 1]], [0.5, 0]).at(0).products
    array([ 1., 20.])
    """
    values, matrix, offsets = check_dense(inputs, weights, bias)
    if values.ndim != 1:
        raise ShapeError(
            "the steps of a dense layer belong to one input.",
            received=f"input {values.shape}",
            expected="input (n_features,)",
        )
    return DenseSteps(values, matrix, offsets)


def _exact_sum(terms: list[Any]) -> float:
    """Add up and round once; infinities and NaN go the way of NumPy."""
    return fsum(terms) if np.isfinite(terms).all() else float(np.sum(terms))
