"""BatchNormalization and its relatives: numbers get a common mean and spread, then a scale and shift of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from convscope.layers._kind import Example, LoweringError, Settings, axis_of, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.normalize import Normalize

__all__ = [
    "batch_normalization",
    "group_normalization",
    "layer_normalization",
    "normalization",
    "rescaling",
    "root_mean_square",
    "unit_normalization",
]

SCALED = "beta_initializer gamma_initializer beta_regularizer gamma_regularizer beta_constraint gamma_constraint"


@layer_kind(
    "BatchNormalization",
    words="gives each channel mean 0 and variance 1 over the batch, then its own scale and shift",
    settings={
        "axis": -1,
        "momentum": 0.99,
        "epsilon": 1e-3,
        "center": True,
        "scale": True,
        "renorm": False,
        "trainable": True,
    },
    also=f"{SCALED} moving_mean_initializer moving_variance_initializer synchronized renorm_clipping renorm_momentum",
    examples=[
        Example("BatchNormalization", ((5, 6, 3),)),
        Example("BatchNormalization", ((5, 4, 3),), {"axis": 1, "scale": False}),
        Example("BatchNormalization", ((7,),), {"center": False, "epsilon": 1e-4, "momentum": 0.9}),
    ],
)
def batch_normalization(making: Making, settings: Settings, x: Value) -> Value:
    """Normalize by the batch in training, by the moving mean and variance afterwards."""
    if settings["renorm"]:
        raise LoweringError(f"{making.layer} renormalizes")
    axis = axis_of(_axes(settings["axis"])[0], x)
    shape, channels = _along(x, [axis]), x.shape[axis]
    own = _scale_and_shift(making, settings, (channels,))
    given = [making.weight(name, channels).reshape(*shape) for name in ("moving_mean", "moving_variance")]
    axes = tuple(place for place in range(len(x.shape)) if place != axis)
    momentum = float(settings["momentum"]) if settings["trainable"] else None
    y = x.put(Normalize(axes=axes, epsilon=float(settings["epsilon"]), momentum=momentum), *given, part="normalized")
    return _scaled(y, own, shape)


@layer_kind(
    "LayerNormalization",
    words="gives each picture mean 0 and variance 1, then each place its own scale and shift",
    settings={"axis": -1, "epsilon": 1e-3, "center": True, "scale": True, "rms_scaling": False},
    also=SCALED,
    examples=[
        Example("LayerNormalization", ((5, 6, 3),)),
        Example("LayerNormalization", ((4, 3),), {"axis": [1, 2], "scale": False}),
    ],
)
def layer_normalization(making: Making, settings: Settings, x: Value) -> Value:
    """Normalize along some axes of one picture."""
    if settings["rms_scaling"]:
        raise LoweringError(f"{making.layer} scales by root mean squares")
    axes = tuple(axis_of(axis, x) for axis in _axes(settings["axis"]))
    own = _scale_and_shift(making, settings, tuple(x.shape[axis] for axis in axes))
    return _scaled(
        x.put(Normalize(axes=axes, epsilon=float(settings["epsilon"])), part="normalized"), own, _along(x, axes)
    )


@layer_kind(
    "RMSNormalization",
    words="divides each line by its root mean square, then scales it",
    settings={"axis": -1, "epsilon": 1e-6},
    examples=[Example("RMSNormalization", ((4, 6),))],
)
def root_mean_square(making: Making, settings: Settings, x: Value) -> Value:
    """Divide by the root of the mean square."""
    axes = tuple(axis_of(axis, x) for axis in _axes(settings["axis"]))
    scale = making.weight("scale", *(x.shape[axis] for axis in axes))
    do = Normalize(axes=axes, epsilon=float(settings["epsilon"]), measure="root mean square")
    return x.put(do, part="normalized").times(scale.reshape(*_along(x, axes)), part="scaled")


@layer_kind(
    "GroupNormalization",
    words="gives each group of channels mean 0 and variance 1, then each channel its own scale and shift",
    settings={"groups": 32, "axis": -1, "epsilon": 1e-3, "center": True, "scale": True},
    also=SCALED,
    examples=[
        Example("GroupNormalization", ((5, 6, 4),), {"groups": 2}),
        Example("GroupNormalization", ((4, 4),), {"groups": -1, "center": False}),
    ],
)
def group_normalization(making: Making, settings: Settings, x: Value) -> Value:
    """Normalize along all axes of a group."""
    axis, channels = axis_of(settings["axis"], x), x.shape[axis_of(settings["axis"], x)]
    groups = channels if settings["groups"] == -1 else settings["groups"]
    if groups < 1 or channels % groups:
        raise LoweringError(f"{making.layer} divides {channels} channels into {groups} groups")
    own = _scale_and_shift(making, settings, (channels,))
    grouped = x.reshape(*x.shape[:axis], groups, channels // groups, *x.shape[axis + 1 :])
    axes = tuple(place for place in range(len(grouped.shape)) if place != axis)
    normal = grouped.put(Normalize(axes=axes, epsilon=float(settings["epsilon"])), part="normalized")
    return _scaled(normal.reshape(*x.shape), own, _along(x, [axis]))


@layer_kind(
    "UnitNormalization",
    words="gives each line length 1",
    settings={"axis": -1},
    examples=[Example("UnitNormalization", ((4, 6),)), Example("UnitNormalization", ((4, 5, 2),), {"axis": [1, 2]})],
)
def unit_normalization(making: Making, settings: Settings, x: Value) -> Value:
    """Divide each line by its length."""
    axes = tuple(axis_of(axis, x) for axis in _axes(settings["axis"]))
    return x.put(Normalize(axes=axes, epsilon=1e-12, measure="length"), part="normalized")


@layer_kind(
    "Normalization",
    words="takes away the mean that was measured before training, and divides by the deviation",
    settings={"axis": -1, "mean": None, "variance": None, "invert": False},
    examples=[
        Example("Normalization", ((5, 6, 3),)),
        Example("Normalization", ((4, 3),), {"axis": [1, 2], "invert": True}),
        Example("Normalization", ((4, 3),), {"axis": None}),
        Example("Normalization", ((4, 2),), {"mean": [0.5, -0.25], "variance": [2.0, 0.0]}),
    ],
)
def normalization(making: Making, settings: Settings, x: Value) -> Value:
    """Normalize by a mean and variance that stay; Keras divides by 1e-7 at least, which is the root of 1e-14."""
    kept = sorted(axis_of(axis, x) for axis in _axes(() if settings["axis"] is None else settings["axis"]))
    shape, sizes = _along(x, kept), tuple(x.shape[axis] for axis in kept)
    if settings["mean"] is None:
        mean, variance = (making.weight(name, *sizes).reshape(*shape) for name in ("mean", "variance"))
        making.weight("count")
    else:
        mean, variance = (_given(making, x, settings[name], kept) for name in ("mean", "variance"))
    least = Normalize(epsilon=1e-14)
    if not settings["invert"]:
        return x.put(least, mean, variance, part="normalized")
    one, zero = making.made(shape, np.ones), making.made(shape, np.zeros)
    deviation = variance.times(one.put(least, zero, variance), part="deviation")
    return x.times(deviation, part="scaled").plus(mean, part="shifted")


@layer_kind(
    "Rescaling",
    words="multiplies each number and adds another",
    origin=lambda settings, before, after: _factor(settings["scale"]),
    settings={"scale": 1.0, "offset": 0.0},
    examples=[
        Example("Rescaling", ((5, 6, 3),), {"scale": 1 / 127.5, "offset": -1.0}),
        Example("Rescaling", ((4, 3),), {"scale": [0.5, 2.0, 1.0], "offset": [0.0, 0.1, -0.3]}),
    ],
)
def rescaling(making: Making, settings: Settings, x: Value) -> Value:
    """Apply one factor and one offset, or one for each channel."""
    scale, offset = settings["scale"], settings["offset"]
    if isinstance(scale, int | float) and isinstance(offset, int | float):
        return x.plus(factors=(float(scale),), constant=float(offset), part="sum")
    scales, offsets = (making.constant(np.asarray(one, float)) for one in (scale, offset))
    return x.times(scales, part="scaled").plus(offsets, part="shifted")


def _factor(scale: Any) -> str:
    return f"each value times {float(scale):.6g}" if isinstance(scale, int | float) else ""


def _axes(axis: int | Sequence[int]) -> list[int]:
    return [axis] if isinstance(axis, int) else list(axis)


def _given(making: Making, x: Value, values: Any, kept: Sequence[int]) -> Value:
    """Set numbers from a file along the last of the axes that are kept."""
    found = np.shape(values)
    if len(found) > len(kept):
        raise LoweringError(f"{making.layer} has a mean or variance of too many axes: {found}")
    shape = [1] * len(x.shape)
    for axis, size in zip(reversed(kept), reversed(found), strict=False):
        shape[axis] = size
    given = making.constant(values).reshape(*shape)
    if np.broadcast_shapes(given.shape, x.shape) != x.shape:
        raise LoweringError(f"{making.layer} has a mean or variance that does not fit its input: {found}")
    return given


def _along(x: Value, axes: Sequence[int]) -> tuple[int, ...]:
    """Give the shape of a weight that differs along some axes and is the same along the others."""
    return tuple(size if axis in axes else 1 for axis, size in enumerate(x.shape))


def _scale_and_shift(making: Making, settings: Settings, shape: tuple[int, ...]) -> list[Value | None]:
    asked = (("gamma", "scale"), ("beta", "center"))
    return [making.weight(name, *shape) if settings[switch] else None for name, switch in asked]


def _scaled(y: Value, own: Sequence[Value | None], shape: tuple[int, ...]) -> Value:
    gamma, beta = own
    y = y.times(gamma.reshape(*shape), part="scaled") if gamma else y
    return y.plus(beta.reshape(*shape), part="shifted") if beta else y
