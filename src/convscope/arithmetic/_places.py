"""Where a step stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.errors import ShapeError

__all__ = ["check_place", "span"]


def span(place: int, stride: int, before: int, size: int, dilation: int) -> NDArray[np.int64]:
    """List the rows or columns of the image under a window; below 0 or past the end lies padding."""
    return place * stride - before + dilation * np.arange(size)


def check_place(place: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Refuse a place outside the result."""
    if not all(0 <= index < size for index, size in zip(place, shape, strict=True)):
        raise ShapeError(
            f"there is no step at {place}.",
            received=f"{place}",
            expected="at most " + str(tuple(size - 1 for size in shape)) + ", counted from 0",
        )
