"""Pixels added around an image."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Padding", "pad", "padding_amounts"]

Pair = tuple[int, int]
Padding = Literal["valid", "same"] | tuple[Pair, Pair]


def padding_amounts(
    input_size: int, window_size: int, stride: int, padding: str | Pair, dilation_rate: int = 1
) -> Pair:
    """Say how many pixels are added before and after along one side.

    ``"same"`` adds what makes the output ``ceil(input_size / stride)`` long; an odd pixel goes after.

    Parameters
    ----------
    input_size, window_size, stride, dilation_rate : int
    padding : {"valid", "same"} or (int, int)

    Returns
    -------
    before, after : int

    Examples
    --------
    >>> padding_amounts(4, 2, 1, "same"), padding_amounts(5, 3, 2, "same")
    ((0, 1), (1, 1))
    """
    if padding == "valid":
        return 0, 0
    if padding == "same":
        reach = dilation_rate * (window_size - 1) + 1
        total = max(0, (-(-input_size // stride) - 1) * stride + reach - input_size)
        return total // 2, total - total // 2
    assert not isinstance(padding, str)
    before, after = padding
    return int(before), int(after)


def pad(image: NDArray[Any], amounts: tuple[Pair, Pair], value: float = 0.0) -> NDArray[Any]:
    """Add pixels around an image of shape (height, width, channels): ((top, bottom), (left, right))."""
    if amounts == ((0, 0), (0, 0)):
        return image
    return np.pad(image, (*amounts, (0, 0)), constant_values=value)
