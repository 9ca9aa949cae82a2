"""Predictions beside labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convscope.errors import TableError
from convscope.records import Evaluation
from convscope.tables import PixelTable, PointTable
from convscope.training.classifier import ImageClassifier

__all__ = ["evaluate"]


def evaluate(classifier: ImageClassifier, X: Any, y: ArrayLike | None = None) -> Evaluation:
    """Predict labelled rows and keep predictions and labels side by side.

    Parameters
    ----------
    classifier : ImageClassifier
        Fitted.
    X : PixelTable, PointTable, frame or array of shape (n_rows, n_features)
    y : array of shape (n_rows,), optional
        Labels; a table's own if left out.

    Returns
    -------
    evaluation : Evaluation

    Raises
    ------
    TableError
        There are no labels, no rows, or labels that the classifier never saw.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> digits = load_dataset("digits")
    >>> classifier = ImageClassifier("mlp", random_state=0).fit(digits.data, digits.target)
    >>> evaluate(classifier, load_dataset("digits", split="test").table).accuracy > 0.9
    True
    """
    labels = X.labels if y is None and isinstance(X, PixelTable | PointTable) else y
    if labels is None or len(X) == 0:
        raise TableError(
            "there is nothing to measure: the table has no " + ("labels." if labels is None else "rows."),
            expected="rows with a column named class",
        )
    labels = np.asarray(labels)
    try:
        codes = np.minimum(np.searchsorted(classifier.classes_, labels), len(classifier.classes_) - 1)
        unknown = labels[classifier.classes_[codes] != labels]
    except TypeError:  # text and numbers have no order among each other
        unknown = labels
    if len(unknown):
        raise TableError(
            "there are labels that the classifier never saw.",
            received=", ".join(map(repr, np.unique(unknown)[:3].tolist())),
            expected=", ".join(map(repr, classifier.classes_.tolist())),
        )
    probabilities = classifier.predict_proba(X)
    return Evaluation(codes.astype(np.int64), probabilities.argmax(axis=1), probabilities, _names(classifier, X))


def _names(classifier: ImageClassifier, X: Any) -> tuple[str, ...]:
    known = dict(zip(X.classes.tolist(), X.class_names, strict=True)) if isinstance(X, PixelTable) else {}
    return tuple(str(known.get(label, label)) for label in classifier.classes_.tolist())
