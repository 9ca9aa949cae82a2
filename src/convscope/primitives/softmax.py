"""Softmax: shares that add up to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer
from convscope.primitives._reach import Everywhere

__all__ = ["Softmax"]


@dataclass(frozen=True, kw_only=True)
class Softmax(Primitive, name="softmax"):
    """Turn the numbers along an axis into shares: e to the power of each, divided by the sum of all.

    Input: any value.

    Parameters
    ----------
    axis : int
        Counted from 0, without the batch.
    log : bool
        Whether the logarithms of the shares are given.

    Examples
    --------
    >>> Softmax(axis=0).shape((10,))
    (10,)
    """

    axis: int = 0
    log: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        """Keep the shape."""
        if self.axis >= len(shapes[0]):
            raise ValueError(f"it has no axis {self.axis}: {shapes[0]}")
        return shapes[0]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Compute the shares, of numbers less the largest so that nothing overflows."""
        x, axis = values[0], self.axis + 1
        shifted = x - x.max(axis=axis, keepdims=True)
        powers = np.exp(shifted)
        total = powers.sum(axis=axis, keepdims=True)
        y = powers / total
        if self.log:
            return shifted - np.log(total), lambda dy: [dy - y * dy.sum(axis=axis, keepdims=True)]
        return y, lambda dy: [y * (dy - (dy * y).sum(axis=axis, keepdims=True))]

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give all numbers of the line."""
        axis = self.axis
        line = range(values[0].shape[axis])
        terms: list[tuple[int, Place, float | None]] = [(0, (*place[:axis], n, *place[axis + 1 :]), None) for n in line]
        return Apart("log share" if self.log else "share", terms)

    def straight(self) -> Primitive:
        """Every share depends on the whole line."""
        return Everywhere(axes=(self.axis,), static=self.static)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Softmax or LogSoftmax."""
        return out.add("LogSoftmax" if self.log else "Softmax", names[0], axis=self.axis + 1)
