"""Layers that make one value of several."""

from __future__ import annotations

from math import prod

import numpy as np

from convscope.layers._kind import REQUIRED, Example, LoweringError, Settings, axis_of, layer_kind
from convscope.layers._making import Making, Value
from convscope.primitives.join import Join
from convscope.primitives.pool import Pool

__all__ = ["add", "average", "concatenate", "dot", "extreme", "multiply", "subtract"]

TWO, THREE = ((4, 3),) * 2, ((4, 3),) * 3


@layer_kind(
    "Add",
    words="adds its branches up",
    examples=[Example("Add", THREE), Example("Add", ((4, 3), (4, 1)))],
)
def add(making: Making, settings: Settings, *parts: Value) -> Value:
    """Add up, stretched to a common shape."""
    return parts[0].plus(*parts[1:], part="sum")


@layer_kind("Subtract", words="takes the second branch from the first", examples=[Example("Subtract", TWO)])
def subtract(making: Making, settings: Settings, one: Value, other: Value) -> Value:
    """Subtract."""
    return one.plus(other, factors=(1.0, -1.0), part="difference")


@layer_kind("Average", words="takes the mean of its branches", examples=[Example("Average", THREE)])
def average(making: Making, settings: Settings, *parts: Value) -> Value:
    """Add up with equal factors."""
    return parts[0].plus(*parts[1:], factors=(1 / len(parts),) * len(parts), part="mean")


@layer_kind("Multiply", words="multiplies its branches", examples=[Example("Multiply", THREE)])
def multiply(making: Making, settings: Settings, *parts: Value) -> Value:
    """Multiply number by number."""
    return parts[0].times(*parts[1:], part="product")


@layer_kind(
    "Maximum",
    words="keeps the largest of its branches' numbers",
    examples=[Example("Maximum", THREE), Example("Maximum", ((4, 3), (4, 1)))],
)
@layer_kind("Minimum", words="keeps the smallest of its branches' numbers", examples=[Example("Minimum", TWO)])
def extreme(making: Making, settings: Settings, *parts: Value) -> Value:
    """Pool over branches that lie on top of each other; the smallest is the largest of what is negative."""
    parts = _stretched(parts)
    smallest = settings["kind"] == "Minimum"
    names = [f"negative of input {number}" for number in range(len(parts))]
    signed = [x.plus(factors=(-1.0,), part=name) for x, name in zip(parts, names, strict=True)] if smallest else parts
    lines = [part.move(("reshape", (1, 1, prod(part.shape)))) for part in signed]
    stack = lines[0].put(Join(axis=0), *lines[1:])
    window = (len(parts), 1)
    y = stack.put(Pool(window=window, strides=window), part="largest negative" if smallest else "largest").reshape(
        *parts[0].shape
    )
    return y.plus(factors=(-1.0,), part="smallest") if smallest else y


@layer_kind(
    "Concatenate",
    words="puts its branches one behind the other",
    settings={"axis": -1},
    examples=[Example("Concatenate", ((4, 3), (4, 2))), Example("Concatenate", ((4, 3), (2, 3)), {"axis": 1})],
)
def concatenate(making: Making, settings: Settings, *parts: Value) -> Value:
    """Join along an axis."""
    return parts[0].put(Join(axis=axis_of(settings["axis"], parts[0])), *parts[1:], part="joined")


@layer_kind(
    "Dot",
    words="multiplies two branches along an axis, and adds up",
    settings={"axes": REQUIRED, "normalize": False},
    examples=[Example("Dot", ((4, 3), (4, 3)), {"axes": 2}), Example("Dot", ((5,), (5,)), {"axes": 1})],
)
def dot(making: Making, settings: Settings, one: Value, other: Value) -> Value:
    """Contract one axis of each branch; all others stay."""
    if settings["normalize"]:
        raise LoweringError(f"{making.layer} normalizes its branches")
    axes = [settings["axes"]] * 2 if isinstance(settings["axes"], int) else list(settings["axes"])
    first, second = list("abcd"[: len(one.shape)]), list("wxyz"[: len(other.shape)])
    first[axis_of(axes[0], one)] = second[axis_of(axes[1], other)] = "s"
    result = "".join(letter for letter in (*first, *second) if letter != "s")
    y = one.contract(f"{''.join(first)},{''.join(second)}->{result}", other, part="sum")
    return y if y.shape else y.move(("reshape", (1,)))


def _stretched(parts: tuple[Value, ...]) -> tuple[Value, ...]:
    """Give all branches the same shape, by repeating the smaller ones; a constant is the same for every image."""
    shape = np.broadcast_shapes(*(part.shape for part in parts))
    still = [part.making.graph.static[part.number] for part in parts]
    wide = [_repeated(part, shape) for part in parts]
    image = wide[still.index(False)]
    return tuple(
        part.plus(image, factors=(1.0, 0.0)) if fixed else part for part, fixed in zip(wide, still, strict=True)
    )


def _repeated(part: Value, shape: tuple[int, ...]) -> Value:
    """Repeat a value along each axis in which it has one place and the shape has more."""
    whole = part.reshape(*(1,) * (len(shape) - len(part.shape)), *part.shape)
    sizes = zip(whole.shape, shape, strict=True)
    moves = [("repeat", axis, wanted) for axis, (size, wanted) in enumerate(sizes) if size != wanted]
    return whole.move(*moves) if moves else whole
