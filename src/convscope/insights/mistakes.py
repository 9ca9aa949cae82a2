"""Mistakes: which images a model gets wrong, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.errors import UsageError, did_you_mean
from convscope.records import Evaluation
from convscope.tables import PixelTable
from convscope.training.evaluation import evaluate

__all__ = ["Mistake", "mistakes"]


@dataclass(frozen=True)
class Mistake:
    """One image that is read as a wrong class.

    Parameters
    ----------
    row : int
        Of the table.
    label, prediction : str
    probability : float
        Of the prediction.
    label_probability : float
        Of the label.
    """

    row: int
    label: str
    prediction: str
    probability: float
    label_probability: float


def mistakes(
    model: Any, table: PixelTable | Evaluation, *, label: Any = None, prediction: Any = None, n: int | None = None
) -> list[Mistake]:
    """List the wrongly predicted images, the surest mistake first.

    Parameters
    ----------
    model : ImageClassifier
        Fitted; not looked at where the table is measured already.
    table : PixelTable with labels, or Evaluation
    label, prediction : optional
        One cell of the confusion matrix, or one of its rows or columns: classes by name.
    n : int, optional
        How many at most.

    Returns
    -------
    found : list of Mistake

    Raises
    ------
    UsageError
        There is no such class.
    TableError
        The table has no labels.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> digits = load_dataset("digits")
    >>> classifier = ImageClassifier("linear", epochs=1, random_state=0).fit(digits.data, digits.target)
    >>> surest = mistakes(classifier, load_dataset("digits", split="test").table, n=1)[0]
    >>> surest.label != surest.prediction
    True
    """
    evaluation = table if isinstance(table, Evaluation) else evaluate(model, table)
    names = evaluation.class_names
    rows = evaluation.surest_mistakes()
    for wanted, column in ((label, evaluation.labels), (prediction, evaluation.predictions)):
        if wanted is not None:
            rows = rows[column[rows] == _index(wanted, names)]
    return [_mistake(evaluation, row) for row in rows[:n]]


def _index(wanted: Any, names: tuple[str, ...]) -> int:
    if str(wanted) not in names:
        raise UsageError(f"there is no class {wanted!r}.", expected=did_you_mean(str(wanted), names))
    return names.index(str(wanted))


def _mistake(evaluation: Evaluation, row: np.int64 | int) -> Mistake:
    names, shares = evaluation.class_names, evaluation.probabilities[row]
    label, prediction = evaluation.labels[row], evaluation.predictions[row]
    return Mistake(int(row), names[label], names[prediction], float(shares[prediction]), float(shares[label]))
