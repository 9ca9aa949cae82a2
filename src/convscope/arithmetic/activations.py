"""Activations: what a unit makes of its sum. Names and definitions are those of Keras 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import as_floats
from convscope.errors import UsageError, did_you_mean

__all__ = [
    "ACTIVATIONS",
    "activate",
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]

Values = NDArray[Any]
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def linear(x: ArrayLike) -> Values:
    """Return every number unchanged."""
    return as_floats(x, "input")


def relu(
    x: ArrayLike, *, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Values:
    """Keep what is above the threshold, 0 by default.

    Parameters
    ----------
    x : array
    negative_slope : float
        Factor of what lies below the threshold, measured from it.
    max_value : float, optional
        Nothing is larger.
    threshold : float

    Examples
    --------
    >>> relu([-2, 0, 3])
    array([0., 0., 3.])
    """
    values = as_floats(x, "input")
    below = negative_slope * (values - threshold) if negative_slope else np.zeros_like(values)
    kept = np.where(values > threshold, values, below)
    kept = np.where(np.isnan(values), values, kept)  # NaN is not above anything, and must not be hidden
    return (kept if max_value is None else np.minimum(kept, max_value)).astype(values.dtype)


def relu6(x: ArrayLike) -> Values:
    """Keep what is above 0, up to 6."""
    return relu(x, max_value=6.0)


def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Values:
    """Keep what is above 0 and a part of what is below.

    Examples
    --------
    >>> leaky_relu([-2, 3], 0.5)
    array([-1.,  3.])
    """
    return relu(x, negative_slope=negative_slope)


def elu(x: ArrayLike, alpha: float = 1.0) -> Values:
    """Bend what is below 0 towards −alpha (Clevert et al. 2015, arXiv:1511.07289)."""
    values = as_floats(x, "input")
    return np.where(values > 0, values, alpha * np.expm1(np.minimum(values, 0))).astype(values.dtype)


def selu(x: ArrayLike) -> Values:
    """Scale an ELU so that activations keep mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515)."""
    scaled: Values = elu(x, SELU_ALPHA) * SELU_SCALE
    return scaled


def gelu(x: ArrayLike, approximate: bool = False) -> Values:
    """Weigh each number by the share of a normal distribution below it.

    Parameters
    ----------
    x : array
    approximate : bool
        Use the formula with tanh instead of the error function.

    References
    ----------
    Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """
    values = as_floats(x, "input")
    wide = values.astype(np.float64)
    if approximate:
        share = 0.5 * (1 + np.tanh(sqrt(2 / pi) * (wide + 0.044715 * wide**3)))
    else:
        share = 0.5 * (1 + np.vectorize(erf, otypes=[np.float64])(wide / sqrt(2)))
    weighed: Values = wide * share
    return weighed.astype(values.dtype)


def sigmoid(x: ArrayLike) -> Values:
    """Squeeze every number into 0..1, without overflow on either side.

    Examples
    --------
    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    values = as_floats(x, "input")
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small)).astype(values.dtype)


def hard_sigmoid(x: ArrayLike) -> Values:
    """Replace the sigmoid by three straight lines: ``relu6(x + 3) / 6``."""
    scaled: Values = relu6(as_floats(x, "input") + 3) / 6
    return scaled


def tanh(x: ArrayLike) -> Values:
    """Squeeze every number into −1..1."""
    return np.tanh(as_floats(x, "input"))


def softplus(x: ArrayLike) -> Values:
    """Smooth the corner of a ReLU: ``log(1 + exp(x))``."""
    return np.logaddexp(as_floats(x, "input"), 0).astype(as_floats(x, "input").dtype)


def softsign(x: ArrayLike) -> Values:
    """Squeeze every number into −1..1 by ``x / (1 + |x|)``."""
    values = as_floats(x, "input")
    squeezed: Values = values / (1 + np.abs(values))
    return squeezed


def silu(x: ArrayLike) -> Values:
    """Weigh each number by its sigmoid; also called swish (Ramachandran et al. 2017, arXiv:1710.05941)."""
    weighed: Values = as_floats(x, "input") * sigmoid(x)
    return weighed


def mish(x: ArrayLike) -> Values:
    """Weigh each number by the tanh of its softplus (Misra 2019, arXiv:1908.08681)."""
    weighed: Values = as_floats(x, "input") * np.tanh(softplus(x))
    return weighed


def exponential(x: ArrayLike) -> Values:
    """Raise e to each number."""
    return np.exp(as_floats(x, "input"))


def softmax(x: ArrayLike, axis: int = -1) -> Values:
    """Turn numbers along an axis into probabilities that add up to 1; large numbers do not overflow.

    Examples
    --------
    >>> softmax([1000, 1000])
    array([0.5, 0.5])
    """
    values = as_floats(x, "input")
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    shares: Values = powers / powers.sum(axis=axis, keepdims=True)
    return shares


def log_softmax(x: ArrayLike, axis: int = -1) -> Values:
    """Take the logarithm of a softmax, without passing through 0."""
    values = as_floats(x, "input")
    shifted = values - values.max(axis=axis, keepdims=True)
    logarithms: Values = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return logarithms


ACTIVATIONS: Mapping[str, Callable[..., Values]] = {
    "elu": elu,
    "exponential": exponential,
    "gelu": gelu,
    "hard_sigmoid": hard_sigmoid,
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_softmax": log_softmax,
    "mish": mish,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "swish": silu,
    "tanh": tanh,
}
"""Every activation that the arithmetic knows, by its Keras name.

Examples
--------
>>> import numpy as np
>>> ACTIVATIONS["relu"](np.array([-1.0, 2.0]))
array([0., 2.])
"""


def activate(name: str, x: ArrayLike, **settings: Any) -> Values:
    """Apply an activation by its Keras name.

    Parameters
    ----------
    name : str
        A key of ``ACTIVATIONS``.
    x : array
    **settings
        The activation's own, e.g. ``negative_slope`` or ``axis``.

    Raises
    ------
    UsageError
        There is no such activation.

    Examples
    --------
    >>> activate("relu", [-1, 2])
    array([0., 2.])
    """
    if name not in ACTIVATIONS:
        raise UsageError(
            f"there is no activation named {name!r}.", received=repr(name), expected=did_you_mean(name, ACTIVATIONS)
        )
    return ACTIVATIONS[name](x, **settings)
