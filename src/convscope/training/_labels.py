"""Labels as the caller has them: numbers, text or booleans, one per row; one-hot rows are read as the hot column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from convscope.errors import LabelError, TableError
from convscope.tables import Table
from convscope.training._refusals import LABELS, check_is_array

__all__ = ["are_alike", "encode", "labels_of", "read_labels"]

Array = NDArray[Any]
REPAIR = "turn them into text: [str(label) for label in y]"
OTHER_KINDS = {"S": "bytes", "M": "dates", "m": "times"}


def labels_of(X: Any, y: Any, n_rows: int) -> Array:
    """Read the labels to measure by: as given, or a table's own.

    Raises
    ------
    TableError
        There are none, no rows, or not one per row.
    LabelError
        They are no labels.
    """
    given = X.labels if y is None and isinstance(X, Table) else y
    if given is None or n_rows == 0:
        raise TableError(
            "there is nothing to measure: the table has no " + ("labels." if given is None else "rows."),
            received=type(X).__name__ + (" without y" if given is None else " without rows"),
            expected="rows with their labels: y, or a column named class",
            repair="give y, one label per row" if given is None else "give at least one row",
        )
    labels = np.ravel(read_labels(given))
    if len(labels) != n_rows:
        raise TableError(
            "the labels do not match the rows in number.",
            received=f"{len(labels):,} labels, {n_rows:,} rows",
            expected=f"{n_rows:,} labels",
            repair="use labels and rows from the same table",
        )
    return labels


def read_labels(y: Any) -> Array:
    """Read labels into an array of one kind.

    Parameters
    ----------
    y : array of shape (n_rows,), (n_rows, 1), or one-hot (n_rows, n_classes)
        Of a one-hot array the labels are 0, 1, 2, ..., of a one-hot frame the names of its columns.

    Returns
    -------
    labels : array of shape (n_rows,) or (n_rows, 1)
        Booleans, numbers or text.

    Raises
    ------
    LabelError
        It is no array, list or column; some are missing, they are of several kinds or of one that is no label, or a row
        is not one-hot.
    """
    check_is_array(y, "y")
    listed = isinstance(y, list | tuple) and not any(np.ndim(one) for one in y[:1])
    array = np.asarray(y, dtype=object) if listed else np.asarray(y)
    if array.ndim == 2 and array.shape[1] > 1:
        return _hot(array, getattr(y, "columns", None))
    if array.dtype.kind not in "OUbiuf":
        raise LabelError(
            "Complex data not supported: labels cannot be complex numbers."
            if array.dtype.kind == "c"
            else f"labels cannot be {OTHER_KINDS.get(array.dtype.kind, array.dtype)}.",
            received=f"an array of {array.dtype}",
            expected=LABELS,
            repair="np.char.decode(y)" if array.dtype.kind == "S" else REPAIR,
        )
    missing = pd.isna(array)
    if np.any(missing):
        raise LabelError(
            "there are labels that are missing (NaN or None).",
            received=f"{np.count_nonzero(missing):,} of {array.size:,}, the first in row {np.argwhere(missing)[0][0]}",
            expected=LABELS,
            repair="leave those rows out, or give them a class of their own",
        )
    return _of_one_kind(array) if array.dtype == object else _whole(array)


def encode(labels: Array, classes: Array) -> tuple[NDArray[np.int64], Array]:
    """Give each label's place among the classes, and the labels that are not among them.

    Parameters
    ----------
    labels : array of shape (n_rows,)
    classes : array of shape (n_classes,)
        In any order: an adopted model has its outputs as it was trained.

    Returns
    -------
    codes : int array of shape (n_rows,)
        Means nothing where a label is unknown.
    unknown : array
        Sorted, each once.
    """
    if not are_alike(labels, classes):  # text and numbers have no order among each other
        return np.zeros(len(labels), np.int64), np.unique(labels)
    order = np.argsort(classes)
    codes = order[np.minimum(np.searchsorted(classes, labels, sorter=order), len(classes) - 1)]
    return codes, np.unique(labels[classes[codes] != labels])


def are_alike(labels: Array, classes: Array) -> bool:
    """Say whether both are text, or both are numbers."""
    return (labels.dtype.kind in "OU") == (classes.dtype.kind in "OU")


def _of_one_kind(array: Array) -> Array:
    """Turn objects into numbers or booleans where that is what they are; text stays as it is."""
    kind = pd.api.types.infer_dtype(array.ravel(), skipna=False)
    if kind in ("string", "empty"):
        return np.array([str(one) for one in array.flat], object).reshape(array.shape)  # np.str_ writes its kind along
    if kind in ("integer", "floating", "mixed-integer-float", "boolean"):
        return _whole(np.array(array.tolist()))
    types = list(dict.fromkeys(type(one).__name__ for one in array.flat))
    several = len(types) > 1
    raise LabelError(
        "the labels are of several kinds." if several else f"labels cannot be of the kind {types[0]}.",
        received=" and ".join(types[:3]) if several else f"{array.flat[0]!r}"[:80],
        expected=LABELS,
        repair=REPAIR,
    )


def _whole(array: Array) -> Array:
    """Refuse numbers with fractions."""
    if array.dtype.kind != "f":
        return array
    wrong = array[~np.isfinite(array) | (array != np.rint(array))]
    if len(wrong):
        raise LabelError(
            "there are labels that are not finite."
            if not np.isfinite(wrong.flat[0])
            else "Unknown label type: numbers with fractions are measurements, but a classifier needs classes.",
            received=f"for example {wrong.flat[0]:g}",
            expected=LABELS,
            repair="turn them into classes, for instance y > limit, or np.digitize(y, limits)",
        )
    return array


def _hot(array: Array, columns: Any) -> Array:
    """Read one-hot rows: exactly one 1 in each, else 0."""
    try:
        numbers = array.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(array.shape, np.nan)
    wrong = np.flatnonzero(~(((numbers == 0) | (numbers == 1)).all(axis=1) & (numbers.sum(axis=1) == 1)))
    if len(wrong):
        raise LabelError(
            "y has several columns and is not one-hot.",
            received=f"row {wrong[0]}: {array[wrong[0]].tolist()}"[:120],
            expected="one label per row, or exactly one 1 in each row, and 0 elsewhere",
            repair="y.argmax(axis=1) takes the largest of each row",
        )
    names = np.arange(array.shape[1]) if columns is None else np.asarray(columns)
    return names[numbers.argmax(axis=1)]  # type: ignore[no-any-return]
