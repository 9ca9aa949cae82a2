"""Convolution and max pooling as one step, compiled by Numba: the gradient visits the winners only.

A few images at a time go through, so that their windows and results stay in the processor's cache. Of each pooling
window one number is kept, and where it stood is remembered: the gradient flows to that place alone, and to none where
ReLU is shut. So the gradients of kernels and pixels are sums over the winners: a fifth of all places, or fewer.

`pooled_convolution` is `gradients.convolution` and then `gradients.max_pooling`; the tests hold it to the two.
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
"""Windows and results of so many numbers are in work at once: 600 kB."""


def pooled_convolution(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: g.Pair = (1, 1),
    padding: g.Sides = g.NO_SIDES,
    window: g.Pair,
    pool_strides: g.Pair,
    is_first: bool = False,
) -> tuple[Array, g.Back]:
    """Multiply every window by every kernel, and keep the largest result of each pooling window.

    Parameters
    ----------
    window, pool_strides : pairs of int
        Of the pooling, which has no padding; the others are those of `gradients.convolution`.
    """
    wide = np.ascontiguousarray(g.padded(x, padding))
    columns = np.ascontiguousarray(kernel.reshape(-1, kernel.shape[3]))
    places = g.count_places(wide.shape[1:3], kernel.shape[:2], strides, (1, 1))
    pooled = g.count_places(places, window, pool_strides, (1, 1))
    # no window of the pooling may see the last line and column, so that nobody asks what the kernels give there
    seen = [(n - 1) * step + side for n, step, side in zip(pooled, pool_strides, window, strict=True)]
    chunk = max(1, CHUNK_FLOATS // (seen[0] * seen[1] * sum(columns.shape)))
    how, spots = (*kernel.shape[:2], *strides, *seen, chunk), _spots(window, seen[1])
    y = np.empty((len(x), *pooled, kernel.shape[3]), x.dtype)
    winners = np.empty(y.shape, np.int32)
    offsets = np.zeros(kernel.shape[3], x.dtype) if bias is None else bias
    _convolve_and_pool(wide, columns, offsets, how, pool_strides, spots, y, winners)

    def back_to_kernels(dy: Array) -> Array:
        dcolumns = np.zeros_like(columns)
        _see_again(wide, dy, winners, how, pool_strides, spots, dcolumns)
        return dcolumns

    def back_to_winners(dy: Array) -> tuple[Array, Array]:
        lines = np.ascontiguousarray(columns.T).reshape(-1, kernel.shape[0], kernel.shape[1] * kernel.shape[2])
        dlines, dwide = np.zeros_like(lines), np.zeros_like(wide)
        _visit_winners(wide, dy, winners, how, pool_strides, lines, dwide, dlines)
        return g.without(dwide, padding), dlines.reshape(columns.shape[::-1]).T

    def back(dy: Array) -> tuple[Array | None, list[Array]]:
        dy = np.ascontiguousarray(dy)
        dx, dkernel = (None, back_to_kernels(dy)) if is_first else back_to_winners(dy)
        return dx, [dkernel.reshape(kernel.shape)] + ([] if bias is None else [g.add_rows(dy)])

    return y, back


@cache
def _spots(window: g.Pair, width: int) -> tuple[Any, ...]:
    """Say how far each place of a pooling window is from its first one, counted line by line.

    The length of a tuple is known to the compiler, so that loops over it are written out.
    """
    return tuple(np.int32(row * width + column) for row in range(window[0]) for column in range(window[1]))


@compiled
def _convolve_and_pool(x, columns, bias, how, steps, spots, y, winners):  # type: ignore[no-untyped-def]
    """Take a chunk of images: their windows as a matrix, its product with the kernels, the largest of the results."""
    height, width, chunk = how[4:]
    matrix, results = _room(chunk, height * width, columns)
    for first in range(0, len(x), chunk):
        images = x[first : first + chunk]
        n = len(images) * height * width
        np.dot(_side_by_side(images, how, matrix), columns, results[:n])
        numbers = results[:n].reshape(len(images), height, width, -1)
        _keep_largest(numbers, bias, steps, spots, y[first : first + chunk], winners[first : first + chunk])


@compiled
def _see_again(x, dy, winners, how, steps, spots, dcolumns):  # type: ignore[no-untyped-def]
    """Multiply each chunk's windows by the slopes at their winners: the gradient of the kernels alone."""
    height, width, chunk = how[4:]
    matrix, slopes = _room(chunk, height * width, dcolumns)
    for first in range(0, len(x), chunk):
        images = x[first : first + chunk]
        n = len(images) * height * width
        numbers = slopes[:n].reshape(len(images), height, width, -1)
        _spread(dy[first : first + chunk], winners[first : first + chunk], steps, spots, numbers)
        _add_products(_side_by_side(images, how, matrix), slopes, dcolumns)


