"""Every layer forwards and backwards, in NumPy, for a batch.

A layer's function takes what comes in and its weights. It returns what goes out and a function ``back``: given the
gradient of the loss with respect to what went out, ``back`` returns the gradient with respect to what came in, and
one for each weight. That is the chain rule, one link per layer; `network.Network` hangs the links together.

Images have shape (n_rows, height, width, channels), points (n_rows, n_features). All numbers are float32.

References
----------
Rumelhart, Hinton and Williams 1986, "Learning representations by back-propagating errors", Nature 323.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.primitives.curves import CURVES

__all__ = [
    "Back",
    "activation",
    "add",
    "add_rows",
    "average_pooling",
    "batch_normalization",
    "concatenate",
    "convolution",
    "count_places",
    "dense",
    "depthwise_convolution",
    "dropout",
    "leaky_relu",
    "max_pooling",
    "normalization",
    "padded",
    "reshape",
    "scale",
    "sigmoid_crossentropy",
    "softmax_crossentropy",
    "squared_error",
    "without",
    "zero_padding",
]

Array = NDArray[Any]
Pair = tuple[int, int]
Sides = tuple[Pair, Pair]
Back = Callable[[Array], tuple[Any, list[Array]]]
FEW_CHANNELS = 8
NO_SIDES: Sides = ((0, 0), (0, 0))


def dense(x: Array, kernel: Array, bias: Array | None = None, *, is_first: bool = False) -> tuple[Array, Back]:
    """Weigh all inputs for each unit and add them up: ``y = x · kernel + bias``.

    Parameters
    ----------
    is_first : bool
        Nothing before this layer has weights, so that nobody asks for the gradient of its input.
    """
    y = x @ kernel if bias is None else x @ kernel + bias

    def back(dy: Array) -> tuple[Array | None, list[Array]]:
        rows, seen = dy.reshape(-1, dy.shape[-1]), x.reshape(-1, x.shape[-1])
        dx = None if is_first else dy @ kernel.T
        return dx, [seen.T @ rows] + ([] if bias is None else [add_rows(rows)])

    return y, back


def add_rows(dy: Array) -> Array:
    """Add up everything but the last axis: as a product with ones, ten times as fast as NumPy's sum."""
    rows = dy.reshape(-1, dy.shape[-1])
    return np.ones(len(rows), dy.dtype) @ rows


def convolution(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: Pair = (1, 1),
    padding: Sides = NO_SIDES,
    dilation: Pair = (1, 1),
    groups: int = 1,
    is_first: bool = False,
) -> tuple[Array, Back]:
    """Multiply every window by every kernel: the windows as rows of one matrix, the kernels as columns of another.

    Parameters
    ----------
    x : array of shape (n_rows, height, width, in_channels)
    kernel : array of shape (kernel_height, kernel_width, in_channels / groups, out_channels)
    is_first : bool
        As in `dense`.
    """
    if groups > 1:
        return _in_groups(x, kernel, bias, groups, strides=strides, padding=padding, dilation=dilation)
    wide = padded(x, padding)
    windows = _windows(wide, kernel.shape[:2], strides, dilation)
    n_rows, height, width = windows.shape[:3]
    matrix = _side_by_side(windows)
    columns = kernel.reshape(-1, kernel.shape[3])
    y = matrix @ columns
    if bias is not None:
        y += bias

    def back(dy: Array) -> tuple[Array | None, list[Array]]:
        rows = dy.reshape(-1, dy.shape[3])
        weights = [(matrix.T @ rows).reshape(kernel.shape)] + ([] if bias is None else [add_rows(rows)])
        if is_first:
            return None, weights
        dwindows = (rows @ columns.T).reshape(windows.shape)
        return without(_put_back(dwindows, wide.shape, strides, dilation), padding), weights

    return y.reshape(n_rows, height, width, -1), back


def _in_groups(x: Array, kernel: Array, bias: Array | None, groups: int, **settings: Any) -> tuple[Array, Back]:
    """Let each group of channels be seen by its own kernels only."""
    seen, weights = np.split(x, groups, axis=3), np.split(kernel, groups, axis=3)
    offsets = [None] * groups if bias is None else np.split(bias, groups)
    parts = [convolution(*part, **settings) for part in zip(seen, weights, offsets, strict=True)]
    ends = np.cumsum([y.shape[3] for y, _ in parts])[:-1]

    def back(dy: Array) -> tuple[Array, list[Array]]:
        found = [one(part) for (_, one), part in zip(parts, np.split(dy, ends, axis=3), strict=True)]
        gradients = [np.concatenate(same, axis=-1) for same in zip(*(weights for _, weights in found), strict=True)]
        return np.concatenate([dx for dx, _ in found], axis=3), gradients

    return np.concatenate([y for y, _ in parts], axis=3), back


