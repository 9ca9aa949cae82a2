"""Convolve: every kernel at every place of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.primitives import gradients as g
from convscope.primitives._primitive import Apart, Array, Back, Pass, Place, Primitive, Shape, Writer

__all__ = ["Convolve"]


@dataclass(frozen=True, kw_only=True)
class Convolve(Primitive, name="convolve"):
    """Multiply every window by every kernel, and add up.

    Inputs: an image of shape (height, width, channels), kernels of shape (height, width, channels / groups, maps), and
    perhaps a bias of shape (maps,). The image has zeros around it.

    Parameters
    ----------
    strides, dilation : (down, right)
    sides : ((top, bottom), (left, right))
        How many zeros are put around.
    groups : int
        The channels are divided among the kernels.

    Examples
    --------
    >>> Convolve(strides=(2, 2)).shape((9, 9, 3), (3, 3, 3, 16))
    (4, 4, 16)
    """

    strides: tuple[int, int] = (1, 1)
    sides: tuple[tuple[int, int], tuple[int, int]] = g.NO_SIDES
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def shape(self, *shapes: Shape) -> Shape:
        """Count the places of the window; one map for each kernel."""
        image, kernel, *_ = shapes
        if len(image) != 3:
            raise ValueError(f"its input is not an image: {image}")
        if image[2] % self.groups or kernel[3] % self.groups or kernel[2] != image[2] // self.groups:
            raise ValueError(f"the groups divide the channels unevenly: {image[2]} channels in {self.groups} groups")
        size = [length + sum(side) for length, side in zip(image, self.sides, strict=False)]
        return (*g.count_places(size, kernel[:2], self.strides, self.dilation), kernel[3])

    def run(self, values: Sequence[Array], now: Pass, wanted: bool = True) -> tuple[Array, Back]:
        """Compute the maps; as many groups as channels go channel by channel."""
        x, kernel, *bias = values
        place = {"strides": self.strides, "padding": self.sides, "dilation": self.dilation}
        if self.groups == x.shape[3] and self.groups > 1:
            deep = kernel.reshape(*kernel.shape[:2], self.groups, -1)
            y, back = g.depthwise_convolution(x, deep, *bias, **place)  # type: ignore[arg-type]
        else:
            y, back = g.convolution(x, kernel, *bias, groups=self.groups, is_first=not wanted, **place)  # type: ignore[arg-type]

        def each(dy: Array) -> list[Array | None]:
            dx, (dkernel, *dbias) = back(dy)
            return [dx, dkernel.reshape(kernel.shape), *dbias]

        return y, each

    def apart(self, values: Sequence[Array], place: Place) -> Apart:
        """Give one term for each number of the kernel."""
        _, kernel, *bias = values
        row, column, channel = place
        each = kernel.shape[2]
        first = channel // (kernel.shape[3] // self.groups) * each
        (top, _), (left, _) = self.sides
        terms: list[tuple[int, Place, float | None]] = []
        for i, j, c in np.ndindex(*kernel.shape[:3]):
            down = row * self.strides[0] + i * self.dilation[0] - top
            right = column * self.strides[1] + j * self.dilation[1] - left
            terms.append((0, (down, right, first + c), float(kernel[i, j, c, channel])))
        return Apart("sum", terms, float(bias[0][channel]) if bias else None)

    def onnx(self, out: Writer, names: Sequence[str], shapes: Sequence[Shape]) -> str:
        """Write Conv between two transpositions."""
        image = out.add("Transpose", names[0], perm=[0, 3, 1, 2])
        kernel = out.add("Transpose", names[1], perm=[3, 2, 0, 1])
        (top, bottom), (left, right) = self.sides
        settings = {"strides": self.strides, "dilations": self.dilation, "group": self.groups}
        y = out.add("Conv", image, kernel, *names[2:], pads=[top, left, bottom, right], **settings)
        return out.add("Transpose", y, perm=[0, 2, 3, 1])
