"""Contract: multiply along common axes, and add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.primitives import gradients as g
from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer, fit

__all__ = ["Contract"]


@dataclass(frozen=True, kw_only=True)
class Contract(Primitive, name="contract"):
    """Multiply two values along the axes that they have in common, and add up: a dense layer, a dot product, attention.

    Inputs: two values, and perhaps a bias that is added to the last axes.

    Parameters
    ----------
    letters : str
        One letter for each axis, as in ``numpy.einsum``; the batch axis is left out.

    Examples
    --------
    >>> Contract(letters="ti,io->to").shape((28, 3), (3, 10))
    (28, 10)
    """

    letters: str = "i,io->o"

    @property
    def parts(self) -> tuple[str, str, str]:
        """The letters of both inputs and of the output."""
        one, other, result = self.letters.replace("->", ",").split(",")
        return one, other, result

    @property
    def batched(self) -> tuple[str, str, str]:
        """The letters, with ``N`` for the batch where there is one."""
        one, other, result = self.parts
        front = [("" if still else "N") for still in (*self.static[:2], all(self.static[:2]))]
        return front[0] + one, front[1] + other, front[2] + result

    def shape(self, *shapes: Shape) -> Shape:
        """Look up the length of each letter of the result."""
        one, other, result = self.parts
        sizes = self._sizes(shapes)
        if any(len(shape) != len(letters) for shape, letters in zip(shapes, (one, other), strict=False)):
            raise ValueError(f"{shapes[0]} and {shapes[1]} do not fit {self.letters}")
        return tuple(sizes[letter] for letter in result)

    def _sizes(self, shapes: Sequence[Shape]) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for letters, shape in zip(self.parts, shapes[:2], strict=False):
            for letter, size in zip(letters, shape, strict=False):
                if sizes.setdefault(letter, size) != size:
                    raise ValueError(f"{shapes[0]} and {shapes[1]} do not fit {self.letters}")
        return sizes

    @property
    def is_dense(self) -> bool:
        """Whether the last axis of values meets a matrix of weights: one product of matrices."""
        one, other, result = self.parts
        return self.static[:2] == (False, True) and one[:-1] == result[:-1] and other == one[-1] + result[-1]

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Multiply and add up, by matrix products."""
        one, other, *bias = values
        if self.is_dense:
            y, back = g.dense(one, other, *bias, is_first=not wanted)

            def each(dy: Array) -> list[Array | None]:
                dx, weights = back(dy)
                return [dx, *weights]

            return y, each
        first, second, result = self.batched
        y = np.einsum(f"{first},{second}->{result}", one, other, optimize=True)

        def both(dy: Array) -> list[Array | None]:
            done = np.einsum(f"{result},{second}->{first}", dy, other, optimize=True) if wanted else None
            dother = np.einsum(f"{result},{first}->{second}", dy, one, optimize=True)
            return [done, dother, *(fit(dy, offset, True) for offset in bias)]

        return (y + bias[0] if bias else y), both

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give one term for each combination of the letters that are added up."""
        one, other, *bias = values
        first, second, result = self.parts
        sizes = self._sizes([one.shape, other.shape])
        known = dict(zip(result, place, strict=True))
        free = [letter for letter in sizes if letter not in known]
        terms: list[tuple[int, Place, float | None]] = []
        for index in np.ndindex(*(sizes[letter] for letter in free)):
            at = known | dict(zip(free, index, strict=True))
            weight = other[tuple(at[letter] for letter in second)]
            terms.append((0, tuple(at[letter] for letter in first), float(weight)))
        shape = tuple(sizes[letter] for letter in result)
        return Apart("sum", terms, float(np.broadcast_to(bias[0], shape)[place]) if bias else None)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write a matrix product where it is one, and Einsum elsewhere."""
        if self.is_dense:
            y = out.add("MatMul", *names[:2])
        else:
            first, second, result = (part.replace("N", "z") for part in self.batched)
            y = out.add("Einsum", *names[:2], equation=f"{first},{second}->{result}")
        return out.add("Add", y, names[2]) if len(names) > 2 else y
