"""A dense layer: every input times its own weight, for every unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import as_floats
from convscope.errors import ShapeError

__all__ = ["check_dense", "dense"]


def dense(inputs: ArrayLike, weights: ArrayLike, bias: ArrayLike | None = None) -> NDArray[Any]:
    """Add up inputs times weights, for each unit.

    Parameters
    ----------
    inputs : array of shape (..., n_features)
    weights : array of shape (n_features, n_units)
    bias : array of shape (n_units,), optional
        Added to each sum.

    Returns
    -------
    sums : array of shape (..., n_units)
        Before the activation; added in float64, given back in the inputs' float type.

    Raises
    ------
    ShapeError
        The number of features or of biases differs from the weights'.

    Examples
    --------
    >>> dense([1, 2], [[1, 0], [10, 1]], [0.5, 0])
    array([21.5,  2. ])
    """
    values, matrix, offsets = check_dense(inputs, weights, bias)
    sums = np.tensordot(values.astype(np.float64), matrix.astype(np.float64), axes=1) + offsets
    result: NDArray[Any] = sums.astype(values.dtype)
    return result


def check_dense(
    inputs: ArrayLike, weights: ArrayLike, bias: ArrayLike | None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Make arrays of inputs, weights and biases, or refuse those that do not fit."""
    values, matrix = as_floats(inputs, "input"), as_floats(weights, "weights")
    offsets = np.zeros(1) if bias is None else as_floats(bias, "bias").astype(np.float64)
    n_features = values.shape[-1] if values.ndim else 0
    if matrix.ndim != 2 or matrix.shape[0] != n_features:
        raise ShapeError(
            f"the weights are for {matrix.shape[0] if matrix.ndim else 0} features but the input has {n_features}.",
            received=f"weights {matrix.shape}, input {values.shape}",
            expected=f"weights ({n_features}, any)",
        )
    if bias is not None and offsets.shape != matrix.shape[1:]:
        raise ShapeError(
            f"there are {matrix.shape[1]} units but the bias has the shape {offsets.shape}.",
            received=f"bias {offsets.shape}, weights {matrix.shape}",
            expected=f"bias ({matrix.shape[1]},)",
        )
    return values, matrix, np.broadcast_to(offsets, matrix.shape[1:])
