"""The steps behind each pooled number: window, winner, value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convscope.arithmetic._arrays import Pair, as_pair, as_pixels
from convscope.arithmetic._places import check_place, span
from convscope.arithmetic.convolution import window_padding, windows
from convscope.arithmetic.padding import Padding
from convscope.arithmetic.pooling import Kind, check_kind

__all__ = ["PoolingStep", "PoolingSteps", "pooling_steps"]


@dataclass(frozen=True)
class PoolingStep:
    """One number kept of one window.

    Parameters
    ----------
    row, column, channel : int
        Its place in the result, 0-based.
    rows, columns : int array of shape (pool_height,), (pool_width,)
        Where the window stands in the image; below 0 or past the end lies padding.
    window : float array of shape (pool_height, pool_width)
        NaN where there is no image.
    inside : bool array of shape (pool_height, pool_width)
        Where there is image.
    value : float
    winner : (int, int) or None
        Row and column *in the image* of the largest value, the first one where several are equal; None for a mean.
    """

    row: int
    column: int
    channel: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    window: NDArray[np.float64]
    inside: NDArray[np.bool_]
    value: float
    winner: Pair | None


@dataclass(frozen=True)
class PoolingSteps:
    """Every window of a pooling; made by `pooling_steps`.

    Parameters
    ----------
    windows : array view of shape (out_height, out_width, pool_height, pool_width, channels)
        −∞ (largest) or 0 (mean) where there is no image.
    inside : bool array view of shape (out_height, out_width, pool_height, pool_width)
        Where there is image.
    strides : (int, int)
    padding : ((top, bottom), (left, right)), in pixels
    kind : {"max", "average"}
    """

    windows: NDArray[Any]
    inside: NDArray[np.bool_]
    strides: Pair
    padding: tuple[Pair, Pair]
    kind: Kind

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of the result: (out_height, out_width, channels)."""
        return self.windows.shape[0], self.windows.shape[1], self.windows.shape[4]

    @cached_property
    def winners(self) -> NDArray[np.int64]:
        """Row and column in the image of each window's largest value: (out_height, out_width, channels, 2)."""
        out_height, out_width, _, width, channels = self.windows.shape
        flat = np.where(self.inside[..., None], self.windows, -np.inf).reshape(out_height, out_width, -1, channels)
        down, right = np.divmod(flat.argmax(axis=2), width)
        top = np.arange(out_height) * self.strides[0] - self.padding[0][0]
        left = np.arange(out_width) * self.strides[1] - self.padding[1][0]
        return np.stack([top[:, None, None] + down, left[None, :, None] + right], axis=-1)

    @cached_property
    def values(self) -> NDArray[Any]:
        """The result, of shape (out_height, out_width, channels)."""
        if self.kind == "max":
            return np.asarray(self.windows.max(axis=(2, 3)))
        counts = self.inside.sum(axis=(2, 3))[..., None]
        sums = self.windows.sum(axis=(2, 3), dtype=np.float64)
        means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
        return np.asarray(means, self.windows.dtype)

    def at(self, row: int, column: int, channel: int = 0) -> PoolingStep:
        """Take out one step.

        Parameters
        ----------
        row, column, channel : int
            A place in the result, 0-based.

        Raises
        ------
        ShapeError
            There is no such place.
        """
        check_place((row, column, channel), self.shape)
        inside = np.array(self.inside[row, column])
        window = np.where(inside, self.windows[row, column, ..., channel], np.nan)
        down, right = (int(place) for place in self.winners[row, column, channel])
        return PoolingStep(
            row,
            column,
            channel,
            rows=span(row, self.strides[0], self.padding[0][0], window.shape[0], 1),
            columns=span(column, self.strides[1], self.padding[1][0], window.shape[1], 1),
            window=window,
            inside=inside,
            value=float(self.values[row, column, channel]),
            winner=(down, right) if self.kind == "max" else None,
        )


def pooling_steps(
    image: ArrayLike,
    pool_size: int | Pair,
    *,
    strides: int | Pair | None = None,
    padding: Padding = "valid",
    kind: Kind = "max",
) -> PoolingSteps:
    """Keep every window of a pooling; arguments and errors as in `pool`.

    Examples
    --------
    >>> step = pooling_steps([[1, 2], [4, 3]], (2, 2)).at(0, 0)
    >>> step.value, step.winner
    (4.0, (1, 0))
    """
    check_kind(kind)
    pixels, size = as_pixels(image), as_pair(pool_size, "pool_size")
    steps = size if strides is None else as_pair(strides, "strides")
    amounts = window_padding((pixels.shape[0], pixels.shape[1]), size, steps, padding, (1, 1))
    fill = -np.inf if kind == "max" else 0.0
    seen = windows(pixels, size, strides=steps, padding=amounts, fill=fill)
    inside = windows(np.ones((*pixels.shape[:2], 1), bool), size, strides=steps, padding=amounts)[..., 0]
    return PoolingSteps(seen, inside, steps, amounts, kind)
