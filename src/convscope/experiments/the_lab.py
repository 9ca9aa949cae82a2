"""The whole lab as one run: points, pictures, worked examples, MLP and CNN, shuffled pixels, clothes or shapes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from convscope.backend import backend_name
from convscope.datasets import call_ahead
from convscope.experiments._worked_examples import work_examples
from convscope.lab_data import ImageData, PointData, choose_all_images, choose_points
from convscope.reading import Reading
from convscope.records import ExperimentResult
from convscope.runs.environment import package_versions
from convscope.runs.training_run import TrainedModel
from convscope.tables import PointTable, Table, hash_tables, mark_rows, shuffle_pixels
from convscope.tracing import list_layers
from convscope.training import ImageClassifier, evaluate

__all__ = ["DOCUMENT_ACCURACY", "run"]

DOCUMENT_ACCURACY = {
    ("mlp", "mnist", "original"): 0.9033,
    ("mlp", "mnist", "shuffled"): 0.9172,
    ("cnn", "mnist", "original"): 0.9791,
    ("cnn", "mnist", "shuffled"): 0.9329,
    ("cnn", "fashion_mnist", "original"): 0.8811,
}
"""The accuracies of the 2021 lab: raw pixels, 2 epochs, batches of 20, all 10,000 test images."""

POINT_MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("linear", {}),
    "8-8": ("points_mlp", {"model__hidden": (8, 8)}),
    "10-5-5": ("points_mlp", {"model__hidden": (10, 5, 5)}),
}
MOST_MISTAKES = 12
ENOUGH_ROWS = 38_400
"""From this many rows on, one pass of the fast recipe beats every accuracy of 2021, and the lesson continues sooner."""

Key = tuple[str, str, str]


def run(
    data: str = "auto",
    *,
    recipe: str = "fast",
    seed: int = 0,
    limit: int | None = None,
    data_home: str | None = None,
    command: str = "",
    verbose: int = 0,
    say: Callable[[str], None] = lambda text: None,
    keep: Callable[[str, TrainedModel], None] = lambda name, trained: None,
    **reading: Unpack[Reading],
) -> ExperimentResult:
    """Run the whole lab.

    Parameters
    ----------
    data : str
        A data set's name, a path to a pixel table, or ``"auto"``: MNIST where it can be had, else 5,000 of its
        images (``mnist_5k``), else digits resized to 28x28.
    recipe : {"fast", "quick", "document"}
        ``"document"`` trains as the lab did; ``"fast"`` scales pixels and uses a one-cycle schedule.
    seed : int
        Every random choice follows from it.
    limit : int, optional
        Keep only the first so many training and test images.
    data_home : path, optional
        Where data sets lie.
    command : str
        The command that asked for this, kept for the record.
    verbose : {0, 1}
        1 shows a progress bar per model on stderr.
    say : callable
        Told in one sentence what happens next.
    keep : callable
        Given the name and the trained model as soon as each is done.
    **reading
        How a table of the user's own is read, see `load_dataset`.

    Returns
    -------
    result : ExperimentResult
        Findings ``points``, ``images``, ``origins``, ``examples``, ``mistakes``, ``layers``.

    Raises
    ------
    DatasetError
        ``data`` is not ``"auto"`` and is not available.
    TableError
        ``data`` holds points, not images.

    Examples
    --------
    >>> from convscope import experiments
    >>> sorted(experiments.the_lab("digits", limit=60).findings)
    ['examples', 'images', 'layers', 'mistakes', 'origins', 'points']
    """
    call_ahead("circle", "fashion_mnist", "mnist" if data == "auto" else "circle", data_home=data_home)
    points = choose_points(data_home=data_home)
    images, others = choose_all_images(data, data_home=data_home, progress=verbose > 0, reading=reading)
    parts = [part.limited(limit) for part in (images, others)][: 1 if others.name == images.name else 2]
    notes = [*points.notes, *(note for part in parts for note in part.notes)]
    for text in notes:
        say(text)
    trainer = _Trainer(recipe, seed, verbose, say, keep)
    point_models = {name: trainer.train_points(name, points) for name in POINT_MODELS}
    image_models = {
        (model, part.name, order): trainer.train_images(model, part, order) for model, part, order in _image_runs(parts)
    }
    return ExperimentResult(
        name="the_lab",
        settings={
            "data": images.name,
            "data_requested": data,
            "recipe": recipe,
            "seed": seed,
            "limit": limit,
            "backend": backend_name(),
            "versions": package_versions(),
            "date": date.today().isoformat(),
            "command": command,
        },
        findings={
            "points": [trained.summary() for trained in point_models.values()],
            "images": [
                {**trained.summary(), "document": DOCUMENT_ACCURACY.get(key) if limit is None else None}
                for key, trained in image_models.items()
            ],
            "origins": [part.origin() for part in parts],
            "examples": work_examples(),
            "mistakes": [
                mistake
                for model in ("mlp", "cnn")
                for mistake in _mistakes(image_models[model, images.name, "original"])
            ],
            "layers": [
                {
                    "model": model,
                    "layers": list_layers(image_models[model, images.name, "original"].classifier),
                }
                for model in ("mlp", "cnn")
            ],
        },
        exhibits={
            "train_table": parts[0].train,
            "test_table": parts[0].test,
            "other_table": parts[1].test if len(parts) > 1 else None,
            "evaluations": {key: trained.evaluation for key, trained in image_models.items()},
            "histories": {key: trained.classifier.history_ for key, trained in image_models.items()},
            "classifiers": {key: trained.classifier for key, trained in image_models.items()},
            "points_table": points.train,
            "points": {
                name: {
                    "classifier": trained.classifier,
                    "grid": points.grid,
                    "grid_probability": _second_class_probability(trained.classifier, points.grid),
                }
                for name, trained in point_models.items()
            },
        },
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Trainer:
    """Trains one model after another with the same settings, and passes each on as soon as it is done."""

    recipe: str
    seed: int
    verbose: int
    say: Callable[[str], None]
    keep: Callable[[str, TrainedModel], None]

    def train_points(self, name: str, points: PointData) -> TrainedModel:
        model, parameters = POINT_MODELS[name]
        facts = {"model": model, "name": name, "data": points.name}
        return self._train(f"{name}-{points.name}", facts, points.train, points.test, parameters)

    def train_images(self, model: str, images: ImageData, order: str) -> TrainedModel:
        train, test = images.train, images.test
        if order == "shuffled":
            train, test = shuffle_pixels(train), shuffle_pixels(test)
        facts = {"model": model, "data": images.name, "pixel_order": order}
        return self._train(f"{model}-{images.name}-{order}", facts, train, test, {})

    def _train(
        self,
        name: str,
        facts: dict[str, Any],
        train: Table,
        test: Table,
        parameters: dict[str, Any],
    ) -> TrainedModel:
        self.say(f"training {name} on {len(train):,} rows")
        once = 1 if self.recipe == "fast" and len(train) >= ENOUGH_ROWS else None
        classifier = ImageClassifier(
            facts["model"],
            recipe=self.recipe,
            epochs=once,
            random_state=self.seed,
            verbose=self.verbose,
            **parameters,
        )
        started = time.perf_counter()
        classifier.fit(train)
        seconds = time.perf_counter() - started
        if classifier.interrupted_ == "Ctrl-C":
            raise KeyboardInterrupt
        facts |= {"recipe": self.recipe, "seed": self.seed, "n_train": len(train), "n_test": len(test)}
        measured, data_hash = evaluate(classifier, test), hash_tables(train, test)
        trained = TrainedModel(classifier, measured, facts, data_hash=data_hash, seconds=seconds, rows=mark_rows(train))
        self.keep(name, trained)
        return trained


def _image_runs(parts: list[ImageData]) -> Iterator[tuple[str, ImageData, str]]:
    """List the image trainings in the document's order: model, data, pixel order."""
    for model in ("mlp", "cnn"):
        for order in ("original", "shuffled"):
            yield model, parts[0], order
    for others in parts[1:]:
        yield "cnn", others, "original"


def _mistakes(trained: TrainedModel) -> list[dict[str, Any]]:
    """List the first mistakes among the test images, each with the row it stands in."""
    names, evaluation = trained.evaluation.class_names, trained.evaluation
    return [
        {
            "model": trained.facts["model"],
            "data": trained.facts["data"],
            "row": int(row),
            "label": names[evaluation.labels[row]],
            "prediction": names[evaluation.predictions[row]],
            "probability": float(evaluation.probabilities[row, evaluation.predictions[row]]),
        }
        for row in evaluation.mistakes()[:MOST_MISTAKES]
    ]


def _second_class_probability(classifier: ImageClassifier, grid: PointTable) -> NDArray[np.floating[Any]]:
    """Probability of the second class at each grid point, for the decision region."""
    return np.asarray(classifier.predict_proba(grid.features))[:, 1]
