"""Pick: numbers are moved, repeated or left out, and none is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer

__all__ = ["Move", "Pick"]

Move = tuple[Any, ...]
"""What is done with a value's axes, counted without the batch; the first word says which of five it is.

``("reshape", shape)``, ``("order", axes)``, ``("cut", axis, start, stop, step)``, ``("repeat", axis, times)``, and
``("zeros", axis, before, between, after)``, which puts zeros before, between and after the numbers along an axis.
"""


@dataclass(frozen=True, kw_only=True)
class Pick(Primitive, name="pick"):
    """Move numbers, repeat them, leave some out, put zeros between.

    Input: any value.

    Parameters
    ----------
    moves : tuple of Move
        One after the other.

    Examples
    --------
    >>> Pick(moves=(("order", (2, 0, 1)), ("reshape", (12,)))).shape((2, 2, 3))
    (12,)
    """

    moves: tuple[Move, ...] = ()

    def shape(self, *shapes: Shape) -> Shape:
        """Follow the shape through all moves."""
        return self.stations(shapes[0])[-1]

    def stations(self, shape: Shape) -> list[Shape]:
        """List the shape before the first move, and after each."""
        found = [tuple(shape)]
        for word, *how in self.moves:
            found.append(_moved_shape(word, how, found[-1]))
        return found

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Make the moves; a gradient makes them the other way round."""
        still = self.static[0]
        x = values[0][None] if still else values[0]
        y, stations = self._move(x), self.stations(x.shape[1:])

        def back(dy: Array) -> list[Array | None]:
            dx = dy[None] if still else dy
            for (word, *how), before in zip(reversed(self.moves), reversed(stations[:-1]), strict=True):
                dx = _moved_back(word, how, dx, before)
            return [dx[0] if still else dx]

        return (y[0] if still else y), back

    def _move(self, x: Array) -> Array:
        for word, *how in self.moves:
            x = _moved(word, how, x)
        return x

    def sources(self, shape: Shape) -> Array:
        """Give, for each number that comes out, the number of the one that it was, in flat order; −1 for a zero."""
        numbers = 1 + np.arange(prod(shape), dtype=np.int64).reshape(1, *shape)
        return np.asarray(self._move(numbers)[0] - 1)

    def source_of(self, shape: Shape, place: Place) -> Place | None:
        """Say where a number was, in a value of the given shape; outside of it, or nowhere, for a zero."""
        where: Place | None = place
        for (word, *how), before in zip(reversed(self.moves), reversed(self.stations(shape)[:-1]), strict=True):
            where = where if where is None else _place_before(word, how, where, before)
        return where

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Say where the number was."""
        shape = values[0].shape
        where = self.source_of(shape, place)
        if where is None:
            return Apart("sum", [], 0.0)
        return Apart("copy", [(0, where, None)])

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write one operation for each move."""
        first, x = int(not self.static[0]), names[0]
        for (word, *how), shape in zip(self.moves, self.stations(shapes[0]), strict=False):
            x = _written(out, word, how, x=x, shape=shape, first=first)
        return x


def _moved_shape(word: str, how: Sequence[Any], shape: Shape) -> Shape:
    sizes = list(shape)
    if word == "reshape":
        if prod(how[0]) != prod(shape):
            raise ValueError(f"{shape} cannot be arranged as {tuple(how[0])}")
        return tuple(how[0])
    if word == "order":
        if sorted(how[0]) != list(range(len(shape))):
            raise ValueError(f"{tuple(how[0])} is not an order of the axes of {shape}")
        return tuple(sizes[axis] for axis in how[0])
    axis = how[0]
    if word == "cut":
        sizes[axis] = len(range(*slice(*how[1:]).indices(sizes[axis])))
    elif word == "zeros":
        before, between, after = how[1:]
        sizes[axis] = before + (sizes[axis] - 1) * (between + 1) + 1 + after
    elif word == "repeat":
        sizes[axis] *= how[1]
    return tuple(sizes)


