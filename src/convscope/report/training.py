"""One training run as the dictionary that the template renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from convscope import charts
from convscope.records import Evaluation, History
from convscope.report.figures import figure, layer_list, section
from convscope.report.words import data_name, model_name
from convscope.tables import PointTable, Table
from convscope.training import ImageClassifier

__all__ = ["summarize_training"]

GRID_STEPS = 50


def summarize_training(
    record: Mapping[str, Any],
    history: History,
    evaluation: Evaluation,
    test: Table,
    classifier: ImageClassifier,
    layers: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Turn one training run into text, numbers and finished pictures.

    Parameters
    ----------
    record : mapping
        The run's record, see ``runs.training_run``; ``notes`` may hold remarks.
    history : History
    evaluation : Evaluation
        Of the rows of ``test``.
    test : Table
    classifier : ImageClassifier
        Fitted.
    layers : sequence of mappings
        From ``tracing.list_layers``.

    Returns
    -------
    summary : dict
        For `write_report`.

    Examples
    --------
    >>> from convscope import ImageClassifier, load_dataset
    >>> from convscope.tracing import list_layers
    >>> from convscope.training import evaluate
    >>> digits, test = load_dataset("digits"), load_dataset("digits", split="test").table
    >>> classifier = ImageClassifier("mlp", random_state=0).fit(digits.data, digits.target)
    >>> measured = evaluate(classifier, test)
    >>> record = {
    ...     "model": "mlp",
    ...     "data": "digits",
    ...     "n_parameters": 4810,
    ...     "n_train": 1437,
    ...     "epochs": classifier.n_iter_,
    ...     "seconds": 0.2,
    ...     "pixel_order": "original",
    ...     "recipe": "fast",
    ...     "seed": 0,
    ...     "backend": "jax",
    ...     "versions": {},
    ...     "data_hash": "0" * 64,
    ... }
    >>> layers = list_layers(classifier)
    >>> summarize_training(record, classifier.history_, measured, test, classifier, layers)["title"]
    'MLP on digits'
    """
    model, data = model_name(record["model"]), data_name(record["data"])
    low, high = evaluation.accuracy_interval
    wrong = len(evaluation.mistakes())
    return {
        "title": f"{model} on {data}",
        "lead": f"{evaluation.accuracy:.4f} of {evaluation.n_rows:,} test rows are read correctly, {wrong:,} wrongly "
        f"(95 % interval {low:.4f} to {high:.4f}). The network has {record['n_parameters']:,} parameters and was "
        f"trained on {record['n_train']:,} rows in {record['epochs']} epochs and {record['seconds']:.1f} seconds.",
        "facts": [data, f"pixels {record['pixel_order']}", f"recipe {record['recipe']}", f"seed {record['seed']}"]
        + ([f"engine {record['engine']}"] if record.get("engine") else []),
        "headline": None,
        "sections": [
            *_looks(evaluation, test, classifier),
            section(
                "",
                "",
                [
                    figure(charts.confusion_matrix(evaluation), title="Which classes it confuses"),
                    layer_list(layers, title="What the network is made of"),
                ],
                layout="pair",
            ),
            section(
                "How it learned",
                "",
                [figure(charts.learning_curve(history, measure)) for measure in _measures(history)],
            ),
        ],
        "notes": list(record.get("notes", ())),
        "repeat": {
            "command": record.get("command", ""),
            "details": f"Backend {record['backend']}. "
            + ", ".join(f"{name} {version}" for name, version in record["versions"].items())
            + ".",
        },
    }


def _looks(evaluation: Evaluation, test: Table, classifier: ImageClassifier) -> list[dict[str, Any]]:
    if test.image_shape is not None:
        return [section("What it gets wrong", "", [figure(charts.mistakes(evaluation, test))], layout="whole")]
    if test.row_shape != (2,):
        return []
    grid = _grid_over(test)
    probability = classifier.predict_proba(grid)[:, -1]
    return [
        section(
            "Where it draws the border",
            "",
            [figure(charts.decision_region(test, grid, probability, name="test points"))],
        )
    ]


def _grid_over(points: Table) -> PointTable:
    low, high = points.values.min(axis=0), points.values.max(axis=0)
    steps = np.arange(GRID_STEPS) / GRID_STEPS
    unit = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    return PointTable(low + unit * (high - low), tuple(points.columns))


def _measures(history: History) -> list[str]:
    return [name for name in ("accuracy", "loss") if name in history.metrics]
