"""Layers that move numbers and change none."""

from __future__ import annotations

from math import prod

from convscope.layers._kind import REQUIRED, Example, LoweringError, Settings, borders, layer_kind, pairs
from convscope.layers._making import Making, Value
from convscope.layers.resizing import resized

__all__ = ["cropping", "flatten", "permute", "repeat_vector", "reshape", "up_sampling", "zero_padding"]


@layer_kind(
    "Flatten",
    words="lays all numbers in one row",
    origin=lambda settings, before, after: "·".join(map(str, before)),
    settings={"data_format": None},
    examples=[
        Example("Flatten", ((4, 5, 3),)),
        Example("Flatten", ((3, 4, 5),), {"data_format": "channels_first"}),
    ],
)
def flatten(making: Making, settings: Settings, x: Value) -> Value:
    """Read row by row, channel fastest."""
    if settings["data_format"] == "channels_first" and len(x.shape) > 1:
        x = x.move(("order", (*range(1, len(x.shape)), 0)))
    return x.move(("reshape", (prod(x.shape),)), part="moved")


@layer_kind(
    "Reshape",
    words="arranges the numbers in another shape",
    origin=lambda settings, before, after: f"{prod(after):,} pixels back in their places" if len(before) == 1 else "",
    settings={"target_shape": REQUIRED},
    examples=[
        Example("Reshape", ((24,),), {"target_shape": [4, 6]}),
        Example("Reshape", ((4, 6),), {"target_shape": [3, -1]}),
    ],
)
def reshape(making: Making, settings: Settings, x: Value) -> Value:
    """Keep the order of the numbers."""
    shape = [int(size) for size in settings["target_shape"]]
    if shape.count(-1) == 1 and 0 not in shape:
        shape[shape.index(-1)] = prod(x.shape) // -prod(shape)
    return x.move(("reshape", tuple(shape)), part="moved")


@layer_kind(
    "Permute",
    words="exchanges axes",
    settings={"dims": REQUIRED},
    examples=[Example("Permute", ((4, 5, 3),), {"dims": [3, 1, 2]})],
)
def permute(making: Making, settings: Settings, x: Value) -> Value:
    """Put the axes into another order."""
    return x.move(("order", tuple(axis - 1 for axis in settings["dims"])), part="moved")


@layer_kind(
    "RepeatVector",
    words="repeats a row",
    settings={"n": REQUIRED},
    examples=[Example("RepeatVector", ((5,),), {"n": 3})],
)
def repeat_vector(making: Making, settings: Settings, x: Value) -> Value:
    """Put copies below each other."""
    if len(x.shape) != 1:
        raise LoweringError(f"{making.layer} repeats a row, and its input has shape {x.shape}")
    return x.move(("reshape", (1, *x.shape)), ("repeat", 0, settings["n"]), part="moved")


@layer_kind(
    "ZeroPadding1D",
    "ZeroPadding2D",
    words="puts zeros around the picture",
    settings={"padding": REQUIRED},
    spatial=True,
    examples=[
        Example("ZeroPadding2D", ((4, 5, 3),), {"padding": [[1, 2], [0, 3]]}),
        Example("ZeroPadding1D", ((5, 3),), {"padding": [1, 2]}),
    ],
)
def zero_padding(making: Making, settings: Settings, x: Value) -> Value:
    """Put zeros before and behind, along each axis of the picture."""
    sides = enumerate(borders(settings["padding"], settings["rank"]))
    return x.move(*(("zeros", axis, before, 0, after) for axis, (before, after) in sides), part="moved")


@layer_kind(
    "Cropping1D",
    "Cropping2D",
    words="cuts the border off",
    settings={"cropping": REQUIRED},
    spatial=True,
    examples=[
        Example("Cropping2D", ((6, 7, 3),), {"cropping": [[1, 0], [1, 2]]}),
        Example("Cropping1D", ((6, 3),), {"cropping": [1, 2]}),
    ],
)
def cropping(making: Making, settings: Settings, x: Value) -> Value:
    """Leave out the first and last places, along each axis of the picture."""
    sides = enumerate(borders(settings["cropping"], settings["rank"]))
    ends = [(axis, before, max(0, x.shape[axis] - after)) for axis, (before, after) in sides]
    return x.move(*(("cut", *end, None) for end in ends), part="moved")


@layer_kind(
    "UpSampling1D",
    "UpSampling2D",
    words="makes the picture larger",
    settings={"size": 2, "interpolation": "nearest"},
    spatial=True,
    examples=[
        Example("UpSampling2D", ((3, 4, 2),), {"size": [2, 3]}),
        Example("UpSampling2D", ((3, 4, 2),), {"size": [2, 3], "interpolation": "bilinear"}),
        Example("UpSampling2D", ((5, 4, 2),), {"size": 2, "interpolation": "bicubic"}),
        Example("UpSampling1D", ((5, 3),), {"size": 2}),
    ],
)
def up_sampling(making: Making, settings: Settings, x: Value) -> Value:
    """Repeat each pixel, or put mixtures of those nearby between them."""
    factors = pairs(settings["size"], settings["rank"])[2 - settings["rank"] :]
    if settings["interpolation"] == "nearest":
        return x.move(*(("repeat", axis, times) for axis, times in enumerate(factors)), part="moved")
    height, width = (size * times for size, times in zip(x.shape, factors, strict=False))
    return resized(x, height, width, settings["interpolation"])
