"""One trained classifier as a run folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.backend import backend_name
from convscope.reading import range_text
from convscope.records import Evaluation
from convscope.runs.environment import code_version, package_versions
from convscope.runs.store import Run
from convscope.runs.trained_rows import write_trained_rows
from convscope.training import ImageClassifier

__all__ = ["TrainedModel", "save_training"]


@dataclass(frozen=True)
class TrainedModel:
    """A classifier, what it was trained on, and how well it does.

    Parameters
    ----------
    classifier : ImageClassifier
        Fitted.
    evaluation : Evaluation
        On rows that training never saw.
    facts : mapping
        JSON values that name the work: ``model``, ``data``, ``pixel_order``, ``recipe``, ``seed``,
        ``n_train``, ``n_test``.
    data_hash : str
        Of the training and test rows, see `tables.hash_tables`.
    seconds : float
        Wall-clock seconds of ``fit``.
    rows : uint64 array of shape (n_train,), optional
        What tells the training rows again, see `tables.mark_rows`.
    """

    classifier: ImageClassifier
    evaluation: Evaluation
    facts: Mapping[str, Any]
    data_hash: str
    seconds: float
    rows: NDArray[np.uint64] | None = None

    def summary(self) -> dict[str, Any]:
        """Gather the facts and the result in one row of JSON values."""
        low, high = self.evaluation.accuracy_interval
        return {
            **self.facts,
            "accuracy": self.evaluation.accuracy,
            "interval": [low, high],
            "n_parameters": int(self.classifier.model_.count_params()),
            "epochs": int(self.classifier.n_iter_),
            "engine": self.classifier.engine_,
            "engine_reason": self.classifier.engine_reason_,
            "seconds": round(self.seconds, 3),
        }


def save_training(
    run: Run, trained: TrainedModel, report: Callable[[dict[str, Any]], None] | None = None, **more: Any
) -> None:
    """Write a trained classifier into its run folder: metrics, model, report, and last the record.

    Parameters
    ----------
    run : Run
        A run folder without a record; a model that a killed process left there is written anew.
    trained : TrainedModel
        What to keep.
    report : callable, optional
        Given the record, writes the report.
    **more
        Further JSON values for the record, e.g. the command.

    Raises
    ------
    OSError
        The disk is full or read-only; then run.json, the mark of a whole run, is not there.
    """
    run.discard_model()
    run.write_metrics(trained.classifier.history_.rows())
    trained.classifier.save(run.model_path)
    if trained.rows is not None:
        write_trained_rows(run, trained.rows)
    film = getattr(trained.classifier, "film_", None)
    if film is not None:
        film.write(run.film_path)
    record = {
        "kind": "training",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **trained.summary(),
        "class_names": list(trained.evaluation.class_names),
        "image_shape": list(trained.classifier.image_shape_ or ()),
        "pixel_scale": float(trained.classifier.pixel_scale_),
        "pixel_range": None if trained.classifier.pixel_range_ is None else list(trained.classifier.pixel_range_),
        "intensity": range_text(trained.classifier.intensity_),
        "backend": backend_name(),
        "data_hash": trained.data_hash,
        "code_version": code_version(),
        "versions": package_versions(),
        **more,
    }
    if report is not None:
        report(record)
    run.write_record(record)
    run.discard_checkpoints()
