"""Random numbers by seed, the same in the page and in Python, and in TensorFlow Playground's links."""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from math import log, sqrt
from typing import Any

__all__ = ["SeededRandom"]

BYTE = 256
LEAST = 2**52  # so that all 52 places of a fraction are random


class SeededRandom:
    """The generator of the seedrandom library: RC4 without its first 256 bytes.

    Parameters
    ----------
    seed : str

    References
    ----------
    David Bau, seedrandom (its documentation gives the first numbers of the seed ``hello.``).

    Examples
    --------
    >>> random = SeededRandom("hello.")
    >>> random(), random()
    (0.9282578795792454, 0.3752569768646784)
    """

    def __init__(self, seed: str) -> None:
        self._bytes = _key_stream(_key(seed))
        for _ in range(BYTE):
            next(self._bytes)

    def __call__(self) -> float:
        """Draw a number from 0 up to 1."""
        numerator, denominator, last = 0.0, 1.0, 0
        for _ in range(6):
            numerator, denominator = numerator * BYTE + next(self._bytes), denominator * BYTE
        while numerator < LEAST:
            numerator, denominator, last = (numerator + last) * BYTE, denominator * BYTE, next(self._bytes)
        while numerator >= 2 * LEAST:
            numerator, denominator, last = numerator / 2, denominator / 2, last >> 1
        return (numerator + last) / denominator

    def uniform(self, low: float, high: float) -> float:
        """Draw a number from ``low`` up to ``high``."""
        return self() * (high - low) + low

    def normal(self, mean: float, variance: float) -> float:
        """Draw a normal number by Marsaglia's polar method; of the pair that it gives, the first."""
        while True:
            one, other = 2 * self() - 1, 2 * self() - 1
            square = one * one + other * other
            if square <= 1:
                return mean + sqrt(variance) * (sqrt(-2 * log(square) / square) * one)

    def shuffle(self, items: MutableSequence[Any]) -> None:
        """Put items in random order, in place (Fisher and Yates)."""
        for left in range(len(items), 0, -1):
            place = int(self() * left)
            items[left - 1], items[place] = items[place], items[left - 1]


def _key(seed: str) -> list[int]:
    """Mix the letters of a seed into at most 256 bytes."""
    key: list[int] = []
    smear = 0
    units = seed.encode("utf-16-le")
    for index in range(0, len(units), 2):
        letter = units[index] | units[index + 1] << 8
        place = (index // 2) % BYTE
        smear ^= (key[place] if place < len(key) else 0) * 19
        mixed = (smear + letter) % BYTE
        key[place : place + 1] = [mixed]
    return key or [0]


def _key_stream(key: list[int]) -> Iterator[int]:
    state = list(range(BYTE))
    other = 0
    for index in range(BYTE):
        other = (other + key[index % len(key)] + state[index]) % BYTE
        state[index], state[other] = state[other], state[index]
    first = second = 0
    while True:
        first = (first + 1) % BYTE
        second = (second + state[first]) % BYTE
        state[first], state[second] = state[second], state[first]
        yield state[(state[first] + state[second]) % BYTE]
