"""Activations as layers: every number is bent, or all become shares of 1."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from convscope.layers._kind import Example, LoweringError, Settings, activated, axis_of, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.curves import CURVES
from convscope.primitives.softmax import Softmax as SoftmaxPrimitive

__all__ = ["activation", "elu", "leaky_relu", "prelu", "relu", "softmax"]

NAMES = {"swish": "silu", "hard_swish": "hard_silu"}
"""Keras' second names."""


@layer_kind(
    "Activation",
    words="bends every number by the same curve",
    settings={"activation": None},
    examples=[
        *(Example("Activation", ((5, 3),), {"activation": name}) for name in CURVES),
        Example("Activation", ((4, 5),), {"activation": "softmax"}),
        Example("Activation", ((5,),), {"activation": "log_softmax"}),
    ],
)
def activation(making: Making, settings: Settings, x: Value) -> Value:
    """Apply an activation by its name."""
    name = settings["activation"] or "linear"
    if isinstance(name, Mapping):
        return activated(x, name)
    name = NAMES.get(name, name) if isinstance(name, str) else type(name).__name__
    if name in ("softmax", "log_softmax"):
        return x.put(SoftmaxPrimitive(axis=len(x.shape) - 1, log=name == "log_softmax"), part=name)
    if name not in CURVES:
        raise LoweringError(f"{making.layer} has the activation {name}")
    return x.bend(name, part=name)


@layer_kind(
    "ReLU",
    words="keeps what is above 0",
    settings={"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
    examples=[
        Example("ReLU", ((5, 3),)),
        Example("ReLU", ((5, 6, 3),), {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    ],
)
def relu(making: Making, settings: Settings, x: Value) -> Value:
    """Bend by ReLU, with a slope below, a threshold and a limit."""
    usual = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}
    how = {key: float(settings[key]) for key, off in usual.items() if settings[key] not in (off, None)}
    return x.bend("relu", part="relu", **how)


@layer_kind(
    "LeakyReLU",
    words="keeps what is above 0, and a part of what is below",
    settings={"negative_slope": 0.3},
    examples=[Example("LeakyReLU", ((5, 3),), {"negative_slope": 0.15})],
)
def leaky_relu(making: Making, settings: Settings, x: Value) -> Value:
    """Bend by a leaky ReLU."""
    return x.bend("leaky_relu", part="leaky_relu", negative_slope=float(settings["negative_slope"]))


@layer_kind(
    "ELU",
    words="keeps what is above 0, and bends the rest towards a floor",
    settings={"alpha": 1.0},
    examples=[Example("ELU", ((5, 3),)), Example("ELU", ((4,),), {"alpha": 0.7})],
)
def elu(making: Making, settings: Settings, x: Value) -> Value:
    """Bend by an ELU."""
    how = {} if settings["alpha"] == 1 else {"alpha": float(settings["alpha"])}
    return x.bend("elu", part="elu", **how)


@layer_kind(
    "PReLU",
    words="keeps what is above 0, and a learned part of what is below",
    settings={"shared_axes": None},
    also="alpha_initializer alpha_regularizer alpha_constraint",
    examples=[
        Example("PReLU", ((4, 5, 3),), {"shared_axes": [1, 2], "alpha_initializer": "uniform"}),
        Example("PReLU", ((6,),), {"alpha_initializer": "uniform"}),
    ],
)
def prelu(making: Making, settings: Settings, x: Value) -> Value:
    """Add what is above 0 and a weight's part of what is not."""
    shared = {axis_of(axis, x) for axis in settings["shared_axes"] or []}
    alpha = making.weight("alpha", *(1 if axis in shared else size for axis, size in enumerate(x.shape)))
    above = x.bend("relu", part="above 0")
    below = x.plus(above, factors=(1.0, -1.0), part="below 0")
    return above.plus(below.times(alpha, part="kept of it"), part="sum")


@layer_kind(
    "Softmax",
    words="makes probabilities that add up to 1",
    settings={"axis": -1},
    examples=[
        Example("Softmax", ((6,),)),
        Example("Softmax", ((4, 5, 3),), {"axis": 1}),
        Example("Softmax", ((4, 5, 3),), {"axis": [1, 3]}),
    ],
)
def softmax(making: Making, settings: Settings, x: Value) -> Value:
    """Make shares along one axis; several lie one behind the other meanwhile."""
    axis = settings["axis"]
    if isinstance(axis, int):
        return x.put(SoftmaxPrimitive(axis=axis_of(axis, x)), part="softmax")
    along = [axis_of(one, x) for one in axis]
    others = [place for place in range(len(x.shape)) if place not in along]
    order, shape = (*others, *along), tuple(x.shape[place] for place in (*others, *along))
    back = tuple(order.index(place) for place in range(len(order)))
    line = x.move(("order", order), ("reshape", (*shape[: len(others)], prod(shape[len(others) :]))))
    return line.put(SoftmaxPrimitive(axis=len(others)), part="softmax").move(("reshape", shape), ("order", back))
