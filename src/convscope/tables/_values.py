"""Labels and pixel values as they come out of a file, checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.wording import Setting, Words

__all__ = ["Checked", "check_finite", "check_labels", "check_not_empty", "check_pixels", "without_missing"]

MISSING = ("", "na", "nan", "n/a", "null", "none", "<na>")
LEADING_ZERO = re.compile(r"[+-]?0\d")
EXACT = 2**53
ROWS_AT_ONCE = 4096
"""This many rows are checked together, so that the check needs little memory."""
Where = Callable[[int, int], str]


@dataclass(frozen=True)
class Checked:
    """Pixels that may be used, and what a reader must know."""

    pixels: NDArray[Any]
    notes: tuple[str, ...] = ()


def check_labels(texts: NDArray[Any], row_name: Callable[[int], str]) -> NDArray[Any]:
    """Read labels: whole numbers as int64 (also 0.0, 1.0), anything else as text.

    Numbers that are written in more than one way, or with leading zeros, are names: they stay text.

    Parameters
    ----------
    texts : array of str, shape (n_rows,)
    row_name : callable
        Names a row (0-based) in the user's file, for messages.

    Raises
    ------
    TableError
        A label is missing, or holds a NUL or half a letter.
    """
    written = {text: text.strip() for text in set(texts.tolist())}
    for text, name in written.items():
        if is_missing(name) or not _is_text(name):
            where = row_name(texts.tolist().index(text))
            raise (
                _no_label(where, text)
                if is_missing(name)
                else TableError(f"{where} holds a NUL byte or half a letter in its label.", received=repr(text[:40]))
            )
    numbers = _as_numbers(set(written.values()))
    if numbers is None:
        return np.array([written[text] for text in texts.tolist()], dtype=object)
    return np.array([numbers[written[text]] for text in texts.tolist()], dtype=np.int64)


def without_missing(texts: NDArray[Any]) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Mark the rows that have a label, and note how many have none."""
    kept = np.array([not is_missing(text) for text in texts.tolist()], dtype=bool)
    n_dropped = int((~kept).sum())
    return kept, (f"{n_dropped:,} rows without a label were dropped",) if n_dropped else ()


def is_missing(text: str) -> bool:
    """Say whether a label is missing."""
    return text.strip().lower() in MISSING


def _is_text(name: str) -> bool:
    """Say whether a name can be written to a file, and is read there as what it is."""
    return "\0" not in name and not any("\ud800" <= letter <= "\udfff" for letter in name)


def check_not_empty(shape: tuple[int, ...], name: str) -> None:
    """Refuse an array of images with no rows or no pixels.

    Raises
    ------
    TableError
        A length is 0.
    """
    if 0 in shape:
        what = "0 rows" if shape[0] == 0 else "images with no pixels"
        raise TableError(f"{name} has {what}.", received=f"shape {shape}", expected="one image per row")


def check_finite(values: NDArray[np.floating[Any]], where: Where) -> None:
    """Refuse NaN and infinities.

    Raises
    ------
    TableError
        The message names the first cell.
    """
    for start in range(0, len(values), ROWS_AT_ONCE):
        finite = np.isfinite(values[start : start + ROWS_AT_ONCE])
        if not finite.all():
            row, column = np.argwhere(~finite)[0] + (start, 0)
            raise TableError(
                f"{where(row, column)} is not a finite number.",
                received=str(values[row, column]),
                expected="a number, such as an intensity 0 to 255",
                repair="correct it, or delete the row",
            )


def check_pixels(values: NDArray[Any], where: Where, clip: bool) -> Checked:
    """Decide what numbers mean: intensities 0..255, fractions 0..1 or -1..1; anything else is refused.

    Parameters
    ----------
    values : array of numbers, shape (n_rows, n_pixels)
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
    check_finite(values, where)
    low, high, whole = float(values.min()), float(values.max()), _are_whole(values)
    if low >= -1 and high <= 1 and not (whole and low >= 0):
        kind = "0 to 1" if low >= 0 else "-1 to 1"
        return Checked(values.astype(np.float32, copy=False), (_kept(low, high, f" ({kind})"),))
    notes: tuple[str, ...] = ()
    if low < 0 or high > 255:
        if not clip:
            raise _outside(values, where)
        n_clipped = int(((values < 0) | (values > 255)).sum())
        notes = (f"{n_clipped:,} values outside 0 to 255 were clipped",)
        values = np.clip(values, 0, 255)
    if whole:
        return Checked(values.astype(np.uint8), notes)
    return Checked(values.astype(np.float32, copy=False), (*notes, _kept(max(low, 0), min(high, 255))))


def _kept(low: float, high: float, kind: str = "") -> str:
    return f"pixel values are fractions from {low:g} to {high:g}{kind}; kept unchanged"


def _are_whole(values: NDArray[Any]) -> bool:
    blocks = (values[start : start + ROWS_AT_ONCE] for start in range(0, len(values), ROWS_AT_ONCE))
    return values.dtype.kind in "uib" or all(bool((block == np.floor(block)).all()) for block in blocks)


def _outside(values: NDArray[Any], where: Where) -> TableError:
    row, column = np.argwhere((values < 0) | (values > 255))[0]
    return TableError(
        f"{where(row, column)} is outside 0 to 255.",
        received=f"{values[row, column]:g}",
        expected="intensities 0 to 255",
        repair=Words("correct it, or move such values to 0 or 255 with ", Setting("clip", True)),
    )


def _no_label(where: str, text: str) -> TableError:
    return TableError(
        f"{where} has no label.",
        received=repr(text),
        expected="a class in every row",
        repair=Words("fill it in, or drop such rows with ", Setting("drop_missing", True)),
    )


def _as_numbers(names: set[str]) -> dict[str, int] | None:
    """Read whole numbers, if all are; names such as 007 are no numbers, for 7 may be another one."""
    try:
        numbers = {name: float(name) for name in names}
    except ValueError:
        return None
    if any(not number.is_integer() or abs(number) >= EXACT for number in numbers.values()):
        return None
    if any(LEADING_ZERO.match(name) for name in names):
        return None
    return {name: int(number) for name, number in numbers.items()}
