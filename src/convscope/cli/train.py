"""Train one classifier on a table and keep it as a run."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from convscope import datasets
from convscope.cli._output import STDERR, JsonFlag, QuietFlag, SeedOption, command_line, note, print_json, print_table
from convscope.cli._parse import EngineChoice, PixelOrder, Recipe, setting_option
from convscope.cli._reading import reads_tables
from convscope.cli._requests import REQUESTED, read_request
from convscope.cli._signals import INTERRUPTED
from convscope.cli._watched import WatchedTraining
from convscope.datasets import load_parts, load_validation
from convscope.engine.interrupts import INTERRUPTIONS, sigterm_as_ctrl_c
from convscope.errors import DataError, ModelError, RunError, UsageError
from convscope.models import find_builder
from convscope.reading import Reading, reading_of
from convscope.report import summarize_training, write_report
from convscope.runs import Run, create_run, find_run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import (
    Table,
    hash_tables,
    limit_rows,
    mark_rows,
    note_untested,
    shuffle_pixels,
)
from convscope.tracing import list_layers
from convscope.training import ImageClassifier, evaluate
from convscope.wording import visible

__all__ = ["train"]


@reads_tables
def train(
    context: typer.Context,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A data set's name, or a path to a pixel table.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A model's name, or FILE.py:builder. [default: cnn; points_mlp for points]"),
    ] = None,
    epochs: Annotated[
        int | None, setting_option("epochs", help="Passes over the training rows. [default: the recipe's]")
    ] = None,
    batch_size: Annotated[
        int | None, setting_option("batch_size", help="Rows per step. [default: the recipe's]")
    ] = None,
    pixel_order: Annotated[PixelOrder, typer.Option(help="Shuffle the pixels of every image in the same way.")] = (
        PixelOrder.original
    ),
    recipe: Annotated[
        Recipe,
        setting_option(
            "recipe", kind=Recipe, help="fast, quick (one short pass), or document (as in the lab of 2021)."
        ),
    ] = Recipe.fast,
    engine: Annotated[
        EngineChoice,
        setting_option("engine", kind=EngineChoice, help="The training loop; auto uses NumPy if it can."),
    ] = (EngineChoice.auto),
    early_stopping: Annotated[
        bool, typer.Option(help="Hold out some rows, and stop when the model no longer improves on them.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=2, help="Use only this many rows.")] = None,
    *,
    reading: Reading,
    devices: Annotated[
        int | None,
        setting_option("devices", help="Experimental: split each batch over this many devices, with JAX."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; must be new or empty.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Continue a run that was killed or interrupted.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Watch the training in the browser.")] = False,
    browser: Annotated[bool, typer.Option(help="With --watch, open the page in the browser.")] = True,
    seed: SeedOption = 0,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train one classifier and keep it as a run with a report.

    A data set brings its own test rows; of a table without any, one row in five is held out for testing. Each epoch
    ends with a checkpoint: if the program is stopped, --resume RUN continues from there.
    """
    page = WatchedTraining(browser=browser) if watch else None
    with sigterm_as_ctrl_c():
        begun = (
            _begin(context, out, page, quiet=quiet) if resume is None else _go_on(context, resume, page, quiet=quiet)
        )
    run, record = begun
    told = {"run": str(run.path), **record}
    if json:
        print_json(told)
    else:
        shown = ("accuracy", "n_parameters", "epochs", "seconds", "n_train", "n_test")
        print_table(["measure", "value"], [[key.replace("n_", ""), told.get(key)] for key in shown])
        print_table(["kept in", ""], [["run", told["run"]], ["report", str(run.report_path)]])
    if page:
        page.keep_showing()


def _asked(context: typer.Context) -> dict[str, Any]:
    """List the options that decide what is trained, as JSON values."""
    asked = {name: context.params[name] for name in REQUESTED}
    if asked["data"] is None:
        raise UsageError(
            "there is nothing to train on.",
            expected="DATA, a data set's name or a path; or --resume RUN",
            repair="convscope train digits",
        )
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in asked.items()}


