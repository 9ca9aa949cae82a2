"""Lists of numbers that are written as text, such as ``70 80 82`` and ``[70, 80, 82]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError

__all__ = ["FEWEST", "is_list", "read_numbers"]

FEWEST = 16
"""Numbers in a list that may be a picture."""
DEEPEST = 3
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
LIST = re.compile(rf"[\[(]?\s*{NUMBER}(?:(?:\s*[,;]\s*|\s+){NUMBER}){{{FEWEST - 1},}}\s*[\])]?")
NESTED, INNER = re.compile(r"\s*\[\s*\["), re.compile(r"\[([^\[\]]*)\]")
MARKS = str.maketrans("[](),;", "      ")


def is_list(text: str) -> bool:
    """Say whether a text is a list of at least 16 numbers, or such a list of lists.

    Examples
    --------
    >>> is_list("[" + ", ".join("0123456789012345") + "]"), is_list("1 2 3")
    (True, False)
    """
    flat = text.translate(MARKS) if NESTED.match(text) else text
    return LIST.fullmatch(flat.strip()) is not None


def read_numbers(texts: Sequence[Any] | NDArray[Any], row_name: Callable[[int], str]) -> NDArray[Any]:
    """Read one list of numbers, or list of lists, from each text.

    Returns
    -------
    values : array of shape (n_rows, n_numbers), or (n_rows, n_lists, n_numbers) and deeper
        uint8 where all are whole and fit, else float32.

    Raises
    ------
    TableError
        A text is no list of numbers, or has another number of them than the first.
    """
    rows: list[NDArray[Any]] = []
    sizes: tuple[int, ...] = ()
    for row, text in enumerate(texts):
        lengths = _lengths(str(text), row, row_name)
        sizes = sizes if row else lengths
        if lengths != sizes:
            raise _uneven(row, row_name, lengths, sizes)
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
    return np.stack(rows).reshape(len(rows), *(sizes or (-1,)))


def _lengths(text: str, row: int, row_name: Callable[[int], str]) -> tuple[int, ...]:
    """Say how long lists in lists are, from the outermost on; nothing of a plain list."""
    lengths: list[int] = []
    left = text if NESTED.match(text) else ""
    while "[" in left and len(lengths) < DEEPEST:
        counts = [len(inner.translate(MARKS).split()) for inner in INNER.findall(left)]
        if len(set(counts)) != 1:
            raise _uneven(row, row_name, *((count,) for count in sorted(set(counts))[:2]))
        lengths.append(counts[0])
        left = INNER.sub(" 0 ", left)
    return tuple(reversed(lengths))


def _uneven(row: int, row_name: Callable[[int], str], *sizes: tuple[int, ...]) -> TableError:
    told = [" x ".join(map(str, size)) or "no lists in its list" for size in sizes]
    return TableError(
        f"{row_name(row)} has lists of different lengths.",
        received=", ".join(told) or "none",
        expected="rows of pixels of one length, in each picture alike",
    )
