"""What callers hand in, made into arrays and pairs, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.errors import ShapeError

__all__ = ["Array", "Pair", "as_floats", "as_pair", "as_pixels"]

Array = NDArray[np.floating[Any]]
Pair = tuple[int, int]


def as_floats(values: ArrayLike, name: str = "image") -> Array:
    """Make a float array: float types are kept, integers and truth values become float64."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise ShapeError(
            f"the rows of the {name} are not equally long.", repair="give each row the same number of values"
        ) from None
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    raise ShapeError(f"the {name} does not hold numbers.", received=f"{array.dtype} values", expected="real numbers")


def as_pixels(image: ArrayLike) -> Array:
    """Make an image of shape (height, width, channels); two axes mean one channel."""
    pixels = as_floats(image)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or pixels.size == 0:
        raise ShapeError(
            "an image must have two or three axes, none of them empty.",
            received=f"image {np.shape(image)}",
            expected="image (height, width, channels) or (height, width)",
        )
    return pixels


def as_pair(value: int | Pair, name: str) -> Pair:
    """Make (down, right) of one whole number or two, each at least 1."""
    pair = (value, value) if isinstance(value, int | np.integer) else tuple(value)
    whole = all(isinstance(part, int | np.integer) and not isinstance(part, bool) for part in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ShapeError(
            f"{name} must be whole numbers of at least 1.",
            received=f"{name}={value!r}",
            expected=f"{name}=2 or {name}=(1, 2), (down, right)",
        )
    return int(pair[0]), int(pair[1])
