"""What the caller hands in, as rows, class indices and weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from convscope.errors import LabelError, ModelError, ShapeError
from convscope.tables import PixelTable, PointTable, image_shape_of

__all__ = ["Labelled", "as_table", "check_goes_on", "check_rows", "read_labelled", "split_rows"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Labelled:
    """Rows ready to train on.

    Parameters
    ----------
    rows : array of shape (n_rows, n_features)
    codes : int array of shape (n_rows,)
        Indices into ``classes``.
    classes : array of shape (n_classes,)
        Labels, sorted.
    weights : float32 array of shape (n_rows,), or None
    image_shape : (height, width, channels), or None where the columns do not tell
    """

    rows: Array
    codes: NDArray[np.int64]
    classes: Array
    weights: NDArray[np.float32] | None
    image_shape: tuple[int, ...] | None


def read_labelled(
    estimator: Any,
    X: Any,
    y: ArrayLike | None,
    sample_weight: ArrayLike | None,
    class_weight: Any,
    *,
    reset: bool,
    classes: Array | None = None,
) -> Labelled:
    """Check rows and labels as scikit-learn does; rows of weight 0 are left out.

    Raises
    ------
    ModelError
        A label is not among ``classes``.
    ValueError
        Rows and labels do not fit, or hold NaN.
    """
    if isinstance(X, PixelTable | PointTable) and y is None:
        y = X.labels
    rows, labels = validate_data(estimator, _unwrap(X), y, reset=reset)
    check_classification_targets(labels)
    weights = (
        None
        if sample_weight is None
        else _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
    )
    if weights is not None:
        counted = weights != 0
        rows, labels, weights = rows[counted], labels[counted], weights[counted]
    if classes is None:
        classes = np.unique(labels)
    codes = _codes(labels, classes)
    if class_weight is not None:
        balanced = compute_sample_weight(class_weight, labels)
        weights = balanced if weights is None else weights * balanced
    return Labelled(
        rows,
        codes,
        classes,
        None if weights is None else weights.astype(np.float32),
        _image_shape(estimator, X, rows.shape[1]),
    )


def as_table(
    labelled: Labelled, chosen: Array, image_shape: tuple[int, ...] | None, class_names: tuple[str, ...] = ()
) -> PixelTable | PointTable:
    """Put some rows back into a table, with their labels."""
    rows, labels = labelled.rows[chosen], labelled.classes[labelled.codes[chosen]]
    if image_shape is None:
        names = tuple(f"feature{number}" for number in range(1, rows.shape[1] + 1))
        return PointTable(rows.astype(np.float64), names, labels)
    height, width, channels = image_shape
    pixels = rows if rows.dtype == np.uint8 else rows.astype(np.float32)
    classes = labelled.classes.tolist()
    named = dict(zip(classes, class_names, strict=True)) if len(class_names) == len(classes) else {}
    return PixelTable(pixels, (height, width, channels), labels, names=named)


def check_rows(estimator: Any, X: Any) -> Array:
    """Check rows to predict against the rows that were trained on.

    Raises
    ------
    ShapeError
        The images have another size.
    ValueError
        The number or the names of the columns differ, or there is NaN.
    """
    if isinstance(X, PixelTable) and estimator.image_shape_ not in (None, X.image_shape):
        raise ShapeError(
            "the images do not have the size that the classifier was trained on.",
            received=" x ".join(map(str, X.image_shape)),
            expected=" x ".join(map(str, estimator.image_shape_)),
            repair="resize_images(table, (height, width))",
        )
    if isinstance(X, PixelTable | PointTable):
        rows: Array = _unwrap(X)
        if rows.shape[1] != estimator.n_features_in_:
            raise ShapeError(
                "the table does not have the columns that the classifier was trained on.",
                received=f"{rows.shape[1]} columns",
                expected=f"{estimator.n_features_in_} columns",
            )
        return rows
    return validate_data(estimator, X, reset=False)  # type: ignore[no-any-return]


def check_goes_on(labelled: Labelled, classes: Array, input_shape: tuple[int | None, ...]) -> None:
    """Check that a trained model can go on with these rows.

    Raises
    ------
    ModelError
        The classes differ.
    ShapeError
        The number of columns differs.
    """
    if not np.array_equal(labelled.classes, classes):
        raise ModelError(
            "warm_start goes on with the same classes only.",
            received=f"{labelled.classes.tolist()}",
            expected=f"{classes.tolist()}",
            repair="set warm_start=False",
        )
    expected = prod(size or 1 for size in input_shape[1:])
    if labelled.rows.shape[1] != expected:
        raise ShapeError(
            "warm_start goes on with the same columns only.",
            received=f"{labelled.rows.shape[1]} columns",
            expected=f"{expected} columns",
        )


def split_rows(labelled: Labelled, share: float, seed: int) -> tuple[Array, Array]:
    """Choose rows to train on and rows to measure on, each class in proportion; ``share`` 0 holds none out.

    Raises
    ------
    LabelError
        There are too few rows for that.
    """
    everything = np.arange(len(labelled.rows))
    if not share:
        return everything, everything[:0]
    # It brings all of scikit-learn's measures and scipy.stats, half a second that only early stopping needs.
    from sklearn.model_selection import train_test_split  # noqa: PLC0415

    try:
        train, held_out = train_test_split(everything, test_size=share, stratify=labelled.codes, random_state=seed)
    except ValueError:
        raise LabelError(
            "there are too few rows to hold some of each class out.",
            received=f"{len(everything):,} rows of {len(labelled.classes)} classes; {share:g} of them to hold out",
            expected="two rows of each class at least, and as many rows held out as there are classes",
            repair="give more rows, or leave early stopping out",
        ) from None
    return np.sort(train), np.sort(held_out)


def _unwrap(X: Any) -> Any:
    if isinstance(X, PixelTable):
        return X.pixels
    return X.features if isinstance(X, PointTable) else X


def _codes(labels: Array, classes: Array) -> NDArray[np.int64]:
    codes = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    unknown = labels[classes[codes] != labels]
    if len(unknown):
        raise ModelError(
            "there are labels that are not among the classes.",
            received=", ".join(repr(label) for label in np.unique(unknown)[:3].tolist()),
            expected=", ".join(repr(label) for label in classes.tolist()),
        )
    return codes


def _image_shape(estimator: Any, X: Any, n_features: int) -> tuple[int, ...] | None:
    """Read the shape of an image: as given, as the table or its column names say, else a square."""
    if isinstance(X, PointTable):
        return None
    if estimator.image_shape is not None:
        shape = tuple(estimator.image_shape)
        if int(np.prod(shape)) != n_features:
            raise ShapeError(
                "image_shape does not fit the columns.",
                received=f"image_shape {shape} for {n_features} columns",
                expected=f"height * width * channels = {n_features}",
            )
        return shape if len(shape) == 3 else (*shape, 1)
    if isinstance(X, PixelTable):
        return X.image_shape
    named = image_shape_of(list(getattr(X, "columns", [])))
    if named is not None:
        return named
    side = isqrt(n_features)
    return (side, side, 1) if side * side == n_features else None
