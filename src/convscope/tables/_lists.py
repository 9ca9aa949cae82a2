"""Lists of numbers that are written as text, such as ``70 80 82`` and ``[70, 80, 82]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError

__all__ = ["is_list", "read_numbers"]

FEWEST = 16
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
LIST = re.compile(rf"[\[(]?\s*{NUMBER}(?:(?:\s*[,;]\s*|\s+){NUMBER}){{{FEWEST - 1},}}\s*[\])]?")
MARKS = str.maketrans("[](),;", "      ")


def is_list(text: str) -> bool:
    """Say whether a text is a list of at least 16 numbers.

    Examples
    --------
    >>> is_list("[" + ", ".join("0123456789012345") + "]"), is_list("1 2 3")
    (True, False)
    """
    return LIST.fullmatch(text.strip()) is not None


def read_numbers(texts: Sequence[Any] | NDArray[Any], row_name: Callable[[int], str]) -> NDArray[Any]:
    """Read one list of numbers from each text.

    Returns
    -------
    values : array of shape (n_rows, n_numbers)
        uint8 where all are whole and fit, else float32.

    Raises
    ------
    TableError
        A text is no list of numbers, or has another number of them than the first.
    """
    rows: list[NDArray[Any]] = []
    for row, text in enumerate(texts):
        parts = str(text).translate(MARKS).split()
        try:
            found = np.array(parts, dtype=np.float32)
        except ValueError:
            raise TableError(
                f"{row_name(row)} has no list of numbers.",
                received=repr(str(text)[:40]),
                expected="numbers with spaces between",
            ) from None
        if rows and len(found) != len(rows[0]):
            raise TableError(
                f"{row_name(row)} has {len(found):,} numbers in its list.",
                expected=f"{len(rows[0]):,}, as in the first row",
            )
        is_bytes = len(found) and found.min() >= 0 and found.max() <= 255 and bool((found == np.floor(found)).all())
        rows.append(found.astype(np.uint8) if is_bytes else found)
    return np.stack(rows)
