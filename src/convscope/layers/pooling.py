"""MaxPooling, AveragePooling, and both over the whole picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from convscope.layers._kind import REQUIRED, Example, Settings, as_image, from_image, layer_kind, pairs
from convscope.layers._making import Making, Value
from convscope.layers.convolution import sides_of
from convscope.primitives.pool import Pool

__all__ = ["global_pooling", "pooling"]

Shape = tuple[int, ...]
POOLING = {"pool_size": REQUIRED, "strides": None, "padding": "valid"}


def _window(word: str) -> Callable[[Settings, Shape, Shape], str]:
    """Tell the size of the window, and whether some places are left over."""

    def told(settings: Settings, before: Shape, after: Shape) -> str:
        rank = len(before) - 1
        window, strides = (
            pairs(settings[name] or settings["pool_size"], rank)[2 - rank :] for name in ("pool_size", "strides")
        )
        words = f"{word} of {' × '.join(map(str, window))}"
        if settings["padding"] != "valid" or settings["data_format"] == "channels_first" or not before[0] % strides[0]:
            return words
        return f"{words}; {before[0]} / {strides[0]}, rounded down"

    return told


def _picture(word: str) -> Callable[[Settings, Shape, Shape], str]:
    """Tell the size of the picture."""

    def told(settings: Settings, before: Shape, after: Shape) -> str:
        size = before[1:] if settings["data_format"] == "channels_first" else before[:-1]
        return f"{word} of {' × '.join(map(str, size))}"

    return told


@layer_kind(
    "MaxPooling1D",
    "MaxPooling2D",
    words="keeps the largest number of each window",
    origin=_window("largest"),
    settings=POOLING,
    spatial=True,
    examples=[
        Example("MaxPooling2D", ((7, 6, 3),), {"pool_size": 2}),
        Example("MaxPooling2D", ((7, 8, 2),), {"pool_size": [3, 2], "strides": 2, "padding": "same"}),
        Example("MaxPooling2D", ((2, 7, 6),), {"pool_size": 2, "data_format": "channels_first"}),
        Example("MaxPooling1D", ((9, 3),), {"pool_size": 3, "strides": 1}),
    ],
)
@layer_kind(
    "AveragePooling1D",
    "AveragePooling2D",
    words="keeps the mean of each window",
    origin=_window("mean"),
    settings=POOLING,
    spatial=True,
    examples=[
        Example("AveragePooling2D", ((7, 6, 3),), {"pool_size": 2}),
        Example("AveragePooling2D", ((7, 8, 2),), {"pool_size": 3, "strides": 2, "padding": "same"}),
        Example("AveragePooling1D", ((9, 3),), {"pool_size": 2, "padding": "same"}),
    ],
)
def pooling(making: Making, settings: Settings, x: Value) -> Value:
    """Take one number of each window of each channel."""
    rank, image = settings["rank"], as_image(x, settings["rank"])
    window = pairs(settings["pool_size"], rank)
    strides = pairs(settings["strides"] or settings["pool_size"], rank)
    sides = sides_of(settings["padding"], image, window, strides)
    kind, word = _which(settings)
    return from_image(image.put(Pool(kind=kind, window=window, strides=strides, sides=sides), part=word), rank)


@layer_kind(
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    words="keeps the largest number of each map",
    origin=_picture("largest"),
    settings={"keepdims": False},
    spatial=True,
    examples=[
        Example("GlobalMaxPooling2D", ((5, 6, 3),)),
        Example("GlobalMaxPooling1D", ((9, 3),), {"keepdims": True}),
    ],
)
@layer_kind(
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    words="keeps the mean of each map",
    origin=_picture("mean"),
    settings={"keepdims": False},
    spatial=True,
    examples=[
        Example("GlobalAveragePooling2D", ((5, 6, 3),)),
        Example("GlobalAveragePooling2D", ((5, 6, 3),), {"keepdims": True}),
        Example("GlobalAveragePooling1D", ((9, 3),)),
    ],
)
def global_pooling(making: Making, settings: Settings, x: Value) -> Value:
    """Take one number of each channel: a window as large as the picture."""
    rank, image = settings["rank"], as_image(x, settings["rank"])
    height, width, channels = image.shape
    kind, word = _which(settings)
    y = image.put(Pool(kind=kind, window=(height, width), strides=(height, width)), part=word)
    return y.reshape(*(1,) * rank * bool(settings["keepdims"]), channels)


def _which(settings: Settings) -> tuple[Literal["max", "average"], str]:
    return ("max", "largest") if "Max" in settings["kind"] else ("average", "mean")
