"""Train one model with many settings and several seeds, here or on a cluster, and compare."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from convscope.charts import parameter_name, show_parameter, show_parameters
from convscope.cli._output import STDERR, JsonFlag, QuietFlag, SeedOption, command_line, note, print_json, print_table
from convscope.cli._parse import PixelOrder, Recipe, setting_option
from convscope.cli._reading import reads_tables
from convscope.engine.interrupts import sigterm_as_ctrl_c
from convscope.errors import UsageError
from convscope.reading import Reading
from convscope.report import summarize_sweep, write_report
from convscope.runs.spaces import Space, parse_parameter
from convscope.runs.sweep import Outcome, Sweep, run_sweep

__all__ = ["sweep"]

MOST_SHOWN = 20
SHORT = 6
"""This many digits of a folder's name are enough to find it."""


class Search(StrEnum):
    """Which combinations are tried."""

    grid = "grid"
    random = "random"
    optuna = "optuna"


@reads_tables
def sweep(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a pixel table.")],
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUES",
            help="Values to try, e.g. epochs=1,2 or model__filters='[16,32],[8]' or batch_size=16..256:log; can be "
            "repeated.",
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="A model's name, or FILE.py:builder.")] = "cnn",
    search: Annotated[
        Search, typer.Option(help="grid: every combination; random: a random sample; optuna: chosen by Optuna.")
    ] = (Search.grid),
    trials: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="How many combinations to try. [default: the whole grid, else 20]"),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1_000, help="How many seeds to train each combination with.")] = 1,
    engine: Annotated[str, typer.Option(help="loky (this machine), dask://HOST:PORT or ray://HOST:PORT.")] = "loky",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="How many trainings run at once on this machine. [default: one per core]")
    ] = None,
    recipe: Annotated[
        Recipe,
        setting_option(
            "recipe", kind=Recipe, help="fast, quick (one short pass), or document (as in the lab of 2021)."
        ),
    ] = (Recipe.fast),
    pixel_order: Annotated[PixelOrder, typer.Option(help="Shuffle the pixels of every image in the same way.")] = (
        PixelOrder.original
    ),
    limit: Annotated[int | None, typer.Option(min=10, help="Use only this many rows.")] = None,
    *,
    reading: Reading,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the sweep: a new one, or an earlier sweep to continue.")
    ] = None,
    seed: SeedOption = 0,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train one model with many settings and compare them.

    One training row in five is held out to choose the best settings; the test rows only measure the winner. Each
    training is a run in the sweep's folder. Repeat the command, also after Ctrl-C or with more values: it trains only
    what is missing.
    """
    asked = Sweep(
        data,
        model,
        _spaces(parameters or []),
        search=search.value,
        n_points=trials,
        n_seeds=seeds,
        seed=seed,
        recipe=recipe.value,
        pixel_order=pixel_order.value,
        limit=limit,
        reading=reading,
    )
    with sigterm_as_ctrl_c(), _progress(quiet=quiet) as tell:
        try:
            record = run_sweep(
                asked,
                out,
                engine=engine,
                jobs=jobs,
                tell=tell,
                report=lambda record, path: write_report(summarize_sweep(record), path),
                command=command_line(),
            )
        except KeyboardInterrupt:
            note("interrupted; run the same command to continue")
            raise
    if json:
        print_json(record)
        return
    _print_rows(record)
    for message in dict.fromkeys(record["failed"]):
        for line in f"failed: {message}".split("\n"):
            note(line)


def _spaces(parameters: list[str]) -> dict[str, Space]:
    found = [parse_parameter(text) for text in parameters]
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--param {name} is given twice.", repair=f"put all values into one: {name}=1,2,3")
    return dict(found)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Print a line for each trial, and on a terminal show how many are left."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeRemainingColumn(),
        TextColumn("{task.fields[best]}"),
        console=STDERR,
        transient=True,
        disable=quiet or not sys.stderr.isatty(),
    )
    task = bar.add_task("training", total=None, best="")
    best = 0.0

    def tell(outcome: Outcome, n_done: int, n_trials: int) -> None:
        nonlocal best
        best = max(best, outcome.accuracy or 0.0)
        told = f"{n_done}/{n_trials} trainings"
        bar.update(task, description=told, completed=n_done, total=n_trials, best=f"best {best:.4f}")
        if not outcome.kept:
            note(f"{n_done}/{n_trials}  {_combination(outcome)}: {_result(outcome)}")

    with bar:
        yield tell


def _combination(outcome: Outcome) -> str:
    return f"{show_parameters(outcome.trial.parameters)}, seed {outcome.trial.seed}"


def _result(outcome: Outcome) -> str:
    if outcome.accuracy is None:
        return f"failed: {outcome.failed.splitlines()[0]}"
    assert outcome.record is not None
    return f"accuracy {outcome.accuracy:.4f} in {outcome.record['seconds']:.1f} s"


def _print_rows(record: dict[str, Any]) -> None:
    names = list(record["best"]["parameters"])
    rows = record["rows"][:MOST_SHOWN]
    print_table(
        [*(parameter_name(name) for name in names), "accuracy", "95% interval", "parameters", "seconds", "trial"],
        [
            [
                *(show_parameter(row["parameters"][name]) for name in names),
                row["accuracy"],
                "failed" if row["accuracy"] is None else "{:.4f} to {:.4f}".format(*row["interval"]),
                row["n_parameters"],
                None if row["seconds"] is None else f"{row['seconds']:.1f}",
                row["trials"][0][:SHORT] + "…",
            ]
            for row in rows
        ],
    )
    if len(record["rows"]) > len(rows):
        note(f"{len(record['rows']) - len(rows):,} more are in the report")
    test = record["best"]["test"]
    print_table(
        ["the best one, on test rows", ""],
        [
            ["accuracy", test["accuracy"]],
            ["95% interval", "{:.4f} to {:.4f}".format(*test["interval"])],
            ["run", str(Path(record["sweep"]) / record["best"]["trials"][0])],
            ["report", str(Path(record["sweep"]) / "report.html")],
        ],
    )
