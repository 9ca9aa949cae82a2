"""Make a run of a model that was trained elsewhere, and measure it."""

from __future__ import annotations

import tempfile
from math import prod
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.backend import keras
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_table
from convscope.datasets import load_parts
from convscope.errors import ModelFileError, ShapeError, UsageError
from convscope.runs import create_run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import PixelTable, PointTable, hash_tables
from convscope.training import ImageClassifier, evaluate
from convscope.training.graph import last_activation
from convscope.training.keras_file import read_keras_file
from convscope.training.modelfile import StoredModel, write_model

__all__ = ["adopt"]


def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model folder, .zip or .keras file.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a labelled table.")],
    trust: Annotated[
        bool, typer.Option("--trust", help="Read a .keras file: you know who wrote it. Its layers are checked first.")
    ] = False,
    pixel_scale: Annotated[
        float, typer.Option(min=1e-9, help="What intensities are divided by before a .keras model sees them.")
    ] = 255.0,
    allow_nonfinite: Annotated[
        bool, typer.Option("--allow-nonfinite", help="Take a model whose weights are NaN or infinite, with a warning.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; new or empty.")] = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a run of a model that was trained elsewhere, measured on the test rows of DATA.

    A model folder or .zip file of convscope holds no code. A .keras file may, so it is read only with --trust, and even
    then with known layers only, within a budget, in a process of its own.
    """
    foreign = file.suffix.lower() == ".keras"
    if foreign and not trust:
        raise ModelFileError(
            f"{file} is a .keras file, which can run code when it is read.",
            repair=f"add --trust if you know who wrote it: convscope adopt {file} {data} --trust",
        )
    loaded = None if foreign else ImageClassifier.load(file, allow_nonfinite=allow_nonfinite)
    model = read_keras_file(file) if foreign else None
    _, rows = load_parts(data, progress=not quiet)
    classifier = loaded or _classifier(model, rows, pixel_scale)
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
    }
    save_training(run, TrainedModel(classifier, measured, facts, hash_tables(rows), 0.0), adopted_from=file.name)
    if json:
        print_json({"run": str(run.path), "accuracy": measured.accuracy, "n_test": len(rows)})
        return
    print_table(["measure", "value"], [["accuracy", measured.accuracy], ["test", len(rows)]])
    print_table(["kept in", ""], [["run", str(run.path)]])
    note("accuracy much too low? the model may expect other intensities: see --pixel-scale")


def _classifier(model: Any, rows: PixelTable | PointTable, pixel_scale: float) -> ImageClassifier:
    """Make a classifier of a Keras model: flat rows in, and the classes of the table out."""
    if rows.labels is None:
        raise UsageError("the table has no labels to measure the model on.", repair="give a labelled table")
    shape = rows.image_shape if isinstance(rows, PixelTable) else (rows.features.shape[1],)
    wanted, found = tuple(model.input_shape[1:]), tuple(shape)
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
        classes=rows.classes,
        image_shape=rows.image_shape if isinstance(rows, PixelTable) else None,
        pixel_scale=pixel_scale if isinstance(rows, PixelTable) else 1.0,
        logits=last_activation(model) is None,
        feature_names=[],
        settings={"recipe": "fast", "n_iter": 0, "engine": "keras"},
        history={},
        seconds=[],
    )
    units = model.output_shape[-1]
    if len(model.output_shape) != 2 or not (units >= len(rows.classes) or (units == 1 and len(rows.classes) == 2)):
        raise ShapeError(
            f"the model has {units} outputs, and the table {len(rows.classes)} classes.",
            repair="give a table with the classes that it was trained on",
        )
    with tempfile.TemporaryDirectory(prefix="convscope-") as folder:
        write_model(Path(folder) / "model.zip", stored)
        return ImageClassifier.load(Path(folder) / "model.zip")
