"""The range that intensities can have, told by the numbers that there are; or asked for. Nothing is rescaled.

The one place where a table's range is settled, whatever it was read from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.reading import STANDARDISED, Options, Range
from convscope.tables._values import check_finite
from convscope.tables.pixel_table import DEEPEST_VALUE, LARGEST_OF_12_BITS, are_whole
from convscope.wording import Setting, Words

__all__ = ["Settled", "settle"]

BYTES, DEEP = 255, DEEPEST_VALUE
FEW_LEVELS = 16
ROWS_AT_ONCE = 4096
Cell = Callable[[int, int], str]


@dataclass(frozen=True)
class Settled:
    """Pixels in their smallest type, and the range that they can have."""

    pixels: NDArray[Any]
    intensity: Range
    notes: tuple[str, ...] = ()


def settle(values: NDArray[Any], cell: Cell, options: Options) -> Settled:
    """Decide what numbers mean, or ask.

    Parameters
    ----------
    values : array of numbers, shape (n_rows, n_pixels)
        Integers of two bytes are 16-bit intensities; of all others, only the values count.
    cell : callable
        Names a cell (row, column; 0-based) in the user's file.
    options : Options
        ``intensity`` and ``clip`` of them.

    Raises
    ------
    TableError
        A value is not finite, or the values leave every range that needs no word of the user's.
    """
    if values.size == 0:
        return Settled(values.astype(np.uint8), (0.0, 255.0))
    if values.dtype.kind == "f":
        check_finite(values, cell)
    if options.intensity is not None:
        return _as_said(values, cell, options.intensity, options.clip)
    low, high, whole = float(values.min()), float(values.max()), are_whole(values)
    if low >= -1 and high <= 1 and not (whole and low >= 0):
        kind = "0 to 1" if low >= 0 else "-1 to 1"
        note = f"pixel values are fractions from {low:g} to {high:g} ({kind}); kept unchanged"
        return Settled(_fractions(values), (-1.0 if low < 0 else 0.0, 1.0), (note,))
    is_deep = values.dtype.kind in "iu" and values.dtype.itemsize == 2
    if is_deep and low >= 0 and high > BYTES and not options.clip:
        most = LARGEST_OF_12_BITS if high <= LARGEST_OF_12_BITS else DEEP
        return Settled(
            values.astype(np.uint16, copy=False),
            (0.0, float(most)),
            (f"16-bit intensities; the range is 0 to {most:,}",),
        )
    notes: tuple[str, ...] = ()
    if low < 0 or high > BYTES:
        if not options.clip:
            raise _outside(values, cell, whole=whole)
        values, notes = _clipped(values, 0, BYTES)
    if not whole:
        if high <= FEW_LEVELS and options.intensity is None:
            raise _unclear(values, cell)
        note = f"pixel values are fractions from {max(low, 0):g} to {min(high, BYTES):g}; kept unchanged"
        return Settled(_fractions(values), (0.0, 255.0), (*notes, note))
    if is_deep:
        notes = (*notes, "16-bit values that all fit into 8 bits; kept unchanged")
    pixels = values if values.dtype == np.uint8 else values.astype(np.uint8)
    if high == 1:
        return Settled(pixels, (0.0, 1.0), (*notes, "intensities are 0 and 1 only; the range is 0 to 1"))
    if 0 < high <= FEW_LEVELS:
        note = f"intensities are whole numbers up to {high:g}; the range is taken as 0 to 16, not 0 to 255"
        return Settled(pixels, (0.0, 16.0), (*notes, note))
    return Settled(pixels, (0.0, 255.0), notes)


def _as_said(values: NDArray[Any], cell: Cell, said: Range, clip: bool) -> Settled:
    if said == STANDARDISED:
        return Settled(_fractions(values), said)
    low, high = (float(end) for end in said)
    notes: tuple[str, ...] = ()
    if values.min() < low or values.max() > high:
        if not clip:
            row, column = np.argwhere((values < low) | (values > high))[0]
            raise TableError(
                f"{cell(row, column)} is outside {low:g} to {high:g}.",
                received=f"{values[row, column]:g}",
                expected=f"intensities {low:g} to {high:g}, as was said",
                repair=Words(
                    "move such values to the nearest end: ", Setting("clip", True), "; or say another range: ",
                    Setting("intensity"),
                ),
            )  # fmt: skip
        values, notes = _clipped(values, low, high)
    kind = np.uint8 if high <= BYTES else np.uint16
    if low >= 0 and high <= DEEP and are_whole(values):
        return Settled(values.astype(kind, copy=False), (low, high), notes)
    return Settled(_fractions(values), (low, high), notes)


def _unclear(values: NDArray[Any], cell: Cell) -> TableError:
    """Ask for the range of fractions that are too large for 0 to 1, and small for all others."""
    row, column = np.argwhere(values > 1)[0]
    return TableError(
        "the range of the pixel values is unclear: they are fractions, and somewhat larger than 1.",
        received=f"{values[row, column]:g} at {cell(row, column)} in values from {values.min():g} to {values.max():g}",
        expected="fractions 0 to 1; or the range that they can have",
        repair=Words(
            "if they go from 0 to 1, move those beyond to 1: ", Setting("intensity", "0..1"), " and ",
            Setting("clip", True), "; else say the range: ", Setting("intensity", f"0..{FEW_LEVELS}"), " or ",
            Setting("intensity", f"0..{BYTES}"),
        ),
    )  # fmt: skip


def _fractions(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32, copy=False)


def _clipped(values: NDArray[Any], low: float, high: float) -> tuple[NDArray[Any], tuple[str, ...]]:
    count = int(((values < low) | (values > high)).sum())
    return np.clip(values, low, high), (f"{count:,} values outside {low:g} to {high:g} were clipped",)


def _outside(values: NDArray[Any], cell: Cell, *, whole: bool) -> TableError:
    row, column = np.argwhere((values < 0) | (values > BYTES))[0]
    low, high = float(values.min()), float(values.max())
    received = f"{values[row, column]:g}; {low:g} to {high:g} in all"
    if whole:
        deep = low >= 0 and high <= DEEP
        said = Setting("intensity", f"0..{DEEP}" if deep else f"{low:g}..{high:g}")
        return TableError(
            f"{cell(row, column)} is outside 0 to 255.",
            received=received,
            expected="intensities 0 to 255" + "; or 0 to 65535, if that is said" * deep,
            repair=Words(
                f"correct it; move such values to {'255' if deep else '0 or 255'} with ", Setting("clip", True),
                f"; or say {'that they are 16-bit' if deep else 'the range'}: ", said,
            ),
        )  # fmt: skip
    return TableError(
        f"{cell(row, column)} is outside 0 to 255: the values may be standardised.",
        received=received,
        expected="intensities 0 to 255, or fractions 0 to 1",
        repair=Words(
            "train on them as they are: ", Setting("intensity", STANDARDISED), "; or move such values to 0 or 255: ",
            Setting("clip", True),
        ),
    )  # fmt: skip
