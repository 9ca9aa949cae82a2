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

from convscope.errors import LabelError, ModelError, ShapeError, TableError, UsageError
from convscope.reading import Range
from convscope.tables import PixelTable, PointTable, Table, image_shape_of, split_by_class, split_by_group
from convscope.training._labels import encode, read_labels
from convscope.training._refusals import check_is_array, in_our_words
from convscope.training.intensity import intensity_of

__all__ = [
    "Labelled",
    "as_table",
    "check_goes_on",
    "check_rows",
    "check_weights",
    "draw_rows",
    "read_labelled",
    "split_rows",
]

Array = NDArray[Any]
Shape = tuple[int, ...]
PLANES = (1, 3)
"""Channels of most pictures; some programs put them first."""


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
    are_points : bool
        Whether the numbers are features and no intensities.
    intensity : (low, high), "standardised", or None
        The range of a table that was read.
    groups : array of shape (n_rows,), or None
        Rows of one group are not divided between training and early stopping.
    """

    rows: Array
    codes: NDArray[np.int64]
    classes: Array
    weights: NDArray[np.float32] | None
    image_shape: Shape | None
    are_points: bool = False
    intensity: Range | None = None
    groups: Array | None = None


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
    LabelError
        They are no labels.
    ModelError
        A label is not among ``classes``.
    TableError, ShapeError
        Rows and labels do not fit, hold NaN, or are no rows of numbers.
    UsageError
        ``class_weight`` names another class.
    """
    if isinstance(X, Table):
        y = X.labels if y is None else y
        sample_weight = X.weights if sample_weight is None else sample_weight
    with in_our_words(X):
        given = None if y is None else read_labels(y)
        flat, own_shape = _as_rows(X)
        if not reset:
            _check_size(estimator, X, own_shape)
        rows, labels = validate_data(estimator, flat, given, reset=reset)
        check_classification_targets(labels)
    weights = check_weights(sample_weight, rows)
    groups = X.groups if isinstance(X, Table) else None
    if weights is not None:
        counted = weights != 0
        rows, labels, weights = rows[counted], labels[counted], weights[counted]
        groups = None if groups is None else groups[counted]
    if classes is None:
        classes = np.unique(labels)
    codes = _codes(labels, classes)
    if class_weight is not None:
        _check_class_weight(class_weight, classes)
        balanced = compute_sample_weight(class_weight, labels)
        weights = balanced if weights is None else weights * balanced
    return Labelled(
        rows,
        codes,
        classes,
        weights=None if weights is None else weights.astype(np.float32),
        image_shape=_image_shape(estimator, X, own_shape, rows.shape[1]),
        are_points=isinstance(X, Table) and X.intensity is None,
        intensity=intensity_of(X),
        groups=groups,
    )