def depthwise_convolution(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: Pair = (1, 1),
    padding: Sides = NO_SIDES,
    dilation: Pair = (1, 1),
) -> tuple[Array, Back]:
    """Give each channel kernels of its own; kernel of shape (height, width, in_channels, depth_multiplier)."""
    wide = padded(x, padding)
    windows = _windows(wide, kernel.shape[:2], strides, dilation)
    y = np.einsum("nhwijc,ijcm->nhwcm", windows, kernel, optimize=True)
    shape = (*y.shape[:3], -1)
    y = y.reshape(shape)
    if bias is not None:
        y = y + bias

    def back(dy: Array) -> tuple[Array, list[Array]]:
        split = dy.reshape(*dy.shape[:3], *kernel.shape[2:])
        dkernel = np.einsum("nhwijc,nhwcm->ijcm", windows, split, optimize=True)
        dwindows = np.einsum("nhwcm,ijcm->nhwijc", split, kernel, optimize=True)
        dx = without(_put_back(dwindows, wide.shape, strides, dilation), padding)
        return dx, [dkernel] + ([] if bias is None else [add_rows(dy)])

    return y, back


def _windows(x: Array, window: Sequence[int], strides: Pair, dilation: Pair) -> Array:
    """View the pixels under every window, uncopied: shape (n_rows, out_height, out_width, *window, channels)."""
    x = np.ascontiguousarray(x)
    height, width = count_places(x.shape[1:3], window, strides, dilation)
    row, down, right, channel = x.strides
    steps = (row, down * strides[0], right * strides[1], down * dilation[0], right * dilation[1], channel)
    windows: Array = np.ndarray((len(x), height, width, *window, x.shape[3]), x.dtype, x, strides=steps)
    windows.flags.writeable = False
    return windows


def _side_by_side(windows: Array) -> Array:
    """Copy the windows into a matrix, one row for each: shape (n_windows, numbers in a window).

    Few channels are copied plane by plane, many pixel by pixel: whichever keeps longer runs together.
    """
    n_windows = int(np.prod(windows.shape[:3]))
    if windows.shape[5] < FEW_CHANNELS:
        return np.ascontiguousarray(windows.transpose(3, 4, 5, 0, 1, 2)).reshape(-1, n_windows).T
    return np.ascontiguousarray(windows).reshape(n_windows, -1)


def _put_back(windows: Array, shape: tuple[int, ...], strides: Pair, dilation: Pair) -> Array:
    """Add every window back to the pixels that it was copied from: the transpose of `_windows`."""
    x = np.zeros(shape, windows.dtype)
    height, width = windows.shape[1:3]
    for i, j in np.ndindex(*windows.shape[3:5]):
        pixels = _seen_by(x, i, j, height=height, width=width, strides=strides, dilation=dilation)
        pixels += windows[:, :, :, i, j]
    return x


def _seen_by(x: Array, i: int, j: int, height: int, width: int, strides: Pair, dilation: Pair) -> Array:
    """View the pixels that place (i, j) of the window meets while the window slides."""
    top, left = i * dilation[0], j * dilation[1]
    down = slice(top, top + (height - 1) * strides[0] + 1, strides[0])
    right = slice(left, left + (width - 1) * strides[1] + 1, strides[1])
    return x[:, down, right]


def count_places(size: Sequence[int], window: Sequence[int], strides: Pair, dilation: Pair) -> Pair:
    """Count the places where the window can stand, down and right."""
    down, right = ((size[a] - dilation[a] * (window[a] - 1) - 1) // strides[a] + 1 for a in (0, 1))
    return down, right


def padded(x: Array, sides: Sides, fill: float = 0.0) -> Array:
    """Put rows and columns of one number around images."""
    if sides == NO_SIDES:
        return x
    return np.pad(x, ((0, 0), *sides, (0, 0)), constant_values=fill)


def without(x: Array, sides: Sides) -> Array:
    """Take away the rows and columns that `padded` put around."""
    (top, bottom), (left, right) = sides
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]


def zero_padding(x: Array, sides: Sides) -> tuple[Array, Back]:
    """Put zeros around."""
    return padded(x, sides), lambda dy: (without(dy, sides), [])


