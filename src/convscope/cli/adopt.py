"""Import a model that was trained elsewhere as a run, and measure it."""

from __future__ import annotations

import tempfile
from math import prod
from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from convscope.backend import keras
from convscope.cli._classes import output_classes, read_classes
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_table
from convscope.cli._reading import reads_tables
from convscope.datasets import catalogue, load_table
from convscope.engine.graph import gives_probabilities
from convscope.errors import ModelFileError, ShapeError, UsageError
from convscope.modelfiles.keras_file import read_keras_file
from convscope.modelfiles.modelfile import StoredModel, write_model
from convscope.reading import Reading
from convscope.runs import create_run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import Table, hash_tables
from convscope.training import ImageClassifier, evaluate

__all__ = ["adopt"]

LOW_ACCURACY = 0.8
"""Below this, pixels of the wrong range are a likely cause."""


@reads_tables
def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model folder, a .zip file or a .keras file.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a labelled table.")],
    trust: Annotated[
        bool, typer.Option("--trust", help="Read a .keras file from an author you trust. Its layers are checked first.")
    ] = False,
    pixel_scale: Annotated[
        float, typer.Option(min=1e-9, help="Divide intensities by this before they reach a .keras model.")
    ] = 255.0,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B,C", help="The class of each output of a .keras model. [default: DATA's, in order]"),
    ] = None,
    classes_from: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same, one class per line, or as a JSON list.")
    ] = None,
    *,
    reading: Reading,
    allow_nonfinite: Annotated[
        bool, typer.Option("--allow-nonfinite", help="Accept a model with NaN or infinite weights, with a warning.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; must be new or empty.")] = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Turn a foreign model into a run, measured on the test rows of DATA, or on all rows if it has none.

    convscope's own model folders and .zip files contain no code. A .keras file can, so it is read only with --trust,
    and even then only with known layers, within limits, in a separate process.
    """
    foreign = file.suffix.lower() == ".keras"
    if foreign and not trust:
        raise ModelFileError(
            f"{file} is a .keras file, which can run code when it is read.",
            repair=f"add --trust if you know who wrote it: convscope adopt {file} {data} --trust",
        )
    named = read_classes(classes, classes_from)
    if named is not None and not foreign:
        raise UsageError(f"{file} already names its classes.", repair="leave out --classes and --classes-from")
    loaded = None if foreign else ImageClassifier.load(file, allow_nonfinite=allow_nonfinite)
    model = read_keras_file(file) if foreign else None
    table = _load(data, "all", reading, quiet=quiet)
    classifier = loaded or _classifier(model, table, output_classes(model, table, named), pixel_scale)
    rows = _measured_rows(data, table, reading, quiet=quiet)
    measured = evaluate(classifier, rows)
    run = create_run(f"{file.stem}-{Path(data).name.split('.')[0]}", out)
    facts: dict[str, Any] = {
        "model": file.name,
        "data": data,
        "pixel_order": "original",
        "recipe": "adopted",
        "seed": 0,
        "n_train": 0,
        "n_test": len(rows),
        **({"reading": reading} if reading else {}),
    }
    save_training(run, TrainedModel(classifier, measured, facts, hash_tables(rows), 0.0), adopted_from=file.name)
    if json:
        told = {"run": str(run.path), "accuracy": measured.accuracy, "n_test": len(rows)}
        print_json(told | {"classes": classifier.classes_.tolist()})
        return
    print_table(["measure", "value"], [["accuracy", measured.accuracy], ["test", len(rows)]])
    print_table(["kept in", ""], [["run", str(run.path)]])
    listed = ", ".join(map(str, classifier.classes_.tolist()))
    if foreign and named is None:
        note(f"outputs are assigned to the classes of {data} in this order: {listed}; if that is wrong, give --classes")
    if foreign and measured.accuracy < LOW_ACCURACY:
        note("the accuracy is low; the model may expect pixels of another range: see --pixel-scale")


def _load(data: str, split: str, reading: Reading, *, quiet: bool) -> Table:
    table = load_table(data, split=split, progress=not quiet, **reading)
    if table.labels is None:
        raise UsageError("the table has no labels to measure the model on.", repair="give a labelled table")
    return table


def _measured_rows(data: str, table: Table, reading: Reading, *, quiet: bool) -> Table:
    """Give the test rows of data that have some, else all rows: no row is a better test than another."""
    if data in catalogue:
        return _load(data, "test", reading, quiet=quiet)
    has_test = table.split is not None and "test" in table.split
    return table.part("test") if has_test else table


def _classifier(model: Any, rows: Table, classes: NDArray[Any], pixel_scale: float) -> ImageClassifier:
    """Make a classifier of a Keras model: flat rows in, and a probability for each class out."""
    wanted, found = tuple(model.input_shape[1:]), rows.row_shape
    n_features = prod(found)
    if wanted != (n_features,):
        if wanted not in (found, found[:2]):
            raise ShapeError(
                "the table does not fit the model.",
                received=" x ".join(map(str, found)),
                expected=" x ".join(map(str, wanted)),
                repair="give images of that size",
            )
        model = keras.Sequential([keras.Input((n_features,)), keras.layers.Reshape(wanted), model])
    stored = StoredModel(
        model=model,
        classes=classes,
        image_shape=rows.image_shape,
        pixel_scale=1.0 if rows.intensity is None else pixel_scale,
        logits=not gives_probabilities(model),
        feature_names=[],
        settings={"recipe": "fast", "n_iter": 0, "engine": "keras"},
        history={},
        seconds=[],
    )
    with tempfile.TemporaryDirectory(prefix="convscope-") as folder:
        write_model(Path(folder) / "model.zip", stored)
        return ImageClassifier.load(Path(folder) / "model.zip")
