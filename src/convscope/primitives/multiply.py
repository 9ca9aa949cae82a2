"""Multiply: values times each other, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer, fit, line_up
from convscope.primitives.add import Add, lined_up, place_in

__all__ = ["Multiply"]


@dataclass(frozen=True, kw_only=True)
class Multiply(Primitive, name="multiply"):
    """Multiply values with each other, number by number.

    Inputs: one value or more, stretched to a common shape.

    Examples
    --------
    >>> Multiply().shape((4, 3), (3,))
    (4, 3)
    """

    def shape(self, *shapes: Shape) -> Shape:
        """Broadcast as NumPy does."""
        return tuple(np.broadcast_shapes(*shapes))

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Multiply; each input gets the gradient times all others."""
        parts = line_up(values, self.static)
        y = parts[0]
        for part in parts[1:]:
            y = y * part

        def back(dy: Array) -> list[Array | None]:
            found: list[Array | None] = []
            for number, (part, value, still) in enumerate(zip(parts, values, self.static, strict=True)):
                slope = dy
                for other in (*parts[:number], *parts[number + 1 :]):
                    slope = slope * other
                found.append(fit(slope, part, still).reshape(value.shape))
            return found

        return y, back

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give one term for each factor."""
        return Apart("product", [(number, place_in(value.shape, place), None) for number, value in enumerate(values)])

    def straight(self) -> Primitive:
        """Give a sum: a product depends on each of its factors too."""
        return Add(factors=(1.0,) * len(self.static), static=self.static)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Mul."""
        y, *others = lined_up(out, names, shapes, self.static)
        for other in others:
            y = out.add("Mul", y, other)
        return y