def as_table(
    labelled: Labelled, chosen: Array, image_shape: tuple[int, ...] | None, class_names: tuple[str, ...] = ()
) -> Table:
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
    TableError
        The number or the names of the columns differ, there is NaN, or these are no rows of numbers.
    """
    with in_our_words(X):
        rows, own_shape = _as_rows(X)
        _check_size(estimator, X, own_shape)
        if not isinstance(X, Table):
            rows = validate_data(estimator, rows, reset=False)
    return rows  # type: ignore[no-any-return]


def check_weights(sample_weight: Any, rows: Array) -> NDArray[np.float64] | None:
    """Check that there is one weight of at least 0 per row, and that not all of them are 0."""
    if sample_weight is None:
        return None
    with in_our_words(sample_weight, f"one finite number of at least 0 for each of {len(rows):,} rows"):
        weights: NDArray[np.float64] = _check_sample_weight(
            sample_weight, rows, dtype=np.float64, ensure_non_negative=True
        )
        if not weights.any():
            raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def check_goes_on(
    labelled: Labelled, classes: Array, input_shape: tuple[int | None, ...], image_shape: Shape | None
) -> None:
    """Check that a trained model can go on with these rows.

    Raises
    ------
    ModelError
        The classes differ.
    ShapeError
        The number of columns differs, or the shape of an image.
    """
    if not np.array_equal(labelled.classes, classes):
        raise ModelError(
            "warm_start can continue only with the same classes.",
            received=f"{labelled.classes.tolist()}",
            expected=f"{classes.tolist()}",
            repair="set warm_start=False",
        )
    expected = prod(size or 1 for size in input_shape[1:])
    if labelled.rows.shape[1] != expected:
        raise ShapeError(
            "warm_start can continue only with the same columns.",
            received=f"{labelled.rows.shape[1]} columns",
            expected=f"{expected} columns",
            repair="set warm_start=False",
        )
    if image_shape is not None and labelled.image_shape not in (None, image_shape):
        raise ShapeError(
            "warm_start can continue only with images of the same size.",
            received=" x ".join(map(str, labelled.image_shape or ())),
            expected=" x ".join(map(str, image_shape)),
            repair="set warm_start=False",
        )


def split_rows(labelled: Labelled, share: float, seed: int) -> tuple[Array, Array]:
    """Choose rows to train on and rows to measure on, each class in proportion; ``share`` 0 holds none out.

    A class with a single row is trained on, and not measured.

    Raises
    ------
    LabelError
        There are too few rows for that.
    """
    everything = np.arange(len(labelled.rows))
    if not share:
        return everything, everything[:0]
    if labelled.groups is not None:
        return split_by_group(labelled.codes, labelled.groups, share, seed)
    split = split_by_class(labelled.codes, share, seed)
    if split is None:
        raise LabelError(
            "there are too few rows to hold out some of each class.",
            received=f"{len(everything):,} rows of {len(labelled.classes)} classes; {share:g} of them to hold out",
            expected="as many rows held out as there are classes with two rows or more",
            repair="give more rows, or leave early stopping out",
        )
    return split


def draw_rows(codes: NDArray[np.int64], train: Array, n_rows: int, seed: int) -> Array:
    """Draw some of the rows to train on by chance; where a rare class would be lost, a row of it is kept."""
    drawn = np.random.default_rng(seed).choice(train, n_rows, replace=False)
    lost = np.setdiff1d(codes[train], codes[drawn])
    if len(lost):
        _, first = np.unique(codes[drawn], return_index=True)  # one row of each class that is there stays
        others = np.delete(np.arange(n_rows), first)
        drawn[others[: len(lost)]] = [train[codes[train] == code][0] for code in lost]
    return np.sort(drawn)


def _as_rows(X: Any) -> tuple[Any, Shape | None]:
    """Take the rows from a table or an array of images, with the shape of an image if the input gives it."""
    if X is None:
        raise TableError(
            "there are no rows: X is None.",
            received="X=None",
            expected="a table, or an array of shape (n_rows, n_features)",
            repair="give the rows as X",
        )
    if isinstance(X, Table):
        return X.values, X.image_shape
    check_is_array(X, "X")
    n_axes = getattr(X, "ndim", None)
    if n_axes is None and isinstance(X, list | tuple) and X:
        n_axes = 1 + np.ndim(X[0])
    if n_axes not in (3, 4):
        # scikit-learn makes numbers of arrays of objects, and takes lists of objects as they are
        return (np.asarray(X) if isinstance(X, list | tuple) else X), None
    images = np.asarray(X)
    _, height, width, *rest = images.shape
    channels = rest[0] if rest else 1
    if channels > max(PLANES) + 1 and height in PLANES:
        raise ShapeError(
            "these images have their channels first.",
            received=f"an array of shape {images.shape}",
            expected="(n_images, height, width, channels)",
            repair="np.moveaxis(X, 1, -1)",
        )
    shape = height, width, channels
    return images.reshape(len(images), prod(shape)), shape


def _check_size(estimator: Any, X: Any, own_shape: Shape | None) -> None:
    """Compare the size of images, or the columns of a table, with those of training."""
    known, given = estimator.image_shape_, tuple(getattr(X, "shape", ()))
    is_one = known is not None and (given == known or (given == known[:2] and given[1] != prod(known)))
    if is_one or (own_shape is not None and known not in (None, own_shape)):
        raise ShapeError(
            "this is a single image, but an array of images is expected."
            if is_one
            else "the images do not have the size that the classifier was trained on.",
            received=" x ".join(map(str, given if is_one else own_shape or ())),
            expected=("n_images x " if is_one else "") + " x ".join(map(str, known)),
            repair="X[None] is a table of one image" if is_one else "resize_images(table, (height, width))",
        )
    if isinstance(X, Table):
        n_columns = X.values.shape[1]
        if n_columns != estimator.n_features_in_:
            raise ShapeError(
                "the table does not have the columns that the classifier was trained on.",
                received=f"{n_columns} columns",
                expected=f"{estimator.n_features_in_} columns",
                repair="give a table with the columns of the training",
            )


def _codes(labels: Array, classes: Array) -> NDArray[np.int64]:
    codes, unknown = encode(labels, classes)
    if len(unknown):
        raise ModelError(
            "there are labels that are not among the classes.",
            received=", ".join(map(repr, unknown[:3].tolist())),
            expected=", ".join(map(repr, classes.tolist())),
            repair="give partial_fit all labels as classes in its first call",
        )
    return codes


def _check_class_weight(class_weight: Any, classes: Array) -> None:
    """Refuse weights for other labels: those of labels that are there would silently stay 1."""
    if isinstance(class_weight, str):
        return
    known = classes.tolist()
    unknown = [label for label in class_weight if label not in known]
    if unknown and any(label not in class_weight for label in known):
        raise UsageError(
            f"class_weight names a class that does not exist: {unknown[0]!r}.",
            received=f"class_weight={dict(class_weight)!r}",
            expected="labels among " + ", ".join(map(repr, known)),
            repair="name the classes as the labels do, or class_weight='balanced'",
        )


def _image_shape(estimator: Any, X: Any, own_shape: Shape | None, n_features: int) -> Shape | None:
    """Read the shape of an image: as given, as the table or its column names say, else a square."""
    if isinstance(X, Table) and X.image_shape is None:
        return None
    if estimator.image_shape is not None:
        shape = tuple(estimator.image_shape)
        shape = shape if len(shape) == 3 else (*shape, 1)
        differs = own_shape is not None and not isinstance(X, Table) and shape != own_shape
        if prod(shape) != n_features or differs:
            raise ShapeError(
                f"image_shape does not fit the {'images' if differs else 'columns'}.",
                received=f"image_shape {estimator.image_shape} for {own_shape if differs else f'{n_features} columns'}",
                expected=f"height * width * channels = {n_features}",
                repair="leave image_shape out, or give that of the images",
            )
        return shape
    if own_shape is not None:
        return own_shape
    named = image_shape_of(list(getattr(X, "columns", [])))
    if named is not None:
        return named
    side = isqrt(n_features)
    return (side, side, 1) if side * side == n_features else None
