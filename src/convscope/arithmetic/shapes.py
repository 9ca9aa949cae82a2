"""Numbers that keep their values and change their places, or meet others: reshape, flatten, add, concatenate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import as_floats
from convscope.errors import ShapeError

__all__ = ["add", "concatenate", "flatten", "reshape"]


def flatten(values: ArrayLike) -> NDArray[Any]:
    """Put all numbers in one row: row by row, channel fastest.

    Examples
    --------
    >>> flatten([[[1, 2], [3, 4]]])
    array([1., 2., 3., 4.])
    """
    return as_floats(values, "input").reshape(-1)


def reshape(values: ArrayLike, shape: Sequence[int]) -> NDArray[Any]:
    """Put the same numbers, in the same order, into another shape.

    Parameters
    ----------
    values : array
    shape : sequence of int
        One entry may be −1: as long as is needed.

    Returns
    -------
    reshaped : array of that shape

    Raises
    ------
    ShapeError
        The shape holds another number of values.

    Examples
    --------
    >>> reshape([1, 2, 3, 4], (2, 2))
    array([[1., 2.],
           [3., 4.]])
    """
    array = as_floats(values, "input")
    try:
        return array.reshape(tuple(shape))
    except ValueError:
        raise ShapeError(
            f"{array.size:,} numbers do not fit this shape.",
            received=f"shape {tuple(shape)}, input {array.shape}",
            expected=f"a shape that holds {array.size:,} numbers",
        ) from None


def add(values: Sequence[ArrayLike]) -> NDArray[Any]:
    """Add arrays of one shape, number by number.

    Raises
    ------
    ShapeError
        There is no array, or their shapes differ.

    Examples
    --------
    >>> add([[1, 2], [10, 20]])
    array([11., 22.])
    """
    arrays = _arrays(values)
    if len({array.shape for array in arrays}) > 1:
        raise ShapeError(
            "only arrays of one shape can be added.",
            received=", ".join(str(array.shape) for array in arrays),
            expected=f"each {arrays[0].shape}",
        )
    return np.sum(arrays, axis=0, dtype=np.float64).astype(np.result_type(*arrays))


def concatenate(values: Sequence[ArrayLike], *, axis: int = -1) -> NDArray[Any]:
    """Put arrays side by side, by default channel behind channel.

    Raises
    ------
    ShapeError
        There is no array, or they differ along another axis.

    Examples
    --------
    >>> concatenate([[[1], [2]], [[3], [4]]])
    array([[1., 3.],
           [2., 4.]])
    """
    arrays = _arrays(values)
    try:
        return np.concatenate(arrays, axis=axis)
    except ValueError:
        raise ShapeError(
            "concatenated arrays must have the same size along all other axes.",
            received=", ".join(str(array.shape) for array in arrays) + f", axis={axis}",
            expected="shapes that differ along that axis only",
        ) from None


def _arrays(values: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    if not len(values):
        raise ShapeError("there are no arrays to concatenate.", expected="at least one array")
    return [as_floats(value, "input") for value in values]
