"""Convolution, max pooling and ReLU as one step, compiled by Numba: the gradient visits the winners only.

Of each pooling window one number is kept, and how far from the window's first pixel the kernel was when it gave it: who
won. The gradient flows to that place alone, and to none where ReLU is shut. So the gradients of kernels and pixels are
sums over the winners: a fifth of all places, or fewer.

`pooled_convolution` is `gradients.convolution`, `gradients.max_pooling` and perhaps ReLU; the tests hold it to them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401 Numba multiplies matrices with it: loaded before threads are limited
from numpy.typing import NDArray

from convscope.compiled import compiled
from convscope.training import gradients as g

__all__ = ["pooled_convolution"]

Array = NDArray[Any]
CHUNK_FLOATS = 150_000
"""Windows and results of so many numbers are in work at once: 600 kB, which stay in the processor's cache."""
FEW = 32
"""Kernels of at most so many numbers are applied one place at a time: written out, they need no copy of windows."""
NOBODY = np.int32(-1)


def pooled_convolution(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: g.Pair = (1, 1),
    padding: g.Sides = g.NO_SIDES,
    window: g.Pair,
    pool_strides: g.Pair,
    relu: bool = False,
    is_first: bool = False,
) -> tuple[Array, g.Back]:
    """Multiply every window by every kernel, and keep the largest result of each pooling window.

    Parameters
    ----------
    window, pool_strides : pairs of int
        Of the pooling, which has no padding; the others are those of `gradients.convolution`.
    relu : bool
        Whether what is kept is at least 0.
    """
    wide = np.ascontiguousarray(g.padded(x, padding))
    columns = np.ascontiguousarray(kernel.reshape(-1, kernel.shape[3]))
    offsets = np.zeros(kernel.shape[3], x.dtype) if bias is None else bias
    least = x.dtype.type(0 if relu else -np.inf)
    places = g.count_places(wide.shape[1:3], kernel.shape[:2], strides, (1, 1))
    pooled = g.count_places(places, window, pool_strides, (1, 1))
    # how far it is in pixels from a place of the kernel to the one below, and to the next; and the same for the pooling
    down, right = strides[0] * wide.shape[2] * wide.shape[3], strides[1] * wide.shape[3]
    steps = pool_strides[0] * down, pool_strides[1] * right
    spots = _distances(window, down, right)
    taps = _distances((kernel.shape[0], columns.shape[0] // kernel.shape[0]), wide.shape[2] * wide.shape[3], 1)
    if len(taps) <= FEW:
        y, winners = _convolve_at_once(wide, columns, offsets, least, pooled, steps, spots, taps)
    else:
        # no window of the pooling may see the last line and column, so that nobody asks what the kernels give there
        seen = [(n - 1) * step + side for n, step, side in zip(pooled, pool_strides, window, strict=True)]
        chunk = max(1, CHUNK_FLOATS // (seen[0] * seen[1] * sum(columns.shape)))
        how, results = (*kernel.shape[:2], *strides, *seen, chunk), _distances(window, seen[1], 1)
        y, winners = _convolve_by_product(wide, columns, offsets, least, how, pooled, pool_strides, results, spots)

    def back(dy: Array) -> tuple[Array | None, list[Array]]:
        dy = np.ascontiguousarray(dy)
        if is_first and len(taps) <= FEW:
            dx, (dcolumns, dbias) = None, _add_up_winners(wide, dy, winners, steps, spots, taps)
        else:
            dwide, dkernels, dbias = _visit_winners(wide, dy, winners, steps, columns, len(kernel), is_first)
            dx, dcolumns = None if is_first else g.without(dwide, padding), dkernels.T
        return dx, [dcolumns.reshape(kernel.shape)] + ([] if bias is None else [dbias])

    return y, back


@cache
def _distances(sides: g.Pair, down: int, right: int) -> tuple[Any, ...]:
    """Say how far each place of a window is from its first one.

    The length of a tuple is known to the compiler, so that loops over it are written out.
    """
    return tuple(np.int32(row * down + column * right) for row in range(sides[0]) for column in range(sides[1]))


@compiled
def _convolve_at_once(x, columns, bias, least, pooled, steps, spots, taps):  # type: ignore[no-untyped-def]
    """Weigh the pixels at each spot of a pooling window, and keep the largest: the first of several alike.

    Here and below, the innermost loop that is not written out runs over channels, several of which are taken at a time.
    The bias comes last: adding the same to all does not change who is largest.
    """
    shape = (len(x), pooled[0], pooled[1], columns.shape[1])
    y, winners = np.empty(shape, x.dtype), np.empty(shape, np.int32)
    pixels, numbers, largest, places = x.reshape(-1), columns.copy().reshape(-1), y.reshape(-1), winners.reshape(-1)
    image, channels, at = x[0].size, np.uint64(columns.shape[1]), np.uint64(0)
    for n in range(len(x)):
        for i in range(pooled[0]):
            for j in range(pooled[1]):
                seen = n * image + i * steps[0] + j * steps[1]
                for c in range(channels):
                    most, place = x.dtype.type(-np.inf), NOBODY
                    for spot in spots:
                        number, weight = x.dtype.type(0), np.uint64(c)
                        for tap in taps:
                            number += pixels[np.uint64(seen + spot + tap)] * numbers[weight]
                            weight += channels
                        place = place if number <= most else spot
                        most = most if number <= most else number
                    most += bias[c]
                    largest[at + c] = least if most <= least else most
                    places[at + c] = NOBODY if most <= least else place
                at += channels
    return y, winners


@compiled
def _add_up_winners(x, dy, winners, steps, spots, taps):  # type: ignore[no-untyped-def]
    """Add to each number of a kernel slope times pixel, wherever the kernel won."""
    n_rows, height, width, n_channels = dy.shape
    dcolumns, dbias = np.zeros((len(taps), n_channels), dy.dtype), np.zeros(n_channels, dy.dtype)
    pixels, slopes, places, sums = x.reshape(-1), dy.reshape(-1), winners.reshape(-1), dcolumns.reshape(-1)
    image, channels, at = x[0].size, np.uint64(n_channels), np.uint64(0)
    for n in range(n_rows):
        for i in range(height):
            for j in range(width):
                seen, weight = n * image + i * steps[0] + j * steps[1], np.uint64(0)
                for tap in taps:
                    for c in range(channels):
                        pixel = x.dtype.type(0)
                        for spot in spots:
                            there = pixels[np.uint64(seen + spot + tap)]
                            pixel = there if places[at + c] == spot else pixel
                        sums[weight + c] += slopes[at + c] * pixel
                    weight += channels
                for c in range(channels):
                    dbias[c] += dy.dtype.type(0) if places[at + c] == NOBODY else slopes[at + c]
                at += channels
    return dcolumns, dbias


@compiled
def _convolve_by_product(x, columns, bias, least, how, pooled, steps, results, spots):  # type: ignore[no-untyped-def]
    """Take a chunk of images: their windows as a matrix, its product with the kernels, the largest of the results."""
    height, width, chunk = how[4:]
    shape, room = (len(x), pooled[0], pooled[1], columns.shape[1]), chunk * height * width
    y, winners = np.empty(shape, x.dtype), np.empty(shape, np.int32)
    matrix, products = np.empty((room, len(columns)), x.dtype), np.empty((room, columns.shape[1]), x.dtype)
    for first in range(0, len(x), chunk):
        images = x[first : first + chunk]
        n = len(images) * height * width
        np.dot(_side_by_side(images, how, matrix), columns, products[:n])
        numbers = products[:n].reshape(len(images), height, width, -1)
        kept, who = y[first : first + chunk], winners[first : first + chunk]
        _keep_largest(numbers, bias, least, steps, results, spots, kept, who)
    return y, winners


@compiled
def _side_by_side(x, how, room):  # type: ignore[no-untyped-def]
    """Copy each window's numbers into a row of a matrix; long lines number by number, short ones window by window.

    Places are unsigned here and below, so that Numba need not ask each time whether they count from the end.
    """
    kernel_height, kernel_width, down, right, height, width, _ = how
    channels, pixels, matrix = x.shape[3], x.reshape(-1), room.reshape(-1)
    line, image, between = x.shape[2] * channels, x[0].size, np.uint64(right * channels)
    n_numbers, n_all = np.uint64(kernel_width * channels), np.uint64(room.shape[1])
    for n in range(len(x)):
        for i in range(height):
            for row in range(kernel_height):
                seen = np.uint64(n * image + (i * down + row) * line)
                at = np.uint64((n * height + i) * width * room.shape[1]) + np.uint64(row) * n_numbers
                if n_numbers < width:
                    for t in range(n_numbers):
                        for j in range(np.uint64(width)):
                            matrix[at + j * n_all + t] = pixels[seen + j * between + t]
                else:
                    for j in range(np.uint64(width)):
                        for t in range(n_numbers):
                            matrix[at + j * n_all + t] = pixels[seen + j * between + t]
    return room[: len(x) * height * width]


@compiled
def _keep_largest(x, bias, least, steps, results, spots, y, winners):  # type: ignore[no-untyped-def]
    """Keep the largest number of each window, the first of several alike, and the spot whose it is."""
    n_rows, height, width, _ = y.shape
    numbers, largest, places = x.reshape(-1), y.reshape(-1), winners.reshape(-1)
    line, image, channels, at = x.shape[2], x.shape[1] * x.shape[2], np.uint64(x.shape[3]), np.uint64(0)
    for n in range(n_rows):
        for i in range(height):
            for j in range(width):
                seen = n * image + i * steps[0] * line + j * steps[1]
                for c in range(channels):
                    most, place = x.dtype.type(-np.inf), NOBODY
                    for result, spot in zip(results, spots):  # noqa: B905  (Numba knows no strict zip)
                        number = numbers[np.uint64(seen + result) * channels + c]
                        place = place if number <= most else spot
                        most = most if number <= most else number
                    most += bias[c]
                    largest[at + c] = least if most <= least else most
                    places[at + c] = NOBODY if most <= least else place
                at += channels


@compiled
def _visit_winners(x, dy, winners, steps, columns, n_lines, is_first):  # type: ignore[no-untyped-def]
    """Send the slopes back to where a kernel won, image by image, so that its pixels stay in the nearest cache.

    The kernel gets slope times pixels, of four winners at once to write less often; the pixels get slope times kernel.
    """
    n_rows, height, width, channels = dy.shape
    kernels, n_numbers = columns.T.copy(), np.uint64(len(columns) // n_lines)
    dx, dkernels, dbias = np.zeros(x.shape, x.dtype), np.zeros(kernels.shape, x.dtype), np.zeros(channels, x.dtype)
    pixels, dpixels, weights, dweights = x.reshape(-1), dx.reshape(-1), kernels.reshape(-1), dkernels.reshape(-1)
    found, places, line = dy.reshape(-1), winners.reshape(-1), np.uint64(x.shape[2] * x.shape[3])
    corners, slopes = np.zeros(height * width + 3, np.uint64), np.zeros(height * width + 3, x.dtype)
    for n in range(n_rows):
        for channel in range(channels):
            n_winners, at = 0, np.uint64(n * height * width * channels + channel)
            for i in range(height):
                for j in range(width):
                    corners[n_winners] = n * x[0].size + i * steps[0] + j * steps[1] + max(places[at], 0)
                    slopes[n_winners] = x.dtype.type(0) if places[at] == NOBODY else found[at]
                    n_winners += slopes[n_winners] != 0  # the next one stands in its place if nothing flows here
                    at += np.uint64(channels)
            slopes[n_winners : n_winners + 3] = 0  # the last four may be fewer
            dbias[channel] += slopes[:n_winners].sum()
            for row in range(n_lines):
                first, below = np.uint64(channel * n_lines + row) * n_numbers, np.uint64(row) * line
                for k in range(0, n_winners, 4):
                    a, b, c, d = slopes[k], slopes[k + 1], slopes[k + 2], slopes[k + 3]
                    p, q, r, s = (
                        corners[k] + below,
                        corners[k + 1] + below,
                        corners[k + 2] + below,
                        corners[k + 3] + below,
                    )
                    for t in range(n_numbers):
                        dweights[first + t] += (a * pixels[p + t] + b * pixels[q + t]) + (
                            c * pixels[r + t] + d * pixels[s + t]
                        )
                for k in range(0 if is_first else n_winners):
                    seen, slope = corners[k] + below, slopes[k]
                    for t in range(n_numbers):
                        dpixels[seen + t] += slope * weights[first + t]
    return dx, dkernels, dbias
