"""DepthwiseConv, SeparableConv: each channel has kernels of its own; separable layers mix the channels afterwards."""

from __future__ import annotations

from convscope.arithmetic import count_depthwise, count_separable
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
from convscope.layers.convolution import slide

__all__ = ["depthwise", "separable"]

SLIDING = {
    "kernel_size": REQUIRED,
    "strides": 1,
    "padding": "valid",
    "depth_multiplier": 1,
    "dilation_rate": 1,
    "use_bias": True,
    "activation": None,
}
DEPTH = "depthwise_initializer depthwise_regularizer depthwise_constraint"
POINT = "pointwise_initializer pointwise_regularizer pointwise_constraint"


@layer_kind(
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    words="slides kernels over each channel by itself",
    origin=lambda settings, before, after: (
        count_depthwise(
            _window(settings), _channels(settings, before), settings["depth_multiplier"], bias=settings["use_bias"]
        ).arithmetic
    ),
    settings=SLIDING,
    also=f"{BIAS} {DEPTH} {KERNEL} filters groups",
    spatial=True,
    examples=[
        Example("DepthwiseConv2D", ((7, 8, 3),), {"kernel_size": 3, "padding": "same", "activation": "relu"}),
        Example(
            "DepthwiseConv2D", ((7, 7, 2),), {"kernel_size": 2, "strides": 2, "depth_multiplier": 2, "use_bias": False}
        ),
        Example("DepthwiseConv1D", ((9, 3),), {"kernel_size": 3, "padding": "same", "depth_multiplier": 2}),
    ],
)
def depthwise(making: Making, settings: Settings, x: Value) -> Value:
    """Give each channel ``depth_multiplier`` kernels."""
    image, times = as_image(x, settings["rank"]), settings["depth_multiplier"]
    kernel = _kernel(making, settings, image, "kernel")
    bias = [making.weight("bias", image.shape[2] * times)] if settings["use_bias"] else []
    sums = slide(image, kernel, bias, settings, groups=image.shape[2])
    return activated(from_image(sums, settings["rank"]), settings["activation"])


@layer_kind(
    "SeparableConv1D",
    "SeparableConv2D",
    words="slides kernels over each channel by itself, then mixes the channels of each pixel",
    origin=lambda settings, before, after: (
        count_separable(
            _window(settings),
            _channels(settings, before),
            settings["filters"],
            settings["depth_multiplier"],
            bias=settings["use_bias"],
        ).arithmetic
    ),
    settings={"filters": REQUIRED, **SLIDING},
    also=f"{BIAS} {DEPTH} {POINT} {KERNEL} groups",
    spatial=True,
    examples=[
        Example("SeparableConv2D", ((7, 8, 3),), {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "relu"}),
        Example(
            "SeparableConv2D", ((6, 6, 2),), {"filters": 3, "kernel_size": 2, "padding": "same", "use_bias": False}
        ),
        Example("SeparableConv1D", ((9, 3),), {"filters": 4, "kernel_size": 3, "depth_multiplier": 2}),
    ],
)
def separable(making: Making, settings: Settings, x: Value) -> Value:
    """Convolve each channel, then give each pixel's channels a weight for each filter."""
    rank, image, filters = settings["rank"], as_image(x, settings["rank"]), settings["filters"]
    kernel = _kernel(making, settings, image, "depthwise_kernel")
    n_deep = image.shape[2] * settings["depth_multiplier"]
    mixing = making.weight("pointwise_kernel", *(1,) * rank, n_deep, filters)
    bias = [making.weight("bias", filters)] if settings["use_bias"] else []
    deep = from_image(slide(image, kernel, [], settings, groups=image.shape[2], part="each channel"), rank)
    letters = "hwi,io->hwo" if rank == 2 else "wi,io->wo"
    sums = deep.contract(letters, mixing.reshape(n_deep, filters), *bias, part="mixed")
    return activated(sums, settings["activation"])


def _window(settings: Settings) -> tuple[int, ...]:
    size = settings["kernel_size"]
    return (size,) if isinstance(size, int) else tuple(size)


def _channels(settings: Settings, shape: tuple[int, ...]) -> int:
    return shape[0 if settings["data_format"] == "channels_first" else -1]


def _kernel(making: Making, settings: Settings, image: Value, name: str) -> Value:
    """Ask for kernels (height, width, channels, multiplier), and see each channel's as kernels of a group."""
    rank, channels, times = settings["rank"], image.shape[2], settings["depth_multiplier"]
    window = pairs(settings["kernel_size"], rank)
    kernel = kernel_as_image(making.weight(name, *window[2 - rank :], channels, times), rank)
    return kernel.reshape(*window, 1, channels * times)
