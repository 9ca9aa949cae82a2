"""Predictions beside labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from convscope.errors import TableError
from convscope.records import Evaluation
from convscope.tables import Table
from convscope.training._labels import encode, labels_of
from convscope.training.classifier import ImageClassifier

__all__ = ["evaluate"]


def evaluate(classifier: ImageClassifier, X: Any, y: ArrayLike | None = None) -> Evaluation:
    """Predict labelled rows and keep predictions and labels side by side.

    Parameters
    ----------
    classifier : ImageClassifier
        Fitted.
    X : PixelTable, PointTable, frame or array
        As `ImageClassifier.fit` takes it.
    y : array of shape (n_rows,), or one-hot (n_rows, n_classes), optional
        Labels; a table's own if left out.

    Returns
    -------
    evaluation : Evaluation

    Raises
    ------
    TableError
        There are no labels, no rows, not one label per row, or labels that the classifier never saw.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> digits = load_dataset("digits")
    >>> classifier = ImageClassifier("mlp", random_state=0).fit(digits.data, digits.target)
    >>> evaluate(classifier, load_dataset("digits", split="test").table).accuracy > 0.9
    True
    """
    check_is_fitted(classifier, "model_")
    labels = labels_of(X, y, len(X) if hasattr(X, "__len__") else 0)
    codes, unknown = encode(labels, classifier.classes_)
    if len(unknown):
        raise TableError(
            "there are labels that the classifier never saw.",
            received=", ".join(map(repr, unknown[:3].tolist())),
            expected=", ".join(map(repr, classifier.classes_.tolist())),
            repair="leave those rows out, or train with rows of each class",
        )
    probabilities = classifier.predict_proba(X)
    return Evaluation(codes.astype(np.int64), probabilities.argmax(axis=1), probabilities, _names(classifier, X))


def _names(classifier: ImageClassifier, X: Any) -> tuple[str, ...]:
    name = X.name_of if isinstance(X, Table) else str
    return tuple(name(label) for label in classifier.classes_.tolist())
