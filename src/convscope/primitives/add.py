"""Add: values with a factor each, added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer, fit, line_up

__all__ = ["Add", "place_in"]


@dataclass(frozen=True, kw_only=True)
class Add(Primitive, name="add"):
    """Add values up, each times a number of its own, and add a number: a sum, a difference, a mean, a rescaling.

    Inputs: one value or more, stretched to a common shape.

    Parameters
    ----------
    factors : tuple of float
        One for each input.
    constant : float

    Examples
    --------
    >>> Add(factors=(1.0, -1.0)).shape((4, 3), (1, 3))
    (4, 3)
    """

    factors: tuple[float, ...] = (1.0, 1.0)
    constant: float = 0.0

    def shape(self, *shapes: Shape) -> Shape:
        """Broadcast as NumPy does."""
        return tuple(np.broadcast_shapes(*shapes))

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Add up; each input gets the gradient times its factor."""
        parts = line_up(values, self.static)
        y = _times(parts[0], self.factors[0])
        for part, factor in zip(parts[1:], self.factors[1:], strict=True):
            y = y + _times(part, factor)

        def back(dy: Array) -> list[Array | None]:
            ways = zip(parts, values, self.factors, self.static, strict=True)
            return [fit(_times(dy, factor), part, still).reshape(value.shape) for part, value, factor, still in ways]

        return (y + np.float32(self.constant) if self.constant else y), back

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give one term for each input."""
        terms: list[tuple[int, Place, float | None]] = [
            (number, place_in(value.shape, place), None if factor == 1 else factor)
            for number, (value, factor) in enumerate(zip(values, self.factors, strict=True))
            if factor
        ]
        return Apart("sum", terms, self.constant or None)

    def straight(self) -> Primitive:
        """Add where this one subtracts, so that no slope can cancel."""
        return replace(self, factors=tuple(abs(factor) for factor in self.factors))

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Mul for factors, and Add."""
        lined = lined_up(out, names, shapes, self.static)
        pairs = zip(lined, self.factors, strict=True)
        parts = [name if factor == 1 else out.add("Mul", name, out.constant(factor)) for name, factor in pairs]
        y = parts[0]
        for part in parts[1:]:
            y = out.add("Add", y, part)
        return out.add("Add", y, out.constant(self.constant)) if self.constant else y


def place_in(shape: Shape, place: Place) -> Place:
    """Find a place in an operand that broadcasting repeats."""
    own = place[len(place) - len(shape) :]
    return tuple(0 if size == 1 else index for index, size in zip(own, shape, strict=True))


def lined_up(out: Writer, names: Sequence[str], shapes: Sequence[Shape], static: Sequence[bool]) -> list[str]:
    """Write what `line_up` does."""
    most = max(len(shape) for shape in shapes)
    return [
        name
        if still or len(shape) == most
        else out.add("Reshape", name, out.whole(0, *(1,) * (most - len(shape)), *shape))
        for name, shape, still in zip(names, shapes, static, strict=True)
    ]


def _times(x: Array, factor: float) -> Array:
    return x if factor == 1 else x * np.float32(factor)
