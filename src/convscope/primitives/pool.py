"""Pool: one number for each window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from convscope.primitives import gradients as g
from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer, to_input

__all__ = ["Pool"]


@dataclass(frozen=True, kw_only=True)
class Pool(Primitive, name="pool"):
    """Keep the largest number, or the mean, of each window of each channel; padding is not counted.

    Input: an image of shape (height, width, channels).

    Parameters
    ----------
    kind : {"max", "average"}
    window, strides : (down, right)
    sides : ((top, bottom), (left, right))

    Examples
    --------
    >>> Pool(kind="max", window=(2, 2), strides=(2, 2)).shape((27, 27, 8))
    (13, 13, 8)
    """

    kind: Literal["max", "average"] = "max"
    window: tuple[int, int] = (2, 2)
    strides: tuple[int, int] = (2, 2)
    sides: tuple[tuple[int, int], tuple[int, int]] = g.NO_SIDES

    def shape(self, *shapes: Shape) -> Shape:
        """Count the places of the window."""
        image = shapes[0]
        if len(image) != 3:
            raise ValueError(f"its input is not an image: {image}")
        size = [length + sum(side) for length, side in zip(image, self.sides, strict=False)]
        return (*g.count_places(size, self.window, self.strides, (1, 1)), image[2])

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Compute the maps; a gradient goes to the winner, or to all alike."""
        function = g.max_pooling if self.kind == "max" else g.average_pooling
        y, back = function(values[0], self.window, strides=self.strides, padding=self.sides)
        return y, to_input(back)

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give one term for each pixel of the window that lies in the image."""
        (height, width, _), (row, column, channel) = values[0].shape, place
        top, left = row * self.strides[0] - self.sides[0][0], column * self.strides[1] - self.sides[1][0]
        terms: list[tuple[int, Place, float | None]] = [
            (0, (top + i, left + j, channel), None)
            for i, j in np.ndindex(*self.window)
            if 0 <= top + i < height and 0 <= left + j < width
        ]
        return Apart("largest" if self.kind == "max" else "mean", terms)

    def straight(self) -> Primitive:
        """Give a mean: any pixel of the window might be the largest."""
        return replace(self, kind="average")

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write MaxPool or AveragePool between two transpositions."""
        (top, bottom), (left, right) = self.sides
        y = out.add(
            "MaxPool" if self.kind == "max" else "AveragePool",
            out.add("Transpose", names[0], perm=[0, 3, 1, 2]),
            kernel_shape=self.window,
            strides=self.strides,
            pads=[top, left, bottom, right],
        )
        return out.add("Transpose", y, perm=[0, 2, 3, 1])
