"""Train one classifier on a table and keep it as a run."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope import models
from convscope.cli._output import JsonFlag, QuietFlag, SeedOption, note, print_json, print_table
from convscope.cli._parse import EngineChoice, PixelOrder, Recipe
from convscope.cli._watched import WatchedTraining
from convscope.datasets import load_parts
from convscope.errors import ModelError, UsageError, did_you_mean
from convscope.report import summarize_training, write_report
from convscope.runs import create_run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import PixelTable, PointTable, shuffle_pixels
from convscope.tracing import list_layers
from convscope.training import ImageClassifier, evaluate

__all__ = ["train"]

INTERRUPTED = 130


def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a pixel table.")],
    model: Annotated[
        str | None,
        typer.Option(help="A model's name, or FILE.py:builder. [default: cnn; points_mlp for points]"),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the rows. [default: the recipe's]")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Rows per step. [default: the recipe's]")] = None,
    pixel_order: Annotated[PixelOrder, typer.Option(help="Shuffle the pixels of all images alike.")] = (
        PixelOrder.original
    ),
    recipe: Annotated[
        Recipe, typer.Option(help="fast, quick (a short pass), or the document's settings.")
    ] = Recipe.fast,
    engine: Annotated[EngineChoice, typer.Option(help="The training loop; auto takes NumPy where it can.")] = (
        EngineChoice.auto
    ),
    early_stopping: Annotated[bool, typer.Option(help="Hold rows out; stop when they get no better.")] = False,
    limit: Annotated[int | None, typer.Option(min=2, help="Use so many rows only.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the training in the browser while it goes on.")] = False,
    browser: Annotated[bool, typer.Option(help="With --watch, open the page in the browser.")] = True,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; new or empty.")] = None,
    seed: SeedOption = 0,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train one classifier and keep it as a run with a report.

    A data set keeps its own test rows; of a table without any, one row in five is kept for testing.
    """
    parts = load_parts(data, progress=not quiet)
    train_rows, test_rows = (part[:limit] for part in parts) if limit else parts
    if pixel_order is PixelOrder.shuffled:
        train_rows, test_rows = _shuffled(train_rows), _shuffled(test_rows)
    name = model or ("cnn" if isinstance(train_rows, PixelTable) else "points_mlp")
    builder = _builder(name)
    run = create_run(f"{Path(name.split(':')[-1]).name}-{Path(data).name.split('.')[0]}", out)
    classifier = ImageClassifier(
        builder,
        recipe=recipe.value,
        epochs=epochs,
        batch_size=batch_size,
        engine=engine.value,
        early_stopping=early_stopping,
        random_state=seed,
        verbose=0 if quiet or not sys.stderr.isatty() else 1,
    )
    note(f"training {name} on {len(train_rows):,} rows of {data}")
    started = time.perf_counter()
    page = WatchedTraining(browser=browser) if watch else None
    classifier.fit(train_rows, watch=page.open if page else False)
    seconds = time.perf_counter() - started
    facts = {
        "model": name,
        "data": data,
        "pixel_order": pixel_order.value,
        "recipe": recipe.value,
        "seed": seed,
        "n_train": len(train_rows),
        "n_test": len(test_rows),
    }
    trained = TrainedModel(classifier, evaluate(classifier, test_rows), facts, seconds)
    save_training(run, trained, command=_command())
    record = {"run": str(run.path), **trained.summary()}
    write_report(
        summarize_training(
            {**run.record(), "notes": list(train_rows.notes)},
            classifier.history_,
            trained.evaluation,
            test_rows,
            classifier,
            list_layers(classifier),
        ),
        run.report_path,
    )
    if classifier.engine_reason_:
        note(f"trained by Keras: {classifier.engine_reason_}")
    if classifier.interrupted_:
        note(f"ended after {classifier.n_iter_} epochs ({classifier.interrupted_}); kept in {run.path}")
    if classifier.interrupted_ == "Ctrl-C":
        raise typer.Exit(INTERRUPTED)
    if json:
        print_json(record)
    else:
        shown = ("accuracy", "n_parameters", "epochs", "seconds", "n_train", "n_test")
        print_table(["measure", "value"], [[key.replace("n_", ""), record[key]] for key in shown])
        print_table(["kept in", ""], [["run", record["run"]], ["report", str(run.report_path)]])
    if page:
        page.keep_showing(classifier, test_rows, run, facts)


def _shuffled(rows: PixelTable | PointTable) -> PixelTable:
    if isinstance(rows, PointTable):
        raise UsageError(
            "--pixel-order shuffled needs images, and this is a table of points.",
            repair="leave --pixel-order out",
        )
    return shuffle_pixels(rows)


def _builder(name: str) -> str | Callable[..., Any]:
    """Find a model: a name in the collection, or ``FILE.py:builder`` written by the user."""
    path, colon, function = name.rpartition(":")
    if not colon or not path.endswith(".py"):
        if name not in models.catalogue:
            raise UsageError(
                f"there is no model named {name!r}.",
                expected=f"{did_you_mean(name, models.catalogue.names())}, or FILE.py:builder",
            )
        return name
    if not Path(path).is_file():
        raise UsageError(f"there is no file {path}.", expected="FILE.py:builder, a file and a function in it")
    return _load_function(Path(path), function)


def _load_function(path: Path, function: str) -> Callable[..., Any]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelError(f"{path} cannot be run: {type(error).__name__}: {error}.") from error
    found = getattr(module, function, None)
    if not callable(found):
        known = [name for name, value in vars(module).items() if callable(value) and name[0] != "_"]
        raise UsageError(
            f"{path} has no function named {function!r}.",
            expected=did_you_mean(function, known) if known else None,
        )
    return found  # type: ignore[no-any-return]


def _command() -> str:
    return " ".join(["convscope", *sys.argv[1:]])
