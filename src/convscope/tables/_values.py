"""Labels and pixel values as they come out of a file, checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.wording import Setting, Words

__all__ = ["MISSING", "check_finite", "check_labels", "check_not_empty", "is_missing"]

MISSING = ("", "na", "nan", "n/a", "null", "none", "<na>")
LEADING_ZERO = re.compile(r"[+-]?0\d")
EXACT = 2**53
ROWS_AT_ONCE = 4096
"""This many rows are checked together, so that the check needs little memory."""
Where = Callable[[int, int], str]


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
                repair=Words("correct it, or leave such rows out: ", Setting("missing", "drop"))
                if np.isnan(values[row, column])
                else "correct it, or delete the row",
            )


def _no_label(where: str, text: str) -> TableError:
    return TableError(
        f"{where} has no label.",
        received=repr(text),
        expected="a class in every row",
        repair=Words("fill it in, or leave such rows out: ", Setting("missing", "drop")),
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
