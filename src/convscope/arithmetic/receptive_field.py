"""Which pixels of the image a unit can see, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convscope.arithmetic._arrays import Pair, as_pair
from convscope.arithmetic.padding import Padding, padding_amounts
from convscope.arithmetic.sizes import output_size
from convscope.errors import ShapeError

__all__ = ["Geometry", "ReceptiveField", "receptive_field"]


@dataclass(frozen=True)
class Geometry:
    """How one layer looks at the one before.

    Parameters
    ----------
    window : (int, int) or None
        None sees everything: global pooling, or a dense layer.
    strides, dilation_rate : (int, int)
    padding : {"valid", "same"} or ((top, bottom), (left, right))

    Examples
    --------
    >>> convolution, pooling = Geometry(window=(3, 3)), Geometry(window=(2, 2), strides=(2, 2))
    >>> pooling.strides, convolution.padding
    ((2, 2), 'valid')
    """

    window: Pair | None
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)


@dataclass(frozen=True)
class ReceptiveField:
    """The pixels that one unit can see; rows and columns are independent of each other.

    Parameters
    ----------
    rows, columns : tuple of int
        The image's rows and columns that reach the unit, 0-based, ascending; dilation leaves gaps, and a unit
        that sees padding only has none.
    size, stride, offset : (int, int), in pixels, (down, right)
        Reach of an unclipped field; distance between the fields of neighbours; first row and column of the
        field of unit (0, 0), below 0 where it begins in padding.

    Examples
    --------
    >>> seen = receptive_field([Geometry((3, 3)), Geometry((2, 2), strides=(2, 2))], (1, 1), (8, 8))
    >>> seen.rows, seen.size, seen.stride
    ((2, 3, 4, 5), (4, 4), (2, 2))
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    size: Pair
    stride: Pair
    offset: Pair

    @property
    def row_range(self) -> Pair | None:
        """First and last row, both included."""
        return (self.rows[0], self.rows[-1]) if self.rows else None

    @property
    def column_range(self) -> Pair | None:
        """First and last column, both included."""
        return (self.columns[0], self.columns[-1]) if self.columns else None


def receptive_field(layers: Sequence[Geometry], unit: Pair, input_shape: Pair) -> ReceptiveField:
    """Follow a unit back to the pixels that it can see, clipped at each layer's border.

    Parameters
    ----------
    layers : sequence of Geometry
        From the image to the unit's own layer.
    unit : (int, int)
        Row and column in the last layer's map, 0-based.
    input_shape : (int, int)
        The image's height and width.

    Returns
    -------
    field : ReceptiveField

    Raises
    ------
    ShapeError
        A window does not fit, or there is no such unit.

    References
    ----------
    Araujo, Norris and Sim 2019, "Computing receptive fields of convolutional neural networks", Distill.

    Examples
    --------
    >>> field = receptive_field([Geometry((3, 3)), Geometry((2, 2), strides=(2, 2))], (1, 0), (28, 28))
    >>> field.row_range, field.column_range, field.size
    ((2, 5), (0, 3), (4, 4))
    """
    down = _along(layers, unit[0], input_shape, 0)
    right = _along(layers, unit[1], input_shape, 1)
    return ReceptiveField(
        down.seen, right.seen, (down.size, right.size), (down.stride, right.stride), (down.offset, right.offset)
    )


class _Line(NamedTuple):
    """What a unit sees along one axis: the pixels, and how large and how far apart such stretches are."""

    seen: tuple[int, ...]
    size: int
    stride: int
    offset: int


def _along(layers: Sequence[Geometry], unit: int, input_shape: Pair, axis: int) -> _Line:
    """Follow a unit back along one axis."""
    lengths, before = _lengths(layers, input_shape, axis)
    if not 0 <= unit < lengths[-1]:
        raise ShapeError(f"there is no unit {unit} along a map of {lengths[-1]}.", expected=f"0 to {lengths[-1] - 1}")
    seen, size, stride, offset = np.array([unit]), 1, 1, 0
    for layer, length, first in zip(reversed(layers), reversed(lengths[:-1]), reversed(before), strict=True):
        if layer.window is None:
            seen, size, stride, offset = np.arange(length), length, 1, 0
            continue
        step, gap = layer.strides[axis], layer.dilation_rate[axis]
        places = seen[:, None] * step - first + gap * np.arange(layer.window[axis])
        seen = np.unique(places[(places >= 0) & (places < length)])
        size, stride, offset = (
            (size - 1) * step + gap * (layer.window[axis] - 1) + 1,
            stride * step,
            offset * step - first,
        )
    return _Line(tuple(int(place) for place in seen), size, stride, offset)


def _lengths(layers: Sequence[Geometry], input_shape: Pair, axis: int) -> tuple[list[int], list[int]]:
    """Give the length of each map, the image's first, and the padding before each window."""
    lengths, before = [input_shape[axis]], []
    for layer in layers:
        if layer.window is None:
            lengths.append(1)
            before.append(0)
            continue
        window, stride = as_pair(layer.window, "window")[axis], as_pair(layer.strides, "strides")[axis]
        gap = as_pair(layer.dilation_rate, "dilation_rate")[axis]
        side = layer.padding if isinstance(layer.padding, str) else layer.padding[axis]
        amount = padding_amounts(lengths[-1], window, stride, side, gap)
        size = output_size(lengths[-1], window, stride=stride, padding=amount, dilation_rate=gap)
        lengths.append(size.value)
        before.append(amount[0])
    return lengths, before
