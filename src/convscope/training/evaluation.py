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
    """
    labels = X.labels if y is None and isinstance(X, PixelTable | PointTable) else y
    if labels is None or len(X) == 0:
        raise TableError(
            "there is nothing to measure: the table has no " + ("labels." if labels is None else "rows."),
            expected="rows with a column named class",
        )
    labels = np.asarray(labels)
    try:
        order = np.argsort(classifier.classes_)  # an adopted model has its outputs in any order
        places = np.searchsorted(classifier.classes_, labels, sorter=order)
        codes = order[np.minimum(places, len(order) - 1)]
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
    name = X.name_of if isinstance(X, PixelTable) else str
    return tuple(name(label) for label in classifier.classes_.tolist())
