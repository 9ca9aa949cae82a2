"""Every activation that bends numbers one by one: its value, its slope, and how ONNX writes it. Names are Keras'.

`arithmetic.ACTIVATIONS` says the same in float64, for one number at a time; the tests hold one to the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy.special import erf

from convscope.primitives._primitive import Array, Writer

__all__ = ["CURVES", "Curve"]

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True)
class Curve:
    """One curve.

    Parameters
    ----------
    value : callable
        Of x, and perhaps settings.
    slope : callable
        Of x and y = value(x), and the same settings.
    onnx : str or callable
        ONNX' operation of the same meaning, or what writes it: of a writer, the name of x, and the settings.

    Examples
    --------
    >>> CURVES["tanh"].onnx
    'Tanh'
    """

    value: Callable[..., Array]
    slope: Callable[..., Array]
    onnx: str | Callable[..., str]


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def _gelu_share(x: Array) -> Array:
    return np.asarray(0.5 * (1 + erf(x * np.float32(sqrt(0.5)))))


def _relu(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    if not negative_slope and not threshold:
        y = np.maximum(x, 0)
    else:
        low = np.float32(threshold)
        y = np.where(x > low, x, np.float32(negative_slope) * (x - low))
    return y if max_value is None else np.minimum(y, np.float32(max_value))


def _relu_slope(
    x: Array, y: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    if not negative_slope and not threshold:
        slope = y > 0
    else:
        slope = np.where(x > np.float32(threshold), np.float32(1), np.float32(negative_slope))
    return slope if max_value is None else slope * (x < np.float32(max_value))


def _leaky(x: Array, negative_slope: float = 0.2) -> Array:
    return np.where(x > 0, x, np.float32(negative_slope) * x)


def _leaky_slope(x: Array, y: Array, negative_slope: float = 0.2) -> Array:
    return np.where(x > 0, np.float32(1), np.float32(negative_slope))


def _elu(x: Array, alpha: float = 1.0) -> Array:
    bent = np.expm1(np.minimum(x, 0))
    return np.where(x > 0, x, bent if alpha == 1 else np.float32(alpha) * bent)


def _mish_slope(x: Array, y: Array) -> Array:
    share: Array = np.tanh(np.logaddexp(x, 0))
    return np.asarray(share + x * (1 - share * share) * _sigmoid(x))


def _write_relu(
    out: Writer, x: str, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> str:
    if not negative_slope and not threshold:
        y = out.add("Relu", x)
    else:
        low = out.constant(threshold)
        below = out.add("Mul", out.add("Sub", x, low), out.constant(negative_slope))
        y = out.add("Where", out.add("Greater", x, low), x, below)
    return y if max_value is None else out.add("Min", y, out.constant(max_value))


def _clipped(low: float, high: float) -> Callable[[Writer, str], str]:
    return lambda out, x: out.add("Clip", x, out.constant(low), out.constant(high))


def _write_selu(out: Writer, x: str) -> str:
    return out.add("Selu", x, alpha=SELU_ALPHA, gamma=SELU_SCALE)


def _write_hard_sigmoid(out: Writer, x: str) -> str:
    return out.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _write_silu(out: Writer, x: str) -> str:
    return out.add("Mul", x, out.add("Sigmoid", x))


def _write_squareplus(out: Writer, x: str, b: float = 4.0) -> str:
    root = out.add("Sqrt", out.add("Add", out.add("Mul", x, x), out.constant(b)))
    return out.add("Mul", out.add("Add", x, root), out.constant(0.5))


def _write_sparse_plus(out: Writer, x: str) -> str:
    clipped = out.add("Add", _clipped(-1, 1)(out, x), out.constant(1.0))
    square = out.add("Mul", out.add("Mul", clipped, clipped), out.constant(0.25))
    return out.add("Add", square, out.add("Relu", out.add("Sub", x, out.constant(1.0))))


CURVES: dict[str, Curve] = {
    "linear": Curve(lambda x: x, lambda x, y: np.ones_like(x), "Identity"),
    "relu": Curve(_relu, _relu_slope, _write_relu),
    "relu6": Curve(lambda x: np.clip(x, 0, 6), lambda x, y: (x > 0) & (x < 6), _clipped(0, 6)),
    "leaky_relu": Curve(
        _leaky, _leaky_slope, lambda out, x, negative_slope=0.2: out.add("LeakyRelu", x, alpha=negative_slope)
    ),
    "elu": Curve(
        _elu,
        lambda x, y, alpha=1.0: np.where(x > 0, 1, y + np.float32(alpha)),
        lambda out, x, alpha=1.0: out.add("Elu", x, alpha=alpha),
    ),
    "celu": Curve(
        lambda x, alpha=1.0: np.where(x > 0, x, np.float32(alpha) * np.expm1(np.minimum(x, 0) / np.float32(alpha))),
        lambda x, y, alpha=1.0: np.where(x > 0, 1, y / np.float32(alpha) + 1),
        lambda out, x, alpha=1.0: out.add("Celu", x, alpha=alpha),
    ),
    "selu": Curve(
        lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
        lambda x, y: np.where(x > 0, SELU_SCALE, y + SELU_SCALE * SELU_ALPHA),
        _write_selu,
    ),
    "gelu": Curve(
        lambda x: x * _gelu_share(x),
        lambda x, y: _gelu_share(x) + x * np.exp(-0.5 * x * x) / np.float32(sqrt(2 * pi)),
        "Gelu",
    ),
    "sigmoid": Curve(_sigmoid, lambda x, y: y * (1 - y), "Sigmoid"),
    "log_sigmoid": Curve(
        lambda x: -np.logaddexp(-x, 0),
        lambda x, y: _sigmoid(-x),
        lambda out, x: out.add("Neg", out.add("Softplus", out.add("Neg", x))),
    ),
    "tanh": Curve(np.tanh, lambda x, y: 1 - y * y, "Tanh"),
    "hard_tanh": Curve(lambda x: np.clip(x, -1, 1), lambda x, y: (x > -1) & (x < 1), _clipped(-1, 1)),
    "tanh_shrink": Curve(
        lambda x: x - np.tanh(x),
        lambda x, y: np.tanh(x) ** 2,
        lambda out, x: out.add("Sub", x, out.add("Tanh", x)),
    ),
    "softplus": Curve(lambda x: np.logaddexp(x, 0), lambda x, y: _sigmoid(x), "Softplus"),
    "softsign": Curve(lambda x: x / (1 + np.abs(x)), lambda x, y: (1 - np.abs(y)) ** 2, "Softsign"),
    "silu": Curve(lambda x: x * _sigmoid(x), lambda x, y: (s := _sigmoid(x)) + y * (1 - s), _write_silu),
    "mish": Curve(lambda x: x * np.tanh(np.logaddexp(x, 0)), _mish_slope, "Mish"),
    "hard_sigmoid": Curve(
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        lambda x, y: ((x > -3) & (x < 3)) / np.float32(6),
        _write_hard_sigmoid,
    ),
    "hard_silu": Curve(
        lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
        lambda x, y: np.where(x >= 3, 1, np.where(x > -3, x / 3 + 0.5, 0)),
        "HardSwish",
    ),
    "hard_shrink": Curve(
        lambda x, threshold=0.5: np.where(np.abs(x) > threshold, x, 0),
        lambda x, y, threshold=0.5: np.abs(x) > threshold,
        lambda out, x, threshold=0.5: out.add("Shrink", x, lambd=threshold, bias=0.0),
    ),
    "soft_shrink": Curve(
        lambda x, threshold=0.5: np.sign(x) * np.maximum(np.abs(x) - threshold, 0),
        lambda x, y, threshold=0.5: np.abs(x) > threshold,
        lambda out, x, threshold=0.5: out.add("Shrink", x, lambd=threshold, bias=threshold),
    ),
    "sparse_plus": Curve(
        lambda x: np.where(x >= 1, x, np.where(x > -1, 0.25 * (x + 1) ** 2, 0)),
        lambda x, y: np.clip(0.5 * (x + 1), 0, 1),
        _write_sparse_plus,
    ),
    "sparse_sigmoid": Curve(
        lambda x: np.clip(0.5 * (x + 1), 0, 1),
        lambda x, y: 0.5 * ((x > -1) & (x < 1)),
        lambda out, x: out.add("HardSigmoid", x, alpha=0.5, beta=0.5),
    ),
    "squareplus": Curve(
        lambda x, b=4.0: 0.5 * (x + np.sqrt(x * x + b)),
        lambda x, y, b=4.0: 0.5 * (1 + x / np.sqrt(x * x + b)),
        _write_squareplus,
    ),
    "exponential": Curve(np.exp, lambda x, y: y, "Exp"),
}
"""By Keras' name.

Examples
--------
>>> import numpy as np
>>> x = np.array([-1.0, 2.0])
>>> y = CURVES["relu"].value(x)
>>> CURVES["relu"].slope(x, y)
array([False,  True])
"""
