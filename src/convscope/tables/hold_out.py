"""Keep some rows of a table for testing, and see whether they are new."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.tables.pixel_table import PixelTable
from convscope.tables.point_table import PointTable

__all__ = ["count_shared", "hold_out", "mark_rows"]

ROWS_AT_ONCE = 4_096
Table = TypeVar("Table", bound=PixelTable | PointTable)


def hold_out(table: Table, *, share: float = 0.2, seed: int = 0) -> tuple[Table, Table]:
    """Split a labelled table into training and test rows, each class in the same proportion.

    Parameters
    ----------
    table : PixelTable or PointTable of n_rows rows
        With labels. A class with a single row cannot be in both parts; then rows are drawn regardless of
        class.
    share : float in 0..1
        Fraction of the rows kept for testing.
    seed : int
        The same seed gives the same rows.

    Returns
    -------
    train, test : tables
        Rows in the order of ``table``.

    Raises
    ------
    TableError
        The table has no labels, or too few rows to split.
    """
    if table.labels is None:
        raise TableError(
            "rows cannot be kept for testing: the table has no labels.",
            expected="a column named class",
            repair="add the column, or use convscope predict",
        )
    if len(table) < 2:
        raise TableError(
            "rows cannot be kept for testing: the table is too small.",
            received=f"{len(table)} row",
            expected="at least 2 rows",
        )
    # Importing it takes a second, and a bad table is to be refused within two.
    from sklearn.model_selection import train_test_split  # noqa: PLC0415

    classes, counts = np.unique(table.labels, return_counts=True)
    n_test = int(np.ceil(share * len(table)))
    can_stratify = counts.min() >= 2 and min(n_test, len(table) - n_test) >= len(classes)
    train, test = train_test_split(
        np.arange(len(table)),
        test_size=n_test,
        random_state=seed,
        stratify=table.labels if can_stratify else None,
    )
    kept, held = table[np.sort(train)], table[np.sort(test)]
    return cast(tuple[Table, Table], (kept, held))


def count_shared(train: Table, test: Table) -> int:
    """Count the test rows whose pixels or features are also a training row's: they test nothing."""
    rows, asked = _values(train), _values(test)
    may_be_known = np.isin(_row_sums(rows), _row_sums(asked))  # few are, and only they are compared
    known = {row.tobytes() for row in rows[may_be_known]}
    return sum(row.tobytes() in known for row in asked) if known else 0


def mark_rows(table: PixelTable | PointTable) -> NDArray[np.uint64]:
    """Give each row a number that follows from its values alone: rows alike have the same one, others another.

    Whether a file holds the values as bytes, whole numbers or fractions makes no difference. Labels do not count.

    Returns
    -------
    marks : uint64 array of shape (n_rows,)
    """
    kind = np.float32 if isinstance(table, PixelTable) else np.float64
    values = _values(table)
    blocks = [values[start : start + ROWS_AT_ONCE].astype(kind) for start in range(0, len(values), ROWS_AT_ONCE)]
    marks = [_row_sums(np.add(block, 0, dtype=kind), mixed=True) for block in blocks]  # no zero has a sign then
    return np.concatenate([np.zeros(0, np.uint64), *marks])


def _row_sums(values: NDArray[Any], *, mixed: bool = False) -> NDArray[np.uint64]:
    """Add up the bytes of each row, eight as one number, times fixed weights: rows alike have the same sum.

    Small whole numbers as fractions end in zeros, and so would their sums; mixed, every bit counts.
    """
    raw = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
    missing = -raw.shape[1] % 8
    words = (np.pad(raw, ((0, 0), (0, missing))) if missing else raw).view(np.uint64)
    if mixed:
        words = (words ^ (words >> np.uint64(23))) * np.uint64(0x9E3779B97F4A7C15)
        words ^= words >> np.uint64(29)
    weights = np.random.default_rng(0).integers(1 << 62, size=words.shape[1], dtype=np.uint64)
    return np.asarray(words @ (2 * weights + 1))


def _values(table: PixelTable | PointTable) -> NDArray[Any]:
    return table.pixels if isinstance(table, PixelTable) else table.features