def max_pooling(x: Array, window: Pair, *, strides: Pair, padding: Sides = NO_SIDES) -> tuple[Array, Back]:
    """Keep the largest number of each window; the gradient goes to the winner, the first of several alike.

    The largest of a window is the largest of its rows' largest: first along the width, then along the height.
    """
    wide = padded(x, padding, -np.inf)
    across, back_across = _largest_along(2, wide, window[1], strides[1])
    y, back_down = _largest_along(1, across, window[0], strides[0])

    def back(dy: Array) -> tuple[Array, list[Array]]:
        return without(back_across(back_down(dy)), padding), []

    return y, back


def _largest_along(axis: int, x: Array, size: int, stride: int) -> tuple[Array, Callable[[Array], Array]]:
    """Keep the largest of ``size`` neighbours along one axis; the way back asks who was larger than all before."""
    places = (x.shape[axis] - size) // stride + 1

    def neighbour(array: Array, number: int) -> Array:
        along = slice(number, number + (places - 1) * stride + 1, stride)
        return array[:, along] if axis == 1 else array[:, :, along]

    y = neighbour(x, 0)
    for number in range(1, size):
        y = np.maximum(y, neighbour(x, number))

    def back(dy: Array) -> Array:
        largest, leads = neighbour(x, 0), []
        for number in range(1, size):
            other = neighbour(x, number)
            leads.append(other > largest)
            largest = np.maximum(largest, other)
        tiled = stride == size and places * stride == x.shape[axis]  # each pixel is in one window
        dx = (np.empty if tiled else np.zeros)(x.shape, dy.dtype)
        unclaimed = np.ones(dy.shape, bool)
        for number in reversed(range(size)):  # the last who took the lead has won
            won = unclaimed & leads[number - 1] if number else unclaimed
            meets = neighbour(dx, number)
            if tiled:
                np.multiply(dy, won, out=meets)
            else:
                meets += dy * won
            unclaimed = unclaimed & ~won
        return dx

    return y, back


def average_pooling(x: Array, window: Pair, *, strides: Pair, padding: Sides = NO_SIDES) -> tuple[Array, Back]:
    """Keep the mean of each window; padded pixels are not counted."""
    wide = padded(x, padding)
    height, width = count_places(wide.shape[1:3], window, strides, (1, 1))
    real = padded(np.ones((1, *x.shape[1:3], 1), x.dtype), padding)
    count = sum(
        _seen_by(real, i, j, height=height, width=width, strides=strides, dilation=(1, 1))
        for i, j in np.ndindex(*window)
    )
    total = sum(
        _seen_by(wide, i, j, height=height, width=width, strides=strides, dilation=(1, 1))
        for i, j in np.ndindex(*window)
    )
    y = np.asarray(total / count)

    def back(dy: Array) -> tuple[Array, list[Array]]:
        dx = np.zeros(wide.shape, dy.dtype)
        share = dy / count
        for i, j in np.ndindex(*window):
            _seen_by(dx, i, j, height=height, width=width, strides=strides, dilation=(1, 1))[...] += share
        return without(dx, padding), []

    return y, back


def batch_normalization(
    x: Array, gamma: Array | None, beta: Array | None, *, epsilon: float
) -> tuple[Array, Back, Array, Array]:
    """Give each channel mean 0 and variance 1 over the batch, then its own scale and offset.

    Returns
    -------
    y, back
        As everywhere.
    mean, variance : arrays of shape (channels,)
        Of this batch, for the moving ones.

    References
    ----------
    Ioffe and Szegedy 2015, arXiv:1502.03167, section 3.
    """
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    deviation = np.sqrt(variance + np.float32(epsilon))
    normal = (x - mean) / deviation
    y = normal if gamma is None else normal * gamma
    y = y if beta is None else y + beta

    def back(dy: Array) -> tuple[Array, list[Array]]:
        dgamma, dbeta = (dy * normal).sum(axis=axes), dy.sum(axis=axes)
        weights = ([] if gamma is None else [dgamma]) + ([] if beta is None else [dbeta])
        n = x.size // x.shape[-1]
        # mean and variance depend on every input too: what is common, and what is along `normal`, is taken out
        inner = dy - dbeta / n - normal * (dgamma / n)
        return inner / deviation if gamma is None else inner * (gamma / deviation), weights

    return y, back, mean, variance


