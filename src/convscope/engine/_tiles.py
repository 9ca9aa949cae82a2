"""Convolution, 2 x 2 max pooling and ReLU in the processor's registers: no window is copied, no full map is written.

A tile is one pooling window times so many channels as `LANES` says. Its four sums stay in registers until the largest,
its place, the bias and ReLU are found, and places that no pooling window sees are never computed. Arrays are flat and
begin with the first row; ``image``, ``line``, ``steps`` and ``spots`` are distances, as everywhere in `fused`, which
calls these functions, and whose own loops take everything else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.compiled import (
    LANES,
    compiled,
    inlined,
    load,
    load_32,
    load_64,
    plus,
    spread,
    store,
    store_whole,
    weigh,
    where_at_most,
    where_equal,
    where_larger,
)

__all__ = ["add_up", "backs_up", "convolve", "fits", "in_blocks", "visit"]

Array = NDArray[Any]
U, F = np.uint64, np.float32
FARTHEST = 1 << 24
"""Places are chosen as float32 numbers, which are exact below this."""


def fits(x: Array, channels: int, spots: tuple[int, ...], pooling: tuple[tuple[int, int], ...]) -> bool:
    """Say whether tiles of this processor take a convolution with its pooling."""
    known = LANES > 0 and x.dtype == np.float32 and pooling == ((2, 2), (2, 2))
    return known and channels % LANES == 0 and spots[3] < FARTHEST


def backs_up(n_numbers: int) -> bool:
    """Say whether tiles take the way back of kernels whose lines have so many numbers."""
    return n_numbers % LANES == 0


def in_blocks(columns: Array) -> Array:
    """Lay kernels out for tiles: shape (blocks, taps, LANES), flat."""
    return np.ascontiguousarray(columns.reshape(len(columns), -1, LANES).transpose(1, 0, 2)).ravel()


@compiled
def convolve(pixels, image, line, weights, bias, least, sizes, pooled, steps, spots, y, winners):  # type: ignore[no-untyped-def]
    """Fill ``y`` with the largest of each pooling window, and ``winners`` with its place, -1 where it is shut.

    ``sizes`` are the kernel's lines and the numbers in each; the first of several alike wins.
    """
    n_lines, length, channels = sizes[0], U(sizes[1]), len(bias)
    block_size = n_lines * sizes[1] * LANES
    first, right, down, both = spread(F(0)), spread(F(spots[1])), spread(F(spots[2])), spread(F(spots[3]))
    zero, nobody, floor = spread(F(0)), spread(F(-1)), spread(least)
    for n in range(len(pixels) // image):
        for block in range(channels // LANES):
            offset = load(bias, U(block * LANES))
            for i in range(pooled[0]):
                for j in range(pooled[1]):
                    seen, weight = n * image + i * steps[0] + j * steps[1], U(block * block_size)
                    c0 = c1 = c2 = c3 = zero
                    for row in range(n_lines):
                        p, q = U(seen + row * line), U(seen + row * line + spots[1])
                        r, s = U(seen + row * line + spots[2]), U(seen + row * line + spots[3])
                        for t in range(length):
                            kernel = load(weights, weight)
                            c0, c1 = weigh(pixels[p + t], kernel, c0), weigh(pixels[q + t], kernel, c1)
                            c2, c3 = weigh(pixels[r + t], kernel, c2), weigh(pixels[s + t], kernel, c3)
                            weight += U(LANES)
                    place, c0 = where_larger(c1, c0, right, first), where_larger(c1, c0, c1, c0)
                    place, c0 = where_larger(c2, c0, down, place), where_larger(c2, c0, c2, c0)
                    place, c0 = where_larger(c3, c0, both, place), where_larger(c3, c0, c3, c0)
                    c0 = plus(c0, offset)
                    at = U(((n * pooled[0] + i) * pooled[1] + j) * channels + block * LANES)
                    store(y, at, where_at_most(c0, floor, floor, c0))
                    store_whole(winners, at, where_at_most(c0, floor, nobody, place))


@compiled
def add_up(pixels, image, slopes, winners, channels, pooled, steps, spots, taps, dcolumns, dbias):  # type: ignore[no-untyped-def]
    """Add to each number of a kernel slope times pixel, wherever the kernel won, for channels side by side.

    Each window gives four slopes, all but the winner's 0: then no pixel needs to be looked up.
    """
    for n in range(len(pixels) // image):
        for i in range(pooled[0]):
            for j in range(pooled[1]):
                seen = n * image + i * steps[0] + j * steps[1]
                p, q, r, s = U(seen), U(seen + spots[1]), U(seen + spots[2]), U(seen + spots[3])
                for block in range(0, channels, LANES):
                    at = U(((n * pooled[0] + i) * pooled[1] + j) * channels + block)
                    slope = load(slopes, at)
                    a, b = where_equal(winners, at, spots[0], slope), where_equal(winners, at, spots[1], slope)
                    c, d = where_equal(winners, at, spots[2], slope), where_equal(winners, at, spots[3], slope)
                    weight = U(block)
                    for tap in taps:
                        t, total = U(tap), load(dcolumns, weight)
                        total = weigh(pixels[r + t], c, weigh(pixels[q + t], b, weigh(pixels[p + t], a, total)))
                        store(dcolumns, weight, weigh(pixels[s + t], d, total))
                        weight += U(channels)
                    store(dbias, U(block), plus(load(dbias, U(block)), plus(plus(a, b), plus(c, d))))


@inlined
def _add(sums, to, length, factors, places, first, n, numbers, away):  # type: ignore[no-untyped-def]
    """Add to a line of sums, for each of n places, factor times the line of numbers that begins so far from it."""
    t = 0
    while t + 96 <= length:  # three pixels of 32 channels are all that fits into registers
        here, k, near = U(to + t), U(first), U(away + t)
        long, short = load_64(sums, here), load_32(sums, here + U(64))
        for _ in range(n):
            factor, there = factors[k], places[k] + near
            long = weigh(factor, load_64(numbers, there), long)
            short = weigh(factor, load_32(numbers, there + U(64)), short)
            k += U(1)
        store(sums, here, long)
        store(sums, here + U(64), short)
        t += 96
    while t < length:
        total, k, near = load(sums, U(to + t)), U(first), U(away + t)
        for _ in range(n):
            total = weigh(factors[k], load(numbers, places[k] + near), total)
            k += U(1)
        store(sums, U(to + t), total)
        t += LANES


@compiled
def visit(pixels, image, line, slopes, winners, weights, sizes, pooled, steps, spots, dpixels, dweights, dbias):  # type: ignore[no-untyped-def]
    """Send the slopes back to where a kernel won, image by image; without an array for the pixels' slopes, to kernels.

    Winners are listed twice: by channel, whose kernel's gradient stays in registers while its winners are visited, and
    by place, whose pixels' gradient does. Those that ReLU shuts stand in lists that nobody reads.
    """
    n_lines, length, channels = sizes
    n_windows, n_numbers = pooled[0] * pooled[1], n_lines * length
    n_found, n_won = np.empty(channels, np.int64), np.empty(5 * n_windows, np.int64)
    corners, found = np.empty(channels * n_windows + 1, U), np.empty(channels * n_windows + 1, F)
    who, push = np.empty(5 * n_windows * channels, U), np.empty(5 * n_windows * channels, F)
    for n in range(len(pixels) // image):
        n_found[:], n_won[:] = 0, 0
        at = U(n * n_windows * channels)
        for window in range(n_windows):
            seen = n * image + (window // pooled[1]) * steps[0] + (window % pooled[1]) * steps[1]
            for c in range(channels):
                winner, slope = winners[at], slopes[at]
                is_open = winner >= 0
                k = U(c * n_windows + n_found[U(c)])
                corners[k], found[k] = U(seen + max(winner, 0)), slope
                n_found[U(c)] += is_open
                spot = (winner >= spots[1]) + (winner >= spots[2]) + (winner >= spots[3])
                place = U(window * 5 + (spot if is_open else 4))
                k = place * U(channels) + U(n_won[place])
                who[k], push[k] = U(c * n_numbers), slope
                n_won[place] += 1
                dbias[U(c)] += slope if is_open else F(0)
                at += U(1)
        for c in range(channels):
            for row in range(n_lines):
                to, away = c * n_numbers + row * length, row * line
                _add(dweights, to, length, found, corners, c * n_windows, n_found[U(c)], pixels, away)
        for row in range(n_lines if len(dpixels) else 0):  # so few of the kernels' numbers stay in the nearest cache
            for window in range(n_windows):
                seen = n * image + (window // pooled[1]) * steps[0] + (window % pooled[1]) * steps[1] + row * line
                for spot in range(4):
                    at_spot, to = window * 5 + spot, seen + spots[spot]
                    first, away = at_spot * channels, row * length
                    _add(dpixels, to, length, push, who, first, n_won[U(at_spot)], weights, away)
