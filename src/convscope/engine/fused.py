"""Convolution, max pooling and ReLU as one step, compiled by Numba: the gradient visits the winners only.

Of each pooling window one number is kept, and how far from the window's first pixel the kernel was when it gave it: who
won. The gradient flows to that place alone, and to none where ReLU is shut. So the gradients of kernels and pixels are
sums over the winners: a fifth of all places, or fewer.

`pooled_convolution` is `gradients.convolution`, `gradients.max_pooling` and perhaps ReLU; the tests hold it to them.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401 Numba multiplies matrices with it: loaded before threads are limited
from numpy.typing import NDArray

from convscope.compiled import compiled
from convscope.engine import _tiles
from convscope.primitives import gradients as g

__all__ = ["pooled_convolution"]

Array = NDArray[Any]
CHUNK_FLOATS = 150_000
"""Windows and results of this many numbers are processed at once: 600 kB, which stay in the processor's cache."""
FEW = 32
"""Kernels of at most this many numbers are applied one place at a time: written out, they need no copy of windows."""
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
    wide, channels = np.ascontiguousarray(g.padded(x, padding)), kernel.shape[3]
    pixels, columns = wide.ravel(), np.ascontiguousarray(kernel.reshape(-1, channels))
    offsets = np.zeros(channels, x.dtype) if bias is None else bias
    least = x.dtype.type(0 if relu else -np.inf)
    places = g.count_places(wide.shape[1:3], kernel.shape[:2], strides, (1, 1))
    pooled = g.count_places(places, window, pool_strides, (1, 1))
    # how many numbers it is from an image to the next one, from a line to the one below, and so on
    image, line = prod(wide.shape[1:]), prod(wide.shape[2:])
    down, right = strides[0] * line, strides[1] * wide.shape[3]
    steps = pool_strides[0] * down, pool_strides[1] * right
    spots, taps = _distances(window, down, right), _distances((len(kernel), prod(kernel.shape[1:3])), line, 1)
    few, n_numbers = len(taps) <= FEW, prod(kernel.shape[1:3])
    tiles = _tiles.fits(x, channels, spots, (window, pool_strides))
    if tiles:
        n_kept = len(x) * prod(pooled) * channels
        y, winners, sizes = np.empty(n_kept, x.dtype), np.empty(n_kept, np.int32), (len(kernel), n_numbers)
        blocks, offsets = _tiles.in_blocks(columns), np.ascontiguousarray(offsets, x.dtype)
        _tiles.convolve(pixels, image, line, blocks, offsets, least, sizes, pooled, steps, spots, y, winners)
    elif few:
        y, winners = _convolve_at_once(pixels, image, columns.ravel(), offsets, least, pooled, steps, spots, taps)
    else:
        # no window of the pooling may see the last line and column, so that nobody asks what the kernels give there
        seen = [(n - 1) * step + side for n, step, side in zip(pooled, pool_strides, window, strict=True)]
        chunk = max(1, CHUNK_FLOATS // (seen[0] * seen[1] * sum(columns.shape)))
        how, results = (line, *kernel.shape[:3], down, right, *seen), _distances(window, seen[1], 1)
        pooling = pooled, pool_strides, results, spots
        y, winners = _convolve_by_product(pixels, image, columns, offsets, least, how, chunk, *pooling)

    def back(dy: Array) -> tuple[Array | None, list[Array]]:
        slopes, dx = np.ascontiguousarray(dy).ravel(), None
        dcolumns: Array
        if tiles and few and is_first:
            dcolumns, dbias = np.zeros(columns.size, x.dtype), np.zeros(channels, x.dtype)
            _tiles.add_up(pixels, image, slopes, winners, channels, pooled, steps, spots, taps, dcolumns, dbias)
        elif tiles and _tiles.backs_up(n_numbers):
            weights, sizes = np.ascontiguousarray(columns.T).ravel(), (len(kernel), n_numbers, channels)
            dpixels = np.zeros(0 if is_first else pixels.size, x.dtype)
            dweights, dbias = np.zeros_like(weights), np.zeros(channels, x.dtype)
            found = dpixels, dweights, dbias
            _tiles.visit(pixels, image, line, slopes, winners, weights, sizes, pooled, steps, spots, *found)
            dcolumns = dweights.reshape(channels, -1).T
            dx = None if is_first else g.without(dpixels.reshape(wide.shape), padding)
        elif few and is_first:
            dcolumns, dbias = _add_up_winners(pixels, image, slopes, winners, channels, pooled, steps, spots, taps)
        else:
            weights, sizes = np.ascontiguousarray(columns.T).ravel(), (len(kernel), len(taps) // len(kernel), channels)
            dpixels, dweights, dbias = _visit_winners(
                pixels, image, line, slopes, winners, weights, sizes, pooled, steps, is_first
            )
            dcolumns = dweights.reshape(channels, -1).T
            dx = None if is_first else g.without(dpixels.reshape(wide.shape), padding)
        return dx, [dcolumns.reshape(kernel.shape)] + ([] if bias is None else [dbias])

    return y.reshape(len(x), *pooled, channels), back


@cache
def _distances(sides: g.Pair, down: int, right: int) -> tuple[Any, ...]:
    """Say how far each place of a window is from its first one.

    The length of a tuple is known to the compiler, so that loops over it are written out.
    """
    return tuple(np.int32(row * down + column * right) for row in range(sides[0]) for column in range(sides[1]))


@compiled
def _convolve_at_once(pixels, image, weights, bias, least, pooled, steps, spots, taps):  # type: ignore[no-untyped-def]
    """Weigh the pixels at each spot of a pooling window, and keep the largest: the first of several alike.

    Here and below, arrays are flat, and places unsigned, so that Numba need not ask each time whether they count from
    the end. The innermost loop that is not written out runs over channels, several of which are taken at a time. The
    bias comes last: adding the same to all does not change who is largest.
    """
    n_rows, channels, at = len(pixels) // image, np.uint64(len(bias)), np.uint64(0)
    n_kept = n_rows * pooled[0] * pooled[1] * len(bias)
    largest, winners, weights = np.empty(n_kept, pixels.dtype), np.empty(n_kept, np.int32), weights.copy()
    for n in range(n_rows):
        for i in range(pooled[0]):
            for j in range(pooled[1]):
                seen = n * image + i * steps[0] + j * steps[1]
                for c in range(channels):
                    most, place = pixels.dtype.type(-np.inf), NOBODY
                    for spot in spots:
                        number, weight = pixels.dtype.type(0), np.uint64(c)
                        for tap in taps:
                            number += pixels[np.uint64(seen + spot + tap)] * weights[weight]
                            weight += channels
                        place = place if number <= most else spot
                        most = most if number <= most else number
                    most += bias[c]
                    largest[at + c] = least if most <= least else most
                    winners[at + c] = NOBODY if most <= least else place
                at += channels
    return largest, winners


@compiled
def _add_up_winners(pixels, image, slopes, winners, n_channels, pooled, steps, spots, taps):  # type: ignore[no-untyped-def]
    """Add to each number of a kernel slope times pixel, wherever the kernel won."""
    dcolumns, dbias = np.zeros(len(taps) * n_channels, pixels.dtype), np.zeros(n_channels, pixels.dtype)
    channels, at = np.uint64(n_channels), np.uint64(0)
    n_rows = len(pixels) // image
    height, width = pooled
    for n in range(n_rows):
        for i in range(height):
            for j in range(width):
                seen, weight = n * image + i * steps[0] + j * steps[1], np.uint64(0)
                for tap in taps:
                    for c in range(channels):
                        place, slope, pixel = winners[at + c], slopes[at + c], pixels.dtype.type(0)
                        for spot in spots:
                            there = pixels[np.uint64(seen + spot + tap)]
                            pixel = there if place == spot else pixel
                        dcolumns[weight + c] += slope * pixel
                    weight += channels
                for c in range(channels):
                    dbias[c] += pixels.dtype.type(0) if winners[at + c] == NOBODY else slopes[at + c]
                at += channels
    return dcolumns, dbias


@compiled
def _convolve_by_product(pixels, image, columns, bias, least, how, chunk, pooled, steps, results, spots):  # type: ignore[no-untyped-def]
    """Take a chunk of images: their windows as a matrix, its product with the kernels, the largest of the results."""
    n_rows, n_kept, n_places = len(pixels) // image, pooled[0] * pooled[1] * len(bias), how[6] * how[7]
    largest, winners = np.empty(n_rows * n_kept, pixels.dtype), np.empty(n_rows * n_kept, np.int32)
    matrix = np.empty((chunk * n_places, len(columns)), pixels.dtype)
    products = np.empty((chunk * n_places, len(bias)), pixels.dtype)
    for first in range(0, n_rows, chunk):
        stop = min(first + chunk, n_rows)
        n = (stop - first) * n_places
        _side_by_side(pixels[first * image : stop * image], image, how, matrix.ravel())
        np.dot(matrix[:n], columns, products[:n])
        kept, who = largest[first * n_kept : stop * n_kept], winners[first * n_kept : stop * n_kept]
        _keep_largest(products.ravel(), bias, least, how, pooled, steps, results, spots, kept, who)
    return largest, winners


@compiled
def _side_by_side(pixels, image, how, matrix):  # type: ignore[no-untyped-def]
    """Copy each window's numbers into a row of a matrix; long lines number by number, short ones window by window."""
    line, n_lines, kernel_width, channels, down, right, height, width = how
    n_numbers, between = np.uint64(kernel_width * channels), np.uint64(right)
    n_all = np.uint64(n_lines) * n_numbers
    for n in range(len(pixels) // image):
        for i in range(height):
            for row in range(n_lines):
                seen = np.uint64(n * image + i * down + row * line)
                at = np.uint64((n * height + i) * width) * n_all + np.uint64(row) * n_numbers
                if n_numbers < width:
                    for t in range(n_numbers):
                        for j in range(np.uint64(width)):
                            matrix[at + j * n_all + t] = pixels[seen + j * between + t]
                else:
                    for j in range(np.uint64(width)):
                        for t in range(n_numbers):
                            matrix[at + j * n_all + t] = pixels[seen + j * between + t]


@compiled
def _keep_largest(numbers, bias, least, how, pooled, steps, results, spots, largest, winners):  # type: ignore[no-untyped-def]
    """Keep the largest number of each window, the first of several alike, and the spot whose it is."""
    height, width = how[6:]
    channels, at = np.uint64(len(bias)), np.uint64(0)
    for n in range(len(largest) // (pooled[0] * pooled[1] * len(bias))):
        for i in range(pooled[0]):
            for j in range(pooled[1]):
                seen = (n * height + i * steps[0]) * width + j * steps[1]
                for c in range(channels):
                    most, place = numbers.dtype.type(-np.inf), NOBODY
                    for result, spot in zip(results, spots):  # noqa: B905  (Numba knows no strict zip)
                        number = numbers[np.uint64(seen + result) * channels + c]
                        place = place if number <= most else spot
                        most = most if number <= most else number
                    most += bias[c]
                    largest[at + c] = least if most <= least else most
                    winners[at + c] = NOBODY if most <= least else place
                at += channels


@compiled
def _visit_winners(pixels, image, line, slopes, winners, weights, sizes, pooled, steps, is_first):  # type: ignore[no-untyped-def]
    """Send the slopes back to where a kernel won, image by image, so that its pixels stay in the nearest cache.

    The kernel gets slope times pixels, of four winners at once to write less often; the pixels get slope times kernel.
    """
    n_lines, n_numbers, channels = sizes[0], np.uint64(sizes[1]), sizes[2]
    dpixels, dweights, weights = np.zeros_like(pixels), np.zeros_like(weights), weights.copy()
    dbias, found = np.zeros(channels, pixels.dtype), np.zeros(pooled[0] * pooled[1] + 3, pixels.dtype)
    corners = np.zeros(len(found), np.uint64)
    for n in range(len(pixels) // image):
        for channel in range(channels):
            n_winners, at, total = 0, np.uint64(n * pooled[0] * pooled[1] * channels + channel), pixels.dtype.type(0)
            for i in range(pooled[0]):
                for j in range(pooled[1]):
                    corners[n_winners] = n * image + i * steps[0] + j * steps[1] + max(winners[at], 0)
                    found[n_winners] = pixels.dtype.type(0) if winners[at] == NOBODY else slopes[at]
                    total += found[n_winners]
                    n_winners += found[n_winners] != 0  # the next one stands in its place if nothing flows here
                    at += np.uint64(channels)
            dbias[channel] += total
            found[n_winners : n_winners + 3] = 0  # the last four may be fewer
            for row in range(n_lines):
                first, below = np.uint64(channel * n_lines + row) * n_numbers, np.uint64(row * line)
                for k in range(0, n_winners, 4):
                    a, b, c, d = found[k], found[k + 1], found[k + 2], found[k + 3]
                    p, q = corners[k] + below, corners[k + 1] + below
                    r, s = corners[k + 2] + below, corners[k + 3] + below
                    for t in range(n_numbers):
                        two = a * pixels[p + t] + b * pixels[q + t]
                        dweights[first + t] += two + (c * pixels[r + t] + d * pixels[s + t])
                for k in range(0 if is_first else n_winners):
                    seen, slope = corners[k] + below, found[k]
                    for t in range(n_numbers):
                        dpixels[seen + t] += slope * weights[first + t]
    return dpixels, dweights, dbias
