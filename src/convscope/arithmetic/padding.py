"""Pixels added around an image."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import Pair, as_pixels
from convscope.errors import ShapeError

__all__ = ["Padding", "pad", "padding_amounts", "zero_padding"]

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

    Raises
    ------
    ShapeError
        Padding of another kind, or negative.

    References
    ----------
    TensorFlow, tf.nn, "Notes on padding".

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
    if not _is_pair(padding):
        raise ShapeError(
            "this is not a valid padding.",
            received=f"padding {padding!r}",
            expected='"valid", "same" or ((top, bottom), (left, right)) in whole pixels, none below 0',
        )
    return int(padding[0]), int(padding[1])


def pad(image: NDArray[Any], amounts: tuple[Pair, Pair], value: float = 0.0) -> NDArray[Any]:
    """Add pixels around an image of shape (height, width, channels): ((top, bottom), (left, right)).

    Examples
    --------
    >>> import numpy as np
    >>> pad(np.ones((1, 2, 1)), ((0, 1), (1, 0)))[..., 0]
    array([[0., 1., 1.],
           [0., 0., 0.]])
    """
    if amounts == ((0, 0), (0, 0)):
        return image
    return np.pad(image, (*amounts, (0, 0)), constant_values=value)


def zero_padding(image: ArrayLike, padding: int | Pair | tuple[Pair, Pair] = 1) -> NDArray[Any]:
    """Put zeros around an image.

    Parameters
    ----------
    image : array of shape (height, width, channels), or (height, width)
    padding : int, (int, int) or ((top, bottom), (left, right))
        One number for all four sides, or (above and below, left and right), or each side.

    Returns
    -------
    padded : float array with as many axes as the image

    Raises
    ------
    ShapeError
        Padding of another kind, or negative.

    Examples
    --------
    >>> zero_padding([[5]], ((0, 1), (1, 0)))
    array([[0., 5.],
           [0., 0.]])
    """
    sides = (padding, padding) if isinstance(padding, int) else padding
    down, right = ((side, side) if isinstance(side, int) else side for side in sides)
    padded = pad(as_pixels(image), (padding_amounts(1, 1, 1, down), padding_amounts(1, 1, 1, right)))
    return padded[..., 0] if np.ndim(image) == 2 else padded


def _is_pair(padding: Any) -> bool:
    return (
        not isinstance(padding, str)
        and np.size(padding) == 2
        and all(isinstance(part, int | np.integer) and part >= 0 for part in padding)
    )
