"""Labels and pixel values as they come out of a file, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError

__all__ = ["Checked", "check_labels", "check_pixels", "is_missing"]

MISSING = ("", "na", "nan", "n/a", "null", "none", "<na>")
Where = Callable[[int, int], str]


@dataclass(frozen=True)
class Checked:
    """Pixels that may be used, and what a reader must know."""

    pixels: NDArray[Any]
    notes: tuple[str, ...] = ()


def check_labels(texts: NDArray[Any], row_name: Callable[[int], str]) -> NDArray[Any]:
    """Read labels: whole numbers as int64 (also 0.0, 1.0), anything else as text.

    Parameters
    ----------
    texts : array of str, shape (n_rows,)
    row_name : callable
        Names a row (0-based) in the user's file, for messages.

    Raises
    ------
    TableError
        A label is missing.
    """
    stripped = np.array([text.strip() for text in texts.tolist()], dtype=object)
    for row, text in enumerate(stripped):
        if text.lower() in MISSING:
            raise TableError(
                f"{row_name(row)} has no label.",
                received=repr(text),
                expected="a class in every row",
                repair="fill it in, or drop such rows with --drop-missing (drop_missing=True)",
            )
    try:
        numbers = stripped.astype(np.float64)
    except ValueError:
        return stripped
    whole = (
        np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all() and np.abs(numbers).max(initial=0) < 2**53
    )
    return numbers.astype(np.int64) if whole else stripped


def is_missing(text: str) -> bool:
    """Say whether a label is missing."""
    return text.strip().lower() in MISSING


def check_pixels(values: NDArray[np.floating[Any]], where: Where, clip: bool) -> Checked:
    """Decide what numbers mean: intensities 0..255, fractions 0..1 or -1..1; anything else is refused.

    Parameters
    ----------
    values : float array of shape (n_rows, n_pixels)
    where : callable
        Names a cell (row, column; 0-based) in the user's file.
    clip : bool
        Move values outside 0..255 to the nearest end instead of refusing them.

    Raises
    ------
    TableError
        A value is not finite, or whole numbers leave 0..255; the message names the first cell.
    """
    if values.size == 0:
        return Checked(values.astype(np.uint8))
    finite = np.isfinite(values)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise TableError(
            f"{where(row, column)} is not a finite number.",
            received=str(values[row, column]),
            expected="0 to 255",
        )
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.floor(values)).all())
    if low >= -1 and high <= 1 and not (whole and low >= 0):
        kind = "0 to 1" if low >= 0 else "-1 to 1"
        return Checked(
            values.astype(np.float32),
            (f"pixel values are fractions from {low:g} to {high:g} ({kind}); kept as they are",),
        )
    if low < 0 or high > 255:
        outside = (values < 0) | (values > 255)
        if not clip:
            row, column = np.argwhere(outside)[0]
            raise TableError(
                f"{where(row, column)} is outside 0 to 255.",
                received=f"{values[row, column]:g}",
                expected="intensities 0 to 255",
                repair="correct it, or move such values to 0 or 255 with --clip (clip=True)",
            )
        values = np.clip(values, 0, 255)
        note = f"{int(outside.sum()):,} values outside 0 to 255 were clipped"
        return Checked(values.astype(np.uint8) if whole else values.astype(np.float32), (note,))
    if whole:
        return Checked(values.astype(np.uint8))
    return Checked(
        values.astype(np.float32), (f"pixel values are fractions from {low:g} to {high:g}; kept as they are",)
    )
