"""JAX's uniform numbers in NumPy, bit for bit: its programs would be compiled anew for each shape of a weight.

References
----------
Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3": Threefry with two words of 32 bits and 20 rounds.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["uniform"]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
AT_ONCE = 1 << 14
"""This many numbers stay in the processor's cache."""


def uniform(shape: tuple[int, ...], low: float, high: float, seed: int) -> NDArray[np.float32]:
    """Draw as ``jax.random.uniform`` does with the key ``[seed, 0]``, rounding after each step.

    Parameters
    ----------
    shape : tuple of int
    low, high : float
        The numbers lie between them.
    seed : int
        0 to 2**32 - 1.
    """
    found, least, width = np.empty(prod(shape), np.float32), np.float32(low), np.float32(high) - np.float32(low)
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        bits = _threefry(seed, np.arange(start, start + len(part), dtype=np.uint64))
        ones = (bits >> np.uint32(9) | np.uint32(0x3F800000)).view(np.float32)  # from 1 to 2: 23 bits behind the point
        part[:] = np.maximum(least, (ones - np.float32(1)) * width + least)
    return found.reshape(shape)


def _threefry(seed: int, places: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Mix a key and places, each of two words, and join the two words that come out."""
    key: list[Any] = [np.uint32(seed), np.uint32(0)]
    key.append(key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    one, other = (places >> np.uint64(32)).astype(np.uint32) + key[0], places.astype(np.uint32) + key[1]
    for number in range(5):
        for turn in ROTATIONS[number % 2]:
            one += other
            other = (other << np.uint32(turn) | other >> np.uint32(32 - turn)) ^ one
        one += key[(number + 1) % 3]
        other += key[(number + 2) % 3] + np.uint32(number + 1)
    mixed: NDArray[np.uint32] = one ^ other
    return mixed
