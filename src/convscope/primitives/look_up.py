"""LookUp: a row of a table for each whole number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer

__all__ = ["LookUp"]


@dataclass(frozen=True, kw_only=True)
class LookUp(Primitive, name="look_up"):
    """Give a row of a table for each whole number.

    Inputs: whole numbers, and a table with one row for each of them.

    Examples
    --------
    >>> LookUp().shape((20,), (1000, 16))
    (20, 16)
    """

    def shape(self, *shapes: Shape) -> Shape:
        """Put the table's columns behind the axes of the numbers."""
        numbers, table = shapes
        return (*numbers, *table[1:])

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Look up; a gradient is added to the rows that were used."""
        numbers, table = values[0].astype(np.int64), values[1]

        def back(dy: Array) -> list[Array | None]:
            slopes = np.zeros_like(table)
            np.add.at(slopes, numbers, dy)
            return [None, slopes]

        return table[numbers], back

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Say which number of the table it is."""
        *at, column = place
        return Apart("copy", [(1, (int(values[0][tuple(at)]), column), None)])

    def straight(self) -> Primitive:
        """Every number of a row depends on which row it is."""
        return _EachRow(static=self.static)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Gather; 7 is ONNX' number for 64-bit integers."""
        return out.add("Gather", names[1], out.add("Cast", names[0], to=7))


@dataclass(frozen=True, kw_only=True)
class _EachRow(LookUp):
    """What stands for a table where only the way of a number is asked for."""

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Repeat each number along its row; a gradient adds a row up."""
        numbers, table = values
        y = np.broadcast_to(numbers[..., None], (*numbers.shape, table.shape[1]))
        return y, lambda dy: [dy.sum(axis=-1), None]
