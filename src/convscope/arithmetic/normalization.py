"""Batch normalization in use: one scale and one shift per channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import as_floats
from convscope.errors import ShapeError

__all__ = ["fold_batch_normalization", "scale_and_shift"]


def fold_batch_normalization(
    gamma: ArrayLike | None, beta: ArrayLike | None, mean: ArrayLike, variance: ArrayLike, epsilon: float = 1e-3
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fold what batch normalization learned into one scale and one shift.

    Parameters
    ----------
    gamma, beta : array of shape (n_channels,), or None
        Learned factor (else 1) and offset (else 0).
    mean, variance : array of shape (n_channels,)
        Moving averages; variance is at least 0.
    epsilon : float
        Added to the variance.

    Returns
    -------
    scale, shift : float64 array of shape (n_channels,)
        ``x * scale + shift == gamma * (x - mean) / sqrt(variance + epsilon) + beta``.

    Raises
    ------
    ShapeError
        The arrays differ in length.

    References
    ----------
    Ioffe and Szegedy 2015, arXiv:1502.03167, section 3.1.

    Examples
    --------
    >>> fold_batch_normalization([2], [1], [3], [4], epsilon=0)
    (array([1.]), array([-2.]))
    """
    centre, spread = (as_floats(values, "statistics").astype(np.float64) for values in (mean, variance))
    factor = np.ones_like(centre) if gamma is None else as_floats(gamma, "gamma").astype(np.float64)
    offset = np.zeros_like(centre) if beta is None else as_floats(beta, "beta").astype(np.float64)
    if not factor.shape == offset.shape == centre.shape == spread.shape:
        raise ShapeError(
            "batch normalization needs one number of each kind per channel.",
            received=f"gamma {factor.shape}, beta {offset.shape}, mean {centre.shape}, variance {spread.shape}",
            expected="four arrays of one shape",
        )
    scale = factor / np.sqrt(spread + epsilon)
    return scale, offset - centre * scale


def scale_and_shift(values: ArrayLike, scale: ArrayLike, shift: ArrayLike = 0.0, *, axis: int = -1) -> NDArray[Any]:
    """Multiply and add, channel by channel: folded batch normalization, and rescaling.

    Parameters
    ----------
    values : array with n_channels entries along ``axis``
    scale, shift : array of shape (n_channels,), or a number
    axis : int

    Returns
    -------
    result : array like ``values``, in its float type

    Raises
    ------
    ShapeError
        Scale or shift have another number of channels.

    Examples
    --------
    >>> scale_and_shift([[1, 2], [3, 4]], [1, 10], [0, 5])
    array([[ 1., 25.],
           [ 3., 45.]])
    """
    array = as_floats(values, "input")
    moved = np.moveaxis(array, axis, -1)
    try:
        result = moved * np.asarray(scale, np.float64) + np.asarray(shift, np.float64)
        result = np.broadcast_to(result, moved.shape)
    except ValueError:
        raise ShapeError(
            f"the input has {moved.shape[-1]} channels.",
            received=f"scale {np.shape(scale)}, shift {np.shape(shift)}",
            expected=f"({moved.shape[-1]},) or a number",
        ) from None
    return np.moveaxis(result, -1, axis).astype(array.dtype)