@compiled
def _add_products(windows, slopes, dcolumns):  # type: ignore[no-untyped-def]
    """Add to each kernel its slopes times the windows' numbers, four windows at once to write less often.

    ``dcolumns += windows.T @ slopes``: matrices so flat are not what the library for products is made for.
    """
    matrix, numbers, sums = windows.reshape(-1), slopes.reshape(-1), dcolumns.reshape(-1)
    n_numbers, channels = np.uint64(windows.shape[1]), np.uint64(slopes.shape[1])
    fours = len(windows) // 4 * 4
    for first in range(0, fours, 4):
        seen, s = np.uint64(first) * n_numbers, np.uint64(first) * channels
        t = s + channels
        u = t + channels
        v = u + channels
        for k in range(n_numbers):
            a, b = matrix[seen + k], matrix[seen + n_numbers + k]
            c, d = matrix[seen + n_numbers + n_numbers + k], matrix[seen + n_numbers + n_numbers + n_numbers + k]
            to = k * channels
            for i in range(channels):
                sums[to + i] += (a * numbers[s + i] + b * numbers[t + i]) + (c * numbers[u + i] + d * numbers[v + i])
    dcolumns += np.dot(windows[fours:].T, slopes[fours : len(windows)])


@compiled
def _room(chunk, n_places, columns):  # type: ignore[no-untyped-def]
    """Make room for the windows of a chunk, and for what the kernels give there."""
    n = chunk * n_places
    return np.empty((n, len(columns)), columns.dtype), np.empty((n, columns.shape[1]), columns.dtype)


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
def _keep_largest(x, bias, steps, spots, y, winners):  # type: ignore[no-untyped-def]
    """Keep the largest number of each window, the first of several alike, and how far it stood from the first one.

    The bias comes last: adding the same to all does not change who is largest. The loop over channels is the innermost
    one that is not written out, so that it takes several channels at a time.
    """
    n_rows, height, width, _ = y.shape
    numbers, largest, places = x.reshape(-1), y.reshape(-1), winners.reshape(-1)
    line, image, channels, at = x.shape[2], x.shape[1] * x.shape[2], np.uint64(x.shape[3]), np.uint64(0)
    for n in range(n_rows):
        for i in range(height):
            for j in range(width):
                seen = np.uint64(n * image + i * steps[0] * line + j * steps[1]) * channels
                for c in range(channels):
                    most, place = numbers[seen + c], spots[0]
                    for spot in spots:
                        number = numbers[seen + np.uint64(spot) * channels + c]
                        place = spot if number > most else place
                        most = number if number > most else most
                    largest[at + c], places[at + c] = most + bias[c], place
                at += channels


@compiled
def _spread(dy, winners, steps, spots, dx):  # type: ignore[no-untyped-def]
    """Give each slope to the place that won, and 0 to the others: the transpose of `_keep_largest`."""
    n_rows, height, width, _ = dy.shape
    slopes, places, numbers = dy.reshape(-1), winners.reshape(-1), dx.reshape(-1)
    line, image, channels, at = dx.shape[2], dx.shape[1] * dx.shape[2], np.uint64(dx.shape[3]), np.uint64(0)
    dx[:] = 0
    for n in range(n_rows):
        for i in range(height):
            for j in range(width):
                seen = np.uint64(n * image + i * steps[0] * line + j * steps[1]) * channels
                for spot in spots:
                    to = seen + np.uint64(spot) * channels
                    for c in range(channels):
                        numbers[to + c] += slopes[at + c] if places[at + c] == spot else np.float32(0)
                at += channels


@compiled
def _corners(x, how):  # type: ignore[no-untyped-def]
    """Say for each place where its window begins, in an image whose numbers stand in one line."""
    _, _, down, right, height, width, _ = how
    corners = np.empty(height * width, np.int64)
    for place in range(len(corners)):
        corners[place] = (place // width * down * x.shape[2] + place % width * right) * x.shape[3]
    return corners


@compiled
def _visit_winners(x, dy, winners, how, steps, kernels, dx, dkernels):  # type: ignore[no-untyped-def]
    """Send each slope back to the window that won.

    The pixels there get slope times kernel, and the kernel gets slope times pixels, line by line.
    """
    n_rows, height, width, channels = dy.shape
    n_lines, n_numbers = kernels.shape[1:]
    corners = _corners(x, how)
    line, image = x.shape[2] * x.shape[3], x[0].size
    pixels, dpixels, numbers, dnumbers = x.reshape(-1), dx.reshape(-1), kernels.reshape(-1), dkernels.reshape(-1)
    for n in range(n_rows):
        for i in range(height):  # before the channels: the pixels under one line of windows stay in the nearest cache
            for c in range(channels):
                for j in range(width):
                    slope = dy[n, i, j, c]
                    if slope == 0:
                        continue
                    first = i * steps[0] * how[5] + j * steps[1]
                    corner = n * image + corners[first + winners[n, i, j, c]]
                    for row in range(n_lines):
                        seen, weights = np.uint64(corner + row * line), np.uint64((c * n_lines + row) * n_numbers)
                        for t in range(np.uint64(n_numbers)):
                            dpixels[seen + t] += slope * numbers[weights + t]
                        for t in range(np.uint64(n_numbers)):
                            dnumbers[weights + t] += slope * pixels[seen + t]
