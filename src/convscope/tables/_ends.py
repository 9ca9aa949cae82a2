"""Which end of a row without names holds the label."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import TableError
from convscope.reading import Options
from convscope.tables._order import colour_side, is_emnist, is_square
from convscope.wording import Setting, Words

if TYPE_CHECKING:
    from convscope.tables._source import Sheet

__all__ = ["label_end"]

BLANK = 0.9
"""A border is blank if so large a share of the rows agree in it."""


def label_end(sheet: Sheet, columns: list[int], options: Options) -> tuple[int | None, list[int], str]:
    """Say which column of a table without names is the label, if any.

    Parameters
    ----------
    sheet : Sheet
    columns : list of int
        All columns, in their order.
    options : Options
        ``label`` and ``shape`` of them.

    Returns
    -------
    label : int or None
    pixels : list of int
        The other columns.
    told : str
        "first" or "last".

    Raises
    ------
    TableError
        Both ends may be the label.
    """
    end = options.label if options.label in ("first", "last") else _end(sheet, columns, options)
    if end is None:
        return None, columns, ""
    return (columns[0], columns[1:], end) if end == "first" else (columns[-1], columns[:-1], end)


def _end(sheet: Sheet, columns: list[int], options: Options) -> str | None:
    where, n = sheet.path.name, len(columns)
    if options.label not in (None, "none"):
        raise TableError(
            f"the columns of {where} have no names.",
            received=Words(Setting("label", options.label)),
            repair=Words("say where the label is: ", Setting("label", "first"), ", ", Setting("label", "last")),
        )
    size = prod(options.image_shape) if options.image_shape else None
    if options.label == "none" or not (n == size + 1 if size else _is_one_too_many(n)):
        return None
    if is_emnist(where):
        return "first"
    if len({sheet.kinds[columns[0]], sheet.kinds[columns[-1]]}) > 1:
        return "first" if sheet.kinds[columns[0]] != sheet.kinds[columns[1]] else "last"
    texts, _ = sheet.read([columns[0], columns[-1]], [], options)
    first, last = (_is_blank(texts[column].tolist()) for column in (columns[0], columns[-1]))
    if first == last:
        raise TableError(
            f"the label of {where} may be its first or its last column: the file has no header.",
            received=f"{n:,} columns, of which {n - 1:,} are a picture",
            expected="a header; or a picture with a blank border beside the label",
            repair=Words("say where it is: ", Setting("label", "first"), " or ", Setting("label", "last")),
        )
    return "last" if first else "first"


def _is_one_too_many(n: int) -> bool:
    if is_square(n) or colour_side(n) is not None:
        return False
    return is_square(n - 1) or colour_side(n - 1) is not None


def _is_blank(texts: list[str]) -> bool:
    _, counts = np.unique(np.array(texts, str), return_counts=True)
    return bool(counts.max() >= BLANK * len(texts))
