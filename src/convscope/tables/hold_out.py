"""Keep some rows of a table for testing, and see whether they are new."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from convscope.errors import TableError
from convscope.tables.pixel_table import PixelTable
from convscope.tables.point_table import PointTable

__all__ = ["count_shared", "hold_out"]

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

    Examples
    --------
    >>> from convscope import load_dataset
    >>> train, test = hold_out(load_dataset("digits", split="all").table, share=0.25, seed=0)
    >>> len(train), len(test)
    (1347, 450)
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
    """Count the test rows whose pixels or features are also a training row's: they test nothing.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> train, test = load_dataset("digits").table, load_dataset("digits", split="test").table
    >>> count_shared(train, test)
    0
    """
    rows, asked = _values(train), _values(test)
    may_be_known = np.isin(_row_sums(rows), _row_sums(asked))  # few are, and only they are compared
    known = {row.tobytes() for row in rows[may_be_known]}
    return sum(row.tobytes() in known for row in asked) if known else 0


def _row_sums(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Add up the bytes of each row, eight as one number, times fixed weights: rows alike have the same sum."""
    raw = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
    missing = -raw.shape[1] % 8
    words = (np.pad(raw, ((0, 0), (0, missing))) if missing else raw).view(np.uint64)
    weights = np.random.default_rng(0).integers(1 << 62, size=words.shape[1], dtype=np.uint64)
    return np.asarray(words @ (2 * weights + 1))


def _values(table: PixelTable | PointTable) -> NDArray[Any]:
    return table.pixels if isinstance(table, PixelTable) else table.features
