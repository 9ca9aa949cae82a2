"""Normalize: numbers less their mean, divided by their deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer
from convscope.primitives._reach import Everywhere
from convscope.primitives.add import Add

__all__ = ["Normalize"]


@dataclass(frozen=True, kw_only=True)
class Normalize(Primitive, name="normalize"):
    """Take the mean away and divide by the deviation: of one image along some axes, or given as two more inputs.

    Inputs: a value; for a batch normalization also a mean and a variance, with length 1 along ``axes``. In training
    the mean and variance of the batch, along ``axes`` and the batch itself, take their place.

    Parameters
    ----------
    axes : tuple of int
        That the mean is taken along, counted from 0, without the batch.
    epsilon : float
        Added to the variance; with ``measure="length"`` the least square of a length.
    measure : {"deviation", "length", "root mean square"}
        What is divided by. The last two take no mean away.
    momentum : float, optional
        How much of a given mean and variance stays when training moves them; they stay as they are if left out.

    Examples
    --------
    >>> Normalize(axes=(2,)).shape((8, 8, 16))
    (8, 8, 16)

    References
    ----------
    Ioffe and Szegedy 2015, arXiv:1502.03167; Ba, Kiros and Hinton 2016, arXiv:1607.06450.
    """

    axes: tuple[int, ...] = ()
    epsilon: float = 1e-3
    measure: Literal["deviation", "length", "root mean square"] = "deviation"
    momentum: float | None = None

    def shape(self, *shapes: Shape) -> Shape:
        """Keep the shape."""
        return shapes[0]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Normalize; a mean and a deviation of the values themselves get their part of the gradient."""
        x, *given = values
        if given and not (now.training and self.momentum is not None):
            deviation = np.sqrt(given[1] + np.float32(self.epsilon))
            return (x - given[0]) / deviation, lambda dy: [dy / deviation, None, None]
        axes = (0,) * bool(given) + tuple(axis + 1 for axis in self.axes)
        if self.measure != "deviation":
            return self._by_size(x, axes)
        mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        if given:
            now.moments.append((now.value, mean.reshape(given[0].shape), variance.reshape(given[1].shape)))
        deviation = np.sqrt(variance + np.float32(self.epsilon))
        y = (x - mean) / deviation

        def back(dy: Array) -> list[Array | None]:
            inner = dy - dy.mean(axis=axes, keepdims=True) - y * (dy * y).mean(axis=axes, keepdims=True)
            return [inner / deviation] + [None] * len(given)

        return y, back

    def _by_size(self, x: Array, axes: tuple[int, ...]) -> tuple[Array, Back]:
        """Divide by the length of a line, or by its root mean square."""
        squares, small = x * x, np.float32(self.epsilon)
        if self.measure == "length":
            size = np.sqrt(np.maximum(squares.sum(axis=axes, keepdims=True), small))
            y = x / size
            return y, lambda dy: [(dy - y * (dy * y).sum(axis=axes, keepdims=True)) / size]
        size = np.sqrt(squares.mean(axis=axes, keepdims=True) + small)
        y = x / size
        return y, lambda dy: [(dy - y * (dy * y).mean(axis=axes, keepdims=True)) / size]

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give one product and a shift where mean and variance are given, else all numbers that it is measured by."""
        x, *given = values
        if given:
            mean, variance = (float(np.broadcast_to(value, x.shape)[place]) for value in given)
            scale = 1 / np.sqrt(variance + self.epsilon)
            return Apart("sum", [(0, place, float(scale))], float(-mean * scale))
        ranges = [range(size) if axis in self.axes else (place[axis],) for axis, size in enumerate(x.shape)]
        seen = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, x.ndim)
        line: list[tuple[int, Place, float | None]] = [(0, tuple(map(int, where)), None) for where in seen]
        return Apart(self.measure, [(0, place, None), *line], self.epsilon)

    def straight(self) -> Primitive:
        """With a mean of its own, every number depends on all that the mean is taken over."""
        if len(self.static) > 1:
            return Add(factors=(1.0, 0.0, 0.0), static=self.static)
        return Everywhere(axes=self.axes, static=self.static)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write the formula."""
        x, axes, small = names[0], out.whole(*(axis + 1 for axis in self.axes)), out.constant(self.epsilon)
        if self.measure == "length":
            squares = out.add("Max", out.add("ReduceSumSquare", x, axes), small)
            return out.add("Div", x, out.add("Sqrt", squares))
        if self.measure == "root mean square":
            squares = out.add("ReduceMean", out.add("Mul", x, x), axes)
            return out.add("Div", x, out.add("Sqrt", out.add("Add", squares, small)))
        if len(names) > 1:
            centred, variance = out.add("Sub", x, names[1]), names[2]
        else:
            centred = out.add("Sub", x, out.add("ReduceMean", x, axes))
            variance = out.add("ReduceMean", out.add("Mul", centred, centred), axes)
        return out.add("Div", centred, out.add("Sqrt", out.add("Add", variance, small)))