def _agreed(context: typer.Context, run: Run) -> dict[str, Any]:
    """Read what the run was asked; an option beside --resume has to say the same."""
    if run.is_finished and run.record().get("kind") != "training":
        raise UsageError(f"{run.path} is not a single training, and cannot be continued.")
    request = read_request(run)
    if context.params["out"] is not None:
        raise UsageError(
            "--out and --resume cannot be used together.", repair="omit --out: the run stays in its folder"
        )
    for name in REQUESTED:
        given = context.params[name]
        source = context.get_parameter_source(name)
        if source is None or source.name == "DEFAULT" or str(given) == str(request[name]):
            continue
        option = "DATA" if name == "data" else f"--{name.replace('_', '-')}"
        raise UsageError(
            f"{option} differs from what this run started with, and --resume cannot change it.",
            received=str(given),
            expected="the default" if request[name] is None else str(request[name]),
            repair=f"leave {option} out, or train without --resume in a new folder",
        )
    return request


def _begin(
    context: typer.Context, out: Path | None, page: WatchedTraining | None, *, quiet: bool
) -> tuple[Run, dict[str, Any]]:
    """Start a run in its own folder."""
    request = _asked(context) | {"folder": str(Path.cwd()), "command": command_line()}
    parts = _load(request, quiet=quiet)
    for text in set(note_untested(*parts)) - set(parts[0].notes):  # what --limit adds to what the table said
        note(f"note: {text}")
    request["model"] = request["model"] or parts[0].default_model
    builder = find_builder(request["model"])
    name = f"{Path(request['model'].split(':')[-1]).name}-{Path(request['data']).name.split('.')[0]}"
    run = create_run(name, out)
    with run.writing():
        run.write_request(request)
        try:
            return run, _train(run, request, parts, builder, page, quiet=quiet)
        except (DataError, ModelError, UsageError):
            run.discard_untrained()
            raise


def _go_on(
    context: typer.Context, path: Path, page: WatchedTraining | None, *, quiet: bool
) -> tuple[Run, dict[str, Any]]:
    """Continue a run where it stopped, or start it again if nothing was saved."""
    run = find_run(path)
    _agreed(context, run)  # before the lock, so that a folder which holds no training stays as it is
    with run.writing():
        request = _agreed(context, run)
        if run.is_finished:
            run.discard_checkpoints()  # a process that was killed right after its record has left them
            note(f"{run.path} has finished; there is nothing to continue")
            return run, run.record()
        there = Path(request["folder"])  # paths are relative to the folder where the training began
        parts, builder = _load(request, there, quiet=quiet), find_builder(request["model"], there)
        name = run.checkpoint_name()
        note(f"continuing {run.path} from " + (name or "the start: no checkpoint was finished"))
        return run, _train(run, request, parts, builder, page, quiet=quiet)


def _load(request: dict[str, Any], folder: Path = Path(), *, quiet: bool) -> list[Table]:
    """Load training and test rows; the path of a table is seen from a folder."""
    data = request["data"]
    place = data if data in datasets.catalogue else folder / Path(data).expanduser()
    loaded = load_parts(place, progress=not quiet, **reading_of(request))
    parts = [limit_rows(part, request["limit"]) for part in loaded]
    for text in parts[0].notes:
        note(f"note: {text}")
    return [shuffle_pixels(part) for part in parts] if request["pixel_order"] == PixelOrder.shuffled else parts


def _validation(request: dict[str, Any], folder: Path, train_rows: Table) -> Any:
    """Load the rows that a table keeps for early stopping."""
    if not request["early_stopping"] or train_rows.split is None:
        return None
    data = request["data"]
    place = data if data in datasets.catalogue else folder / Path(data).expanduser()
    rows = load_validation(place, **reading_of(request))
    return shuffle_pixels(rows) if rows is not None and request["pixel_order"] == PixelOrder.shuffled else rows


