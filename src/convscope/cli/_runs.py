"""A run and a table that fit each other; shared by the commands that use a trained classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from convscope.cli._output import note
from convscope.datasets import catalogue, load_table
from convscope.errors import ModelFileError, RunError, ShapeError, TableError
from convscope.reading import Reading, range_from
from convscope.runs import Run, find_run, open_run
from convscope.runs.trained_rows import find_trained
from convscope.tables import Table, shuffle_pixels
from convscope.training import ImageClassifier
from convscope.training.intensity import in_trained_range
from convscope.wording import Setting, Words

__all__ = ["load_for_run", "open_classifier", "tell_trained"]

MOST_NAMED = 10


def open_classifier(run: str | Path, *, allow_nonfinite: bool = False) -> tuple[ImageClassifier, dict[str, Any]]:
    """Load a run's classifier and its record.

    With ``allow_nonfinite`` also where weights are NaN or infinite.

    Raises
    ------
    RunError, ModelError
        There is no such run, or its model is damaged.
    """
    found = open_run(run)
    record = found.record()
    if record.get("kind") != "training":
        inside = sorted(path.parent.name for path in found.path.glob("*/run.json"))
        raise RunError(
            f"{run} holds several models.",
            expected=f"one of {', '.join(inside[:MOST_NAMED])}" + (" ..." if len(inside) > MOST_NAMED else ""),
            repair=f"for example {found.path / _best(record, inside)}" if inside else None,
        )
    classifier = ImageClassifier.load(found.model_path, allow_nonfinite=allow_nonfinite)
    if allow_nonfinite and not all(np.isfinite(weight).all() for weight in classifier.model_.get_weights()):
        note("warning: some weights are NaN or infinite; the results may be meaningless")
    _check_record(record, classifier, found)
    return classifier, record


def _best(record: dict[str, Any], inside: list[str]) -> str:
    """Name the best trial of a sweep, or else the first run there is."""
    best = record.get("best")
    trials = best.get("trials") if isinstance(best, dict) else None
    return str(trials[0]) if isinstance(trials, list) and trials else inside[0]


def _check_record(record: dict[str, Any], classifier: ImageClassifier, run: Run) -> None:
    """Refuse a record whose facts are of another kind, or are those of another model."""
    names = record.get("class_names")
    shape = list(classifier.image_shape_ or ())
    fits = {
        "data": isinstance(record.get("data"), str),
        "image_shape": record.get("image_shape") == shape,
        "class_names": isinstance(names, list)
        and len(names) >= len(classifier.classes_)
        and all(isinstance(name, str) for name in names),
        "pixel_order": record.get("pixel_order", "original") in ("original", "shuffled"),
    }
    wrong = next((name for name, is_right in fits.items() if not is_right), None)
    if wrong is not None:
        raise ModelFileError(
            f"{run.path / 'run.json'} does not fit the model beside it: {wrong}.",
            received=f"{record.get(wrong)!r}"[:80],
            expected=str(shape) if wrong == "image_shape" else None,
            repair="copy the whole run again",
        )


def load_for_run(
    data: str, split: str | None, record: dict[str, Any], reading: Reading, *, progress: bool, tests: bool = False
) -> Table:
    """Load the rows that a run's classifier is to see, in the pixel order that it was trained on.

    What the run was trained on is read as it was then, unless something else is said. With ``tests``, a table that says
    which rows are for testing gives those only.

    Raises
    ------
    ShapeError
        The images have another size than the classifier's, and ``resize`` is not said.
    """
    if data == record["data"] and not reading:
        reading = record.get("reading") or Reading()
    resize, shape = reading.get("resize"), tuple(record["image_shape"])
    if resize and ":" not in resize and shape:
        reading = {**reading, "resize": f"{resize}:{shape[0]}x{shape[1]}"}
    said: dict[str, Any] = dict(reading)
    kept = said.pop("split", None)
    split = split or kept
    table = load_table(data, split=split or ("test" if data in catalogue else "all"), progress=progress, **said)
    if tests and split is None and table.split is not None:
        table = table.part("test")
    if table.image_shape is None:
        return table
    if not shape:
        raise TableError("this run was trained on points, but these are images.", received=data)
    if table.image_shape != shape:
        raise ShapeError(
            "the images do not have the size that the classifier was trained on.",
            received=" x ".join(map(str, table.image_shape)),
            expected=" x ".join(map(str, shape)),
            repair=Words("use images of that size, or resize them: ", Setting("resize", "contain")),
        )
    n_notes = len(table.notes)
    table = in_trained_range(range_from(record.get("intensity")), table)
    for text in table.notes[n_notes:]:
        note(text)
    if record.get("pixel_order") == "shuffled":
        note("this run was trained on shuffled pixels: these images are shuffled in the same way")
        table = shuffle_pixels(table)
    return table


def tell_trained(run: str | Path, table: Table) -> int | None:
    """Say how many rows of a table the run was trained on, if any; None if that is unknown."""
    trained = find_trained(find_run(run), table)
    if trained is None:
        return None
    n_trained = int(trained.sum())
    if n_trained:
        note(f"the run was trained on {n_trained:,} of these {len(table):,} rows; those are not a fair test")
    return n_trained
