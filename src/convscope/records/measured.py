"""What was measured: a training epoch by epoch, a classifier on rows, the answer of an experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Evaluation", "ExperimentResult", "History", "wilson_interval"]


@dataclass(frozen=True)
class History:
    """What training measured, epoch by epoch.

    Parameters
    ----------
    metrics : mapping of str to sequence of float
        One value per finished epoch: ``"loss"``, ``"accuracy"``, and ``"val_loss"``, ``"val_accuracy"``
        where a part of the rows was held out.
    seconds : sequence of float
        Wall-clock seconds of each epoch.

    Examples
    --------
    >>> history = History({"loss": [0.9, 0.4], "accuracy": [0.7, 0.9]}, seconds=(1.2, 1.1))
    >>> len(history), history["accuracy"]
    (2, [0.7, 0.9])
    >>> history.rows()[0]
    {'epoch': 1, 'loss': 0.9, 'accuracy': 0.7, 'seconds': 1.2}
    """

    metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)
    seconds: Sequence[float] = ()

    def __getitem__(self, name: str) -> list[float]:
        return list(self.metrics[name])

    def __len__(self) -> int:
        return len(self.seconds)

    def rows(self) -> list[dict[str, float]]:
        """List one dictionary per epoch, 1-based: ``{"epoch": 1, "loss": ..., "seconds": ...}``."""
        return [
            {
                "epoch": epoch + 1,
                **{name: values[epoch] for name, values in self.metrics.items()},
                "seconds": took,
            }
            for epoch, took in enumerate(self.seconds)
        ]


@dataclass(frozen=True)
class Evaluation:
    """Predictions of one model beside the labels.

    Parameters
    ----------
    labels, predictions : int array of shape (n_rows,)
        Indices into ``class_names``.
    probabilities : float array of shape (n_rows, n_classes)
    class_names : tuple of str
        Names of the classes, in the order of the columns of ``probabilities``.

    Examples
    --------
    >>> import numpy as np
    >>> probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    >>> measured = Evaluation(np.array([0, 0, 1]), probabilities.argmax(axis=1), probabilities, ("no", "yes"))
    >>> round(measured.accuracy, 3), measured.mistakes().tolist()
    (0.667, [1])
    >>> measured.confusion_matrix.tolist()
    [[1, 1], [0, 1]]
    """

    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    probabilities: NDArray[np.floating[Any]]
    class_names: tuple[str, ...]

    @property
    def n_rows(self) -> int:
        """Count the rows."""
        return len(self.labels)

    @cached_property
    def accuracy(self) -> float:
        """Fraction of rows whose prediction is the label, 0..1."""
        return float(np.mean(self.predictions == self.labels))

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy."""
        return wilson_interval(int(np.sum(self.predictions == self.labels)), self.n_rows)

    @cached_property
    def confusion_matrix(self) -> NDArray[np.int64]:
        """Counts of shape (n_classes, n_classes): labels down, predictions across."""
        n_classes = len(self.class_names)
        cells = self.labels * n_classes + self.predictions
        return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)

    def of_rows(self, rows: NDArray[np.bool_]) -> Evaluation:
        """Keep some of the rows."""
        return Evaluation(self.labels[rows], self.predictions[rows], self.probabilities[rows], self.class_names)

    def mistakes(self) -> NDArray[np.int64]:
        """Rows where prediction and label differ, in the order of the table."""
        return np.flatnonzero(self.predictions != self.labels)

    def surest_mistakes(self) -> NDArray[np.int64]:
        """Rows where prediction and label differ, the most confident first."""
        rows = self.mistakes()
        return rows[np.argsort(-self.probabilities[rows, self.predictions[rows]], kind="stable")]


@dataclass(frozen=True)
class ExperimentResult:
    """What an experiment found.

    Parameters
    ----------
    name : str
        The experiment's name in its collection.
    settings : mapping
        Everything needed to run it again: data, recipe, seed, limits. Plain JSON values.
    findings : mapping of str to list of dict
        The result as tables of plain JSON values.
    exhibits : mapping
        Arrays, tables and models that charts are drawn from; never written as JSON.
    notes : sequence of str
        What a reader must know: what was replaced, skipped or rescaled, and why.

    Examples
    --------
    >>> networks = [{"model": "cnn", "accuracy": 0.98}]
    >>> result = ExperimentResult("pixel_shuffle", {"data": "digits"}, {"networks": networks})
    >>> result.findings["networks"][0]["accuracy"]
    0.98
    """

    name: str
    settings: Mapping[str, Any]
    findings: Mapping[str, list[dict[str, Any]]]
    exhibits: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


def wilson_interval(n_correct: int, n_rows: int) -> tuple[float, float]:
    """Bound a fraction with 95 % confidence.

    Parameters
    ----------
    n_correct, n_rows : int
        Successes and trials.

    Returns
    -------
    low, high : float
        In 0..1.

    References
    ----------
    Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson_interval(9908, 10000)]
    [0.9887, 0.9925]
    """
    z = 1.959963984540054
    share = n_correct / n_rows
    middle = share + z * z / (2 * n_rows)
    spread = z * sqrt(share * (1 - share) / n_rows + z * z / (4 * n_rows**2))
    scale = 1 + z * z / n_rows
    return (middle - spread) / scale, (middle + spread) / scale
