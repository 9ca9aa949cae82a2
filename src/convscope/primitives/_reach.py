"""What stands for a primitive that looks along whole axes, where only the way of a number is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convscope.primitives._primitive import Array, Back, Pass, Primitive, Shape

__all__ = ["Everywhere"]


@dataclass(frozen=True, kw_only=True)
class Everywhere(Primitive):
    """Hand on a value, and its slope to all numbers along the axes."""

    axes: tuple[int, ...] = ()

    def shape(self, *shapes: Shape) -> Shape:
        """Keep the shape."""
        return shapes[0]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Hand on; a gradient spreads along the axes."""
        axes = tuple(axis + 1 for axis in self.axes)
        rest: list[Array | None] = [None] * (len(values) - 1)
        return values[0], lambda dy: [dy + dy.sum(axis=axes, keepdims=True), *rest]
