"""A run, opened for the page; shared by the commands that show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convscope.cli._output import note
from convscope.cli._runs import load_for_run, open_classifier, tell_trained
from convscope.datasets import catalogue, load_parts
from convscope.engine.watching import Film
from convscope.experiments import run_experiment
from convscope.page import Exhibit
from convscope.reading import Reading
from convscope.records import ExperimentResult
from convscope.runs import open_run
from convscope.training import ImageClassifier, evaluate

__all__ = ["exhibit_digits", "exhibit_points", "exhibit_run", "measure"]

FACTS = (
    "data",
    "accuracy",
    "interval",
    "n_train",
    "n_test",
    "epochs",
    "seed",
    "pixel_order",
    "recipe",
    "model",
    "intensity",
)


def exhibit_run(run: str, data: str | None, split: str | None, reading: Reading, *, progress: bool) -> Exhibit:
    """Open a run on the data that it was trained on, or on other rows.

    Raises
    ------
    RunError, ModelError, TableError, ShapeError
        There is no such run, its model is damaged, or the table cannot be read or does not fit.
    """
    classifier, record = open_classifier(run)
    film = open_run(run).film_path
    if film.is_file():
        classifier.film_ = Film.read(film)
    source = data or str(record["data"])
    rows = load_for_run(source, split, record, reading, progress=progress)
    tell_trained(run, rows)
    facts = {name: record[name] for name in FACTS if name in record}
    if source != record["data"]:
        facts["data"] = f"{record['data']}, shown on {Path(source).name}"
    names = record.get("class_names") or ()
    title = Path(run).resolve().name
    return Exhibit(classifier, rows, title=title, facts=facts, class_names=names if source in catalogue else ())


def measure(experiment: str, data: str, limit: int | None, reading: Reading) -> ExperimentResult:
    """Run an experiment for the page."""
    return run_experiment(experiment, data=data, limit=limit, say=note, **reading)


def exhibit_points() -> Exhibit:
    """Train a small network on generated points, for a page whose playground is what matters."""
    train, test = load_parts("playground_circle", progress=False)
    classifier = ImageClassifier("points_mlp", epochs=20, random_state=0).fit(train)
    facts = {"data": "playground_circle", "accuracy": classifier.score(test), "n_train": len(train)}
    return Exhibit(classifier, test, title="points", facts=facts)


def exhibit_digits(seed: int) -> Exhibit:
    """Train a small network on `digits`, so that there is something to look at in seconds."""
    note("no run was given: training a small network on digits, which takes a few seconds")
    train_rows, test_rows = load_parts("digits", progress=False)
    classifier = ImageClassifier("cnn", model__filters=(8, 16), epochs=12, random_state=seed).fit(train_rows)
    measured = evaluate(classifier, test_rows)
    facts: dict[str, Any] = {
        "data": "digits",
        "accuracy": measured.accuracy,
        "interval": list(measured.accuracy_interval),
        "n_train": len(train_rows),
        "n_test": len(test_rows),
        "epochs": int(classifier.n_iter_),
        "seed": seed,
    }
    return Exhibit(classifier, test_rows, title="digits-cnn", facts=facts)