def normalization(
    x: Array, gamma: Array | None, beta: Array | None, mean: Array, variance: Array, *, epsilon: float
) -> tuple[Array, Back]:
    """Normalize by a mean and variance that are fixed, as after training."""
    deviation = np.sqrt(variance + np.float32(epsilon))
    normal = (x - mean) / deviation
    y = normal if gamma is None else normal * gamma
    y = y if beta is None else y + beta

    def back(dy: Array) -> tuple[Array, list[Array]]:
        axes = tuple(range(x.ndim - 1))
        weights = [] if gamma is None else [(dy * normal).sum(axis=axes)]
        weights += [] if beta is None else [dy.sum(axis=axes)]
        return dy / deviation if gamma is None else dy * (gamma / deviation), weights

    return y, back


def dropout(x: Array, rate: float, rng: np.random.Generator) -> tuple[Array, Back]:
    """Set a share of the numbers to 0, and scale the others up so that their mean stays."""
    kept = (rng.random(x.shape, np.float32) >= rate) / np.float32(1 - rate)
    return x * kept, lambda dy: (dy * kept, [])


def reshape(x: Array, shape: tuple[int, ...]) -> tuple[Array, Back]:
    """Arrange the numbers of each row anew."""
    return x.reshape(len(x), *shape), lambda dy: (dy.reshape(x.shape), [])


def scale(x: Array, factor: Any, offset: Any = 0.0) -> tuple[Array, Back]:
    """Multiply by a fixed number, and add one."""
    return x * np.float32(factor) + np.float32(offset), lambda dy: (dy * np.float32(factor), [])


def add(parts: Sequence[Array]) -> tuple[Array, Back]:
    """Add branches up; each gets the whole gradient."""
    y = parts[0] + parts[1]
    for part in parts[2:]:
        y = y + part
    return y, lambda dy: ([dy] * len(parts), [])


def concatenate(parts: Sequence[Array], axis: int) -> tuple[Array, Back]:
    """Put branches side by side; each gets its part of the gradient."""
    ends = np.cumsum([part.shape[axis] for part in parts])[:-1]
    return np.concatenate(parts, axis=axis), lambda dy: (np.split(dy, ends, axis=axis), [])


def activation(x: Array, name: str) -> tuple[Array, Back]:
    """Bend every number; softmax alone looks at all numbers of a row at once."""
    if name == "softmax":
        y = _softmax(x)
        return y, lambda dy: (y * (dy - (dy * y).sum(axis=-1, keepdims=True)), [])
    if name == "linear":
        return x, lambda dy: (dy, [])
    curve = CURVES[name]
    y = curve.value(x).astype(x.dtype, copy=False)
    return y, lambda dy: ((dy * curve.slope(x, y)).astype(x.dtype, copy=False), [])


def leaky_relu(x: Array, slope: Any) -> tuple[Array, Back]:
    """Keep what is above 0, and a part of what is below."""
    above = x > 0
    return np.where(above, x, slope * x), lambda dy: (np.where(above, dy, slope * dy), [])


def _softmax(x: Array) -> Array:
    shares = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def softmax_crossentropy(logits: Array, targets: Array, *, smoothing: float = 0.0) -> tuple[Array, Array]:
    """Compare logits with classes: −log of the probability of the right one.

    Parameters
    ----------
    logits : array of shape (n_rows, n_classes)
    targets : int array of shape (n_rows,), or probabilities of shape (n_rows, n_classes)
    smoothing : float
        The share of the probabilities, 0..1, that is spread over all classes.

    Returns
    -------
    losses : array of shape (n_rows,)
    gradients : array of shape (n_rows, n_classes)
        Of each row's loss: probability minus target.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    shares = np.exp(shifted) / total
    if targets.ndim == 1:
        rows = np.arange(len(logits))
        losses = np.log(total[:, 0]) - shifted[rows, targets]
        shares[rows, targets] -= 1
        return losses, shares
    targets = targets * np.float32(1 - smoothing) + np.float32(smoothing / logits.shape[1])
    return (targets * (np.log(total) - shifted)).sum(axis=1), shares * targets.sum(axis=1, keepdims=True) - targets


def sigmoid_crossentropy(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Compare one logit with 0 or 1; both of shape (n_rows, n_units), the loss is the mean over units."""
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return losses.mean(axis=1), (CURVES["sigmoid"].value(logits) - targets) / np.float32(logits.shape[1])


def squared_error(outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Square the differences; the loss is the mean over units."""
    difference = outputs - targets
    return (difference**2).mean(axis=1), difference * np.float32(2 / outputs.shape[1])
