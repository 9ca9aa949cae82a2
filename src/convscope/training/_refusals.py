"""Errors of scikit-learn and NumPy, with what was received, what is expected, and how to repair it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from convscope.errors import ConvscopeError, TableError, TableTypeError

__all__ = ["in_our_words"]

ROWS = "rows of finite numbers: a table, (n_rows, n_features), or images (n_rows, height, width, channels)"
REPAIRS = {
    "Feature names are only": "name all columns by text: X.columns = X.columns.astype(str)",
    "sample_weight": "give one number of at least 0 per row, and not 0 for all of them",
    "Sample weights": "give one number of at least 0 per row, and not 0 for all of them",
    "feature names": "give the columns of the training in their order: X[list(classifier.feature_names_in_)]",
    "NaN": "leave those rows out, or fill them in",
    "infinity": "leave those rows out, or fill them in",
    "Reshape": "Reshape your data: X.reshape(1, -1) if it is one row",
    "Sparse": "X.toarray()",
    "sparse": "X.toarray()",
    "Complex": "give real numbers, for instance np.abs(X)",
    "convert string": "leave out the columns of text, or turn them into numbers",
    "inconsistent numbers": "use rows and labels from the same table",
    "requires y": "fit(X, y)",
    "0 sample": "give at least one row",
    "features, but": "give the columns that it was trained on",
}
"""What helps, by words of scikit-learn's messages."""


@contextmanager
def in_our_words(given: Any, expected: str = ROWS) -> Iterator[None]:
    """Rewrite errors of scikit-learn and NumPy with what was received, what is expected, and how to repair it.

    Raises
    ------
    TableError
        The block raised a ValueError or TypeError that is not convscope's own.
    """
    try:
        yield
    except ConvscopeError:
        raise
    except (ValueError, TypeError) as error:
        text = str(error).strip()
        names = text.startswith("The feature names should match")
        kind = TableTypeError if isinstance(error, TypeError) else TableError
        raise kind(
            text if names else text.split("\n")[0].split(". ")[0].rstrip(":."),
            received=_described(given),
            expected=expected,
            repair=next((repair for words, repair in REPAIRS.items() if words in text), "look at what is given"),
        ) from None


def _described(X: Any) -> str:
    """Say in a line what was given, and where it is not finite."""
    kind, shape, dtype = type(X).__name__, getattr(X, "shape", None), getattr(X, "dtype", None)
    told = f"{kind} of shape {tuple(shape)}" if shape is not None else kind
    if shape is None and isinstance(X, list | tuple):
        told += f" of {len(X):,}"
    told += f", {dtype}" if dtype is not None else ""
    if isinstance(X, np.ndarray) and X.dtype.kind == "f" and X.ndim and not np.isfinite(X).all():
        place = [int(index) for index in np.argwhere(~np.isfinite(X))[0]]
        told += f"; {X[tuple(place)]} at {place}"
    return told
