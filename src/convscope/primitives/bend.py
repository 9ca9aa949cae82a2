"""Bend: one curve for every number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer
from convscope.primitives.add import Add
from convscope.primitives.curves import CURVES

__all__ = ["Bend"]


@dataclass(frozen=True, kw_only=True)
class Bend(Primitive, name="bend"):
    """Send every number through one curve.

    Input: any value.

    Parameters
    ----------
    curve : str
        A key of `curves.CURVES`.
    how : tuple of (name, number)
        The curve's settings, where they differ from Keras' defaults.

    Examples
    --------
    >>> Bend(curve="relu", how=(("max_value", 6.0),)).shape((8, 8, 3))
    (8, 8, 3)
    """

    curve: str = "relu"
    how: tuple[tuple[str, float], ...] = ()

    def shape(self, *shapes: Shape) -> Shape:
        """Keep the shape."""
        return shapes[0]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Bend; a gradient is multiplied by the curve's slope."""
        x, curve, how = values[0], CURVES[self.curve], dict(self.how)
        y = np.asarray(curve.value(x, **how)).astype(x.dtype, copy=False)
        return y, lambda dy: [(dy * curve.slope(x, y, **how)).astype(x.dtype, copy=False)]

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Name the number that is bent."""
        return Apart("curve", [(0, place, None)])

    def straight(self) -> Primitive:
        """Give a straight line: where a curve is flat, another number would have got through."""
        return Add(factors=(1.0,), static=self.static)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write the curve's operation."""
        written = CURVES[self.curve].onnx
        return out.add(written, names[0]) if isinstance(written, str) else written(out, names[0], **dict(self.how))
