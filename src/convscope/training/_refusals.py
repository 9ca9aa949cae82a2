"""Errors of scikit-learn and NumPy, with what was received, what is expected, and how to repair it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import ConvscopeError, LabelError, TableError, TableTypeError

__all__ = ["LABELS", "check_is_array", "in_our_words"]

ROWS = "rows of finite numbers: a table, (n_rows, n_features), or images (n_rows, height, width, channels)"
LABELS = "whole numbers, text or booleans, one per row"
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
    "bytes/strings": "X.astype(float) if these are numbers that were read as text",
    "matrix is not": "np.asarray(X)",
    "with a sequence": "give rows of equal length, or images of equal size",
    "while dim": "give images as (n_rows, height, width) or (n_rows, height, width, channels)",
    "convert string": "leave out the columns of text, or turn them into numbers",
    "inconsistent numbers": "use rows and labels from the same table",
    "requires y": "fit(X, y)",
    "0 sample": "give at least one row",
    "features, but": "give the columns that it was trained on",
}
"""What helps, by words of scikit-learn's messages."""


def check_is_array(given: Any, name: str) -> None:
    """Refuse what NumPy would take for a single object, and masked values, which it would show.

    Raises
    ------
    TableTypeError, or LabelError for labels
        It is a path, a generator, a set, a dict, a structured array, not yet computed, or has values that are masked.
    """
    if np.ma.is_masked(given):
        what, repair = f"{name} has values that are masked.", f"{name}.filled(0), or leave those rows out"
    elif isinstance(given, str | bytes | Path):
        is_rows = name == "X"
        what = f"{name} is text, and {'rows are' if is_rows else 'one label per row is'} wanted."
        repair = "read_table(X) reads a file" if is_rows else "give the column itself, for instance frame['label']"
    elif hasattr(given, "toarray"):  # some sparse matrices are mappings too
        what, repair = f"{name} is sparse.", f"{name}.toarray()"
    elif isinstance(given, Mapping):
        what, repair = f"{name} is a dict.", f"list({name}.values())" if name == "y" else "pandas.DataFrame(X)"
    elif isinstance(given, Iterator | Set):
        what, repair = f"{name} can be read once only, or has no order.", f"list({name}) in the order of the rows"
    elif hasattr(given, "collect"):
        what, repair = f"{name} is not computed yet.", f"{name}.collect()"
    elif getattr(getattr(given, "dtype", None), "names", None):
        what, repair = f"{name} is an array of records.", f"pandas.DataFrame({name})"
    elif isinstance(given, Number | np.generic):
        what, repair = f"{name} is a single value.", f"give {'one label per row' if name == 'y' else 'rows'}"
    else:
        return
    kind, expected = (TableTypeError, ROWS) if name == "X" else (LabelError, LABELS)
    raise kind(what, received=_described(given), expected=expected, repair=repair)


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
            text if names else text.split("\n")[0].split(". ")[0].split(".Convert")[0].rstrip(":."),
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
