"""Conv1DTranspose, Conv2DTranspose: the picture is spread out with zeros between, and kernels slide over it."""

from __future__ import annotations

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

__all__ = ["transposed"]


@layer_kind(
    "Conv1DTranspose",
    "Conv2DTranspose",
    words="spreads each number over a window of a larger picture",
    settings={
        "filters": REQUIRED,
        "kernel_size": REQUIRED,
        "strides": 1,
        "padding": "valid",
        "output_padding": None,
        "dilation_rate": 1,
        "use_bias": True,
        "activation": None,
    },
    also=f"{BIAS} {KERNEL} groups",
    spatial=True,
    examples=[
        Example("Conv2DTranspose", ((4, 5, 3),), {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}),
        Example(
            "Conv2DTranspose", ((4, 3, 2),), {"filters": 3, "kernel_size": [2, 4], "strides": 3, "activation": "relu"}
        ),
        Example("Conv1DTranspose", ((5, 3),), {"filters": 4, "kernel_size": 3, "strides": 2, "use_bias": False}),
    ],
)
def transposed(making: Making, settings: Settings, x: Value) -> Value:
    """Slide the kernels, turned round, over a picture with zeros between its pixels."""
    rank, image = settings["rank"], as_image(x, settings["rank"])
    window, strides, dilation = (pairs(settings[name], rank) for name in ("kernel_size", "strides", "dilation_rate"))
    more = settings["output_padding"]
    extra: tuple[int | None, int | None] = (None, None) if more is None else pairs(more, rank)
    kernel = making.weight("kernel", *window[2 - rank :], settings["filters"], image.shape[2])
    bias = [making.weight("bias", settings["filters"])] if settings["use_bias"] else []
    turned = kernel_as_image(kernel, rank).move(
        ("cut", 0, None, None, -1), ("cut", 1, None, None, -1), ("order", (0, 1, 3, 2))
    )
    first = 2 - rank  # a sequence is an image of height 1, and nothing is put above it
    sides = [(0, 0), (0, 0)]
    for axis in range(first, 2):
        reach = dilation[axis] * (window[axis] - 1) + 1
        sides[axis] = _zeros_around(settings["padding"], reach, strides[axis], extra[axis])
    if max(strides) > 1:
        image = image.move(*(("zeros", axis, 0, strides[axis] - 1, 0) for axis in (0, 1)))
    sums = image.put(Convolve(sides=(sides[0], sides[1]), dilation=dilation), turned, *bias, part="sum")
    return activated(from_image(sums, rank), settings["activation"])


def _zeros_around(padding: str, reach: int, stride: int, extra: int | None) -> tuple[int, int]:
    """Count the zeros before and behind a line whose numbers have zeros between."""
    if padding == "valid":
        return reach - 1, reach - 1 + (max(stride - reach, 0) if extra is None else extra)
    total = stride + reach - 2 if extra is None else reach + reach % 2 - 2 + extra
    before = min(total // 2 + total % 2, reach - 1)
    return before, total - before
