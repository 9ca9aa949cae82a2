"""Conv1D, Conv2D: the same small kernels slide over the whole picture."""

from __future__ import annotations

from typing import Any

from convscope.arithmetic.convolution import window_padding
from convscope.layers._kind import (
    BIAS,
    KERNEL,
    REQUIRED,
    Example,
    Settings,
    activated,
    as_image,
    from_image,
    kernel_as_image,
    layer_kind,
    pairs,
)
from convscope.layers._making import Making, Value
from convscope.primitives.convolve import Convolve

__all__ = ["convolution", "sides_of", "slide"]


@layer_kind(
    "Conv1D",
    "Conv2D",
    words="slides each of its kernels over the picture and adds up what lies under it",
    settings={
        "filters": REQUIRED,
        "kernel_size": REQUIRED,
        "strides": 1,
        "padding": "valid",
        "dilation_rate": 1,
        "groups": 1,
        "use_bias": True,
        "activation": None,
    },
    also=f"{BIAS} {KERNEL}",
    spatial=True,
    examples=[
        Example("Conv2D", ((7, 6, 4),), {"filters": 4, "kernel_size": 3, "activation": "relu"}),
        Example("Conv2D", ((7, 8, 2),), {"filters": 3, "kernel_size": [2, 3], "strides": 2, "padding": "same"}),
        Example(
            "Conv2D", ((8, 7, 4),), {"filters": 6, "kernel_size": 2, "dilation_rate": 2, "groups": 2, "use_bias": False}
        ),
        Example("Conv2D", ((3, 7, 6),), {"filters": 4, "kernel_size": 3, "data_format": "channels_first"}),
        Example("Conv1D", ((9, 4),), {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
        Example("Conv1D", ((9, 4),), {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "groups": 2}),
    ],
)
def convolution(making: Making, settings: Settings, x: Value) -> Value:
    """Slide kernels of shape (height, width, channels / groups, filters)."""
    rank, image = settings["rank"], as_image(x, settings["rank"])
    window, filters = pairs(settings["kernel_size"], rank), settings["filters"]
    kernel = making.weight("kernel", *window[2 - rank :], image.shape[2] // settings["groups"], filters)
    bias = [making.weight("bias", filters)] if settings["use_bias"] else []
    sums = slide(image, kernel_as_image(kernel, rank), bias, settings, groups=settings["groups"])
    return activated(from_image(sums, rank), settings["activation"])


def slide(
    image: Value, kernel: Value, bias: list[Value], settings: Settings, *, groups: int = 1, part: str = "sum"
) -> Value:
    """Slide kernels over an image by a layer's strides, padding and dilation."""
    strides, dilation = (pairs(settings[name], settings["rank"]) for name in ("strides", "dilation_rate"))
    sides = sides_of(settings["padding"], image, kernel.shape[:2], strides, dilation)
    return image.put(Convolve(strides=strides, sides=sides, dilation=dilation, groups=groups), kernel, *bias, part=part)


def sides_of(
    padding: Any, image: Value, window: Any, strides: tuple[int, int], dilation: tuple[int, int] = (1, 1)
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Count the zeros that a padding puts above and below, left and right."""
    if padding == "causal":
        return (0, 0), (dilation[1] * (window[1] - 1), 0)
    height, width, _ = image.shape
    return window_padding((height, width), window, strides, padding, dilation)
