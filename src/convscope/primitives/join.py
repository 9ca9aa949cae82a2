"""Join: values one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from convscope.primitives import gradients as g
from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer

__all__ = ["Join"]


@dataclass(frozen=True, kw_only=True)
class Join(Primitive, name="join"):
    """Put values one behind the other along an axis.

    Inputs: values whose other axes are alike.

    Parameters
    ----------
    axis : int
        Counted from 0, without the batch.

    Examples
    --------
    >>> Join(axis=2).shape((8, 8, 16), (8, 8, 4))
    (8, 8, 20)
    """

    axis: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        """Add up the lengths along the axis."""
        others = {(*shape[: self.axis], *shape[self.axis + 1 :]) for shape in shapes}
        if len(others) != 1 or len({len(shape) for shape in shapes}) != 1:
            raise ValueError("its inputs differ in size: " + ", ".join(map(str, shapes)))
        length = sum(shape[self.axis] for shape in shapes)
        return (*shapes[0][: self.axis], length, *shapes[0][self.axis + 1 :])

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Join; each input gets its part of the gradient."""
        y, back = g.concatenate(values, self.axis + 1)

        def split(dy: Array) -> list[Array | None]:
            parts, _ = back(dy)
            return list(parts)

        return y, split

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Say which input the number comes from."""
        index = place[self.axis]
        for number, value in enumerate(values):
            if index < value.shape[self.axis]:
                where = (*place[: self.axis], index, *place[self.axis + 1 :])
                return Apart("copy", [(number, where, None)])
            index -= value.shape[self.axis]
        raise IndexError(f"{place} lies behind all inputs")

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Concat."""
        return out.add("Concat", *names, axis=self.axis + 1)