def _train(
    run: Run,
    request: dict[str, Any],
    parts: list[Table],
    builder: str | Callable[..., Any],
    page: WatchedTraining | None,
    *,
    quiet: bool,
) -> dict[str, Any]:
    """Train, measure, and write everything down; return the record."""
    train_rows, test_rows = parts
    names = ("recipe", "epochs", "batch_size", "engine", "early_stopping", "devices")
    settings = {name: request[name] for name in names}
    verbose = 0 if quiet or not sys.stderr.isatty() else 1
    classifier = ImageClassifier(builder, **settings, random_state=request["seed"], verbose=verbose)
    note(f"training {request['model']} on {len(train_rows):,} rows of {request['data']}")
    try:
        with _warnings_as_notes():
            apart = _validation(request, Path(request.get("folder", ".")), train_rows)
            seconds = _fit(classifier, train_rows, apart, run.checkpoints_path, page)
        trained = TrainedModel(
            classifier,
            evaluate(classifier, test_rows),
            _facts(request, parts),
            data_hash=hash_tables(*parts),
            seconds=seconds,
            rows=mark_rows(train_rows),
        )
        save_training(run, trained, partial(_write_report, run, trained, parts), command=request["command"])
        if page:
            page.show_trained(classifier, test_rows, run.path.name, trained.facts)
    except KeyboardInterrupt:
        name = run.checkpoint_name()
        note("interrupted, " + (f"and saved as {name}" if name else "before anything was saved"))
        STDERR.print(visible(f"to continue: {_resuming(run)}"), soft_wrap=True)  # one line, to be copied
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        raise RunError(
            f"the run cannot be written: {error.strerror or error}.",
            received=str(run.path),
            repair=f"free some space, or repair the disk; then {_resuming(run)}",
        ) from None
    if classifier.engine_reason_:
        note(f"trained by Keras: {classifier.engine_reason_}")
    if classifier.interrupted_:
        note(f"ended after {classifier.n_iter_} epochs ({classifier.interrupted_}); saved in {run.path}")
    return trained.summary()


def _fit(
    classifier: ImageClassifier,
    rows: Table,
    apart: Table | None,
    checkpoints: Path,
    page: WatchedTraining | None,
) -> float:
    """Train; return the seconds that it took, including those before an interruption."""
    started = time.perf_counter()
    classifier.fit(rows, validation_data=apart, resume=checkpoints, watch=page.open if page else False)
    if classifier.interrupted_ in INTERRUPTIONS:
        raise KeyboardInterrupt
    return time.perf_counter() - started + sum(classifier.history_.seconds[: classifier.n_resumed_])


def _resuming(run: Run) -> str:
    return f"convscope train --resume {quote(str(run.path))}"


def _facts(request: dict[str, Any], parts: list[Table]) -> dict[str, Any]:
    names = ("model", "data", "pixel_order", "recipe", "seed")
    reading = {"reading": reading_of(request)} if reading_of(request) else {}
    train, test = parts
    more: dict[str, Any] = {}
    if train.understood is not None:
        more["understood"] = train.understood.record()
        more["layout"] = train.layout
    more["notes"] = list(train.notes)
    return {name: request[name] for name in names} | {"n_train": len(train), "n_test": len(test), **reading, **more}


def _write_report(run: Run, trained: TrainedModel, parts: list[Table], record: dict[str, Any]) -> None:
    classifier = trained.classifier
    summary = summarize_training(
        {**record, "notes": list(parts[0].notes)},
        classifier.history_,
        trained.evaluation,
        test=parts[1],
        classifier=classifier,
        layers=list_layers(classifier),
    )
    write_report(summary, run.report_path)


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print each warning in one line, without its place in the code."""
    with warnings.catch_warnings(record=True) as caught:
        yield
    for one in caught:
        if not str(one.message).startswith("training ended early"):  # told where it is known what that means
            note(f"note: {one.message}")
