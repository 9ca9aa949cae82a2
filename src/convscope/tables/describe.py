"""What was understood of a table, in one screen."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.tables.table import Table

__all__ = ["describe"]


def describe(table: Table) -> dict[str, Any]:
    """Say what was understood of a table, whatever it was read from.

    Returns
    -------
    description : dict of JSON values
        Its kind, rows, shape, least and largest value, classes and parts with their counts, what else its kind tells,
        and its notes.

    Examples
    --------
    >>> from convscope import load_dataset
    >>> from convscope.tables.describe import describe
    >>> told = describe(load_dataset("digits", split="test").table)
    >>> told["kind"], told["shape"], told["labels"]["0"]
    ('images', '8 x 8 x 1', 36)
    """
    values = table.values
    return {
        "kind": table.kind,
        "rows": len(table),
        "shape": " x ".join(map(str, table.row_shape)),
        "values": [float(values.min()), float(values.max())] if values.size else [],
        "labels": _counts(table.labels),
        "split": _counts(table.split),
        **table.particulars,
        "notes": list(table.notes),
    }


def _counts(column: Any) -> dict[str, int]:
    if column is None:
        return {}
    values, counts = np.unique(column, return_counts=True)
    return {str(value): int(count) for value, count in zip(values.tolist(), counts.tolist(), strict=True)}