def _moved(word: str, how: Sequence[Any], x: Array) -> Array:
    """Make one move with a batch."""
    if word == "reshape":
        return x.reshape(len(x), *how[0])
    if word == "order":
        return x.transpose(0, *(axis + 1 for axis in how[0]))
    if word == "cut":
        return np.asarray(x[_along(how[0] + 1, slice(*how[1:]))])
    if word == "repeat":
        return np.repeat(x, how[1], axis=how[0] + 1)
    y = np.zeros((len(x), *_moved_shape(word, how, x.shape[1:])), x.dtype)
    y[_among_zeros(how, y.shape)] = x
    return y


def _moved_back(word: str, how: Sequence[Any], dy: Array, shape: Shape) -> Array:
    """Undo one move: give the gradient of what had a shape before it."""
    if word == "reshape":
        return dy.reshape(len(dy), *shape)
    if word == "order":
        return dy.transpose(0, *(int(axis) + 1 for axis in np.argsort(how[0])))
    if word == "cut":
        dx = np.zeros((len(dy), *shape), dy.dtype)
        dx[_along(how[0] + 1, slice(*how[1:]))] = dy
        return dx
    if word == "repeat":
        axis = how[0] + 1
        return np.asarray(dy.reshape(*dy.shape[:axis], -1, how[1], *dy.shape[axis + 1 :]).sum(axis=axis + 1))
    return dy[_among_zeros(how, dy.shape)]


def _place_before(word: str, how: Sequence[Any], place: Place, shape: Shape) -> Place | None:
    """Undo one move for one place; None for a zero between numbers, or around what was then arranged anew."""
    if word == "reshape":
        if not all(0 <= index < size for index, size in zip(place, how[0], strict=True)):
            return place[1:] if how[0] == (1, *shape) else None  # a sequence that was seen as an image
        return tuple(int(index) for index in np.unravel_index(np.ravel_multi_index(place, how[0]), shape))
    if word == "order":
        return tuple(place[how[0].index(axis)] for axis in range(len(shape)))
    axis, index = how[0], place[how[0]]
    if word == "repeat":
        index //= how[1]
    elif word == "cut":
        start, _, step = slice(*how[1:]).indices(shape[axis])
        index = start + step * index
    else:
        _, before, between, _ = how
        index, rest = divmod(index - before, between + 1)
        if rest or (between and not 0 <= index < shape[axis]):
            return None
    return (*place[:axis], index, *place[axis + 1 :])


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (slice(None),) * axis + (part,)


def _among_zeros(how: Sequence[Any], shape: Shape) -> tuple[slice, ...]:
    """Find the numbers between the zeros, in an array of the given shape with a batch axis."""
    axis, before, between, after = how
    return _along(axis + 1, slice(before, shape[axis + 1] - after, between + 1))


def _written(out: Writer, word: str, how: Sequence[Any], x: str, shape: Shape, first: int) -> str:
    """Write one move as ONNX; ``first`` axes stand in front of the value's own."""
    if word == "reshape":
        return out.add("Reshape", x, out.whole(*(0,) * first, *how[0]))
    if word == "order":
        return out.add("Transpose", x, perm=[*range(first), *(axis + first for axis in how[0])])
    axis = how[0]
    if word == "cut":
        start, stop, step = slice(*how[1:]).indices(shape[axis])
        stop = stop if stop >= 0 else -(2**31)
        return out.add("Slice", x, *(out.whole(number) for number in (start, stop, axis + first, step)))
    places = Pick(moves=((word, 0, *how[1:]),)).sources((shape[axis],))
    if word == "zeros":  # the last one is a zero, and every gap takes it
        x = out.add("Pad", x, out.whole(0, 1), out.constant(0.0), out.whole(axis + first))
        places = np.where(places < 0, shape[axis], places)
    return out.add("Gather", x, out.constant(places, np.int64), axis=axis + first)
